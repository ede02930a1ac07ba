package app.kerbside.schedule

import app.kerbside.api.Collection
import app.kerbside.api.ImportedCalendar
import app.kerbside.api.KerbsideError
import app.kerbside.api.ReminderLog
import app.kerbside.api.ReminderTimes
import java.time.DayOfWeek
import java.time.LocalDate
import java.time.YearMonth

/** What the schedule screen shows. */
data class ScheduleState(
    val households: List<Named> = emptyList(),
    val current: Int = 0,
    val today: LocalDate = LocalDate.ofEpochDay(0),
    val asMonth: Boolean = false,
    val month: YearMonth = YearMonth.from(LocalDate.ofEpochDay(0)),
    val picked: LocalDate? = null,
    val tonight: List<Collection> = emptyList(),
    val coming: List<Collection> = emptyList(),
    val inMonth: List<Collection> = emptyList(),
    val log: ReminderLog = ReminderLog(),
    val reminders: ReminderTimes = ReminderTimes(),
    val validUntil: LocalDate? = null,
    val needsZone: Boolean = false,
    val hasImported: Boolean = false,
    val importing: ImportedCalendar? = null,
    val loaded: Boolean = false,
    val error: KerbsideError? = null,
) {
    /** Days of the list, each with what is fetched. */
    val days get() = coming.groupBy { it.date }

    val pickedDay get() = picked?.let { day -> inMonth.filter { it.date == day } }.orEmpty()

    fun isDone(collection: Collection) = log.isDone(collection.date, collection.stream.id)
}

/** A household as a list shows it. */
data class Named(val id: Int, val name: String, val detail: String? = null)

/** The weeks of a month, whole ones: days of the neighbours fill the first and the last. */
data class MonthGrid(val month: YearMonth, val firstDayOfWeek: DayOfWeek) {
    val first: LocalDate = month.atDay(1).let { day ->
        day.minusDays(Math.floorMod(day.dayOfWeek.value - firstDayOfWeek.value, DAYS).toLong())
    }
    val weeks: List<List<LocalDate>> = generateSequence(first) { it.plusWeeks(1) }
        .takeWhile { it <= month.atEndOfMonth() }
        .map { week -> List(DAYS) { week.plusDays(it.toLong()) } }
        .toList()
    val last: LocalDate = weeks.last().last()

    companion object {
        const val DAYS = 7
    }
}
