package app.kerbside.support

import android.Manifest
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import app.kerbside.api.Analysis
import app.kerbside.api.Answer
import app.kerbside.api.Confidence
import app.kerbside.api.Fact
import app.kerbside.api.Instruction
import app.kerbside.api.Question
import app.kerbside.api.Seen
import app.kerbside.api.SortEvent
import app.kerbside.api.Verdict
import app.kerbside.api.Way
import app.kerbside.camera.CameraEvent
import app.kerbside.nav.Route
import app.kerbside.state.Household
import java.time.LocalDate
import kotlinx.coroutines.flow.flowOf
import org.robolectric.Shadows.shadowOf

/** Every screen there is, in a state that has something to show. */
enum class TestScreen(val prepare: Phone.() -> Unit) {
    Camera({ }),
    Denied({ app.graph.camera.on(CameraEvent.Hidden); app.graph.camera.on(CameraEvent.Shown(allowed = false, mayAsk = false)) }),
    Result({ app.graph.sort(photo()) }),
    Question({
        app.graph.sort(photo())
        settle()
        app.graph.result.select(1)
    }),
    Correction({
        app.graph.sort(photo())
        settle()
        app.graph.result.startCorrection(0)
    }),
    Schedule({ app.graph.navigator.go(Route.Schedule); app.graph.schedule.setEvening(true) }),
    Month({
        app.graph.navigator.go(Route.Schedule)
        settle()
        app.graph.schedule.showAsMonth(true)
        app.graph.schedule.pick(LocalDate.of(2026, 12, 2))
    }),
    Search({ app.graph.navigator.go(Route.Search) }),
    Item({ app.graph.navigator.go(Route.Item("pizza-box")) }),
    More({ app.graph.navigator.go(Route.More) }),
    Places({ app.graph.navigator.go(Route.Places) }),
    AddPlace({ app.graph.navigator.go(Route.AddPlace) }),
    Zones({
        app.graph.navigator.go(Route.AddPlace)
        settle()
        app.graph.places.edit(1)
    }),
    Models({ app.graph.navigator.go(Route.Models) }),
    About({ app.graph.navigator.go(Route.About) }),
    ;

    /** The app on this screen; [phone] may have been on another before. */
    fun on(phone: Phone): Phone {
        if (!phone.isOn) {
            fill(phone)
            shadowOf(phone.app).grantPermissions(Manifest.permission.CAMERA)
            phone.start()
        }
        phone.app.graph.result.stopCorrection()
        phone.app.graph.places.startAdding()
        phone.app.graph.schedule.showAsMonth(false)
        phone.app.graph.navigator.go(Route.Sort)
        phone.prepare()
        phone.settle()
        return phone
    }

    companion object {
        /** Gives the engine something to say. */
        fun fill(phone: Phone) {
            val engine = phone.app.engine as FakeKerbside
            val today = LocalDate.of(2026, 12, 1)
            engine.plan = mapOf(today.plusDays(1) to listOf(engine.paper, engine.glass), today.plusDays(8) to listOf(engine.paper))
            val question = Question("Greasy?", listOf(Answer("Yes", Fact.Dirty(true)), Answer("No", Fact.Dirty(false))))
            val asked = item("paper", 0.6f, 0.1f, 0.9f, 0.5f).copy(
                confidence = Confidence.Unsure,
                instructions = listOf(Instruction("en", "Paper", Verdict.Ask, "Paper?", question = question)),
            )
            val bin = Way(Verdict.Kerb, container = "Bin", colour = "#0072b2")
            val known = engine.instruction(Seen("glass"), Household(1, "here").place("en")).copy(steps = listOf("rinse", "dry"), ways = listOf(bin))
            val glass = item("glass", 0.1f, 0.3f, 0.5f, 0.9f).copy(instructions = listOf(known))
            engine.sorting = flowOf(SortEvent.Done(Analysis(448, 448, listOf(glass, asked))))
            phone.app.graph.settings.update { it.adding("here", listOf("north")) }
        }

        fun photo() = java.io.File(repository, "models/kerbside-nano/example/photo.jpg").readBytes()
    }
}

/** This view and everything in it that can be seen. */
fun View.shownTree(): List<View> = when {
    visibility != View.VISIBLE -> emptyList()
    this is ViewGroup -> listOf(this) + (0 until childCount).flatMap { getChildAt(it).shownTree() }
    else -> listOf(this)
}

/** Everything that is written or read out. */
fun View.says(): List<String> = shownTree().flatMap { view ->
    listOfNotNull(view.contentDescription, (view as? TextView)?.text, (view as? TextView)?.hint).map { "$it" }
}.filter { it.isNotBlank() }
