package app.kerbside.result

import app.kerbside.api.Box
import app.kerbside.api.Item
import app.kerbside.api.ItemName
import app.kerbside.api.KerbsideError
import app.kerbside.api.Point
import app.kerbside.api.Polygon
import app.kerbside.api.SortStage

/** What the result screen shows. */
data class ResultState(
    val photo: TakenPhoto? = null,
    val phase: Phase = Phase.Done,
    val items: List<Outlined> = emptyList(),
    val selected: Int? = null,
    val correction: Correction? = null,
    val nothingAt: Point? = null,
    val highlights: List<String> = emptyList(),
) {
    val selectedItem get() = selected?.let(items::getOrNull)?.item
}

/** An encoded photo. Two are the same only if they are one. */
class TakenPhoto(val bytes: ByteArray)

/** How far the engine is with the photo. */
sealed interface Phase {
    /** Before the first stage has ended, [stage] is `null`. */
    data class Looking(val stage: SortStage? = null) : Phase

    /** A closer look around a finger. */
    data class Again(val at: Point) : Phase

    data object Done : Phase

    data class Failed(val error: KerbsideError) : Phase
}

/** Something that was found: first its box, then its shape, then what it is. */
data class Outlined(val box: Box, val outline: List<Polygon>, val item: Item? = null) {
    constructor(item: Item) : this(item.box, item.outline, item)
}

/** "This is something else": the item it is about, what was typed, and what that may mean. */
data class Correction(val item: Int, val query: String = "", val hits: List<ItemName> = emptyList())

/** The corners of a box, where there is no mask yet. */
internal val Box.corners
    get() = listOf(Polygon(listOf(Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))))
