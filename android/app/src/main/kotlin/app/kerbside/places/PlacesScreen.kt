package app.kerbside.places

import android.annotation.SuppressLint
import android.content.Context
import android.view.Gravity
import android.widget.RadioButton
import app.kerbside.R
import app.kerbside.nav.Route
import app.kerbside.schedule.Named
import app.kerbside.ui.ButtonLook
import app.kerbside.ui.Host
import app.kerbside.ui.MATCH
import app.kerbside.ui.Part
import app.kerbside.ui.Screen
import app.kerbside.ui.Stack
import app.kerbside.ui.TOUCH
import app.kerbside.ui.Type
import app.kerbside.ui.WRAP
import app.kerbside.ui.Wording
import app.kerbside.ui.add
import app.kerbside.ui.button
import app.kerbside.ui.card
import app.kerbside.ui.column
import app.kerbside.ui.dp
import app.kerbside.ui.emptyNote
import app.kerbside.ui.flow
import app.kerbside.ui.label
import app.kerbside.ui.row
import app.kerbside.ui.scroll
import app.kerbside.ui.style
import app.kerbside.ui.titleBar

/** The places a person takes rubbish out at, and which one counts now. */
@SuppressLint("ViewConstructor")
internal class PlacesScreen(context: Context, private val model: PlacesViewModel, private val host: Host) :
    Screen<PlacesState>(context, model.state) {
    private val content = context.column(12) { setPadding(dp(16), dp(4), dp(16), dp(24)) }
    private val part = Part<Pair<List<Named>, PlacesState>>(content) { (_, state) -> (this as Stack).build(state) }

    init {
        val page = context.column {
            add(context.titleBar(context.getString(R.string.places), onBack = host::back))
            add(content)
        }
        addView(context.scroll(page), LayoutParams(MATCH, MATCH))
    }

    override fun onAttachedToWindow() {
        super.onAttachedToWindow()
        model.load()
    }

    override fun render(state: PlacesState) = part.show(state.households to state)

    private fun Stack.build(state: PlacesState) {
        if (!state.loaded) return
        state.error?.let { add(context.emptyNote(R.drawable.ic_warning, Wording(context).error(it), it.detail)) }
        if (state.households.isEmpty()) {
            add(context.emptyNote(R.drawable.ic_place, context.getString(R.string.where_title), context.getString(R.string.where_text)))
        }
        state.households.forEach { add(card(it, it.id == state.current)) }
        add(
            context.button(if (state.households.isEmpty()) ButtonLook.Filled else ButtonLook.Tonal, context.getString(R.string.add_place), R.drawable.ic_add) {
                model.startAdding()
                host.go(Route.AddPlace)
            },
            WRAP,
        )
    }

    private fun card(household: Named, isCurrent: Boolean) = context.card(8) {
        add(
            context.row {
                add(
                    RadioButton(context).apply {
                        text = household.name
                        style(Type.Strong)
                        isChecked = isCurrent
                        minimumHeight = dp(TOUCH)
                        gravity = Gravity.CENTER_VERTICAL
                        buttonTintList = android.content.res.ColorStateList.valueOf(context.getColor(R.color.primary))
                        contentDescription = listOfNotNull(household.name, household.detail).joinToString(", ")
                        setOnClickListener { model.choose(household.id) }
                    },
                    weight = 1f,
                )
            },
        )
        val detail = context.label(Type.Soft, household.detail ?: context.getString(R.string.whole_community))
        add(detail.apply { setPaddingRelative(dp(BESIDE_RADIO), 0, 0, 0) })
        add(
            context.flow(
                context.button(ButtonLook.Plain, context.getString(R.string.change_zone), R.drawable.ic_edit) {
                    model.edit(household.id)
                    host.go(Route.AddPlace)
                },
                context.button(ButtonLook.Plain, context.getString(R.string.remove), R.drawable.ic_delete) { model.remove(household.id) }
                    .apply { contentDescription = context.getString(R.string.remove_says, household.name) },
            ),
        )
    }.also { if (isCurrent) it.background = context.chosen() }

    private companion object {
        /** Where the text of a radio button starts. */
        const val BESIDE_RADIO = 32
    }
}

/** A card that is the chosen one: its edge is thicker, not only of another colour. */
internal fun Context.chosen() = android.graphics.drawable.GradientDrawable().apply {
    cornerRadius = dp(20).toFloat()
    setColor(getColor(R.color.surface))
    setStroke(dp(2), getColor(R.color.primary))
}
