package app.kerbside.schedule

import app.kerbside.Here
import app.kerbside.ViewModel
import app.kerbside.api.Collection
import app.kerbside.api.ImportedDay
import app.kerbside.api.KerbsideError
import app.kerbside.api.ReminderTimes
import app.kerbside.reminders.Plan
import app.kerbside.state.Household
import java.time.DayOfWeek
import java.time.LocalDate
import java.time.LocalTime
import java.time.YearMonth
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.launch

/** When what is collected, for one household at a time. */
class ScheduleViewModel(
    private val here: Here,
    private val plan: Plan,
    scope: CoroutineScope,
    private val firstDayOfWeek: () -> DayOfWeek,
    private val onReminders: () -> Unit,
) : ViewModel<ScheduleState>(ScheduleState(), scope) {
    private var loading: Job? = null

    init {
        scope.launch { here.settings.state.drop(1).collect { if (state.value.loaded) load() } }
    }

    /** The screen came up: the day may have changed. */
    fun load() {
        loading?.cancel()
        loading = launch(::failed) {
            val settings = here.settings.state.value
            val household = settings.household
            if (household == null) {
                show { it.copy(households = emptyList(), loaded = true) }
                return@launch
            }
            val now = here.now(household.community)
            val today = now.toLocalDate()
            val named = settings.households.map { named(it) }
            val tonight = plan.tonight(household, now)
            val coming = plan.between(household, today, today.plusDays(AHEAD))
            val validUntil = here.engine().schedule.validUntil(here.placeOf(household))
            val needsZone = household.zones.isEmpty() && here.community(household.community)?.zoneQuestion != null
            show { shown ->
                val newDay = shown.today != today || shown.current != household.id
                shown.copy(
                    households = named,
                    current = household.id,
                    today = today,
                    month = if (newDay) YearMonth.from(today) else shown.month,
                    picked = if (newDay) null else shown.picked,
                    tonight = tonight,
                    coming = coming,
                    log = household.log,
                    reminders = household.reminders,
                    validUntil = validUntil,
                    needsZone = needsZone,
                    hasImported = household.imported.isNotEmpty(),
                    loaded = true,
                    error = null,
                )
            }
            showMonth(household)
        }
    }

    fun choose(household: Int) = here.settings.update { it.copy(current = household) }

    fun showAsMonth(asMonth: Boolean) = show { it.copy(asMonth = asMonth) }

    fun turn(months: Long) {
        show { it.copy(month = it.month.plusMonths(months), picked = null) }
        val household = here.household ?: return
        launch(::failed) { showMonth(household) }
    }

    fun pick(day: LocalDate) = show { it.copy(picked = if (it.picked == day) null else day) }

    /** Put out, or not after all. */
    fun setDone(collection: Collection, done: Boolean) {
        change { it.copy(log = it.log.since(state.value.today.minusDays(1)).with(collection.date, collection.stream.id, done)) }
        onReminders()
    }

    fun setReminders(times: ReminderTimes) {
        // What would have come before now was not asked for.
        here.settings.update { it.copy(remindedUntil = here.instant()) }
        change { it.copy(reminders = times) }
        onReminders()
    }

    fun setEvening(on: Boolean) =
        setReminders(state.value.reminders.copy(eveningBefore = EVENING.takeIf { on }))

    fun setMorning(on: Boolean) =
        setReminders(state.value.reminders.copy(morningOf = MORNING.takeIf { on }))

    fun setBringBack(on: Boolean) =
        setReminders(state.value.reminders.copy(bringBack = BRING_BACK.takeIf { on }))

    /** Reads a calendar file and shows what it says, to be confirmed. */
    fun read(ics: ByteArray) {
        val household = here.household ?: return
        launch(::failed) {
            val today = here.today()
            val calendar = here.engine().schedule.importIcs(ics, here.timeZone(household.community).id, today)
            if (calendar.days.isEmpty()) throw KerbsideError.BadCalendar(calendar.warnings.firstOrNull().orEmpty())
            show { it.copy(importing = calendar) }
        }
    }

    /** Takes the days that were read; a day and title that is already there is not doubled. */
    fun confirmImport() {
        val days = state.value.importing?.days ?: return
        show { it.copy(importing = null) }
        change { it.copy(imported = (it.imported + days).distinctBy { day -> day.date to day.title }.sortedBy(ImportedDay::date)) }
        onReminders()
    }

    fun cancelImport() = show { it.copy(importing = null) }

    fun forgetImported() {
        change { it.copy(imported = emptyList()) }
        onReminders()
    }

    fun dismissError() = show { it.copy(error = null) }

    /** The published plan of a year from today as a calendar file. */
    fun export(write: (String) -> Unit) {
        val place = here.place ?: return
        launch(::failed) {
            val today = here.today()
            val hour = (state.value.reminders.eveningBefore ?: EVENING).hour
            write(here.engine().schedule.exportIcs(place, today, today.plusYears(1), hour))
        }
    }

    private suspend fun showMonth(household: Household) {
        val grid = MonthGrid(state.value.month, firstDayOfWeek())
        val days = plan.between(household, grid.first, grid.last)
        show { if (it.month == grid.month) it.copy(inMonth = days) else it }
    }

    private suspend fun named(household: Household): Named {
        val name = here.community(household.community)?.name ?: household.community
        val zones = here.engine().rules.zones(household.community, here.language())
        val here = household.zones.mapNotNull { id -> zones.find { it.id == id }?.name }
        return Named(household.id, name, here.joinToString(", ").ifEmpty { null })
    }

    private fun change(change: (Household) -> Household) {
        here.settings.update { settings -> settings.household?.let { settings.with(change(it)) } ?: settings }
    }

    private fun failed(error: KerbsideError) = show { it.copy(error = error, loaded = true) }

    private companion object {
        const val AHEAD = 62L
        val EVENING: LocalTime = LocalTime.of(19, 0)
        val MORNING: LocalTime = LocalTime.of(6, 30)
        val BRING_BACK: LocalTime = LocalTime.of(18, 0)
    }
}
