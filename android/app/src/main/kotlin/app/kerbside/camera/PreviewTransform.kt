package app.kerbside.camera

import android.graphics.Matrix
import android.graphics.RectF
import android.util.Size
import android.view.Surface
import kotlin.math.max

/**
 * How the picture of the sensor has to be turned and scaled to fill a view without being squashed.
 *
 * The view stretches a buffer of [preview] (as wide as the sensor) over its whole self; in portrait the system has turned it
 * already. What does not fit is cut off evenly.
 */
internal fun previewTransform(view: Size, preview: Size, rotation: Int) = Matrix().apply {
    val (x, y) = view.width / 2f to view.height / 2f
    if (rotation == Surface.ROTATION_90 || rotation == Surface.ROTATION_270) {
        val whole = RectF(0f, 0f, view.width.toFloat(), view.height.toFloat())
        val buffer = RectF(0f, 0f, preview.height.toFloat(), preview.width.toFloat())
        buffer.offset(x - buffer.centerX(), y - buffer.centerY())
        setRectToRect(whole, buffer, Matrix.ScaleToFit.FILL)
        val scale = max(view.height.toFloat() / preview.height, view.width.toFloat() / preview.width)
        postScale(scale, scale, x, y)
        postRotate(90f * (rotation - 2), x, y)
    } else {
        val scale = max(view.width.toFloat() / preview.height, view.height.toFloat() / preview.width)
        setScale(preview.height * scale / view.width, preview.width * scale / view.height, x, y)
        if (rotation == Surface.ROTATION_180) postRotate(180f, x, y)
    }
}

/** Degrees a still has to be turned clockwise, for a camera on the back (as `JPEG_ORIENTATION` wants them). */
internal fun jpegOrientation(sensor: Int, rotation: Int) = (sensor - rotation * 90 + 360) % 360

/** The smallest still whose long side has [wanted] pixels; the largest there is if none has. */
internal fun stillSize(sizes: List<Size>, wanted: Int = 1920): Size {
    fun long(size: Size) = max(size.width, size.height)
    return sizes.filter { long(it) >= wanted }.minByOrNull { it.width.toLong() * it.height }
        ?: sizes.maxBy { it.width.toLong() * it.height }
}

/** The largest preview within full HD of the still's shape, or the largest of any. */
internal fun previewSize(sizes: List<Size>, still: Size): Size {
    val fit = sizes.filter { it.width <= 1920 && it.height <= 1080 }.ifEmpty { sizes }
    val alike = fit.filter { it.width * still.height == it.height * still.width }
    return alike.ifEmpty { fit }.maxBy { it.width.toLong() * it.height }
}
