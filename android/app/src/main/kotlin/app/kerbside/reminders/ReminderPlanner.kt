package app.kerbside.reminders

import app.kerbside.Here
import app.kerbside.api.Reminder
import app.kerbside.state.Household
import java.time.Duration
import java.time.Instant
import java.time.ZoneOffset

/** A reminder of one household. */
data class Due(val household: Household, val reminder: Reminder)

/**
 * What has to be said now, and when to look again.
 *
 * @property next `null` if no reminder is on, or nothing is known about later days
 */
data class Agenda(val due: List<Due>, val next: Instant?)

/** Which reminders have come due since the last time somebody looked. */
class ReminderPlanner(private val here: Here, private val plan: Plan) {
    suspend fun agenda(now: Instant): Agenda {
        val settings = here.settings.state.value
        val all = settings.households.filter { it.hasReminders }.flatMap { household ->
            val today = now.atOffset(ZoneOffset.UTC).toLocalDate()
            plan.reminders(household, today.minusDays(2), today.plusDays(HORIZON)).map { Due(household, it) }
        }.sortedBy { it.reminder.at }
        // A phone that was off all night does not remind of yesterday's bin.
        val since = maxOf(settings.remindedUntil, now - STALE)
        return Agenda(
            due = all.filter { it.reminder.at > since && it.reminder.at <= now },
            next = all.firstOrNull { it.reminder.at > now }?.reminder?.at,
        )
    }

    private val Household.hasReminders
        get() = listOf(reminders.eveningBefore, reminders.morningOf, reminders.bringBack).any { it != null }

    private companion object {
        /** A yearly collection is found in time: the app is opened, or the phone restarted, more often than that. */
        const val HORIZON = 100L
        val STALE: Duration = Duration.ofHours(12)
    }
}
