package app.kerbside.result

import android.annotation.SuppressLint
import android.content.Context
import android.widget.FrameLayout
import app.kerbside.R
import app.kerbside.ui.Field
import app.kerbside.ui.ItemList
import app.kerbside.ui.MATCH
import app.kerbside.ui.add
import app.kerbside.ui.column
import app.kerbside.ui.padding
import app.kerbside.ui.titleBar

/** "This is something else": what is it then? One tap on a name ends it. */
@SuppressLint("ViewConstructor")
internal class CorrectionView(context: Context, model: ResultViewModel) : FrameLayout(context) {
    private val field = Field(context, R.string.search_hint, icon = R.drawable.ic_search, onTyped = model::search)
    private val hits = ItemList(context, model::correct)

    init {
        setBackgroundColor(context.getColor(R.color.background))
        isClickable = true
        val content = context.column {
            add(context.titleBar(context.getString(R.string.what_is_it), onBack = model::stopCorrection))
            add(FrameLayout(context).apply {
                padding(16, 8)
                addView(field, LayoutParams(MATCH, LayoutParams.WRAP_CONTENT))
            })
            add(hits, height = 0, weight = 1f)
        }
        addView(content, LayoutParams(MATCH, MATCH))
    }

    fun render(correction: Correction?) {
        field.follow(correction?.query ?: return)
        hits.show(correction.hits)
    }
}
