package app.kerbside.result

import android.graphics.Rect
import android.os.Bundle
import android.view.MotionEvent
import android.view.accessibility.AccessibilityEvent
import android.view.accessibility.AccessibilityNodeInfo
import android.view.accessibility.AccessibilityNodeProvider
import android.widget.Button

/** The outlined things of a photo as TalkBack meets them: one node each, with a frame, a text and a click. */
internal class MaskNodes(private val view: PhotoView) : AccessibilityNodeProvider() {
    private var focused: Int? = null
    private var hovered: Int? = null

    fun changed() {
        view.sendAccessibilityEvent(AccessibilityEvent.TYPE_WINDOW_CONTENT_CHANGED)
    }

    override fun createAccessibilityNodeInfo(id: Int): AccessibilityNodeInfo? = when (id) {
        HOST_VIEW_ID -> host()
        in view.shapes.indices -> node(id)
        else -> null
    }

    @Suppress("DEPRECATION") // The constructors that replace obtain() came with Android 11.
    private fun host() = AccessibilityNodeInfo.obtain(view).apply {
        view.onInitializeAccessibilityNodeInfo(this)
        view.shapes.indices.forEach { addChild(view, it) }
    }

    @Suppress("DEPRECATION")
    private fun node(id: Int) = AccessibilityNodeInfo.obtain(view, id).apply {
        packageName = view.context.packageName
        className = Button::class.java.name
        contentDescription = view.descriptions.getOrNull(id)
        setParent(view)
        val bounds = view.frame(id)
        setBoundsInParent(bounds)
        val corner = IntArray(2).also(view::getLocationOnScreen)
        setBoundsInScreen(Rect(bounds).apply { offset(corner[0], corner[1]) })
        isEnabled = true
        isVisibleToUser = view.isShown
        isFocusable = true
        isClickable = true
        isSelected = view.selected == id
        isAccessibilityFocused = focused == id
        addAction(AccessibilityNodeInfo.AccessibilityAction.ACTION_CLICK)
        addAction(
            if (focused == id) {
                AccessibilityNodeInfo.AccessibilityAction.ACTION_CLEAR_ACCESSIBILITY_FOCUS
            } else {
                AccessibilityNodeInfo.AccessibilityAction.ACTION_ACCESSIBILITY_FOCUS
            },
        )
    }

    override fun performAction(id: Int, action: Int, arguments: Bundle?): Boolean {
        if (id == HOST_VIEW_ID) return view.performAccessibilityAction(action, arguments)
        if (id !in view.shapes.indices) return false
        when (action) {
            AccessibilityNodeInfo.ACTION_CLICK -> view.press(id)
            AccessibilityNodeInfo.ACTION_ACCESSIBILITY_FOCUS -> {
                focused = id
                send(id, AccessibilityEvent.TYPE_VIEW_ACCESSIBILITY_FOCUSED)
            }
            AccessibilityNodeInfo.ACTION_CLEAR_ACCESSIBILITY_FOCUS -> {
                if (focused == id) focused = null
                send(id, AccessibilityEvent.TYPE_VIEW_ACCESSIBILITY_FOCUS_CLEARED)
            }
            else -> return false
        }
        view.invalidate()
        return true
    }

    /** A finger explores the screen. */
    fun hover(event: MotionEvent): Boolean {
        val under = if (event.action == MotionEvent.ACTION_HOVER_EXIT) null else view.indexAt(event.x, event.y)
        if (under == hovered) return under != null
        hovered?.let { send(it, AccessibilityEvent.TYPE_VIEW_HOVER_EXIT) }
        under?.let { send(it, AccessibilityEvent.TYPE_VIEW_HOVER_ENTER) }
        hovered = under
        return under != null
    }

    @Suppress("DEPRECATION")
    private fun send(id: Int, type: Int) {
        val event = AccessibilityEvent.obtain(type).apply {
            packageName = view.context.packageName
            className = Button::class.java.name
            setSource(view, id)
            contentDescription = view.descriptions.getOrNull(id)
        }
        view.parent?.requestSendAccessibilityEvent(view, event)
    }
}
