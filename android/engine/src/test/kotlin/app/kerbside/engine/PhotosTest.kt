package app.kerbside.engine

import app.kerbside.api.KerbsideError
import app.kerbside.api.Photo
import java.nio.ByteBuffer
import kotlin.math.abs
import kotlin.math.roundToInt
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import org.junit.Test

/** Photos on their way into the library: strides, planes, turns, and what is refused. */
class PhotosTest {
    private val upright = Repository.photo().toFrame().use { Picture(it.width().toInt(), it.height().toInt(), it.rgba()) }

    @Test
    fun `bitmaps are turned, whatever their stride`() {
        for (rotation in listOf(0, 90, 180, 270)) {
            val stored = upright.turned(360 - rotation)
            for (padding in listOf(0, 20)) {
                val bytes = stored.rgba(stored.width * 4 + padding)
                val photo = Photo.Rgba(bytes, stored.width, stored.height, stored.width * 4 + padding, rotation)
                assertEquals(upright, photo.read(), "$rotation degrees, $padding more bytes")
            }
        }
    }

    @Test
    fun `the camera's planes are the same picture in all their layouts`() {
        for (rotation in listOf(0, 90)) {
            for (pixelStride in listOf(1, 2)) {
                val stored = upright.turned(360 - rotation)
                val found = stored.yuv(pixelStride, padding = 16, rotation).read()
                assertEquals(upright.width to upright.height, found.width to found.height)
                // Colour is kept for every fourth pixel only.
                assertTrue(upright.meanDifference(found) < 4, "$rotation: ${upright.meanDifference(found)}")
            }
        }
    }

    @Test
    fun `only the part between position and limit counts`() {
        val padded = ByteBuffer.allocateDirect(4 * upright.width * upright.height + 100)
        padded.position(60)
        padded.put(upright.rgba)
        padded.flip().position(60)
        assertEquals(upright, Photo.Rgba(padded, upright.width, upright.height).read())
    }

    @Test
    fun `what is no photo is refused with words`() {
        val words = { photo: Photo ->
            assertFailsWith<KerbsideError.BadPhoto> {
                translated(KerbsideError::BadRules) { photo.toFrame() }
            }.detail
        }
        assertContains(words(Photo.Encoded("%PDF-1.7".toByteArray())), "JPEG, PNG or WebP")
        assertContains(words(Photo.Encoded(ByteArray(0))), "is empty")
        val whole = Repository.photo().bytes
        assertContains(words(Photo.Encoded(whole.copyOf(whole.size / 2))), "cut off")
        val pixels = ByteBuffer.allocateDirect(64)
        assertContains(words(Photo.Rgba(pixels, 4, 5)), "has 64 bytes")
        assertContains(words(Photo.Rgba(pixels, 4, 4, rotation = 45)), "not by 45")
        assertContains(words(Photo.Rgba(pixels, 40_000, 40_000)), "megapixels")
    }

    @Test
    fun `a buffer that is not direct is refused before the library sees it`() {
        assertFailsWith<IllegalArgumentException> { Photo.Rgba(ByteBuffer.allocate(64), 4, 4).toFrame() }
    }
}

private fun Photo.read() = toFrame().use { Picture(it.width().toInt(), it.height().toInt(), it.rgba()) }

/** Pixels of four bytes, row by row. */
private class Picture(val width: Int, val height: Int, val rgba: ByteArray) {
    /** Turned clockwise. */
    fun turned(degrees: Int): Picture = when (degrees % 360) {
        0 -> this
        90 -> Picture(height, width, ByteArray(rgba.size).also { out ->
            for (y in 0 until height) for (x in 0 until width) copy(x, y, out, x * height + (height - 1 - y))
        })
        else -> turned(90).turned(degrees - 90)
    }

    private fun copy(x: Int, y: Int, out: ByteArray, to: Int) = rgba.copyInto(out, 4 * to, at(x, y), at(x, y) + 4)

    private fun at(x: Int, y: Int) = 4 * (y * width + x)

    fun rgba(stride: Int): ByteBuffer {
        val bytes = ByteBuffer.allocateDirect(stride * height)
        for (y in 0 until height) {
            bytes.position(y * stride)
            bytes.put(rgba, at(0, y), 4 * width)
        }
        return bytes.position(0) as ByteBuffer
    }

    /** BT.601 at full range, colour as the mean of each 2×2 pixels; U and V share a plane if [pixelStride] is 2. */
    fun yuv(pixelStride: Int, padding: Int, rotation: Int): Photo.Yuv {
        val (halfWidth, halfHeight) = (width + 1) / 2 to (height + 1) / 2
        val luma = ByteBuffer.allocateDirect((width + padding) * height)
        for (y in 0 until height) for (x in 0 until width) {
            val (r, g, b) = mean(x, y, 1)
            luma.put(y * (width + padding) + x, (0.299 * r + 0.587 * g + 0.114 * b).byte())
        }
        val stride = halfWidth * pixelStride + padding
        val shared = ByteBuffer.allocateDirect(2 * stride * halfHeight + 1)
        val second = if (pixelStride == 2) 1 else stride * halfHeight
        for (y in 0 until halfHeight) for (x in 0 until halfWidth) {
            val (r, g, b) = mean(2 * x, 2 * y, 2)
            val at = y * stride + x * pixelStride
            shared.put(at, (128 - 0.168736 * r - 0.331264 * g + 0.5 * b).byte())
            shared.put(at + second, (128 + 0.5 * r - 0.418688 * g - 0.081312 * b).byte())
        }
        // As Android's: the last row ends with its last sample.
        val length = stride * (halfHeight - 1) + (halfWidth - 1) * pixelStride + 1
        fun plane(from: Int): Photo.Plane {
            val bytes = shared.duplicate().limit(from + length).position(from) as ByteBuffer
            return Photo.Plane(bytes.slice(), stride, pixelStride)
        }
        val brightness = Photo.Plane(luma, width + padding, 1)
        return Photo.Yuv(brightness, plane(0), plane(second), width, height, rotation)
    }

    private fun mean(left: Int, top: Int, side: Int): List<Double> {
        val points = (top until (top + side).coerceAtMost(height))
            .flatMap { y -> (left until (left + side).coerceAtMost(width)).map { x -> at(x, y) } }
        return (0..2).map { channel -> points.sumOf { rgba[it + channel].toInt() and 0xff }.toDouble() / points.size }
    }

    private fun Double.byte() = roundToInt().coerceIn(0, 255).toByte()

    fun meanDifference(other: Picture): Double =
        rgba.indices.sumOf { abs((rgba[it].toInt() and 0xff) - (other.rgba[it].toInt() and 0xff)) } / rgba.size.toDouble()

    override fun equals(other: Any?) =
        other is Picture && width == other.width && height == other.height && rgba.contentEquals(other.rgba)

    override fun hashCode() = rgba.contentHashCode()

    override fun toString() = "$width×$height"
}
