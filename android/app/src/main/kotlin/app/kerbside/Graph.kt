package app.kerbside

import android.content.Context
import app.kerbside.about.AboutViewModel
import app.kerbside.api.Kerbside
import app.kerbside.camera.CameraViewModel
import app.kerbside.models.ModelsViewModel
import app.kerbside.nav.Navigator
import app.kerbside.nav.Route
import app.kerbside.places.PlacesViewModel
import app.kerbside.reminders.Plan
import app.kerbside.reminders.ReminderPlanner
import app.kerbside.reminders.Reminders
import app.kerbside.result.ResultViewModel
import app.kerbside.result.Sorters
import app.kerbside.schedule.ScheduleViewModel
import app.kerbside.search.SearchViewModel
import app.kerbside.state.SavedSort
import app.kerbside.state.SettingsStore
import app.kerbside.widget.TonightWidget
import java.io.File
import java.time.Clock
import java.time.DayOfWeek
import java.time.temporal.WeekFields
import java.util.Locale
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/**
 * Everything there is one of, made once for the process and handed to whoever needs it. View models live here: activities
 * come and go with every turn of the phone, what is shown stays.
 */
class Graph(
    private val context: Context,
    folder: File,
    clock: Clock,
    val scope: CoroutineScope,
    io: CoroutineDispatcher,
    openEngine: suspend () -> Kerbside,
) {
    val settings = SettingsStore(File(folder, "settings.json"))
    val here = Here(settings, clock, { locale.toLanguageTag() }) { withContext(io) { openEngine() } }
    val navigator = Navigator()
    private val plan = Plan(here)
    private val sorters = Sorters(here)
    val reminders = Reminders(context, here, ReminderPlanner(here, plan))

    val result = ResultViewModel(here, sorters, SavedSort(File(folder, "last")), scope, io)
    val camera = CameraViewModel(here, scope, ::sort)
    val schedule = ScheduleViewModel(here, plan, scope, { firstDayOfWeek }, ::remind)
    val search = SearchViewModel(here, scope)
    val places = PlacesViewModel(here, scope, ::remind)
    val models = ModelsViewModel(here, sorters, scope, io)
    val about = AboutViewModel(here, scope)

    private val locale: Locale get() = context.resources.configuration.locales[0]
    val firstDayOfWeek: DayOfWeek get() = WeekFields.of(locale).firstDayOfWeek

    /** A photo, wherever it came from: looks at it and shows what was found. */
    fun sort(photo: ByteArray) {
        result.sort(photo)
        navigator.go(Route.Result)
    }

    /** One step back, within a screen first. `false` if that would leave the app. */
    fun back(): Boolean {
        val route = navigator.current
        val within = when {
            route == Route.Result && result.state.value.correction != null -> result::stopCorrection
            route == Route.AddPlace && places.state.value.choice?.isNew == true -> places::backToCommunities
            else -> return navigator.back()
        }
        within()
        return true
    }

    /** What is on the screens besides what is on disk, for the next process. */
    fun save(): Map<String, String> = listOfNotNull(
        "screens" to navigator.save(),
        "query" to search.state.value.query,
        result.state.value.selected?.let { "selected" to "$it" },
        places.save()?.let { "choice" to it },
    ).toMap()

    fun restore(saved: Map<String, String>) {
        saved["screens"]?.let(navigator::restore)
        saved["query"]?.let(search::search)
        saved["choice"]?.let(places::restore)
        result.restore(saved["selected"]?.toIntOrNull())
    }

    /** What may be due has changed. */
    private fun remind() {
        scope.launch {
            reminders.look()
            updateWidgets()
        }
    }

    suspend fun updateWidgets() {
        if (!TonightWidget.isPlaced(context)) return
        val household = here.household
        val now = here.now(household?.community)
        val today = now.toLocalDate()
        val due = household?.let { plan.tonight(it, now) }.orEmpty().filter { one ->
            household?.log?.isDone(one.date, one.stream.id) != true
        }
        val coming = household?.let { plan.between(it, today, today.plusDays(WIDGET_AHEAD)) }.orEmpty()
        TonightWidget.update(context, TonightWidget.say(context, household != null, due, coming, today))
    }

    fun memoryWarning() = sorters.memoryWarning()

    private companion object {
        const val WIDGET_AHEAD = 31L
    }
}
