package app.kerbside.result

import android.graphics.Color
import android.graphics.drawable.GradientDrawable
import android.view.View
import android.widget.ImageView
import app.kerbside.R
import app.kerbside.api.Bag
import app.kerbside.api.BagSize
import app.kerbside.api.Contact
import app.kerbside.api.DropOff
import app.kerbside.api.Instruction
import app.kerbside.api.Moment
import app.kerbside.api.NextCollection
import app.kerbside.api.Position
import app.kerbside.api.SetOut
import app.kerbside.api.Site
import app.kerbside.api.Source
import app.kerbside.api.Stream
import app.kerbside.api.Verdict
import app.kerbside.api.Way
import app.kerbside.api.Why
import app.kerbside.nav.Route
import app.kerbside.support.says
import app.kerbside.support.shownTree
import app.kerbside.ui.CameraPermission
import app.kerbside.ui.Host
import java.time.LocalDate
import java.time.LocalTime
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf

/** The card: all it can say, and where its links lead. */
@RunWith(RobolectricTestRunner::class)
class InstructionViewTest {
    private val links = mutableListOf<String>()

    private fun view(instruction: Instruction, language: String = "en-rUS"): View {
        RuntimeEnvironment.setQualifiers("+$language")
        return InstructionView(RuntimeEnvironment.getApplication(), Links(links)).view(listOf(instruction)) { }
    }

    private val day = LocalDate.of(2026, 12, 3)

    private val full = Instruction(
        "en", "Jar", Verdict.Kerb, "Jar → Glass", stream = Stream("glass", "Glass", "glass"),
        ways = listOf(
            Way(
                Verdict.Kerb, container = "Green bin", colour = "#009e73",
                place = DropOff(
                    "yard", "recycling yard", "1 Yard Street", Position(47.5, 8.25), "Mo-Fr 08:00-17:00", "Ring the bell",
                    (1..5).map { Site("Site $it") },
                ),
                bags = listOf(
                    Bag("bag", "Town bag", "#ffffff", listOf(BagSize(35, "CHF 2.30", "2026", "disposal"), BagSize(60)), "supermarkets", "No others"),
                ),
                setOut = SetOut(Moment(-1, LocalTime.of(19, 0)), Moment(0, LocalTime.of(7, 0))),
                refund = "10 cents", note = "Bins are emptied every day",
            ),
            Way(Verdict.TakeBack, refund = "20 cents", note = "Where it was bought"),
        ),
        next = NextCollection.On(day, day.minusDays(1), "holiday"),
        neverIn = listOf("Paper", "Food"),
        steps = listOf("rinse it", "take the lid off"),
        note = "Any colour",
        contact = Contact("Waste office", "+41 44 000 00 00", "waste@example.org", "https://example.org/waste"),
        source = Source("Waste A–Z", "Town", "https://example.org/a-z", day.minusDays(90), day.minusDays(30)),
        changesOn = day.plusDays(29),
    )

    @Test
    fun `it says everything there is to know`() {
        val said = view(full).says()
        val wanted = listOf(
            "Glass", "Put it out for collection",
            "Before that", "1.", "Rinse it", "2.", "Take the lid off",
            "Into", "Green bin",
            "Bring it to", "Recycling yard", "1 Yard Street · Mo-Fr 08:00-17:00", "Site 1", "Site 3", "and 2 more places", "Ring the bell",
            "Bag", "Town bag", "35 l: CHF 2.30 disposal (2026) · 60 l", "Sold at: supermarkets", "No others",
            "Put it out", "From 7:00 PM the day before until 7:00 AM that day",
            "You get back", "10 cents", "Good to know", "Bins are emptied every day", "Any colour",
            "Next collection", "Thursday, December 3 – instead of Wed, Dec 2 (holiday)",
            "Never put it into", "Paper, Food",
            "The rules change on", "January 1, 2027",
            "Other ways", "Bring it back to a shop · 20 cents", "Where it was bought",
            "Ask them", "Waste office", "+41 44 000 00 00", "waste@example.org", "example.org/waste",
            "Waste A–Z · Town · checked on November 3, 2026",
        )
        assertEquals(emptyList(), wanted - said.toSet(), "$said")
    }

    @Test
    fun `where it goes has the bin's colour and the stream's pictogram`() {
        val icon = view(full).shownTree().filterIsInstance<ImageView>().first()
        assertEquals(R.drawable.ic_glass, shadowOf(icon.drawable).createdFromResId)
        val bin = (icon.parent as View).background as GradientDrawable
        assertEquals(Color.parseColor("#009e73"), bin.color?.defaultColor)
        assertEquals(Color.BLACK, icon.imageTintList?.defaultColor, "black reads better on it than white")
    }

    @Test
    fun `what can be followed leads out of the app`() {
        val view = view(full)
        fun press(words: String) = view.shownTree().filter { it.isClickable && words in it.says() }.minBy { it.shownTree().size }.performClick()
        for (words in listOf(
            "1 Yard Street · Mo-Fr 08:00-17:00", "+41 44 000 00 00", "waste@example.org", "example.org/waste",
            "Waste A–Z · Town · checked on November 3, 2026",
        )) press(words)
        val wanted = listOf(
            "geo:47.500000,8.250000?q=47.500000,8.250000", "tel:+41440000000", "mailto:waste@example.org", "https://example.org/waste",
            "https://example.org/a-z",
        )
        assertEquals(wanted, links)
    }

    @Test
    fun `what is not known says why`() {
        val said = view(Instruction("en", "Thing", Verdict.Unknown, "?", why = Why.OutOfDate)).says()
        assertTrue(said.containsAll(listOf("Not known here", "The rules on this phone do not cover today.")), "$said")
    }

    @Test
    fun `texts in another language than the phone's say so`() {
        fun notice(instruction: Instruction, phone: String) = view(instruction, phone).says().filter { "Sprach" in it || "language" in it }
        assertEquals(emptyList(), notice(full, "en"))
        assertEquals(listOf("Die Regeln dieser Gemeinde gibt es nicht in Ihrer Sprache, sondern auf Englisch."), notice(full, "de"))
        assertEquals(listOf("The rules of this place are not in your language but in Japanese."), notice(full.copy(language = "ja"), "en"))
        assertEquals(emptyList(), notice(full.copy(language = "zh-TW"), "zh-rTW"))
        assertEquals(emptyList(), notice(full, "fr"), "the app itself speaks English then")
    }
}

/** Remembers what is to be opened; the rest is for other tests. */
private class Links(private val opened: MutableList<String>) : Host {
    override val camera = CameraPermission(allowed = true, mayAsk = true)

    override fun openLink(uri: String) {
        opened += uri
    }

    override fun go(route: Route) = error("not here")
    override fun back() = error("not here")
    override fun pickPhoto() = error("not here")
    override fun pickCalendar() = error("not here")
    override fun pickPack() = error("not here")
    override fun saveCalendar() = error("not here")
    override fun askForCamera() = error("not here")
    override fun askForNotifications() = error("not here")
    override fun openAppSettings() = error("not here")
}
