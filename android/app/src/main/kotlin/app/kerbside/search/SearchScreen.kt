package app.kerbside.search

import android.annotation.SuppressLint
import android.content.Context
import android.view.View
import android.widget.FrameLayout
import app.kerbside.R
import app.kerbside.nav.Route
import app.kerbside.ui.ButtonLook
import app.kerbside.ui.Field
import app.kerbside.ui.Host
import app.kerbside.ui.ItemList
import app.kerbside.ui.MATCH
import app.kerbside.ui.Part
import app.kerbside.ui.Screen
import app.kerbside.ui.WRAP
import app.kerbside.ui.Wording
import app.kerbside.ui.add
import app.kerbside.ui.button
import app.kerbside.ui.column
import app.kerbside.ui.emptyNote
import app.kerbside.ui.padding
import app.kerbside.ui.shownIf
import app.kerbside.ui.titleBar

/** Everything the community has a word for, from A to Z, or what fits what is typed. */
@SuppressLint("ViewConstructor")
internal class SearchScreen(context: Context, private val model: SearchViewModel, private val host: Host) :
    Screen<SearchState>(context, model.state) {
    private val wording = Wording(context)
    private val field = Field(context, R.string.search_hint, icon = R.drawable.ic_search, onTyped = model::search)
    private val list = ItemList(context) { host.go(Route.Item(it.id)) }
    private val note = FrameLayout(context)
    private val notePart = Part<Note?>(note) { it?.let { shown -> addView(build(shown)) } }

    private sealed interface Note {
        data object NoPlace : Note
        data class NoHits(val query: String) : Note
        data class Failed(val text: String, val detail: String) : Note
    }

    init {
        val content = context.column {
            add(context.titleBar(context.getString(R.string.search)))
            add(FrameLayout(context).apply {
                padding(16, 4)
                addView(field, LayoutParams(MATCH, WRAP))
            })
            add(note)
            add(list, height = 0, weight = 1f)
        }
        addView(content, LayoutParams(MATCH, MATCH))
    }

    override fun onAttachedToWindow() {
        super.onAttachedToWindow()
        model.load()
    }

    override fun render(state: SearchState) {
        field.follow(state.query)
        field.shownIf(state.hasPlace)
        list.show(if (state.hasPlace) state.items else emptyList())
        notePart.show(
            when {
                !state.hasPlace -> Note.NoPlace
                state.error != null -> Note.Failed(wording.error(state.error), state.error.detail)
                state.loaded && state.items.isEmpty() -> Note.NoHits(state.query)
                else -> null
            },
        )
    }

    private fun build(note: Note): View = when (note) {
        Note.NoPlace -> context.emptyNote(R.drawable.ic_place, context.getString(R.string.where_title), context.getString(R.string.where_text)) {
            add(context.button(ButtonLook.Filled, context.getString(R.string.choose_place)) { host.go(Route.AddPlace) }, WRAP)
        }
        is Note.NoHits ->
            context.emptyNote(R.drawable.ic_search, context.getString(R.string.no_hits, note.query), context.getString(R.string.no_hits_help))
        is Note.Failed -> context.emptyNote(R.drawable.ic_warning, note.text, note.detail)
    }
}
