package app.kerbside.schedule

import android.Manifest
import android.app.TimePickerDialog
import android.content.DialogInterface
import android.content.Intent
import app.kerbside.api.KerbsideError
import app.kerbside.nav.Route
import app.kerbside.support.FakeKerbside
import app.kerbside.support.Phone
import app.kerbside.support.Setting
import app.kerbside.support.TestScreen
import app.kerbside.support.press
import app.kerbside.support.says
import java.time.LocalDate
import java.time.LocalTime
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowDialog

/** The collections, by finger. Tuesday 1 December; paper and glass come on Wednesday, paper again on the 9th. */
@RunWith(RobolectricTestRunner::class)
class ScheduleScreenTest {
    private val phone = Phone(Setting.Light)
    private val engine = phone.app.engine as FakeKerbside
    private val wednesday = LocalDate.of(2026, 12, 2)
    private val household get() = checkNotNull(phone.app.graph.settings.state.value.household)

    private fun schedule() = TestScreen.Schedule.on(phone)

    private fun count(words: String) = phone.says().count { it == words }

    /** Shows the screen again, after what the engine says has changed. */
    private fun reload() {
        phone.app.graph.schedule.load()
        phone.settle()
    }

    @Test
    fun `the banner says what to put out tonight and until when, or what comes next`() {
        engine.closes = LocalTime.of(7, 0)
        schedule()
        assertEquals(1, count("Put out"))
        assertEquals(2, count("Fetched: Tomorrow"), "paper and glass")
        assertEquals(2 + 3, count("Until 7:00 AM that day"), "in the banner and in the list")
        engine.plan -= wednesday
        reload()
        assertTrue("Nothing to put out tonight" in phone.says() && "Wednesday, December 9: Paper" in phone.says(), "${phone.says()}")
    }

    @Test
    fun `a day that was moved says instead of which, and why`() {
        engine.moved = mapOf(wednesday to (wednesday.minusDays(1) to "holiday"))
        schedule()
        assertEquals(2 + 2, count("instead of Tue, Dec 1 (holiday)"), "in the banner and in the list")
    }

    @Test
    fun `the list goes by day and says where the plan ends, the month has every day`() {
        schedule()
        assertTrue(phone.says().containsAll(listOf("Tomorrow", "Wednesday, December 9", "The published plan ends on December 9, 2026.")))
        phone.press("Month")
        assertFalse("Wednesday, December 9" in phone.says())
        assertTrue(phone.says().containsAll(listOf("December 2026", "Wednesday, December 9: Paper", "Tuesday, December 1: no collection")))
        val before = count("Glass")
        phone.press("Wednesday, December 2: Glass, Paper")
        assertEquals(before + 1, count("Glass"), "its collections stand below")
        phone.press("Next month")
        assertTrue("January 2027" in phone.says())
        phone.press("Previous month")
        assertTrue("December 2026" in phone.says())
        phone.press("List")
        assertTrue("Wednesday, December 9" in phone.says())
    }

    @Test
    fun `what is out is ticked off`() {
        schedule()
        phone.press("Paper on Wednesday, December 2 is done")
        assertEquals(mapOf(wednesday to setOf("paper")), household.log.done)
        phone.press("Paper on Wednesday, December 2 is done")
        assertEquals(emptyMap(), household.log.done)
    }

    @Test
    fun `each reminder has a switch and an hour, the first asks for the permission`() {
        schedule()
        phone.press("In the morning")
        assertEquals(LocalTime.of(6, 30), household.reminders.morningOf)
        val asked = shadowOf(phone.activity).lastRequestedPermission?.requestedPermissions
        assertContentEquals(arrayOf(Manifest.permission.POST_NOTIFICATIONS), asked)
        phone.press("Bring the bin back in")
        assertEquals(LocalTime.of(18, 0), household.reminders.bringBack)
        phone.press("The evening before: 7:00 PM. Change time")
        val dialog = assertIs<TimePickerDialog>(ShadowDialog.getLatestDialog())
        dialog.updateTime(21, 15)
        dialog.getButton(DialogInterface.BUTTON_POSITIVE).performClick()
        phone.settle()
        assertEquals(LocalTime.of(21, 15), household.reminders.eveningBefore)
        phone.press("The evening before")
        assertEquals(null, household.reminders.eveningBefore)
    }

    @Test
    fun `the plan can be written to a file`() {
        schedule()
        phone.press("Export")
        assertEquals(Intent.ACTION_CREATE_DOCUMENT, shadowOf(phone.activity).nextStartedActivity?.action)
    }

    @Test
    fun `of several places one is shown, another is one tap away`() {
        schedule()
        phone.app.graph.settings.update { it.adding("there", emptyList()) }
        phone.settle()
        phone.press("Here · North")
        assertEquals("here", household.community)
        phone.press("There")
        assertEquals("there", household.community)
        phone.press("There")
        assertEquals(Route.Places, phone.app.graph.navigator.current, "the shown one leads to all of them")
    }

    @Test
    fun `without zone, plan or place it says what is missing`() {
        schedule()
        phone.app.graph.settings.update { all -> all.household?.let { all.with(it.copy(zones = emptyList())) } ?: all }
        phone.settle()
        assertTrue("The collection days depend on where exactly you live." in phone.says())
        phone.press("Choose part of town")
        assertEquals(Route.Places, phone.app.graph.navigator.current)
        phone.app.graph.navigator.go(Route.Schedule)
        engine.plan = emptyMap()
        phone.app.graph.settings.update { it.adding("there", emptyList()) }
        phone.settle()
        assertTrue("No plan for this place" in phone.says() && "Import" in phone.says() && "Export" !in phone.says())
        phone.app.graph.settings.update { it.without(1).without(2) }
        phone.settle()
        phone.press("Choose place")
        assertEquals(Route.AddPlace, phone.app.graph.navigator.current)
    }

    @Test
    fun `a calendar that cannot be read says why until it is read`() {
        schedule()
        phone.app.graph.schedule.read(ByteArray(0))
        phone.settle()
        assertIs<KerbsideError.BadCalendar>(phone.app.graph.schedule.state.value.error)
        assertTrue("no BEGIN:VCALENDAR" in phone.says())
        phone.press("Close")
        assertFalse("no BEGIN:VCALENDAR" in phone.says())
    }
}
