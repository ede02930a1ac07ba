package app.kerbside.result

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.Color
import android.view.Gravity
import android.view.View
import android.view.ViewGroup
import android.widget.FrameLayout
import android.widget.LinearLayout
import android.widget.ProgressBar
import android.widget.ScrollView
import android.widget.TextView
import app.kerbside.R
import app.kerbside.api.Confidence
import app.kerbside.api.Item
import app.kerbside.api.SortStage
import app.kerbside.nav.Route
import app.kerbside.ui.ButtonLook
import app.kerbside.ui.Host
import app.kerbside.ui.MATCH
import app.kerbside.ui.Palette
import app.kerbside.ui.Part
import app.kerbside.ui.Screen
import app.kerbside.ui.TOUCH
import app.kerbside.ui.Type
import app.kerbside.ui.Wording
import app.kerbside.ui.add
import app.kerbside.ui.button
import app.kerbside.ui.card
import app.kerbside.ui.column
import app.kerbside.ui.dp
import app.kerbside.ui.emptyNote
import app.kerbside.ui.icon
import app.kerbside.ui.isLandscape
import app.kerbside.ui.label
import app.kerbside.ui.padding
import app.kerbside.ui.pressable
import app.kerbside.ui.rounded
import app.kerbside.ui.row
import app.kerbside.ui.scroll
import app.kerbside.ui.shownIf
import app.kerbside.ui.textScale
import app.kerbside.ui.titleBar

/** The photo, and a card for each thing in it. */
@SuppressLint("ViewConstructor")
internal class ResultScreen(context: Context, private val model: ResultViewModel, private val host: Host) :
    Screen<ResultState>(context, model.state) {
    private val wording = Wording(context)
    private val instructions = InstructionView(context, host)
    private val photo = PhotoView(context, model::tap)
    private val title: TextView
    private val progress = progress()
    private val cards = context.column(12) { padding(16, 12) }
    private val scroll: ScrollView = context.scroll(cards)
    private val correction = FrameLayout(context)
    private var cardOf = mapOf<Int, View>()

    private val cardList = Part<Cards>(cards) { build(it) }
    private val correctionList = Part<Boolean>(correction) { open -> if (open) addView(CorrectionView(context, model), LayoutParams(MATCH, MATCH)) }
    private var decoded: TakenPhoto? = null
    private var shownSelection: Int? = null

    /** What the cards depend on. */
    private data class Cards(val items: List<Outlined>, val selected: Int?, val phase: Phase, val highlights: List<String>)

    init {
        val bar = context.titleBar("", onBack = host::back)
        title = (0 until bar.childCount).map(bar::getChildAt).filterIsInstance<TextView>().first()
        title.accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_POLITE
        addView(if (context.isLandscape) beside(bar) else below(bar), LayoutParams(MATCH, MATCH))
        addView(correction, LayoutParams(MATCH, MATCH))
    }

    private fun below(bar: View) = context.column {
        add(bar)
        add(framed(photo))
        add(progress)
        add(scroll, height = 0, weight = 1f)
    }

    private fun beside(bar: View) = context.row {
        add(framed(photo), height = MATCH, weight = 1f)
        add(
            context.column {
                add(bar)
                add(progress)
                add(scroll, height = 0, weight = 1f)
            },
            height = MATCH,
            weight = 1f,
        )
    }

    private fun framed(photo: PhotoView) = FrameLayout(context).apply {
        padding(16, 4)
        addView(photo, LayoutParams(MATCH, if (context.isLandscape) MATCH else LayoutParams.WRAP_CONTENT, Gravity.CENTER))
    }

    override fun onMeasure(widthSpec: Int, heightSpec: Int) {
        // The photo leaves room for at least one card.
        if (!context.isLandscape) photo.maxHeight = (MeasureSpec.getSize(heightSpec) * photoShare).toInt()
        super.onMeasure(widthSpec, heightSpec)
    }

    override fun render(state: ResultState) {
        if (state.photo !== decoded) {
            decoded = state.photo
            photo.photo = state.photo?.let { UprightPhoto.decode(it.bytes) }
        }
        val at = (state.phase as? Phase.Again)?.at
        photo.show(state.items, state.selected, descriptions(state), at, state.nothingAt)
        title.text = title(state)
        progress.shownIf(state.phase is Phase.Looking || state.phase is Phase.Again)
        (progress.getChildAt(0) as TextView).text = stage(state.phase)
        cardList.show(Cards(state.items.filter { it.item != null }, state.selected, state.phase, state.highlights))
        correctionList.show(state.correction != null)
        (correction.getChildAt(0) as? CorrectionView)?.render(state.correction)
        if (state.selected != shownSelection) {
            shownSelection = state.selected
            state.selected?.let(cardOf::get)?.let { card -> scroll.post { scroll.smoothScrollTo(0, card.top - dp(8)) } }
        }
    }

    private fun title(state: ResultState): String {
        val found = state.items.count { it.item != null }
        return when {
            state.phase is Phase.Looking && found == 0 -> context.getString(R.string.looking)
            // Below stands why, and what to do.
            found == 0 -> ""
            else -> context.resources.getQuantityString(R.plurals.found, found, found)
        }
    }

    private fun stage(phase: Phase) = context.getString(
        when {
            phase is Phase.Again -> R.string.looking_again
            phase is Phase.Looking && phase.stage == SortStage.Prefill -> R.string.outlining
            else -> R.string.looking_closely
        },
    )

    private fun progress() = context.row(8) {
        setPadding(dp(20), 0, dp(8), 0)
        add(context.label(Type.Soft), weight = 1f)
        add(ProgressBar(context).apply { importantForAccessibility = View.IMPORTANT_FOR_ACCESSIBILITY_NO }, dp(28), dp(28))
        add(context.button(ButtonLook.Plain, context.getString(R.string.stop)) { model.cancel() })
    }

    private fun descriptions(state: ResultState) = state.items.mapIndexed { index, shape ->
        val item = shape.item
        if (item == null) context.getString(R.string.something, index + 1)
        else context.getString(R.string.mask_says, index + 1, name(item), where(item), wording.confidence(item.confidence))
    }

    private fun name(item: Item) =
        item.instructions.firstOrNull()?.label ?: context.getString(Palette.of(item.wasteClass).title)

    private fun where(item: Item) = item.instructions.firstOrNull()?.let(wording::destination).orEmpty()

    private fun ViewGroup.build(shown: Cards) {
        val cards = this as LinearLayout
        val phase = shown.phase
        if (phase is Phase.Failed) {
            cards.add(failed(phase))
            return
        }
        shown.highlights.forEach { cards.add(highlight(it)) }
        cardOf = shown.items.mapIndexedNotNull { index, shape ->
            shape.item?.let { index to cards.add(card(index, it, index == shown.selected)) }
        }.toMap()
        if (phase != Phase.Done) return
        if (shown.items.isEmpty()) {
            cards.add(context.emptyNote(R.drawable.ic_search, context.getString(R.string.nothing_found), context.getString(R.string.nothing_found_help)) {
                add(context.button(ButtonLook.Tonal, context.getString(R.string.search_instead), R.drawable.ic_search) { host.go(Route.Search) }, width = LayoutParams.WRAP_CONTENT)
            })
        } else {
            cards.add(context.label(Type.Caption, context.getString(R.string.tap_for_more)).apply {
                gravity = Gravity.CENTER
                padding(16, 8)
            })
        }
    }

    private fun failed(phase: Phase.Failed) =
        context.emptyNote(R.drawable.ic_warning, wording.error(phase.error), phase.error.detail) {
            add(context.button(ButtonLook.Filled, context.getString(R.string.try_again)) { model.retry() }, width = LayoutParams.WRAP_CONTENT)
        }

    private fun highlight(text: String) = context.row(12) {
        background = context.rounded(context.getColor(R.color.primary_soft), radius = 16)
        padding(16, 12)
        add(context.icon(R.drawable.ic_info, context.getColor(R.color.on_primary_soft)))
        add(context.label(Type.Body, text).apply { setTextColor(context.getColor(R.color.on_primary_soft)) }, weight = 1f)
    }

    private fun card(index: Int, item: Item, open: Boolean) = context.card(16) {
        add(header(index, item, open))
        if (open) {
            add(instructions.view(item.instructions) { model.answer(index, it) })
            add(
                context.button(ButtonLook.Plain, context.getString(R.string.something_else), R.drawable.ic_edit) {
                    model.startCorrection(index)
                },
                width = LayoutParams.WRAP_CONTENT,
            )
        }
    }

    private fun header(index: Int, item: Item, open: Boolean) = context.row(12) {
        minimumHeight = dp(TOUCH)
        add(ClassMark(context, index + 1, Palette.of(item.wasteClass)), dp(44), dp(44))
        add(
            context.column(2) {
                add(context.label(Type.Strong, name(item)))
                add(context.label(Type.Soft, if (open) wording.confidence(item.confidence) else where(item)))
            },
            weight = 1f,
        )
        if (!open && item.confidence == Confidence.Unsure) add(context.icon(R.drawable.ic_question))
        add(context.icon(if (open) R.drawable.ic_less else R.drawable.ic_more))
        contentDescription =
            context.getString(R.string.mask_says, index + 1, name(item), where(item), wording.confidence(item.confidence))
        stateDescription(open)
        pressable(null, context.rounded(Color.WHITE, radius = 12)) { model.select(if (open) null else index) }
    }

    private fun View.stateDescription(open: Boolean) {
        if (android.os.Build.VERSION.SDK_INT >= 30) {
            stateDescription = context.getString(if (open) R.string.expanded else R.string.collapsed)
        }
    }

    /** How much of the height the photo takes at most; less where the text is large. */
    private val photoShare get() = if (context.textScale > 1.5f) 0.34f else 0.44f
}
