package app.kerbside.api

import java.time.LocalDate
import kotlinx.coroutines.flow.Flow

/**
 * One open model pack. Used by one photo at a time: a second [analyze] waits for the first.
 *
 * Flows are cold; cancelling the collector stops the engine within 200 ms. They end with [SortEvent.Done] or throw
 * [KerbsideError].
 */
interface Sorter : AutoCloseable {
    val pack: PackInfo

    /** Looks at a photo, outlines its items and says what is done with each at [place] on [date]. */
    fun analyze(photo: Photo, place: Place, date: LocalDate): Flow<SortEvent>

    /**
     * Looks again at a square around a point of the same photo, where nothing is outlined, and merges what it finds into
     * [known]. The result's first items are [known], unless one was replaced by a better look.
     */
    fun lookAgain(photo: Photo, at: Point, known: List<Item>, place: Place, date: LocalDate): Flow<SortEvent>

    /** The system is short of memory: drops what can be made again. */
    fun memoryWarning()
}

/** What becomes known while a photo is analysed, in this order. `item` counts from 0 within one flow. */
sealed interface SortEvent {
    /** A stage ended; for a progress line. */
    data class Stage(val stage: SortStage) : SortEvent

    /** Where something is. */
    data class BoxFound(val item: Int, val box: Box) : SortEvent

    /** What shape it has. */
    data class MaskFound(val item: Int, val outline: List<Polygon>) : SortEvent

    /** What it is and what is done with it. */
    data class ItemFound(val item: Int, val value: Item) : SortEvent

    /** What was reported of this item is void. */
    data class Dropped(val item: Int) : SortEvent

    /** The last one. */
    data class Done(val analysis: Analysis) : SortEvent
}

enum class SortStage { Preprocessed, Vision, Prefill }
