package app.kerbside.engine

import app.kerbside.api.Item
import app.kerbside.api.KerbsideError
import app.kerbside.api.PackInfo
import app.kerbside.api.Photo
import app.kerbside.api.Place
import app.kerbside.api.Point
import app.kerbside.api.SortEvent
import app.kerbside.api.Sorter
import app.kerbside.ffi.Analysis
import app.kerbside.ffi.AnalysisEvent
import app.kerbside.ffi.CancelToken
import app.kerbside.ffi.PackStore
import app.kerbside.ffi.ProgressListener
import app.kerbside.ffi.RuleBook
import app.kerbside.ffi.SorterOptions
import java.time.Clock
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.LocalTime
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.channels.Channel.Factory.UNLIMITED
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow

/** One open model. Opened on the thread that it is used on. */
internal class RustSorter(
    packs: PackStore,
    packId: String,
    options: SorterOptions,
    private val rules: RuleBook,
    private val thread: CoroutineDispatcher,
    private val clock: Clock,
) : Sorter {
    private val rust = app.kerbside.ffi.Sorter.open(packs, packId, options)

    /** The photo that the library still has; only touched on [thread]. */
    private var last: Photo? = null

    override val pack: PackInfo = rust.pack().toApi()

    override fun analyze(photo: Photo, place: Place, date: LocalDate): Flow<SortEvent> =
        events(known = emptyList()) { cancel, listener -> look(photo, place, date, cancel, listener) }

    override fun lookAgain(photo: Photo, at: Point, known: List<Item>, place: Place, date: LocalDate): Flow<SortEvent> =
        events(known) { cancel, listener ->
            // After the process died or another photo came between, the library has to see this one again first.
            if (last !== photo) look(photo, place, date, cancel, Silent)
            rust.lookAgain(at.toFfi(), known.map { it.seen.json }, cancel, listener)
        }

    override fun memoryWarning() = rust.onMemoryWarning()

    /** Stops what runs and frees the model; does not wait for it. */
    override fun close() {
        Thread(::closeAndWait, "kerbside-closing").start()
    }

    /** The same, for callers that may wait. */
    internal fun closeAndWait() = rust.use { it.shutDown() }

    private fun look(
        photo: Photo,
        place: Place,
        date: LocalDate,
        cancel: CancelToken,
        listener: ProgressListener,
    ): Analysis {
        last = null
        rust.setPlace(rules, place.toFfi())
        val now = LocalDateTime.of(date, LocalTime.now(clock))
        return photo.toFrame().use { frame -> rust.analyze(frame, date, now, cancel, listener) }.also { last = photo }
    }

    private fun events(
        known: List<Item>,
        call: (CancelToken, ProgressListener) -> Analysis,
    ): Flow<SortEvent> = channelFlow {
        val told = Told(known) { trySend(it) }
        val analysis = onThread(thread, KerbsideError::BadRules) { cancel -> call(cancel, told) }
        send(SortEvent.Done(analysis.toApi()))
    }.buffer(UNLIMITED)
}

/** Hears nothing. */
private object Silent : ProgressListener {
    override fun onEvent(event: AnalysisEvent) = Unit
}
