package app.kerbside.engine

import app.kerbside.api.Collection
import app.kerbside.api.ImportedCalendar
import app.kerbside.api.ImportedDay
import app.kerbside.api.KerbsideError
import app.kerbside.api.Place
import app.kerbside.api.Reminder
import app.kerbside.api.ReminderKind
import app.kerbside.api.ReminderLog
import app.kerbside.api.ReminderTimes
import app.kerbside.api.Schedule
import app.kerbside.ffi.DoneDay
import app.kerbside.ffi.SnoozedDay
import app.kerbside.ffi.readCalendar
import java.time.LocalDate
import java.time.LocalDateTime
import kotlinx.coroutines.CoroutineDispatcher

internal class RustSchedule(
    private val rules: app.kerbside.ffi.RuleBook,
    private val thread: CoroutineDispatcher,
) : Schedule {
    override suspend fun between(place: Place, from: LocalDate, to: LocalDate): List<Collection> =
        ask(place) { it.between(from, to).map { one -> one.toApi() } }

    override suspend fun tonight(place: Place, now: LocalDateTime): List<Collection> =
        ask(place) { it.tonight(now).map { one -> one.toApi() } }

    override suspend fun validUntil(place: Place): LocalDate? = ask(place) { it.validUntil() }

    override suspend fun reminders(
        place: Place,
        times: ReminderTimes,
        log: ReminderLog,
        from: LocalDate,
        to: LocalDate,
    ): List<Reminder> = ask(place) { plan ->
        plan.reminders(times.toFfi(), log.toFfi(), from, to).map { it.toApi() }
    }

    override suspend fun exportIcs(place: Place, from: LocalDate, to: LocalDate, eveningHour: Int): String =
        ask(place) { it.exportIcs(from, to, eveningHour.coerceIn(0, 23).toUByte()) }

    override suspend fun importIcs(bytes: ByteArray, timeZone: String, from: LocalDate): ImportedCalendar =
        onThread(thread, KerbsideError::BadCalendar) { readCalendar(bytes.direct(), timeZone, from).toApi() }

    private suspend fun <T> ask(place: Place, question: (app.kerbside.ffi.Schedule) -> T): T =
        onThread(thread, KerbsideError::BadRules) { rules.schedule(place.toFfi()).use(question) }
}

private fun app.kerbside.ffi.Collection.toApi() =
    Collection(date, stream.toApi(), insteadOf, reason, opens, closes)

private fun ReminderTimes.toFfi() = app.kerbside.ffi.ReminderTimes(eveningBefore, morningOf, bringBack)

private fun ReminderLog.toFfi() = app.kerbside.ffi.ReminderLog(
    done = done.map { (date, streams) -> DoneDay(date, streams.toList()) },
    snoozed = snoozed.map { (date, until) -> SnoozedDay(date, until) },
)

private fun app.kerbside.ffi.Reminder.toApi() = Reminder(at, kind.toApi(), date, streams.map { it.toApi() })

private fun app.kerbside.ffi.ReminderKind.toApi() = when (this) {
    app.kerbside.ffi.ReminderKind.EVENING_BEFORE -> ReminderKind.EveningBefore
    app.kerbside.ffi.ReminderKind.MORNING_OF -> ReminderKind.MorningOf
    app.kerbside.ffi.ReminderKind.BRING_BACK -> ReminderKind.BringBack
}

private fun app.kerbside.ffi.ImportedCalendar.toApi() =
    ImportedCalendar(days.map { ImportedDay(it.date, it.title, it.streams) }, warnings, setAside)
