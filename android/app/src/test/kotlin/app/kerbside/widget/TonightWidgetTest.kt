package app.kerbside.widget

import android.appwidget.AppWidgetManager
import android.os.Looper
import android.view.View
import android.widget.FrameLayout
import android.widget.TextView
import app.kerbside.MainActivity
import app.kerbside.R
import app.kerbside.TestApp
import app.kerbside.api.Collection
import app.kerbside.support.FakeKerbside
import java.time.Instant
import java.time.LocalDate
import kotlin.test.assertEquals
import kotlinx.coroutines.launch
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf

@RunWith(RobolectricTestRunner::class)
class TonightWidgetTest {
    private val app = RuntimeEnvironment.getApplication() as TestApp
    private val day = LocalDate.of(2026, 12, 2)
    private val widgets = shadowOf(AppWidgetManager.getInstance(app))
    private val id = widgets.createWidget(TonightWidget::class.java, R.layout.widget_tonight)

    private fun says(): Pair<String, String> {
        app.graph.scope.launch { app.graph.updateWidgets() }
        shadowOf(Looper.getMainLooper()).idle()
        val view = widgets.getViewFor(id)
        fun text(id: Int) = view.findViewById<TextView>(id)?.text.toString()
        return text(R.id.widget_title) to text(R.id.widget_text)
    }

    @Test
    fun `it says what to put out tonight, what comes next, or that it needs a place`() {
        val engine = app.engine as FakeKerbside
        engine.plan = mapOf(day to listOf(engine.paper, engine.glass))
        assertEquals("Kerbside" to "Where do you live?", says())
        app.graph.settings.update { it.adding("here", listOf("north")) }
        assertEquals("Put out" to "Glass, Paper", says())
        app.clock.now = Instant.parse("2026-11-30T16:00:00Z")
        assertEquals("Nothing to put out tonight" to "Wednesday, December 2: Glass, Paper", says())
        engine.plan = emptyMap()
        assertEquals("Nothing to put out tonight" to "No collections known", says())
    }

    @Test
    fun `what is done is not asked for`() {
        val engine = app.engine as FakeKerbside
        engine.plan = mapOf(day to listOf(engine.paper, engine.glass))
        app.graph.settings.update { it.adding("here", listOf("north")) }
        app.graph.settings.update { all -> all.household?.let { all.with(it.copy(log = it.log.with(day, "paper", true))) } ?: all }
        assertEquals("Put out" to "Glass", says())
    }

    @Test
    fun `the system's call fills it, and a tap on it opens the collections`() {
        val engine = app.engine as FakeKerbside
        engine.plan = mapOf(day to listOf(engine.paper))
        app.graph.settings.update { it.adding("here", listOf("north")) }
        TonightWidget().onUpdate(app, AppWidgetManager.getInstance(app), intArrayOf(id))
        shadowOf(Looper.getMainLooper()).idle()
        val view = widgets.getViewFor(id)
        assertEquals("Paper", view.findViewById<TextView>(R.id.widget_text)?.text.toString())
        view.findViewById<View>(R.id.widget)?.performClick()
        assertEquals(MainActivity.SHOW_SCHEDULE, shadowOf(app).nextStartedActivity?.action)
    }

    @Test
    fun `what changes in the app changes on the home screen`() {
        val engine = app.engine as FakeKerbside
        engine.plan = mapOf(day to listOf(engine.paper))
        app.graph.settings.update { it.adding("here", listOf("north")) }
        app.graph.schedule.load()
        shadowOf(Looper.getMainLooper()).idle()
        app.graph.schedule.setDone(Collection(day, engine.paper), true)
        shadowOf(Looper.getMainLooper()).idle()
        assertEquals("Nothing to put out tonight", widgets.getViewFor(id).findViewById<TextView>(R.id.widget_title)?.text.toString())
    }

    @Test
    fun `the system can draw it`() {
        val views = TonightWidget.views(app, Tonight("Put out", "Paper", "paper"))
        val drawn = views.apply(app, FrameLayout(app))
        assertEquals("Paper", drawn.findViewById<TextView>(R.id.widget_text)?.text.toString())
    }
}
