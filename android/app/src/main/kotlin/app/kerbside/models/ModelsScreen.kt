package app.kerbside.models

import android.annotation.SuppressLint
import android.content.Context
import android.view.Gravity
import android.view.View
import android.widget.ProgressBar
import android.widget.RadioButton
import app.kerbside.R
import app.kerbside.api.PackInfo
import app.kerbside.places.chosen
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
import app.kerbside.ui.flow
import app.kerbside.ui.icon
import app.kerbside.ui.label
import app.kerbside.ui.padding
import app.kerbside.ui.rounded
import app.kerbside.ui.row
import app.kerbside.ui.scroll
import app.kerbside.ui.style
import app.kerbside.ui.titleBar

/** The model packs on this phone: what they are, how large, and whether they are intact. */
@SuppressLint("ViewConstructor")
internal class ModelsScreen(context: Context, private val model: ModelsViewModel, private val host: Host) :
    Screen<ModelsState>(context, model.state) {
    private val wording = Wording(context)
    private val progress = ProgressBar(context, null, android.R.attr.progressBarStyleHorizontal).apply { max = STEPS }
    private val working = context.card(8) {
        add(context.label(Type.Body, context.getString(R.string.working)))
        add(progress)
        add(context.button(ButtonLook.Plain, context.getString(R.string.stop)) { model.cancel() }, WRAP)
    }
    private val content = context.column(12) { setPadding(dp(16), dp(4), dp(16), dp(24)) }
    private val part = Part<ModelsState>(content) { (this as Stack).build(it) }

    init {
        val page = context.column {
            add(context.titleBar(context.getString(R.string.models), onBack = host::back))
            add(content)
        }
        addView(context.scroll(page), LayoutParams(MATCH, MATCH))
    }

    override fun onAttachedToWindow() {
        super.onAttachedToWindow()
        model.load()
    }

    override fun render(state: ModelsState) {
        // The share alone changes often: only the bar moves.
        part.show(state.copy(work = state.work?.copy(share = null)))
        val share = state.work?.share
        progress.isIndeterminate = share == null
        progress.progress = ((share ?: 0f) * STEPS).toInt()
    }

    private fun Stack.build(state: ModelsState) {
        if (!state.loaded) return
        state.error?.let { error ->
            add(
                context.column(4) {
                    background = context.rounded(context.getColor(R.color.error_soft), radius = 20)
                    padding(16, 14)
                    accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_POLITE
                    add(context.label(Type.Body, wording.error(error)))
                    add(context.label(Type.Caption, error.detail))
                    add(context.button(ButtonLook.Plain, context.getString(R.string.close)) { model.dismissError() }, WRAP)
                },
            )
        }
        if (state.work != null) {
            (working.parent as? android.view.ViewGroup)?.removeView(working)
            add(working)
        }
        state.packs.forEach { add(card(it, state)) }
        add(context.label(Type.Soft, context.getString(R.string.import_pack_help)))
        add(
            context.button(ButtonLook.Tonal, context.getString(R.string.import_pack), R.drawable.ic_import) { host.pickPack() }
                .apply { isEnabled = state.work == null },
            WRAP,
        )
    }

    private fun card(pack: PackInfo, state: ModelsState) = context.card(10) {
        val inUse = pack.id == state.inUse
        if (inUse) background = context.chosen()
        add(
            RadioButton(context).apply {
                text = pack.name
                style(Type.Strong)
                isChecked = inUse
                minimumHeight = dp(TOUCH)
                gravity = Gravity.CENTER_VERTICAL
                buttonTintList = android.content.res.ColorStateList.valueOf(context.getColor(R.color.primary))
                isEnabled = pack.problem == null
                setOnClickListener { model.use(pack) }
            },
        )
        if (pack.isBundled) add(context.label(Type.Soft, context.getString(R.string.bundled)))
        val problem = pack.problem
        if (problem != null) {
            add(context.label(Type.Strong, context.getString(R.string.error_pack)))
            add(context.label(Type.Caption, problem))
            add(remove(pack, state))
            return@card
        }
        if (pack.random) add(context.label(Type.Strong, context.getString(R.string.random_pack)))
        add(value(R.string.version, pack.version))
        add(value(R.string.size, wording.bytes(pack.bytes)))
        add(value(R.string.memory, wording.bytes(pack.peakBytes)))
        add(value(R.string.licence, pack.licence))
        add(value(R.string.attribution, pack.attribution))
        add(context.label(Type.Caption, context.getString(R.string.adapters)))
        for (adapter in pack.adapters) add(
            context.row(8) {
                val size = wording.bytes(adapter.bytes)
                add(context.label(Type.Body, (listOf(adapter.id) + adapter.tasks.filter { it != adapter.id } + size).joinToString(" · ")), weight = 1f)
                if (adapter.imported) {
                    val remove = context.getString(R.string.remove_says, adapter.id)
                    add(context.button(ButtonLook.Plain, context.getString(R.string.remove)) { model.removeAdapter(pack, adapter.id) }.apply { contentDescription = remove })
                }
            },
        )
        if (pack.id in state.intact) add(
            context.row(8) {
                add(context.icon(R.drawable.ic_verified, context.getColor(R.color.primary)), dp(24), dp(24))
                add(context.label(Type.Strong, context.getString(R.string.intact)), weight = 1f)
            },
        )
        val idle = state.work == null
        add(
            context.flow(
                context.button(ButtonLook.Plain, context.getString(R.string.verify), R.drawable.ic_verified) { model.verify(pack) }
                    .apply { isEnabled = idle },
                remove(pack, state),
            ),
        )
    }

    private fun remove(pack: PackInfo, state: ModelsState) =
        context.button(ButtonLook.Plain, context.getString(R.string.remove), R.drawable.ic_delete) { model.remove(pack) }.apply {
            isEnabled = state.work == null
            contentDescription = context.getString(R.string.remove_says, pack.name)
            visibility = if (pack.isBundled) View.GONE else View.VISIBLE
        }

    private fun value(caption: Int, value: String) = context.column {
        add(context.label(Type.Caption, context.getString(caption)))
        add(context.label(Type.Body, value))
    }

    private companion object {
        const val STEPS = 1000
    }
}
