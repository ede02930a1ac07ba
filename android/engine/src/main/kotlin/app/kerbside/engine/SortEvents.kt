package app.kerbside.engine

import app.kerbside.api.Analysis
import app.kerbside.api.Box
import app.kerbside.api.Confidence
import app.kerbside.api.Highlight
import app.kerbside.api.Instruction
import app.kerbside.api.Item
import app.kerbside.api.Point
import app.kerbside.api.Polygon
import app.kerbside.api.Seen
import app.kerbside.api.SortEvent
import app.kerbside.api.SortStage
import app.kerbside.ffi.AnalysedItem
import app.kerbside.ffi.AnalysisEvent
import app.kerbside.ffi.FoundItem
import app.kerbside.ffi.ProgressListener

/**
 * Turns what the library tells into events of the interface. Within one flow an item keeps the number it was first told
 * under: [known] ones have the first numbers, what a look finds counts on.
 */
internal class Told(private val known: List<Item>, private val send: (SortEvent) -> Unit) : ProgressListener {
    /** Boxes by number. */
    private val boxes = known.mapIndexed { number, item -> number to item.box }.toMap().toMutableMap()

    /** What was found in all, and its numbers. */
    private var found: List<Pair<Int, FoundItem>> = emptyList()

    override fun onEvent(event: AnalysisEvent) {
        when (event) {
            is AnalysisEvent.Preprocessed -> send(SortEvent.Stage(SortStage.Preprocessed))
            is AnalysisEvent.Vision -> send(SortEvent.Stage(SortStage.Vision))
            is AnalysisEvent.Prefill -> send(SortEvent.Stage(SortStage.Prefill))
            is AnalysisEvent.Box -> {
                boxes[number(event.item)] = event.bounds.toApi()
                send(SortEvent.BoxFound(number(event.item), event.bounds.toApi()))
            }
            is AnalysisEvent.Mask ->
                send(SortEvent.MaskFound(number(event.item), event.mask.outline.map { it.toApi() }))
            is AnalysisEvent.Item ->
                send(SortEvent.ItemFound(number(event.item), event.found.toApi(Seen(""), emptyList())))
            is AnalysisEvent.Dropped -> drop(number(event.item))
            is AnalysisEvent.Items -> settle(event.found)
            is AnalysisEvent.Instruction -> {
                val (number, item) = found[event.item.toInt()]
                send(SortEvent.ItemFound(number, item.toApi(Seen(event.seen), event.instructions.toApi())))
            }
            // They come with the result.
            is AnalysisEvent.Highlights -> Unit
        }
    }

    private fun number(item: UInt) = known.size + item.toInt()

    /** What was told and is not among all that was found is void: something else shows the same thing better. */
    private fun settle(all: List<FoundItem>) {
        found = all.map { item ->
            val box = item.bounds.toApi()
            val number = boxes.entries.first { it.value == box }.key
            number to item
        }
        (boxes.keys - found.map { it.first }.toSet()).forEach(::drop)
    }

    private fun drop(number: Int) {
        boxes.remove(number)
        send(SortEvent.Dropped(number))
    }
}

internal fun app.kerbside.ffi.Analysis.toApi() = Analysis(
    width = width.toInt(),
    height = height.toInt(),
    items = items.map { it.toApi() },
    highlights = highlights.map { Highlight(it.text, it.items.firstOrNull()?.toInt()) },
    json = json,
)

private fun AnalysedItem.toApi() = found.toApi(Seen(seen), instructions.toApi())

private fun FoundItem.toApi(seen: Seen, instructions: List<Instruction>): Item {
    val box = bounds.toApi()
    return Item(
        label = label,
        box = box,
        outline = mask?.outline?.map { it.toApi() } ?: listOf(box.corners()),
        confidence = confidence.toApi(),
        seen = seen,
        instructions = instructions,
        alpha = mask?.alpha,
    )
}

internal fun Point.toFfi() = app.kerbside.ffi.Point(x, y)

private fun Box.corners() =
    Polygon(listOf(Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom)))

private fun app.kerbside.ffi.Bounds.toApi() = Box(left, top, right, bottom)

private fun app.kerbside.ffi.Polygon.toApi() =
    Polygon(outer.map { it.toApi() }, holes.map { hole -> hole.map { it.toApi() } })

private fun app.kerbside.ffi.Point.toApi() = Point(x, y)

private fun app.kerbside.ffi.Confidence.toApi() = when (this) {
    app.kerbside.ffi.Confidence.SURE -> Confidence.Sure
    app.kerbside.ffi.Confidence.LIKELY -> Confidence.Likely
    app.kerbside.ffi.Confidence.UNSURE -> Confidence.Unsure
}
