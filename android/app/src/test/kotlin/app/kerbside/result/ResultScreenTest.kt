package app.kerbside.result

import app.kerbside.api.Answer
import app.kerbside.api.Analysis
import app.kerbside.api.Fact
import app.kerbside.api.Highlight
import app.kerbside.api.Instruction
import app.kerbside.api.KerbsideError
import app.kerbside.api.Point
import app.kerbside.api.SortEvent
import app.kerbside.api.SortStage
import app.kerbside.api.Verdict
import app.kerbside.nav.Route
import app.kerbside.support.FakeKerbside
import app.kerbside.support.Phone
import app.kerbside.support.Setting
import app.kerbside.support.TestScreen
import app.kerbside.support.all
import app.kerbside.support.item
import app.kerbside.support.pick
import app.kerbside.support.press
import app.kerbside.support.says
import app.kerbside.support.tap
import app.kerbside.support.type
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.launch
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** The photo and its cards, by finger. */
@RunWith(RobolectricTestRunner::class)
class ResultScreenTest {
    private val phone = Phone(Setting.Light)
    private val engine = phone.app.engine as FakeKerbside
    private val state get() = phone.app.graph.result.state.value
    private val photo get() = phone.all<PhotoView>().single()

    /** A glass bottle on the left, and paper on the right that has to be asked about. */
    private fun result() = TestScreen.Result.on(phone)

    /** In the middle of a thing, as a share of the view. */
    private fun middle(index: Int) = photo.frame(index).let { Point(it.exactCenterX() / photo.width, it.exactCenterY() / photo.height) }

    private fun sort(vararg instructions: Instruction) {
        result()
        engine.sorting = flowOf(SortEvent.Done(Analysis(448, 448, listOf(item("glass").copy(instructions = instructions.toList())))))
        phone.app.graph.sort(TestScreen.photo())
        phone.settle()
    }

    @Test
    fun `a tap on a thing opens its card, a tap on a card marks its thing`() {
        result()
        assertEquals(0, photo.selected)
        assertTrue("Quite sure" in phone.says() && "Greasy?" in phone.says(), "the card of the first is open, the other in one line")
        assertFalse("Yes" in phone.says())
        phone.tap(photo, middle(1))
        assertEquals(1, photo.selected)
        assertTrue("Yes" in phone.says() && "No" in phone.says(), "the question's answers")
        assertTrue("Not sure" in phone.says() && "Quite sure" !in phone.says())
        phone.press("1: thing. Glass. Quite sure")
        assertEquals(0, photo.selected)
        assertTrue("Rinse" in phone.says() && "Yes" !in phone.says())
        phone.press("1: thing. Glass. Quite sure")
        assertEquals(null, photo.selected)
        assertFalse("Rinse" in phone.says())
    }

    @Test
    fun `a tap beside everything looks again around the finger`() {
        result()
        val events = MutableSharedFlow<SortEvent>()
        var known = 0
        engine.again = { items -> events.also { known = items.size } }
        phone.tap(photo, Point(0.72f, 0.88f))
        assertEquals(2, known)
        assertTrue("Looking closer" in phone.says())
        val at = (state.phase as Phase.Again).at
        assertEquals(0.88f, at.y, 0.02f)
        val found = item("metal", 0.5f, 0.8f, 0.6f, 0.95f)
        phone.app.graph.scope.launch { events.emit(SortEvent.Done(Analysis(448, 448, state.items.mapNotNull { it.item } + found))) }
        phone.settle()
        assertTrue("3 things found" in phone.says())
        assertEquals(2, photo.selected)
    }

    @Test
    fun `things appear one by one, and stop keeps what was found`() {
        TestScreen.fill(phone)
        val events = MutableSharedFlow<SortEvent>()
        engine.sorting = events
        phone.start()
        phone.app.graph.sort(TestScreen.photo())
        fun say(event: SortEvent) {
            phone.app.graph.scope.launch { events.emit(event) }
            phone.settle()
        }
        phone.settle()
        assertTrue("Looking…" in phone.says() && "Looking at the photo" in phone.says())
        say(SortEvent.Stage(SortStage.Prefill))
        assertTrue("Outlining what is there" in phone.says())
        say(SortEvent.BoxFound(0, item("glass").box))
        assertEquals(1, photo.shapes.size)
        say(SortEvent.ItemFound(0, item("glass", 0.1f, 0.1f, 0.3f, 0.3f)))
        say(SortEvent.BoxFound(1, item("metal").box))
        assertEquals(2, photo.shapes.size)
        assertTrue("1 thing found" in phone.says() && "1: Glass. . Quite sure" in phone.says())
        phone.press("Stop")
        assertEquals(listOf("glass"), photo.shapes.map { it.item?.label })
        assertFalse("Stop" in phone.says())
    }

    @Test
    fun `something else is one tap, and one on its name`() {
        result()
        phone.press("This is something else")
        assertTrue("What is it?" in phone.says())
        phone.pick("Jar")
        assertEquals("glass+IsItem(id=jar)", state.items[0].item?.seen?.json)
        assertFalse("What is it?" in phone.says())
    }

    @Test
    fun `the names to choose from follow what is typed`() {
        result()
        phone.press("This is something else")
        phone.type("What do you want to throw away?", "pi")
        assertTrue("Pizza box" in phone.says() && "Jar" !in phone.says())
        phone.press("Back")
        assertTrue("2 things found" in phone.says())
    }

    @Test
    fun `an answer is given on the card`() {
        result()
        phone.tap(photo, middle(1))
        phone.press("Yes")
        assertEquals("paper+Dirty(dirty=true)", state.items[1].item?.seen?.json)
        assertFalse("Greasy?" in phone.says())
    }

    @Test
    fun `parts follow with where each goes, and their questions`() {
        val part = Instruction(
            "en", "Lid", Verdict.Ask, "Lid?", partOf = "Jar",
            question = app.kerbside.api.Question("Is it steel?", listOf(Answer("It is", Fact.IsItem("lid")))),
        )
        sort(Instruction("en", "Jar", Verdict.Kerb, "Jar", stream = engine.glass), part)
        assertTrue(phone.says().containsAll(listOf("Its parts", "Lid", "Is it steel?")), "${phone.says()}")
        phone.press("It is")
        assertEquals("glass+IsItem(id=lid)", state.items[0].item?.seen?.json)
    }

    @Test
    fun `what leads the answer stands above the cards`() {
        result()
        val items = state.items.mapNotNull { it.item }
        engine.sorting = flowOf(SortEvent.Done(Analysis(448, 448, items, listOf(Highlight("Glass goes out tonight")))))
        phone.app.graph.sort(TestScreen.photo())
        phone.settle()
        assertTrue("Glass goes out tonight" in phone.says())
    }

    @Test
    fun `nothing found offers the search, a failure says why and can be tried again`() {
        result()
        engine.sorting = flowOf(SortEvent.Done(Analysis(448, 448, emptyList())))
        phone.app.graph.sort(TestScreen.photo())
        phone.settle()
        assertTrue("Nothing found" in phone.says() && "0 things found" !in phone.says())
        phone.press("Search by name")
        assertEquals(Route.Search, phone.app.graph.navigator.current)
        engine.sorting = flow { throw KerbsideError.BadPhoto("no JPEG") }
        phone.app.graph.sort(TestScreen.photo())
        phone.settle()
        assertFalse("0 things found" in phone.says())
        assertTrue("no JPEG" in phone.says() && "This photo cannot be read. Choose a JPEG, PNG or WebP." in phone.says())
        engine.sorting = flowOf(SortEvent.Done(Analysis(448, 448, listOf(item("glass")))))
        phone.press("Try again")
        assertTrue("1 thing found" in phone.says())
    }
}
