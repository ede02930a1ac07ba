package app.kerbside.ui

import android.content.Context
import android.view.View
import android.view.ViewGroup
import kotlin.math.max

/** Children beside each other, and on the next line where there is no room: buttons at any size of text. */
internal class Flow(context: Context, private val gap: Int) : ViewGroup(context) {
    override fun onMeasure(widthSpec: Int, heightSpec: Int) {
        val room = MeasureSpec.getSize(widthSpec)
        val child = MeasureSpec.makeMeasureSpec(room, MeasureSpec.AT_MOST)
        shown().forEach { it.measure(child, MeasureSpec.UNSPECIFIED) }
        var bottom = 0
        place(room) { view, _, top -> bottom = max(bottom, top + view.measuredHeight) }
        setMeasuredDimension(room, bottom)
    }

    override fun onLayout(changed: Boolean, left: Int, top: Int, right: Int, bottom: Int) {
        val room = right - left
        place(room) { view, x, y ->
            val start = if (layoutDirection == LAYOUT_DIRECTION_RTL) room - x - view.measuredWidth else x
            view.layout(start, y, start + view.measuredWidth, y + view.measuredHeight)
        }
    }

    private fun place(room: Int, at: (View, Int, Int) -> Unit) {
        var (x, y, high) = listOf(0, 0, 0)
        for (view in shown()) {
            if (x > 0 && x + view.measuredWidth > room) {
                x = 0
                y += high + gap
                high = 0
            }
            at(view, x, y)
            x += view.measuredWidth + gap
            high = max(high, view.measuredHeight)
        }
    }

    private fun shown() = (0 until childCount).map(::getChildAt).filter { it.visibility != GONE }
}

internal fun Context.flow(vararg children: View) = Flow(this, dp(8)).apply { children.forEach { addView(it) } }
