package app.kerbside.ui

import android.content.Context
import android.text.format.DateFormat
import android.text.format.Formatter
import app.kerbside.R
import app.kerbside.api.Confidence
import app.kerbside.api.Instruction
import app.kerbside.api.KerbsideError
import app.kerbside.api.Moment
import app.kerbside.api.NextCollection
import app.kerbside.api.SetOut
import app.kerbside.api.Source
import app.kerbside.api.Verdict
import app.kerbside.api.Why
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.LocalTime
import java.time.YearMonth
import java.time.format.DateTimeFormatter
import java.util.Locale

/** Facts as sentences and dates, in the language of the phone. What a community wants is said in its pack's own words. */
class Wording(private val context: Context) {
    private val locale: Locale get() = context.resources.configuration.locales[0]

    private fun say(id: Int, vararg gaps: Any) = context.getString(id, *gaps)

    fun confidence(confidence: Confidence) = say(
        when (confidence) {
            Confidence.Sure -> R.string.confidence_sure
            Confidence.Likely -> R.string.confidence_likely
            Confidence.Unsure -> R.string.confidence_unsure
        },
    )

    /** What to do, in a few words. */
    fun verdict(verdict: Verdict) = say(
        when (verdict) {
            Verdict.Kerb -> R.string.verdict_kerb
            Verdict.HandOver -> R.string.verdict_hand_over
            Verdict.DropOff -> R.string.verdict_drop_off
            Verdict.TakeBack -> R.string.verdict_take_back
            Verdict.Deposit -> R.string.verdict_deposit
            Verdict.Appointment -> R.string.verdict_appointment
            Verdict.Hazardous -> R.string.verdict_hazardous
            Verdict.NotAccepted -> R.string.verdict_not_accepted
            Verdict.Ask -> R.string.verdict_ask
            Verdict.Unknown -> R.string.verdict_unknown
        },
    )

    fun why(why: Why) = say(
        when (why) {
            Why.OutOfDate -> R.string.why_out_of_date
            Why.UnknownZone -> R.string.why_unknown_zone
            Why.NotRecognised -> R.string.why_not_recognised
            Why.NoRule -> R.string.why_no_rule
            Why.UnknownHazard -> R.string.why_unknown_hazard
        },
    )

    /** Where it goes, as one line of a list. */
    fun destination(instruction: Instruction): String =
        instruction.question?.text ?: instruction.stream?.name ?: verdict(instruction.verdict)

    /** That texts in [language] are in neither the phone's language nor the app's; `null` if they are in one of them. */
    fun foreign(language: String): String? {
        val (given, own) = Locale.forLanguageTag(language) to Locale.forLanguageTag(say(R.string.language))
        return if (given.language in setOf(locale.language, own.language)) null else say(R.string.texts_in, given.getDisplayLanguage(own))
    }

    /** "Thursday 3 December". */
    fun day(date: LocalDate): String = format(date, "EEEEdMMMM")

    /** "Thu 3 Dec". */
    fun shortDay(date: LocalDate): String = format(date, "EEEdMMM")

    fun date(date: LocalDate): String = format(date, "dMMMMyyyy")

    fun month(month: YearMonth): String = format(month.atDay(1), "MMMMyyyy")

    /** "Today", "Tomorrow", or the day. */
    fun relativeDay(date: LocalDate, today: LocalDate): String = when (date) {
        today -> say(R.string.today)
        today.plusDays(1) -> say(R.string.tomorrow)
        else -> day(date)
    }

    fun time(time: LocalTime): String =
        time.format(DateTimeFormatter.ofPattern(pattern(if (DateFormat.is24HourFormat(context)) "Hm" else "hm"), locale))

    /** "Paper, glass and bulky waste" needs grammar; commas do not. */
    fun list(names: List<String>) = names.joinToString(", ")

    /** When a container may stand outside, around a known day of collection. */
    fun window(opens: LocalDateTime?, closes: LocalDateTime?, collection: LocalDate): String? {
        fun moment(at: LocalDateTime) = moment(
            Moment((at.toLocalDate().toEpochDay() - collection.toEpochDay()).toInt(), at.toLocalTime()),
        )
        return window(opens?.let(::moment), closes?.let(::moment))
    }

    fun window(setOut: SetOut): String? = window(setOut.from?.let(::moment), setOut.by?.let(::moment))

    private fun window(from: String?, by: String?) = when {
        from != null && by != null -> say(R.string.set_out_between, from, by)
        from != null -> say(R.string.set_out_from, from)
        by != null -> say(R.string.set_out_by, by)
        else -> null
    }

    private fun moment(moment: Moment) = time(moment.time).let {
        when {
            moment.day < 0 -> say(R.string.moment_day_before, it)
            moment.day == 0 -> say(R.string.moment_same_day, it)
            else -> say(R.string.moment_day_after, it)
        }
    }

    fun next(next: NextCollection): String = when (next) {
        is NextCollection.On -> listOfNotNull(day(next.date), moved(next.insteadOf, next.reason)).joinToString(" – ")
        NextCollection.AskZone -> say(R.string.next_ask_zone)
        is NextCollection.NoOfficialDates -> say(R.string.next_no_dates, date(next.since))
    }

    fun moved(insteadOf: LocalDate?, reason: String?): String? = when {
        insteadOf == null -> null
        reason == null -> say(R.string.moved, shortDay(insteadOf))
        else -> say(R.string.moved_because, shortDay(insteadOf), reason)
    }

    fun source(source: Source): String {
        val checked = source.verified?.let { say(R.string.source_verified, date(it)) }
        return listOf(source.title, source.publisher, checked ?: say(R.string.source_read, date(source.retrieved)))
            .joinToString(" · ")
    }

    fun bytes(bytes: Long): String = Formatter.formatShortFileSize(context, bytes)

    fun error(error: KerbsideError) = say(
        when (error) {
            is KerbsideError.BadPhoto -> R.string.error_photo
            is KerbsideError.BadPack -> R.string.error_pack
            is KerbsideError.BadRules -> R.string.error_rules
            is KerbsideError.BadCalendar -> R.string.error_calendar
            is KerbsideError.Storage -> R.string.error_storage
            is KerbsideError.TooBig -> R.string.error_too_big
            is KerbsideError.Internal -> R.string.error_internal
        },
    )

    private fun format(date: LocalDate, skeleton: String) = date.format(DateTimeFormatter.ofPattern(pattern(skeleton), locale))

    private fun pattern(skeleton: String) = DateFormat.getBestDateTimePattern(locale, skeleton)
}
