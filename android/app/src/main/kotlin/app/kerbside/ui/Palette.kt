package app.kerbside.ui

import android.graphics.Bitmap
import android.graphics.BitmapShader
import android.graphics.Color
import android.graphics.Matrix
import android.graphics.Shader
import app.kerbside.R
import app.kerbside.api.WasteClass

/**
 * How a class looks on the photo: a colour that colour-blind people tell apart, and a pattern that says the same without
 * colour. Colours are Okabe and Ito's eight and a grey (https://jfly.uni-koeln.de/color/).
 */
enum class Palette(val colour: Int, val tile: Int, val rows: Int, val covers: (Int, Int) -> Boolean, val title: Int) {
    Plastic(0xFF56B4E9.toInt(), 16, 16, { x, y -> (x + y).mod(16) < 4 }, R.string.class_plastic),
    Glass(0xFF009E73.toInt(), 14, 28, { x, y -> isDot(x, y, 14, 4) }, R.string.class_glass),
    Paper(0xFF0072B2.toInt(), 12, 12, { _, y -> y.mod(12) < 3 }, R.string.class_paper),
    Carton(0xFFE69F00.toInt(), 20, 20, { x, y -> (x + y).mod(20) < 3 || (x - y).mod(20) < 3 }, R.string.class_carton),
    Metal(0xFFF0E442.toInt(), 16, 16, { x, y -> (x - y).mod(16) < 4 }, R.string.class_metal),
    Foam(0xFFCC79A7.toInt(), 24, 48, { x, y -> isDot(x, y, 24, 9) && !isDot(x, y, 24, 6) }, R.string.class_foam),
    Special(0xFFD55E00.toInt(), 16, 16, { x, y -> (x.floorDiv(8) + y.floorDiv(8)) % 2 == 0 }, R.string.class_special),
    Food(0xFF999999.toInt(), 12, 12, { x, _ -> x.mod(12) < 3 }, R.string.class_food),
    General(0xFF000000.toInt(), 14, 14, { x, y -> x.mod(14) < 2 || y.mod(14) < 2 }, R.string.class_general),
    ;

    /** The pattern's lines in the class's colour on nothing. [scale] is pixels for one step of the pattern. */
    fun shader(scale: Float): BitmapShader {
        val bitmap = Bitmap.createBitmap(tile, rows, Bitmap.Config.ARGB_8888)
        for (y in 0 until rows) for (x in 0 until tile) {
            bitmap.setPixel(x, y, if (covers(x, y)) colour else Color.TRANSPARENT)
        }
        return BitmapShader(bitmap, Shader.TileMode.REPEAT, Shader.TileMode.REPEAT).apply {
            setLocalMatrix(Matrix().apply { setScale(scale, scale) })
        }
    }

    companion object {
        fun of(wasteClass: WasteClass) = entries[wasteClass.ordinal]
    }
}

/** A disc in the middle of every cell of [pitch], every other row shifted by half. */
private fun isDot(x: Int, y: Int, pitch: Int, radius: Int): Boolean {
    val shift = if (y.floorDiv(pitch).mod(2) == 0) 0 else pitch / 2
    val dx = (x + shift).mod(pitch) - pitch / 2
    val dy = y.mod(pitch) - pitch / 2
    return dx * dx + dy * dy <= radius * radius
}

/** Relative luminance of a colour, 0 to 1 (WCAG 2.2). */
internal fun luminance(colour: Int): Double {
    fun linear(channel: Int): Double {
        val share = channel / 255.0
        return if (share <= 0.04045) share / 12.92 else Math.pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(Color.red(colour)) + 0.7152 * linear(Color.green(colour)) + 0.0722 * linear(Color.blue(colour))
}

/** How well two colours can be told apart, 1 to 21 (WCAG 2.2). */
internal fun contrast(one: Int, other: Int): Double {
    val (dark, light) = listOf(luminance(one), luminance(other)).sorted()
    return (light + 0.05) / (dark + 0.05)
}

/** Black or white, whichever is easier to read on [ground]. */
internal fun inkOn(ground: Int) = if (contrast(Color.BLACK, ground) >= contrast(Color.WHITE, ground)) Color.BLACK else Color.WHITE
