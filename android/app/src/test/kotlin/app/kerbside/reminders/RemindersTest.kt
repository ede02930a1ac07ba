package app.kerbside.reminders

import android.app.AlarmManager
import android.app.Notification
import android.app.NotificationManager
import android.content.Intent
import android.os.Looper
import app.kerbside.TestApp
import app.kerbside.api.ReminderTimes
import app.kerbside.service
import app.kerbside.support.FakeKerbside
import java.time.Instant
import java.time.LocalDate
import java.time.LocalTime
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf

@RunWith(RobolectricTestRunner::class)
class RemindersTest {
    private val app = RuntimeEnvironment.getApplication() as TestApp
    private val alarms = shadowOf(app.service<AlarmManager>())
    private val notifications = shadowOf(app.service<NotificationManager>())
    private val day = LocalDate.of(2026, 12, 2)
    private val seven = Instant.parse("2026-12-01T18:00:00Z")

    private fun remind() {
        val engine = app.engine as FakeKerbside
        engine.plan = mapOf(day to listOf(engine.paper, engine.glass), day.plusDays(7) to listOf(engine.paper))
        app.graph.settings.update { all ->
            val one = all.adding("here", listOf("north"))
            one.household?.let { one.with(it.copy(reminders = ReminderTimes(eveningBefore = LocalTime.of(19, 0)))) } ?: one
        }
    }

    private fun receive(intent: Intent) {
        ReminderReceiver().onReceive(app, intent)
        shadowOf(Looper.getMainLooper()).idle()
    }

    private fun ring() = receive(Intent(ReminderReceiver.RING))

    private fun alarm() = alarms.scheduledAlarms.single().triggerAtMs.let(Instant::ofEpochMilli)

    @Test
    fun `after a restart, a change of the clock or an update the alarm is set again`() {
        remind()
        for (reason in listOf("BOOT_COMPLETED", "MY_PACKAGE_REPLACED", "TIMEZONE_CHANGED", "TIME_SET")) {
            app.service<AlarmManager>().cancelAll()
            RearmReceiver().onReceive(app, Intent("android.intent.action.$reason"))
            shadowOf(Looper.getMainLooper()).idle()
            assertEquals(1, alarms.scheduledAlarms.size, reason)
            assertEquals(seven, alarm(), reason)
        }
        RearmReceiver().onReceive(app, Intent(Intent.ACTION_SCREEN_ON).also { app.service<AlarmManager>().cancelAll() })
        shadowOf(Looper.getMainLooper()).idle()
        assertEquals(0, alarms.scheduledAlarms.size, "nothing else wakes it")
        assertEquals(0, notifications.size())
    }

    @Test
    fun `when it rings it says what, and sets the next alarm`() {
        remind()
        app.clock.now = seven
        ring()
        val shown = notifications.allNotifications.single()
        assertEquals("Put out tonight", shown.extras.getString(Notification.EXTRA_TITLE))
        assertEquals("Paper, Glass", shown.extras.getString(Notification.EXTRA_TEXT))
        assertEquals(listOf("Done", "In an hour"), shown.actions.map { "${it.title}" })
        assertEquals(Instant.parse("2026-12-08T18:00:00Z"), alarm())
        ring()
        assertEquals(1, notifications.size(), "not twice")
    }

    @Test
    fun `done on the notification is done in the app, and it is gone`() {
        remind()
        app.clock.now = seven
        ring()
        press(0)
        assertEquals(setOf("paper", "glass"), app.graph.settings.state.value.household?.log?.done?.get(day))
        assertEquals(0, notifications.size())
    }

    @Test
    fun `in an hour it says so again`() {
        remind()
        app.clock.now = seven
        ring()
        press(1)
        assertEquals(0, notifications.size())
        assertEquals(seven.plusSeconds(3600), alarm())
        app.clock.now = seven.plusSeconds(3600)
        ring()
        assertEquals(1, notifications.size())
    }

    @Test
    fun `switched off, there is no alarm`() {
        remind()
        ring()
        assertEquals(1, alarms.scheduledAlarms.size)
        app.graph.schedule.load()
        shadowOf(Looper.getMainLooper()).idle()
        app.graph.schedule.setEvening(false)
        shadowOf(Looper.getMainLooper()).idle()
        assertTrue(alarms.scheduledAlarms.isEmpty())
    }

    private fun press(button: Int) {
        val action = notifications.allNotifications.single().actions[button]
        receive(shadowOf(action.actionIntent).savedIntent)
    }
}
