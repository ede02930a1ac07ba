package app.kerbside.result

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.Canvas
import android.graphics.Color
import android.graphics.Paint
import android.graphics.Path
import android.graphics.RectF
import android.view.View
import app.kerbside.ui.Palette
import app.kerbside.ui.dpf
import app.kerbside.ui.textScale
import kotlin.math.min

/** A thing's number on its class's colour and pattern, as on the photo. */
@SuppressLint("ViewConstructor")
internal class ClassMark(context: Context, private val number: Int, private val palette: Palette) : View(context) {
    private val ground = Paint(Paint.ANTI_ALIAS_FLAG)
    private val digits = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        textAlign = Paint.Align.CENTER
        isFakeBoldText = true
        color = Color.WHITE
        textSize = dpf(14f) * min(context.textScale, 1.3f)
    }
    private val lines = palette.shader(dpf(0.55f))

    init {
        importantForAccessibility = IMPORTANT_FOR_ACCESSIBILITY_NO
    }

    override fun onDraw(canvas: Canvas) {
        val whole = RectF(0f, 0f, width.toFloat(), height.toFloat())
        val corner = dpf(12f)
        ground.shader = null
        ground.color = palette.colour
        canvas.drawRoundRect(whole, corner, corner, ground)
        val inner = RectF(whole).apply { inset(dpf(2.5f), dpf(2.5f)) }
        val clip = Path().apply { addRoundRect(inner, corner - dpf(2.5f), corner - dpf(2.5f), Path.Direction.CW) }
        canvas.save()
        canvas.clipPath(clip)
        canvas.drawColor(Color.WHITE)
        ground.shader = lines
        canvas.drawRect(inner, ground)
        canvas.restore()
        ground.shader = null
        ground.color = Color.BLACK
        canvas.drawCircle(whole.centerX(), whole.centerY(), dpf(13f) * min(context.textScale, 1.3f), ground)
        canvas.drawText("$number", whole.centerX(), whole.centerY() - (digits.ascent() + digits.descent()) / 2, digits)
    }
}
