package app.kerbside.nav

import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow

/** A screen one can be on. [text] brings it through the end of the process. */
sealed class Route(val text: String) {
    data object Sort : Route("sort")
    data object Result : Route("result")
    data object Schedule : Route("schedule")
    data object Search : Route("search")
    data class Item(val id: String) : Route("$ITEM$id")
    data object More : Route("more")
    data object Places : Route("places")
    data object AddPlace : Route("add-place")
    data object Models : Route("models")
    data object About : Route("about")

    // Lazy: the objects above are made while this class is, and would not be there yet.
    companion object {
        private const val ITEM = "item:"

        /** The screens of the bar at the bottom, left to right. */
        val tabs by lazy { listOf(Sort, Schedule, Search, More) }
        private val plain by lazy {
            listOf(Sort, Result, Schedule, Search, More, Places, AddPlace, Models, About).associateBy { it.text }
        }

        fun parse(text: String): Route? =
            if (text.startsWith(ITEM)) Item(text.removePrefix(ITEM)) else plain[text]
    }
}

/** Which screens lie on top of each other. The lowest is always a tab. */
class Navigator(start: List<Route> = listOf(Route.Sort)) {
    private val stack = MutableStateFlow(start)
    val state: StateFlow<List<Route>> = stack
    val current get() = stack.value.last()
    val tab get() = stack.value.first()

    /** Opens a screen on top; a tab instead of everything. */
    fun go(route: Route) {
        stack.value = if (route in Route.tabs) listOf(route) else stack.value - route + route
    }

    /** One screen back; from another tab to sorting. `false` if that would leave the app. */
    fun back(): Boolean {
        val screens = stack.value
        stack.value = when {
            screens.size > 1 -> screens.dropLast(1)
            screens.single() != Route.Sort -> listOf(Route.Sort)
            else -> return false
        }
        return true
    }

    val canGoBack get() = stack.value != listOf(Route.Sort)

    fun save(): String = stack.value.joinToString("\n") { it.text }

    /** Does nothing with what [save] did not write. */
    fun restore(saved: String) {
        val routes = saved.lines().mapNotNull(Route::parse)
        if (routes.firstOrNull() in Route.tabs) stack.value = routes
    }
}
