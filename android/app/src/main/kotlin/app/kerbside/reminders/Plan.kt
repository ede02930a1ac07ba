package app.kerbside.reminders

import app.kerbside.Here
import app.kerbside.api.Collection
import app.kerbside.api.ImportedDay
import app.kerbside.api.Reminder
import app.kerbside.api.ReminderKind
import app.kerbside.api.Stream
import app.kerbside.state.Household
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.LocalTime

/** The published plan of a household together with the days it imported itself. */
class Plan(private val here: Here) {
    suspend fun between(household: Household, from: LocalDate, to: LocalDate): List<Collection> {
        val published = here.engine().schedule.between(here.placeOf(household), from, to)
        return merged(published, imported(household, from, to))
    }

    suspend fun tonight(household: Household, now: LocalDateTime): List<Collection> {
        val published = here.engine().schedule.tonight(here.placeOf(household), now)
        val own = imported(household, now.toLocalDate(), now.toLocalDate().plusDays(1)).filter { isDue(it, now) }
        return merged(published, own)
    }

    /** Every reminder of the household for collections from [from] to [to]; what falls together is said together. */
    suspend fun reminders(household: Household, from: LocalDate, to: LocalDate): List<Reminder> {
        val (times, log) = household.reminders to household.log
        val published = here.engine().schedule.reminders(here.placeOf(household), times, log, from, to)
        val own = imported(household, from, to).groupBy { it.date }.flatMap { (date, day) -> of(household, date, day) }
        return (published + own).groupBy { Triple(it.at, it.kind, it.date) }.values
            .map { same -> same.first().copy(streams = same.flatMap { it.streams }.distinctBy { it.id }) }
            .sortedWith(compareBy({ it.at }, { it.kind }))
    }

    /** Imported days know no window: what is fetched tomorrow concerns nobody before noon, nor today's after noon. */
    private fun isDue(collection: Collection, now: LocalDateTime) =
        (collection.date == now.toLocalDate()) == (now.toLocalTime() < LocalTime.NOON)

    private suspend fun of(household: Household, date: LocalDate, day: List<Collection>): List<Reminder> {
        val zone = here.timeZone(household.community)
        val times = household.reminders
        val open = day.map { it.stream }.filter { !household.log.isDone(date, it.id) }
        val said = listOf(
            Triple(ReminderKind.EveningBefore, times.eveningBefore?.let(date.minusDays(1)::atTime), open),
            Triple(ReminderKind.MorningOf, times.morningOf?.let(date::atTime), open),
            Triple(ReminderKind.BringBack, times.bringBack?.let(date::atTime), day.map { it.stream }),
        )
        return said.filter { it.third.isNotEmpty() }.mapNotNull { (kind, at, streams) ->
            val planned = at?.atZone(zone)?.toInstant() ?: return@mapNotNull null
            val snoozed = household.log.snoozed[date].takeIf { kind != ReminderKind.BringBack }
            Reminder(maxOf(planned, snoozed ?: planned), kind, date, streams)
        }
    }

    private suspend fun imported(household: Household, from: LocalDate, to: LocalDate): List<Collection> {
        val days = household.imported.filter { it.date in from..to }
        if (days.isEmpty()) return emptyList()
        val known = here.engine().rules.streams(here.placeOf(household))
        return days.flatMap { day -> streamsOf(day, known).map { Collection(day.date, it) } }
    }

    /** The community's own stream where the title plainly means one; otherwise the title itself. */
    private fun streamsOf(day: ImportedDay, known: List<Stream>): List<Stream> {
        val meant = day.streams.map { name -> known.filter { it.id == name || it.icon == name }.singleOrNull() }
        if (meant.isNotEmpty() && null !in meant) return meant.filterNotNull()
        return listOf(Stream("$IMPORTED${day.title}", day.title, day.streams.firstOrNull() ?: "calendar"))
    }

    private fun merged(published: List<Collection>, own: List<Collection>) =
        (published + own).distinctBy { it.date to it.stream.id }.sortedWith(compareBy({ it.date }, { it.stream.name }))

    companion object {
        const val IMPORTED = "imported:"
    }
}
