package app.kerbside.search

import android.widget.ListView
import app.kerbside.api.Answer
import app.kerbside.api.Fact
import app.kerbside.api.Instruction
import app.kerbside.api.ItemName
import app.kerbside.api.Question
import app.kerbside.api.Verdict
import app.kerbside.nav.Route
import app.kerbside.support.FakeKerbside
import app.kerbside.support.Phone
import app.kerbside.support.Setting
import app.kerbside.support.TestScreen
import app.kerbside.support.all
import app.kerbside.support.pick
import app.kerbside.support.press
import app.kerbside.support.says
import app.kerbside.support.type
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** The search and an item's page, by finger. */
@RunWith(RobolectricTestRunner::class)
class SearchScreenTest {
    private val phone = Phone(Setting.Light)
    private val engine = phone.app.engine as FakeKerbside

    @Test
    fun `everything stands in the list, what is typed narrows it, a tap opens the page`() {
        engine.names += ItemName("box", "Carton", word = "Cardboard box")
        TestScreen.Search.on(phone)
        val list = phone.all<ListView>().single()
        assertEquals(engine.names, List(list.count) { list.getItemAtPosition(it) })
        assertTrue(phone.says().containsAll(listOf("Can", "Jar", "Pizza box", "Carton", "Cardboard box")), "with the word that fits")
        phone.type("What do you want to throw away?", "ja")
        assertFalse("Can" in phone.says())
        phone.pick("Jar")
        assertEquals(Route.Item("jar"), phone.app.graph.navigator.current)
        phone.press("Back")
        assertTrue("Jar" in phone.says() && "Can" !in phone.says(), "what was typed is still there")
    }

    @Test
    fun `a page has the card of a photo, its question included`() {
        val question = Question("Greasy?", listOf(Answer("Yes", Fact.Dirty(true))))
        engine.answering = { seen ->
            listOf(Instruction("en", "Pizza box", Verdict.Ask, "?", question = question)).takeIf { seen.json == "pizza-box" }
        }
        TestScreen.Item.on(phone)
        assertTrue("Pizza box" in phone.says() && "Greasy?" in phone.says())
        phone.press("Yes")
        assertTrue("Glass" in phone.says() && "Greasy?" !in phone.says())
    }

    @Test
    fun `nothing like it says so and how to go on`() {
        TestScreen.Search.on(phone)
        phone.type("What do you want to throw away?", "qq")
        assertTrue(phone.says().containsAll(listOf("Nothing like “qq”", "Try another word for it, or what it is made of.")))
    }
}
