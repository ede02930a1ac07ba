package app.kerbside.ui

import android.annotation.SuppressLint
import android.content.Context
import android.view.Gravity
import android.widget.FrameLayout
import app.kerbside.R
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.MainScope
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch

/** The view of one screen: draws each state of its view model for as long as it is on the window. */
@SuppressLint("ViewConstructor")
abstract class Screen<State>(context: Context, private val states: StateFlow<State>) : FrameLayout(context) {
    private var shown: CoroutineScope? = null

    protected abstract fun render(state: State)

    override fun onAttachedToWindow() {
        super.onAttachedToWindow()
        // The first state before the first frame.
        render(states.value)
        shown = MainScope().also { scope -> scope.launch { states.collect(::render) } }
    }

    override fun onDetachedFromWindow() {
        shown?.cancel()
        shown = null
        super.onDetachedFromWindow()
    }
}

/** Title, with the way back where there is one, and what can be done on the whole screen. */
internal fun Context.titleBar(title: CharSequence, onBack: (() -> Unit)? = null, build: Stack.() -> Unit = {}) = row(4) {
    gravity = Gravity.CENTER_VERTICAL
    setPadding(dp(if (onBack == null) 20 else 4), dp(8), dp(8), dp(4))
    minimumHeight = dp(56)
    if (onBack != null) add(iconButton(R.drawable.ic_back, getString(R.string.back)) { onBack() }, dp(TOUCH), dp(TOUCH))
    add(label(Type.Title, title), weight = 1f)
    build()
}

/** What is to be said when there is nothing to show, and what can be done about it. */
internal fun Context.emptyNote(icon: Int, title: CharSequence, text: CharSequence?, build: Stack.() -> Unit = {}) =
    column(12) {
        padding(32, 32)
        gravity = Gravity.CENTER_HORIZONTAL
        add(icon(icon, getColor(R.color.primary), size = 48), dp(48), dp(48))
        add(label(Type.Heading, title).apply { gravity = Gravity.CENTER })
        if (text != null) add(label(Type.Soft, text).apply { gravity = Gravity.CENTER })
        build()
    }
