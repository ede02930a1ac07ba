package app.kerbside.support

import android.graphics.Bitmap
import java.awt.image.BufferedImage
import java.awt.image.IndexColorModel
import java.io.File
import javax.imageio.ImageIO
import kotlin.math.abs

/** Pictures as small PNG files, and how much two of them differ. */
object Pictures {
    /** Of one channel, 0 to 255: what the palette and another machine's rounding may do. */
    private const val TOLERANCE = 40

    /** Share of pixels that may differ by more. */
    const val DIFFERENT = 0.01

    fun write(bitmap: Bitmap, file: File) {
        val pixels = IntArray(bitmap.width * bitmap.height)
        bitmap.getPixels(pixels, 0, bitmap.width, 0, 0, bitmap.width, bitmap.height)
        file.parentFile.mkdirs()
        ImageIO.write(indexed(pixels, bitmap.width, bitmap.height), "png", file)
    }

    /** Share of pixels that differ; 1 for another size. */
    fun difference(one: File, other: File): Double {
        val (a, b) = ImageIO.read(one) to ImageIO.read(other)
        if (a.width != b.width || a.height != b.height) return 1.0
        val differ = (0 until a.height).sumOf { y -> (0 until a.width).count { x -> differ(a.getRGB(x, y), b.getRGB(x, y)) } }
        return differ.toDouble() / (a.width * a.height)
    }

    private fun differ(one: Int, other: Int) = CHANNELS.any { abs((one shr it and 0xFF) - (other shr it and 0xFF)) > TOLERANCE }

    private fun indexed(pixels: IntArray, width: Int, height: Int): BufferedImage {
        val palette = palette(pixels.map { it and FINE })
        val model = IndexColorModel(8, palette.size, ByteArray(palette.size) { (palette[it] shr 16).toByte() },
            ByteArray(palette.size) { (palette[it] shr 8).toByte() }, ByteArray(palette.size) { palette[it].toByte() })
        val image = BufferedImage(width, height, BufferedImage.TYPE_BYTE_INDEXED, model)
        val nearest = HashMap<Int, Int>()
        val indices = ByteArray(pixels.size) { at ->
            nearest.getOrPut(pixels[at] and FINE) { palette.indices.minBy { distance(palette[it], pixels[at]) } }.toByte()
        }
        image.raster.setDataElements(0, 0, width, height, indices)
        return image
    }

    private fun distance(one: Int, other: Int) = CHANNELS.sumOf { shift ->
        val apart = (one shr shift and 0xFF) - (other shr shift and 0xFF)
        apart * apart
    }

    /** Median cut: the box of colours with the most pixels is halved until there are enough. */
    private fun palette(pixels: List<Int>): List<Int> {
        val counts = pixels.groupingBy { it }.eachCount()
        if (counts.size <= COLOURS) return counts.keys.toList()
        // Flat grounds keep their colour exactly.
        val flat = counts.entries.sortedByDescending { it.value }.take(FLAT).map { it.key }
        var boxes = listOf(counts.keys - flat.toSet()).map { it.toList() }
        while (boxes.size < COLOURS - FLAT) {
            val largest = boxes.filter { it.size > 1 }.maxByOrNull { box -> box.sumOf { counts.getValue(it) } } ?: break
            val channel = CHANNELS.maxBy { shift -> largest.maxOf { it shr shift and 0xFF } - largest.minOf { it shr shift and 0xFF } }
            val sorted = largest.sortedBy { it shr channel and 0xFF }
            boxes = boxes - listOf(largest).toSet() + listOf(sorted.take(sorted.size / 2), sorted.drop(sorted.size / 2))
        }
        return flat + boxes.map { box -> mean(box, counts) }
    }

    private fun mean(box: List<Int>, counts: Map<Int, Int>): Int {
        val all = box.sumOf { counts.getValue(it) }
        return CHANNELS.sumOf { shift -> (box.sumOf { (it shr shift and 0xFF).toLong() * counts.getValue(it) } / all).toInt() shl shift }
    }

    /** Colours of a photo that differ by less than this shows are the same. */
    private const val FINE = 0xFCFCFC

    private val CHANNELS = listOf(16, 8, 0)
    private const val COLOURS = 128
    private const val FLAT = 24
}
