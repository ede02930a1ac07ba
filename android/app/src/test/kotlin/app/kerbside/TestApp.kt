package app.kerbside

import app.kerbside.api.Kerbside
import app.kerbside.support.FakeKerbside
import java.time.Clock
import java.time.Instant
import java.time.ZoneId
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.MainScope

/** The app with a clock that stands still and an engine the test chooses. */
class TestApp : App() {
    var engine: Kerbside = FakeKerbside()
    val clock = SettableClock()

    /** Before the engine is opened. */
    var onOpen: () -> Unit = { }

    private var made: Graph? = null

    override val graph get() = made ?: makeGraph().also { made = it }

    /** What is left when the system ends the process: the files. */
    fun die() {
        made = null
    }

    override fun makeGraph() = Graph(this, filesDir, clock, MainScope(), Dispatchers.Main) {
        onOpen()
        engine
    }
}

/** Tuesday 1 December 2026, half past five in the evening in Zurich, until it is set. */
class SettableClock(var now: Instant = Instant.parse("2026-12-01T16:30:00Z"), private val zone: ZoneId = ZoneId.of("Europe/Zurich")) : Clock() {
    override fun getZone() = zone

    override fun withZone(zone: ZoneId) = SettableClock(now, zone)

    override fun instant() = now
}
