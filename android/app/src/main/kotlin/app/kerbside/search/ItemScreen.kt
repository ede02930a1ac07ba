package app.kerbside.search

import android.annotation.SuppressLint
import android.content.Context
import app.kerbside.R
import app.kerbside.nav.Route
import app.kerbside.result.InstructionView
import app.kerbside.ui.Host
import app.kerbside.ui.MATCH
import app.kerbside.ui.Part
import app.kerbside.ui.Screen
import app.kerbside.ui.Stack
import app.kerbside.ui.Wording
import app.kerbside.ui.add
import app.kerbside.ui.card
import app.kerbside.ui.column
import app.kerbside.ui.dp
import app.kerbside.ui.emptyNote
import app.kerbside.ui.scroll
import app.kerbside.ui.titleBar

/** One item of the rule pack and what is done with it. */
@SuppressLint("ViewConstructor")
internal class ItemScreen(context: Context, private val model: SearchViewModel, private val host: Host, private val route: Route.Item) :
    Screen<SearchState>(context, model.state) {
    private val instructions = InstructionView(context, host)
    private val content = context.column()
    private val part = Part<SearchState>(content) { (this as Stack).build(it) }

    init {
        addView(context.scroll(content), LayoutParams(MATCH, MATCH))
    }

    override fun onAttachedToWindow() {
        super.onAttachedToWindow()
        model.open(route.id)
    }

    override fun render(state: SearchState) = part.show(state)

    private fun Stack.build(state: SearchState) {
        val page = state.page?.takeIf { it.id == route.id }
        add(context.titleBar(page?.instructions?.firstOrNull()?.label.orEmpty(), onBack = host::back))
        val error = state.error
        if (error != null) add(context.emptyNote(R.drawable.ic_warning, Wording(context).error(error), error.detail))
        if (page == null) return
        add(
            context.column {
                setPadding(dp(16), dp(4), dp(16), dp(24))
                add(context.card { add(instructions.view(page.instructions, model::answer)) })
            },
        )
    }
}
