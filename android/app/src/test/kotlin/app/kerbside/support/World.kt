package app.kerbside.support

import app.kerbside.Here
import app.kerbside.SettableClock
import app.kerbside.api.Box
import app.kerbside.api.Confidence
import app.kerbside.api.Item
import app.kerbside.api.Point
import app.kerbside.api.Polygon
import app.kerbside.api.Seen
import app.kerbside.reminders.Plan
import app.kerbside.state.SettingsStore
import java.io.File
import java.nio.file.Files
import java.time.LocalDate
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.UnconfinedTestDispatcher
import kotlinx.coroutines.test.runTest

/** What view models stand on, without a phone: an engine that says what it is told to, a clock, a folder. */
@OptIn(ExperimentalCoroutinesApi::class)
class World(private val test: TestScope) {
    val engine = FakeKerbside()
    val clock = SettableClock()
    val folder: File = Files.createTempDirectory("kerbside").toFile().apply { deleteOnExit() }
    val settings = SettingsStore(File(folder, "settings.json"))
    val here = Here(settings, clock, { "en" }) { engine }
    val plan = Plan(here)
    val scope get() = test.backgroundScope
    val io = UnconfinedTestDispatcher(test.testScheduler)

    /** The first day of the clock, in Zurich. */
    val today: LocalDate = LocalDate.of(2026, 12, 1)

    fun liveHere(zones: List<String> = listOf("north")) = settings.update { it.adding("here", zones) }

    companion object {
        fun test(body: suspend World.() -> Unit) = runTest(UnconfinedTestDispatcher()) { World(this).body() }
    }
}

/** Something square, found by name. */
fun item(label: String, left: Float = 0f, top: Float = 0f, right: Float = 1f, bottom: Float = 1f): Item {
    val box = Box(left, top, right, bottom)
    return Item(label, box, listOf(square(box)), Confidence.Sure, Seen(label), emptyList())
}

fun square(box: Box) = Polygon(
    listOf(Point(box.left, box.top), Point(box.right, box.top), Point(box.right, box.bottom), Point(box.left, box.bottom)),
)
