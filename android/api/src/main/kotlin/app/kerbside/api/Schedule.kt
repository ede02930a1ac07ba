package app.kerbside.api

import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.LocalTime

/** One stream fetched on one day. [opens] and [closes] say when it may stand outside, on the community's clock. */
data class Collection(
    val date: LocalDate,
    val stream: Stream,
    val insteadOf: LocalDate? = null,
    val reason: String? = null,
    val opens: LocalDateTime? = null,
    val closes: LocalDateTime? = null,
)

/** When a person wants to be reminded; `null` is off. */
data class ReminderTimes(
    val eveningBefore: LocalTime? = null,
    val morningOf: LocalTime? = null,
    val bringBack: LocalTime? = null,
)

enum class ReminderKind { EveningBefore, MorningOf, BringBack }

/** One notification, [at] that instant. */
data class Reminder(val at: Instant, val kind: ReminderKind, val date: LocalDate, val streams: List<Stream>)

/** What the person has dealt with: streams put out by day of collection, and until when a day's reminders are put off. */
data class ReminderLog(
    val done: Map<LocalDate, Set<String>> = emptyMap(),
    val snoozed: Map<LocalDate, Instant> = emptyMap(),
) {
    fun isDone(date: LocalDate, stream: String) = stream in done[date].orEmpty()

    fun with(date: LocalDate, stream: String, isDone: Boolean): ReminderLog {
        val streams = done[date].orEmpty().let { if (isDone) it + stream else it - stream }
        return copy(done = if (streams.isEmpty()) done - date else done + (date to streams))
    }

    fun snooze(date: LocalDate, until: Instant) = copy(snoozed = snoozed + (date to until))

    /** Without days before [today]. */
    fun since(today: LocalDate) =
        ReminderLog(done.filterKeys { it >= today }, snoozed.filterKeys { it >= today })
}

/**
 * A day of an imported calendar.
 *
 * @property streams names of the streams the title probably means; empty when unsure
 */
data class ImportedDay(val date: LocalDate, val title: String, val streams: List<String>)

/**
 * What a calendar file says.
 *
 * @property warnings what was mended, clipped or passed over, a sentence each
 * @property setAside entries that do not count, and why
 */
data class ImportedCalendar(
    val days: List<ImportedDay>,
    val warnings: List<String> = emptyList(),
    val setAside: List<String> = emptyList(),
)

/** When what is collected at a place. */
interface Schedule {
    /** Everything fetched from [from] to [to], both included, by day and stream. */
    suspend fun between(place: Place, from: LocalDate, to: LocalDate): List<Collection>

    /** What has to be put out between [now], the community's clock, and tomorrow's end. */
    suspend fun tonight(place: Place, now: LocalDateTime): List<Collection>

    /** Last day about which the plan says anything; `null` without a plan. */
    suspend fun validUntil(place: Place): LocalDate?

    /** Reminders for collections from [from] to [to], in order, without what [log] says is done. */
    suspend fun reminders(
        place: Place,
        times: ReminderTimes,
        log: ReminderLog,
        from: LocalDate,
        to: LocalDate,
    ): List<Reminder>

    /** The plan as an iCalendar file; [eveningHour] is when its alarms ring on the day before. */
    suspend fun exportIcs(place: Place, from: LocalDate, to: LocalDate, eveningHour: Int): String

    /**
     * Reads a calendar file; days before [from] are left out.
     *
     * @throws KerbsideError.BadCalendar
     */
    suspend fun importIcs(bytes: ByteArray, timeZone: String, from: LocalDate): ImportedCalendar
}
