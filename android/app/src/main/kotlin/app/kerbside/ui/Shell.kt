package app.kerbside.ui

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.Color
import android.view.Gravity
import android.view.View
import android.widget.FrameLayout
import app.kerbside.Graph
import app.kerbside.R
import app.kerbside.about.AboutScreen
import app.kerbside.camera.CameraScreen
import app.kerbside.models.ModelsScreen
import app.kerbside.nav.Route
import app.kerbside.places.AddPlaceScreen
import app.kerbside.places.PlacesScreen
import app.kerbside.result.ResultScreen
import app.kerbside.schedule.ScheduleScreen
import app.kerbside.search.ItemScreen
import app.kerbside.search.SearchScreen

/** The screen that is on, and the bar to the four main ones: below it, or beside it where the phone lies on its side. */
@SuppressLint("ViewConstructor")
internal class Shell(context: Context, private val graph: Graph, private val host: Host) : Screen<List<Route>>(context, graph.navigator.state) {
    private val frame = FrameLayout(context)
    private val bar = bar()
    private var shown: Route? = null
    private val tabs = Part<Route>(bar) { current -> Route.tabs.forEach { (this as Stack).add(tab(it, it == current), tabWidth(), tabHeight(), 1f) } }

    init {
        setBackgroundColor(context.getColor(R.color.background))
        val content = if (context.isLandscape) context.row {
            add(bar, dp(96), MATCH)
            add(frame, height = MATCH, weight = 1f)
        } else context.column {
            add(frame, height = 0, weight = 1f)
            add(bar)
        }
        addView(content, LayoutParams(MATCH, MATCH))
    }

    private fun bar() = (if (context.isLandscape) context.column() else context.row()).apply {
        setBackgroundColor(context.getColor(R.color.surface))
        padding(if (context.isLandscape) 0 else 4, 4)
    }

    private fun tabWidth() = if (context.isLandscape) MATCH else 0

    private fun tabHeight() = if (context.isLandscape) 0 else WRAP

    private fun tab(route: Route, chosen: Boolean) = context.column(4) {
        val (icon, text) = when (route) {
            Route.Sort -> R.drawable.ic_camera to R.string.sort
            Route.Schedule -> R.drawable.ic_schedule to R.string.schedule
            Route.Search -> R.drawable.ic_search to R.string.search
            else -> R.drawable.ic_menu to R.string.more
        }
        gravity = Gravity.CENTER
        padding(2, 8)
        minimumHeight = dp(TOUCH)
        val ink = context.getColor(if (chosen) R.color.on_primary_soft else R.color.text_soft)
        val pill = context.column {
            gravity = Gravity.CENTER
            if (chosen) background = context.rounded(context.getColor(R.color.primary_soft), radius = 16)
            add(context.icon(icon, ink), dp(24), dp(24))
        }
        add(pill, dp(56), dp(32))
        val name = context.label(if (chosen) Type.Strong else Type.Body, context.getString(text)).oneLine()
        name.setTextSize(android.util.TypedValue.COMPLEX_UNIT_DIP, TAB_TEXT * minOf(context.textScale, 1.3f))
        name.setTextColor(context.getColor(if (chosen) R.color.text else R.color.text_soft))
        name.gravity = Gravity.CENTER
        add(name)
        contentDescription = context.getString(text)
        isSelected = chosen
        pressable(null, context.rounded(Color.WHITE, radius = 16)) { host.go(route) }
    }

    override fun render(state: List<Route>) {
        tabs.show(state.first())
        val route = state.last()
        if (route == shown) return
        shown = route
        frame.removeAllViews()
        frame.addView(screen(route), LayoutParams(MATCH, MATCH))
    }

    private fun screen(route: Route): View = when (route) {
        Route.Sort -> CameraScreen(context, graph.camera, host)
        Route.Result -> ResultScreen(context, graph.result, host)
        Route.Schedule -> ScheduleScreen(context, graph.schedule, host, graph.firstDayOfWeek)
        Route.Search -> SearchScreen(context, graph.search, host)
        is Route.Item -> ItemScreen(context, graph.search, host, route)
        Route.More -> MoreScreen(context, host)
        Route.Places -> PlacesScreen(context, graph.places, host)
        Route.AddPlace -> AddPlaceScreen(context, graph.places, host)
        Route.Models -> ModelsScreen(context, graph.models, host)
        Route.About -> AboutScreen(context, graph.about, host)
    }

    private companion object {
        const val TAB_TEXT = 12.5f
    }
}
