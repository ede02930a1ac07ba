package app.kerbside.result

import app.kerbside.api.Box
import app.kerbside.api.Point
import app.kerbside.api.Polygon
import kotlin.math.hypot

/** Which outlined thing lies under a finger. */
object HitTest {
    /**
     * Index of the thing at [at]. Of several the smallest: it lies on top. A finger beside all of them hits the nearest
     * outline that is not further than [slack], in which `x` and `y` are how much of the photo's width and height a
     * fingertip covers.
     */
    fun find(shapes: List<Outlined>, at: Point, slack: Point): Int? {
        val hit = shapes.indices.filter { contains(shapes[it].outline, at) }
        if (hit.isNotEmpty()) return hit.minBy { shapes[it].box.area }
        val near = shapes.indices.map { it to distance(shapes[it].outline, at, slack) }.filter { it.second <= 1f }
        return near.minByOrNull { it.second }?.first
    }

    /** Inside an outer ring and in none of its holes. */
    fun contains(outline: List<Polygon>, at: Point) = outline.any { polygon ->
        inside(polygon.outer, at) && polygon.holes.none { inside(it, at) }
    }

    /** By the number of edges a ray to the right crosses. */
    private fun inside(ring: List<Point>, at: Point): Boolean = edges(ring).count { (a, b) ->
        (a.y <= at.y) != (b.y <= at.y) && a.x + (at.y - a.y) / (b.y - a.y) * (b.x - a.x) > at.x
    } % 2 == 1

    /** From a point to the nearest outline, in units of [unit]. */
    private fun distance(outline: List<Polygon>, at: Point, unit: Point): Float = outline
        .flatMap { edges(it.outer) }
        .minOfOrNull { (a, b) -> toSegment(at.scaled(unit), a.scaled(unit), b.scaled(unit)) } ?: Float.MAX_VALUE

    private fun toSegment(at: Point, a: Point, b: Point): Float {
        val (dx, dy) = Point(b.x - a.x, b.y - a.y)
        val length = (dx * dx + dy * dy).coerceAtLeast(Float.MIN_VALUE)
        val along = (((at.x - a.x) * dx + (at.y - a.y) * dy) / length).coerceIn(0f, 1f)
        return hypot(at.x - a.x - along * dx, at.y - a.y - along * dy)
    }

    private fun edges(ring: List<Point>) = ring.indices.map { ring[it] to ring[(it + 1) % ring.size] }

    private fun Point.scaled(unit: Point) = Point(x / unit.x, y / unit.y)

    private val Box.area get() = width * height
}
