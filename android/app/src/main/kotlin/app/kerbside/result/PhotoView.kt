package app.kerbside.result

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Color
import android.graphics.Matrix
import android.graphics.Paint
import android.graphics.Path
import android.graphics.Rect
import android.graphics.RectF
import android.os.SystemClock
import android.view.GestureDetector
import android.view.MotionEvent
import android.view.View
import android.view.accessibility.AccessibilityNodeProvider
import app.kerbside.R
import app.kerbside.api.Point
import app.kerbside.api.Polygon
import app.kerbside.api.WasteClass
import app.kerbside.ui.Palette
import app.kerbside.ui.dp
import app.kerbside.ui.dpf
import app.kerbside.ui.mayAnimate
import app.kerbside.ui.textScale
import kotlin.math.min

/**
 * The photo with its things outlined, numbered and filled with the pattern of their class.
 *
 * A tap is reported as a point of the photo, with how much of it a fingertip covers. For TalkBack every outlined thing is
 * a node of its own ([MaskNodes]).
 */
@SuppressLint("ViewConstructor")
internal class PhotoView(context: Context, private val onTap: (Point, Point) -> Unit) : View(context) {
    var photo: Bitmap? = null
        set(value) {
            if (field === value) return
            field = value
            requestLayout()
            invalidate()
        }

    /** No higher than this share of the screen's height. */
    var maxHeight = Int.MAX_VALUE

    var shapes: List<Outlined> = emptyList()
        private set
    var selected: Int? = null
        private set

    /** What TalkBack says about each. */
    var descriptions: List<CharSequence> = emptyList()
        private set
    private var lookingAt: Point? = null
    private var nothingAt: Point? = null

    /** When each shape was first drawn, to let it appear softly. */
    private var since: List<Long> = emptyList()

    private val nodes = MaskNodes(this)
    private val matrix = Matrix()
    private val place = RectF()
    private val photoPaint = Paint(Paint.FILTER_BITMAP_FLAG)
    private val fill = Paint(Paint.ANTI_ALIAS_FLAG)
    private val stroke = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        style = Paint.Style.STROKE
        strokeJoin = Paint.Join.ROUND
    }
    private val digits = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        textAlign = Paint.Align.CENTER
        isFakeBoldText = true
        color = Color.WHITE
        textSize = dpf(14f) * min(context.textScale, 1.5f)
    }
    private val shaders = Palette.entries.associateWith { it.shader(dpf(0.55f)) }
    private val taps = GestureDetector(
        context,
        object : GestureDetector.SimpleOnGestureListener() {
            override fun onDown(event: MotionEvent) = true

            override fun onSingleTapUp(event: MotionEvent): Boolean {
                performClick()
                inPhoto(event.x, event.y)?.let { onTap(it, fingertip()) }
                return true
            }
        },
    )

    init {
        isClickable = true
        isFocusable = true
        contentDescription = context.getString(R.string.photo)
    }

    fun show(shapes: List<Outlined>, selected: Int?, descriptions: List<CharSequence>, lookingAt: Point?, nothingAt: Point?) {
        val now = SystemClock.uptimeMillis()
        since = shapes.indices.map { since.getOrElse(it) { now } }
        this.shapes = shapes
        this.selected = selected
        this.descriptions = descriptions
        this.lookingAt = lookingAt
        this.nothingAt = nothingAt
        nodes.changed()
        invalidate()
    }

    override fun onMeasure(widthSpec: Int, heightSpec: Int) {
        val width = MeasureSpec.getSize(widthSpec)
        val photo = photo
        val wanted = if (photo == null) width * 3 / 4 else (width.toLong() * photo.height / photo.width).toInt()
        val room = if (MeasureSpec.getMode(heightSpec) == MeasureSpec.UNSPECIFIED) maxHeight else min(maxHeight, MeasureSpec.getSize(heightSpec))
        val height = if (MeasureSpec.getMode(heightSpec) == MeasureSpec.EXACTLY) MeasureSpec.getSize(heightSpec) else min(wanted, room)
        setMeasuredDimension(width, height)
    }

    override fun onDraw(canvas: Canvas) {
        val photo = photo ?: return
        arrange(photo)
        val clip = Path().apply { addRoundRect(place, dpf(16f), dpf(16f), Path.Direction.CW) }
        canvas.save()
        canvas.clipPath(clip)
        canvas.drawBitmap(photo, matrix, photoPaint)
        shapes.forEachIndexed { index, shape -> draw(canvas, shape, index) }
        lookingAt?.let { ring(canvas, it, Color.WHITE) }
        nothingAt?.let { ring(canvas, it, NOTHING) }
        badges().forEachIndexed { index, badge -> draw(canvas, badge, index) }
        canvas.restore()
    }

    /** Fits the whole photo into the view. */
    private fun arrange(photo: Bitmap) {
        val scale = min(width.toFloat() / photo.width, height.toFloat() / photo.height)
        val (across, down) = photo.width * scale to photo.height * scale
        place.set((width - across) / 2, (height - down) / 2, (width + across) / 2, (height + down) / 2)
        matrix.setScale(scale, scale)
        matrix.postTranslate(place.left, place.top)
    }

    private fun draw(canvas: Canvas, shape: Outlined, index: Int) {
        val path = path(shape.outline)
        val look = look(shape)
        val strength = strength(index)
        val dimmed = if (selected == null || selected == index) 1f else 0.45f
        if (shape.item != null) {
            fill.shader = null
            fill.color = look.colour
            fill.alpha = (50 * strength * dimmed).toInt()
            canvas.drawPath(path, fill)
            fill.shader = shaders[look]
            fill.alpha = (200 * strength * dimmed).toInt()
            canvas.drawPath(path, fill)
        }
        // Dark and light, so that the line shows on any ground.
        val wide = if (selected == index) 1.4f else 1f
        val lines = listOf(Color.BLACK to 7f, Color.WHITE to 5f, look.colour to 2.5f)
        for ((colour, width) in lines) {
            stroke.color = colour
            stroke.alpha = (255 * strength).toInt()
            stroke.strokeWidth = dpf(width * wide)
            canvas.drawPath(path, stroke)
        }
    }

    private fun draw(canvas: Canvas, badge: RectF, index: Int) {
        val radius = badge.height() / 2
        fill.shader = null
        fill.color = Color.WHITE
        canvas.drawRoundRect(badge, radius, radius, fill)
        val inner = RectF(badge).apply { inset(dpf(1.5f), dpf(1.5f)) }
        fill.color = if (selected == index) SELECTED else Color.BLACK
        canvas.drawRoundRect(inner, radius, radius, fill)
        canvas.drawText("${index + 1}", badge.centerX(), badge.centerY() - (digits.ascent() + digits.descent()) / 2, digits)
    }

    private fun ring(canvas: Canvas, at: Point, colour: Int) {
        val (x, y) = place.left + at.x * place.width() to place.top + at.y * place.height()
        stroke.alpha = 255
        for ((ink, width) in listOf(Color.BLACK to 5f, colour to 3f)) {
            stroke.color = ink
            stroke.strokeWidth = dpf(width)
            canvas.drawCircle(x, y, dpf(28f), stroke)
        }
    }

    /** From 0 to 1 while it appears. */
    private fun strength(index: Int): Float {
        if (!context.mayAnimate) return 1f
        val share = (SystemClock.uptimeMillis() - since[index]) / APPEARING
        if (share < 1f) postInvalidateOnAnimation()
        return share.coerceIn(0.15f, 1f)
    }

    /**
     * Where the number of each thing stands: at a corner of it or in its middle, wherever no other number is; in a crowd
     * further down.
     */
    internal fun badges(): List<RectF> {
        val side = maxOf(dpf(if (shapes.size > CROWD) 22f else 26f), digits.textSize * 1.5f)
        val placed = mutableListOf<RectF>()
        for (index in shapes.indices) {
            val frame = RectF(bounds(index))
            val (near, far) = -side / 3 to -side * 2 / 3
            val places = listOf(
                frame.left + near to frame.top + near, frame.right + far to frame.top + near,
                frame.left + near to frame.bottom + far, frame.right + far to frame.bottom + far,
                frame.centerX() - side / 2 to frame.centerY() - side / 2,
            )
            val badges = places.map { (left, top) -> badge(left, top, side) }
            placed += badges.firstOrNull { badge -> placed.none { RectF.intersects(it, badge) } } ?: below(badges.first(), placed)
        }
        return placed
    }

    private fun badge(left: Float, top: Float, side: Float): RectF {
        val x = left.coerceIn(place.left, maxOf(place.left, place.right - side))
        val y = top.coerceIn(place.top, maxOf(place.top, place.bottom - side))
        return RectF(x, y, x + side, y + side)
    }

    private fun below(badge: RectF, placed: List<RectF>) = RectF(badge).apply {
        while (placed.any { RectF.intersects(it, this) } && bottom + dpf(4f) < place.bottom) offset(0f, dpf(4f))
    }

    private fun path(outline: List<Polygon>) = Path().apply {
        fillType = Path.FillType.EVEN_ODD
        for (ring in outline.flatMap { listOf(it.outer) + it.holes }) {
            ring.forEachIndexed { index, point ->
                val (x, y) = place.left + point.x * place.width() to place.top + point.y * place.height()
                if (index == 0) moveTo(x, y) else lineTo(x, y)
            }
            close()
        }
    }

    private fun look(shape: Outlined) = Palette.of(shape.item?.wasteClass ?: WasteClass.General)

    /** Where a thing is in this view, for TalkBack's frame. */
    internal fun frame(index: Int): Rect {
        photo?.let(::arrange)
        return bounds(index)
    }

    private fun bounds(index: Int): Rect {
        val box = shapes[index].box
        val frame = RectF(
            place.left + box.left * place.width(), place.top + box.top * place.height(),
            place.left + box.right * place.width(), place.top + box.bottom * place.height(),
        )
        return Rect().also(frame::roundOut)
    }

    /** The thing under a finger that explores the screen. */
    internal fun indexAt(x: Float, y: Float): Int? = inPhoto(x, y)?.let { HitTest.find(shapes, it, fingertip()) }

    internal fun press(index: Int) {
        val box = shapes[index].box
        val middle = Point((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        val inside = shapes[index].outline.firstOrNull()?.outer?.firstOrNull()
        onTap(if (HitTest.find(shapes, middle, fingertip()) == index) middle else inside ?: middle, fingertip())
    }

    private fun inPhoto(x: Float, y: Float): Point? {
        photo?.let(::arrange) ?: return null
        return if (place.contains(x, y)) Point((x - place.left) / place.width(), (y - place.top) / place.height()) else null
    }

    private fun fingertip() = Point(dp(FINGERTIP) / place.width(), dp(FINGERTIP) / place.height())

    @SuppressLint("ClickableViewAccessibility")
    override fun onTouchEvent(event: MotionEvent) = taps.onTouchEvent(event) || super.onTouchEvent(event)

    override fun performClick(): Boolean {
        super.performClick()
        return true
    }

    override fun dispatchHoverEvent(event: MotionEvent) = nodes.hover(event) || super.dispatchHoverEvent(event)

    override fun getAccessibilityNodeProvider(): AccessibilityNodeProvider = nodes

    private companion object {
        const val APPEARING = 260f

        /** More things than this get smaller numbers. */
        const val CROWD = 6

        /** Half of the least side of anything a finger has to hit. */
        const val FINGERTIP = 24
        const val SELECTED = 0xFF0B5D44.toInt()
        const val NOTHING = 0xFFFFC46B.toInt()
    }
}
