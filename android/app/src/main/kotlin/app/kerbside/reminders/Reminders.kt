package app.kerbside.reminders

import android.app.AlarmManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import app.kerbside.Here
import app.kerbside.api.ReminderLog
import app.kerbside.service
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/**
 * Says what is due and sets the alarm for the next time something will be. There is never more than one alarm; whoever
 * changes what may be due calls [look] again.
 *
 * The alarm is inexact on purpose: a few minutes do not matter to a bin, and an exact one would need a permission.
 */
class Reminders(private val context: Context, private val here: Here, private val planner: ReminderPlanner) {
    private val looking = Mutex()
    private val notifications = Notifications(context)

    suspend fun look() = looking.withLock {
        val now = here.instant()
        val agenda = planner.agenda(now)
        agenda.due.forEach { notifications.show(it) }
        here.settings.update { it.copy(remindedUntil = maxOf(it.remindedUntil, now)) }
        arm(agenda.next)
    }

    /** Everything of that day is put out. */
    suspend fun done(household: Int, date: LocalDate, streams: List<String>) {
        change(household) { log -> streams.fold(log) { known, stream -> known.with(date, stream, true) } }
        notifications.remove(household, date)
        look()
    }

    /** Says it again in an hour. */
    suspend fun snooze(household: Int, date: LocalDate) {
        change(household) { it.snooze(date, here.instant() + HOUR) }
        notifications.remove(household, date)
        look()
    }

    private fun change(household: Int, change: (ReminderLog) -> ReminderLog) =
        here.settings.update { all ->
            all.households.find { it.id == household }?.let { all.with(it.copy(log = change(it.log))) } ?: all
        }

    private fun arm(at: Instant?) {
        val alarms = context.service<AlarmManager>()
        val ring = PendingIntent.getBroadcast(
            context, 0, Intent(context, ReminderReceiver::class.java).setAction(ReminderReceiver.RING),
            PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT,
        )
        if (at == null) alarms.cancel(ring) else alarms.setAndAllowWhileIdle(AlarmManager.RTC_WAKEUP, at.toEpochMilli(), ring)
    }

    private companion object {
        val HOUR: Duration = Duration.ofHours(1)
    }
}
