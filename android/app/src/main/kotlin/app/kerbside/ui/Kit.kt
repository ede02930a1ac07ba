package app.kerbside.ui

import android.content.Context
import android.content.res.ColorStateList
import android.content.res.Configuration
import android.graphics.Color
import android.graphics.Typeface
import android.graphics.drawable.Drawable
import android.graphics.drawable.GradientDrawable
import android.graphics.drawable.RippleDrawable
import android.provider.Settings
import android.text.TextUtils
import android.view.Gravity
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.FrameLayout
import android.widget.ImageButton
import android.widget.ImageView
import android.widget.LinearLayout
import android.widget.ScrollView
import android.widget.TextView
import app.kerbside.R
import kotlin.math.roundToInt

/*
 * The few building blocks every screen is made of: sizes, texts, buttons, cards, stacks. A screen names what it wants; how
 * it looks is decided here.
 */

internal const val MATCH = ViewGroup.LayoutParams.MATCH_PARENT
internal const val WRAP = ViewGroup.LayoutParams.WRAP_CONTENT

/** The least side of anything a finger has to hit, in dp. */
internal const val TOUCH = 48

internal fun Context.dp(value: Int) = (value * resources.displayMetrics.density).roundToInt()
internal fun View.dp(value: Int) = context.dp(value)
internal fun View.dpf(value: Float) = value * resources.displayMetrics.density

internal val Context.isLandscape get() = resources.configuration.orientation == Configuration.ORIENTATION_LANDSCAPE
internal val Context.textScale get() = resources.configuration.fontScale

/** Whether things may move. A person who turned animations off wants none. */
internal val Context.mayAnimate
    get() = Settings.Global.getFloat(contentResolver, Settings.Global.ANIMATOR_DURATION_SCALE, 1f) > 0f

/** The sizes of text there are. */
internal enum class Type(val sp: Float, val bold: Boolean = false, val colour: Int = R.color.text) {
    Title(26f, bold = true),
    Heading(19f, bold = true),
    Body(16f),
    Strong(16f, bold = true),
    Soft(15f, colour = R.color.text_soft),
    Caption(13f, colour = R.color.text_soft),
}

internal fun Context.label(type: Type, text: CharSequence? = null) = TextView(this).apply {
    style(type)
    this.text = text
    breakStrategy = android.text.Layout.BREAK_STRATEGY_HIGH_QUALITY
    hyphenationFrequency = android.text.Layout.HYPHENATION_FREQUENCY_NORMAL
    if (type == Type.Title || type == Type.Heading) asHeading()
}

internal fun TextView.style(type: Type) {
    textSize = type.sp
    setTextColor(context.getColor(type.colour))
    typeface = if (type.bold) BOLD else Typeface.DEFAULT
    setLineSpacing(0f, 1.12f)
}

private val BOLD: Typeface = Typeface.create("sans-serif-medium", Typeface.NORMAL)

private fun View.asHeading() {
    if (android.os.Build.VERSION.SDK_INT >= 28) isAccessibilityHeading = true
}

/** Children one below or beside the other, with the same gap between all that are there. */
internal class Stack(context: Context, vertical: Boolean, gap: Int) : LinearLayout(context) {
    init {
        orientation = if (vertical) VERTICAL else HORIZONTAL
        if (!vertical) gravity = Gravity.CENTER_VERTICAL
        if (gap > 0) {
            dividerDrawable = GradientDrawable().apply {
                setColor(Color.TRANSPARENT)
                setSize(dp(gap), dp(gap))
            }
            showDividers = SHOW_DIVIDER_MIDDLE
        }
        isBaselineAligned = false
    }
}

internal fun Context.column(gap: Int = 0, build: Stack.() -> Unit = {}) = Stack(this, vertical = true, gap).apply(build)
internal fun Context.row(gap: Int = 0, build: Stack.() -> Unit = {}) = Stack(this, vertical = false, gap).apply(build)

internal fun <V : View> LinearLayout.add(view: V, width: Int? = null, height: Int = WRAP, weight: Float = 0f): V {
    val across = width ?: if (orientation == LinearLayout.VERTICAL) MATCH else if (weight > 0f) 0 else WRAP
    addView(view, LinearLayout.LayoutParams(across, height, weight))
    return view
}

internal fun View.padding(horizontal: Int, vertical: Int = horizontal) =
    setPadding(dp(horizontal), dp(vertical), dp(horizontal), dp(vertical))

internal fun Context.scroll(content: View) = ScrollView(this).apply {
    isFillViewport = true
    clipToPadding = false
    addView(content, FrameLayout.LayoutParams(MATCH, WRAP))
}

internal fun Context.rounded(colour: Int, radius: Int = 20, stroke: Int? = null) = GradientDrawable().apply {
    cornerRadius = dp(radius).toFloat()
    setColor(colour)
    if (stroke != null) setStroke(dp(1), stroke)
}

/** A rounded surface that things belonging together lie on. */
internal fun Context.card(gap: Int = 12, build: Stack.() -> Unit = {}) = column(gap) {
    background = rounded(context.getColor(R.color.surface), stroke = context.getColor(R.color.outline))
    padding(16)
    build()
}

/** Lets the background answer to a finger. */
internal fun View.pressable(shape: Drawable?, mask: Drawable? = shape, onClick: (View) -> Unit) {
    background = RippleDrawable(ColorStateList.valueOf(context.getColor(R.color.ripple)), shape, mask)
    isClickable = true
    isFocusable = true
    setOnClickListener(onClick)
}

internal enum class ButtonLook(val ground: Int?, val ink: Int) {
    /** The one thing to do here. */
    Filled(R.color.primary, R.color.on_primary),
    Tonal(R.color.primary_soft, R.color.on_primary_soft),
    Plain(null, R.color.primary),
}

internal fun Context.button(look: ButtonLook, text: CharSequence, icon: Int? = null, onClick: (View) -> Unit) =
    Button(this).apply {
        this.text = text
        style(Type.Strong)
        isAllCaps = false
        stateListAnimator = null
        setTextColor(getColor(look.ink))
        minHeight = dp(TOUCH)
        minimumHeight = dp(TOUCH)
        minWidth = dp(TOUCH)
        minimumWidth = dp(TOUCH)
        padding(if (look == ButtonLook.Plain) 4 else 20, 10)
        gravity = Gravity.CENTER
        if (icon != null) {
            setCompoundDrawablesRelativeWithIntrinsicBounds(icon, 0, 0, 0)
            compoundDrawablePadding = dp(10)
            compoundDrawableTintList = ColorStateList.valueOf(getColor(look.ink))
            gravity = Gravity.CENTER_VERTICAL or if (look == ButtonLook.Plain) Gravity.START else Gravity.CENTER_HORIZONTAL
        }
        val ground = look.ground?.let { rounded(getColor(it), radius = 24) }
        pressable(ground, ground ?: rounded(Color.WHITE, radius = 12), onClick)
    }

/** A symbol to press; [says] is read out. */
internal fun Context.iconButton(icon: Int, says: CharSequence, ink: Int = getColor(R.color.text), onClick: (View) -> Unit) =
    ImageButton(this).apply {
        setImageResource(icon)
        imageTintList = ColorStateList.valueOf(ink)
        contentDescription = says
        tooltipText = says
        minimumWidth = dp(TOUCH)
        minimumHeight = dp(TOUCH)
        scaleType = ImageView.ScaleType.CENTER
        pressable(null, rounded(Color.WHITE, radius = 24), onClick)
    }

/** A symbol that says nothing its neighbour does not say. */
internal fun Context.icon(icon: Int, ink: Int = getColor(R.color.text_soft), size: Int = 24) = ImageView(this).apply {
    setImageResource(icon)
    imageTintList = ColorStateList.valueOf(ink)
    importantForAccessibility = View.IMPORTANT_FOR_ACCESSIBILITY_NO
    minimumWidth = dp(size)
    minimumHeight = dp(size)
    maxWidth = dp(size)
    maxHeight = dp(size)
    adjustViewBounds = true
}

internal fun TextView.oneLine() = apply {
    maxLines = 1
    ellipsize = TextUtils.TruncateAt.END
}

/** A part of a screen that is built anew when what it shows has changed, and left alone when not. */
internal class Part<T>(private val container: ViewGroup, private val build: ViewGroup.(T) -> Unit) {
    private var shown: Any? = NOTHING

    fun show(value: T) {
        if (shown == value) return
        shown = value
        container.removeAllViews()
        container.build(value)
    }

    private companion object {
        val NOTHING = Any()
    }
}

internal fun View.shownIf(condition: Boolean) {
    visibility = if (condition) View.VISIBLE else View.GONE
}
