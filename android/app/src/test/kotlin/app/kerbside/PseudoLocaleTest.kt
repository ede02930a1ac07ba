package app.kerbside

import android.view.View
import app.kerbside.support.Phone
import app.kerbside.support.Setting
import app.kerbside.support.TestScreen
import app.kerbside.support.says
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** In a language that does not exist, whatever is still readable was not translatable. */
@RunWith(RobolectricTestRunner::class)
class PseudoLocaleTest {
    /** What the engine says, and names. */
    private val given = listOf(
        "Kerbside", "Here", "There", "North", "South", "Paper", "Glass", "Greasy", "thing", "sentence", "rinse", "Rinse", "dry", "Dry", "Bin", "Office", "Can",
        "Jar", "Pizza box", "Paper district", "Where", "Somebody", "CC0-1.0", "nano", "MIT", "us", "segment", "Yes", "No", "kB", "MB", "here", "northen",
        "glass", "pizza-box", "en", "Switzerland",
    ).sortedByDescending { it.length }

    private val dates = Regex("(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|\\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\\b|December|Dec\\b|PM|AM|\\b(one|two|three)\\b")

    /** Debian's aapt2 leaves what is counted as it is. */
    private val counted = Regex("\\d+ (things found|more places|collections read)")

    private fun rest(text: String) = given.fold(text.replace(dates, "").replace(counted, "")) { rest, word -> rest.replace(word, "") }

    private fun untranslated(screen: TestScreen, phone: Phone): List<String> {
        val root: View = screen.on(phone).activity.window.decorView
        val said = root.says()
        assertTrue(said.any { '[' in it }, "$screen speaks no pseudo-language")
        val library = phone.app.resources.openRawResource(R.raw.libraries).bufferedReader().readText()
        return said.filter { text -> '[' !in text && rest(text).any(Char::isLetter) && text.substringBefore(" · ") !in library }
    }

    @Test
    fun `every word of every screen is a resource`() {
        val phone = Phone(Setting.Pseudo)
        assertEquals(emptyMap(), TestScreen.entries.associateWith { untranslated(it, phone) }.filterValues { it.isNotEmpty() })
    }
}
