package app.kerbside.api

/** A point of the upright photo, `0..1` from the left and from the top. */
data class Point(val x: Float, val y: Float)

/** A box in the upright photo, `0..1`. */
data class Box(val left: Float, val top: Float, val right: Float, val bottom: Float) {
    val width get() = right - left
    val height get() = bottom - top

    operator fun contains(point: Point) = point.x in left..right && point.y in top..bottom
}

/** A closed outline, first point not repeated, and the holes in it. */
data class Polygon(val outer: List<Point>, val holes: List<List<Point>> = emptyList())

/** The nine classes the detector tells apart, in the engine's order. */
enum class WasteClass {
    Plastic, Glass, Paper, Carton, Metal, Foam, Special, Food, General;

    companion object {
        /** The class behind a detector's label; anything else counts as general. */
        fun of(label: String) = entries.firstOrNull { it.name.equals(label, ignoreCase = true) } ?: General
    }
}

/** How sure the engine is of what it saw. */
enum class Confidence { Sure, Likely, Unsure }

/**
 * What the model saw of one thing and what a person added. Made, read and understood by the engine alone; kept as text so
 * that it survives the process.
 */
@JvmInline
value class Seen(val json: String)

/**
 * One outlined thing of a photo.
 *
 * @property label the detector's own word, one of the nine classes
 * @property outline polygons of the mask; the box's corners where the pack has no masks
 * @property alpha the mask inside the box, 64 × 64 opacities row by row; `null` without masks
 * @property seen goes back to [RuleBook.instructions] together with answers
 * @property instructions the thing itself first, then its parts
 */
data class Item(
    val label: String,
    val box: Box,
    val outline: List<Polygon>,
    val confidence: Confidence,
    val seen: Seen,
    val instructions: List<Instruction>,
    val alpha: ByteArray? = null,
) {
    val wasteClass get() = WasteClass.of(label)

    override fun equals(other: Any?) = other is Item &&
        label == other.label && box == other.box && outline == other.outline && confidence == other.confidence &&
        seen == other.seen && instructions == other.instructions && alpha.contentEquals(other.alpha)

    override fun hashCode() = arrayOf(label, box, outline, confidence, seen, instructions, alpha.contentHashCode())
        .contentHashCode()
}

/**
 * A fact worth leading with, such as tonight's collection of something in the photo.
 *
 * @property item index into [Analysis.items], where it is about one of them
 */
data class Highlight(val text: String, val item: Int? = null)

/**
 * All that was found out about one photo.
 *
 * @property json the same, as `cargo xtask sort --json` prints it
 */
data class Analysis(
    val width: Int,
    val height: Int,
    val items: List<Item>,
    val highlights: List<Highlight> = emptyList(),
    val json: String = "",
)
