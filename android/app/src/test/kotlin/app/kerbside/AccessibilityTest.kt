package app.kerbside

import android.graphics.Color
import android.text.Layout
import android.view.InputDevice
import android.view.MotionEvent
import android.view.View
import android.view.ViewGroup
import android.view.accessibility.AccessibilityEvent
import android.view.accessibility.AccessibilityManager
import android.widget.CompoundButton
import android.widget.EditText
import android.widget.ListView
import android.widget.TextView
import app.kerbside.result.PhotoView
import app.kerbside.support.Phone
import app.kerbside.support.Setting
import app.kerbside.support.TestScreen
import app.kerbside.support.says
import app.kerbside.support.shownTree
import app.kerbside.ui.contrast
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf

@RunWith(RobolectricTestRunner::class)
class AccessibilityTest {
    /** Everything that is wrong on any screen, by screen. */
    private fun wrong(setting: Setting): Map<TestScreen, List<String>> {
        val phone = Phone(setting)
        return TestScreen.entries.associateWith { screen ->
            val root = screen.on(phone).activity.window.decorView
            root.shownTree().flatMap { view ->
                listOfNotNull(tooSmall(view), silent(view), cutOff(view), stickingOut(view))
                    .map { "${view.javaClass.simpleName} ${view.says().take(2)}: $it" }
            }
        }.filterValues { it.isNotEmpty() }
    }

    private fun isControl(view: View) = (view.isClickable && view.isEnabled && view.hasOnClickListeners()) || view is CompoundButton || view is EditText

    /** Less than 48 dp wide or high, though a finger has to hit it. */
    private fun tooSmall(view: View): String? {
        val least = 48 * view.resources.displayMetrics.density - 0.5f
        val isRow = (view.parent as? View) is ListView
        return "only ${view.width} × ${view.height}".takeIf { (isControl(view) || isRow) && (view.width < least || view.height < least) }
    }

    private fun silent(view: View) = "says nothing".takeIf { isControl(view) && view.says().isEmpty() }

    private fun cutOff(view: View): String? {
        val layout: Layout = (view as? TextView)?.layout ?: return null
        val room = view.height - view.totalPaddingTop - view.totalPaddingBottom
        val isOneLine = view.maxLines == 1
        return when {
            !isOneLine && layout.height > room + 1 -> "needs ${layout.height}, has $room"
            // One line may be shortened where the whole is read out, as in the tabs.
            isOneLine && layout.getEllipsisCount(0) > 0 && (view.parent as? View)?.contentDescription == null -> "shortened"
            else -> null
        }
    }

    private fun stickingOut(view: View): String? {
        val parent = view.parent as? ViewGroup ?: return null
        return "from ${view.left} to ${view.right} in ${parent.width}".takeIf { view.left < 0 || view.right > parent.width }
    }

    @Test
    fun `controls are large enough and say what they are, no text is cut off, nothing sticks out`() {
        assertEquals(emptyMap(), wrong(Setting.Light))
    }

    @Test
    fun `also at twice the size of text`() {
        assertEquals(emptyMap(), wrong(Setting.Large))
    }

    @Test
    fun `also when the phone lies on its side, in German`() {
        assertEquals(emptyMap(), wrong(Setting.WideGerman))
    }

    @Test
    fun `text can be read on its ground, by day and by night`() {
        val grounds = listOf(R.color.background, R.color.surface, R.color.surface_tint, R.color.error_soft)
        val pairs = grounds.flatMap { listOf(R.color.text to it, R.color.text_soft to it) } +
            listOf(R.color.primary to R.color.background, R.color.primary to R.color.surface) +
            listOf(R.color.on_primary to R.color.primary, R.color.on_primary_soft to R.color.primary_soft)
        for (night in listOf("notnight", "night")) {
            RuntimeEnvironment.setQualifiers("+$night")
            val app = RuntimeEnvironment.getApplication()
            for ((ink, ground) in pairs) {
                val ratio = contrast(app.getColor(ink), app.getColor(ground))
                assertTrue(ratio >= 4.5, "$night: ${app.resources.getResourceEntryName(ink)} on ${app.resources.getResourceEntryName(ground)}: $ratio")
            }
        }
    }

    @Test
    fun `every outlined thing is a node with a frame, a text and a click`() {
        val phone = TestScreen.Result.on(Phone(Setting.Light))
        val view = phone.activity.window.decorView.shownTree().filterIsInstance<PhotoView>().single()
        val nodes = view.accessibilityNodeProvider
        assertEquals(2, nodes.createAccessibilityNodeInfo(View.NO_ID)?.childCount)
        val second = checkNotNull(nodes.createAccessibilityNodeInfo(1))
        assertEquals("2: Paper. Greasy?. Not sure", "${second.contentDescription}")
        val frame = android.graphics.Rect().also(second::getBoundsInScreen)
        val photo = android.graphics.Rect().also(view::getGlobalVisibleRect)
        assertTrue(photo.contains(frame) && frame.width() > 20 && frame.height() > 20, "$frame in $photo")
        assertTrue(second.isClickable && !second.isSelected)
        assertTrue(nodes.performAction(1, android.view.accessibility.AccessibilityNodeInfo.ACTION_CLICK, null))
        phone.settle()
        assertEquals(1, phone.app.graph.result.state.value.selected)
        assertEquals(true, nodes.createAccessibilityNodeInfo(1)?.isSelected)
        assertEquals(null, nodes.createAccessibilityNodeInfo(2))
    }

    @Test
    fun `a finger that explores the photo hears what lies under it`() {
        val phone = TestScreen.Result.on(Phone(Setting.Light))
        val heard = shadowOf(phone.app.service<AccessibilityManager>()).apply { setEnabled(true) }
        val view = phone.activity.window.decorView.shownTree().filterIsInstance<PhotoView>().single()
        val frame = view.frame(1)
        val finger = MotionEvent.obtain(0, 0, MotionEvent.ACTION_HOVER_MOVE, frame.exactCenterX(), frame.exactCenterY(), 0)
        finger.source = InputDevice.SOURCE_TOUCHSCREEN
        assertTrue(view.dispatchGenericMotionEvent(finger))
        val said = heard.sentAccessibilityEvents.filter { it.eventType == AccessibilityEvent.TYPE_VIEW_HOVER_ENTER }
        assertEquals(listOf("2: Paper. Greasy?. Not sure"), said.map { "${it.contentDescription}" })
    }

    @Test
    fun `things appear softly, and at once where nothing may move`() {
        fun marked(): Int {
            val phone = Phone(Setting.Light)
            TestScreen.Result.on(phone)
            val view = phone.activity.window.decorView.shownTree().filterIsInstance<PhotoView>().single()
            view.show(emptyList(), null, emptyList(), null, null)
            view.show(phone.app.graph.result.state.value.items, null, emptyList(), null, null)
            val picture = android.graphics.Bitmap.createBitmap(view.width, view.height, android.graphics.Bitmap.Config.ARGB_8888)
            view.draw(android.graphics.Canvas(picture))
            // On the left edge of the first thing, in the middle of its line.
            val frame = view.frame(0)
            return picture.getPixel(frame.left, frame.centerY())
        }
        val resolver = RuntimeEnvironment.getApplication().contentResolver
        fun green(colour: Int) = contrast(colour, Color.rgb(0, 158, 115))
        android.provider.Settings.Global.putFloat(resolver, android.provider.Settings.Global.ANIMATOR_DURATION_SCALE, 0f)
        val still = marked()
        android.provider.Settings.Global.putFloat(resolver, android.provider.Settings.Global.ANIMATOR_DURATION_SCALE, 1f)
        val soft = marked()
        assertTrue(green(still) < 1.05, "the line is all there: ${Integer.toHexString(still)}")
        assertTrue(green(soft) > 1.1, "the line is still faint: ${Integer.toHexString(soft)}")
    }
}
