package app.kerbside.state

import app.kerbside.api.Box
import app.kerbside.api.Confidence
import app.kerbside.api.Item
import app.kerbside.api.Point
import app.kerbside.api.Polygon
import app.kerbside.api.Seen
import java.io.File
import org.json.JSONArray
import org.json.JSONObject

/** The last photo and what was found in it, so that neither rotation nor the end of the process loses it. */
class SavedSort(folder: File) {
    private val photoFile = SmallFile(File(folder, "photo"))
    private val itemsFile = SmallFile(File(folder, "items.json"))

    fun photo(): ByteArray? = photoFile.read()

    /** Keeps a new photo, of which nothing is known yet. */
    fun keep(photo: ByteArray) {
        itemsFile.delete()
        photoFile.write(photo)
    }

    fun keep(items: List<Item>) = itemsFile.write(items.toJson(::write).toString().toByteArray())

    /** Items without instructions: those depend on today and on the place. `null` if the photo was not looked at to the end. */
    fun items(): List<Item>? =
        runCatching { itemsFile.read()?.let { JSONArray(it.decodeToString()).objects().map(::read) } }.getOrNull()

    fun clear() {
        itemsFile.delete()
        photoFile.delete()
    }

    private fun write(item: Item) = json(
        "label" to item.label,
        "box" to JSONArray(listOf(item.box.left, item.box.top, item.box.right, item.box.bottom).map(Float::toDouble)),
        "outline" to item.outline.toJson { polygon -> (listOf(polygon.outer) + polygon.holes).toJson(::ring) },
        "confidence" to item.confidence.name,
        "seen" to item.seen.json,
    )

    private fun ring(points: List<Point>) = JSONArray(points.flatMap { listOf(it.x.toDouble(), it.y.toDouble()) })

    private fun read(from: JSONObject): Item {
        val (left, top, right, bottom) = from.getJSONArray("box").floats()
        val outlines = from.getJSONArray("outline")
        return Item(
            label = from.getString("label"),
            box = Box(left, top, right, bottom),
            outline = List(outlines.length()) { polygon(outlines.getJSONArray(it)) },
            confidence = Confidence.valueOf(from.getString("confidence")),
            seen = Seen(from.getString("seen")),
            instructions = emptyList(),
        )
    }

    private fun polygon(rings: JSONArray): Polygon {
        val read = List(rings.length()) { ring ->
            rings.getJSONArray(ring).floats().chunked(2) { (x, y) -> Point(x, y) }
        }
        return Polygon(read.first(), read.drop(1))
    }

    private fun JSONArray.floats() = List(length()) { getDouble(it).toFloat() }
}
