package app.kerbside.support

import android.os.SystemClock
import android.view.MotionEvent
import android.view.View
import android.widget.ListView
import android.widget.TextView
import app.kerbside.api.Point
import kotlin.test.fail

/* What a person does to the phone, by what is written or read out on it. */

fun Phone.says(): List<String> = activity.window.decorView.says()

/** The views of one kind that are on the screen. */
inline fun <reified V : View> Phone.all(): List<V> = activity.window.decorView.shownTree().filterIsInstance<V>()

/** Everything that can be pressed and says [words], on itself or inside. */
fun Phone.controls(words: String): List<View> = all<View>().filter { it.isClickable && words in it.says() }

/** Presses the smallest thing that says [words]. */
fun Phone.press(words: String) {
    val control = controls(words).minByOrNull { it.shownTree().size } ?: fail("nothing to press says \"$words\": ${says()}")
    if (!control.isEnabled) fail("\"$words\" cannot be pressed now")
    control.performClick()
    settle()
}

/** Picks the row that says [words] from the list on the screen. */
fun Phone.pick(words: String) {
    val list = all<ListView>().last()
    val row = (0 until list.childCount).firstOrNull { words in list.getChildAt(it).says() } ?: fail("no row says \"$words\": ${says()}")
    list.performItemClick(list.getChildAt(row), row + list.firstVisiblePosition, 0)
    settle()
}

/** Types into the line whose hint is [hint]. */
fun Phone.type(hint: String, text: String) {
    all<TextView>().first { "${it.hint}" == hint }.text = text
    settle()
}

/** Taps a view at a share of its width and height. */
fun Phone.tap(view: View, at: Point) {
    val now = SystemClock.uptimeMillis()
    for (action in listOf(MotionEvent.ACTION_DOWN, MotionEvent.ACTION_UP)) {
        val event = MotionEvent.obtain(now, now + 10, action, at.x * view.width, at.y * view.height, 0)
        view.dispatchTouchEvent(event)
        event.recycle()
    }
    settle()
}
