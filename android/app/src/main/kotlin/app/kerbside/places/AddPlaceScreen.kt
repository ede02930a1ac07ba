package app.kerbside.places

import android.annotation.SuppressLint
import android.content.Context
import android.content.res.ColorStateList
import android.graphics.Color
import android.text.InputType
import android.view.Gravity
import android.widget.RadioButton
import app.kerbside.R
import app.kerbside.api.Community
import app.kerbside.api.Zone
import app.kerbside.ui.ButtonLook
import app.kerbside.ui.Field
import app.kerbside.ui.Host
import app.kerbside.ui.MATCH
import app.kerbside.ui.Part
import app.kerbside.ui.Screen
import app.kerbside.ui.Stack
import app.kerbside.ui.TOUCH
import app.kerbside.ui.Type
import app.kerbside.ui.WRAP
import app.kerbside.ui.add
import app.kerbside.ui.button
import app.kerbside.ui.card
import app.kerbside.ui.column
import app.kerbside.ui.dp
import app.kerbside.ui.icon
import app.kerbside.ui.label
import app.kerbside.ui.padding
import app.kerbside.ui.pressable
import app.kerbside.ui.rounded
import app.kerbside.ui.row
import app.kerbside.ui.scroll
import app.kerbside.ui.shownIf
import app.kerbside.ui.style
import app.kerbside.ui.titleBar
import java.util.Locale

/** First the community, then where in it: by list, postcode or address. Nothing of it leaves the phone. */
@SuppressLint("ViewConstructor")
internal class AddPlaceScreen(context: Context, private val model: PlacesViewModel, private val host: Host) :
    Screen<PlacesState>(context, model.state) {
    private val filter = Field(context, R.string.filter_communities, icon = R.drawable.ic_search, onTyped = model::filter)
    private val communities = context.column(8)
    private val communityPart = Part<List<Community>>(communities) { (this as Stack).list(it) }
    private val first = context.column(12) {
        setPadding(dp(16), dp(4), dp(16), dp(24))
        add(context.label(Type.Soft, context.getString(R.string.where_text)))
        add(filter)
        add(communities)
    }

    private val postcode = Field(context, R.string.postcode, InputType.TYPE_CLASS_TEXT, onTyped = model::postcode)
    private val street = Field(context, R.string.street, onTyped = model::street)
    private val number = Field(context, R.string.house_number, onTyped = model::number)
    private val find = context.button(ButtonLook.Tonal, context.getString(R.string.find)) { model.findAddress() }
    private val streets = context.column(4)
    private val streetPart = Part<List<String>>(streets) { names ->
        names.forEach { name -> (this as Stack).add(context.button(ButtonLook.Plain, name) { model.street(name) }, WRAP) }
    }
    private val address = context.column(8) {
        add(street)
        add(streets)
        add(
            context.row(8) {
                add(number, weight = 1f)
                add(find)
            },
        )
    }
    private val answer = context.label(Type.Body)
    private val zones = context.column(12)
    private val zonePart = Part<Choice?>(zones) { it?.let { choice -> (this as Stack).zones(choice) } }
    private val done = context.button(ButtonLook.Filled, context.getString(R.string.done_choosing)) { model.finish { host.back() } }
    private val second = context.column(12) {
        setPadding(dp(16), dp(4), dp(16), dp(24))
        add(postcode)
        add(address)
        add(answer)
        add(zones)
        add(done)
    }
    private val bars = context.column()
    private val barPart = Part<String>(bars) { title -> addView(context.titleBar(title, onBack = ::back)) }

    init {
        val page = context.column {
            add(bars)
            add(first)
            add(second)
        }
        addView(context.scroll(page), LayoutParams(MATCH, MATCH))
    }

    override fun onAttachedToWindow() {
        super.onAttachedToWindow()
        model.load()
    }

    /** From the zones to the communities, unless it was only the zones that were to be changed. */
    private fun back() {
        val choice = model.state.value.choice
        model.backToCommunities()
        if (choice?.isNew != true) host.back()
    }

    override fun render(state: PlacesState) {
        val choice = state.choice
        barPart.show(choice?.community?.name ?: context.getString(R.string.where_title))
        first.shownIf(choice == null)
        second.shownIf(choice != null)
        filter.follow(state.filter)
        communityPart.show(state.shown)
        if (choice == null) return
        postcode.shownIf(choice.hasPostcodes)
        postcode.follow(choice.postcode)
        address.shownIf(choice.hasStreets)
        street.follow(choice.street)
        number.follow(choice.number)
        streetPart.show(model.streets())
        answer.shownIf(choice.missed || choice.found.isNotEmpty())
        val names = choice.zones.filter { it.id in choice.found }.joinToString(", ") { it.name }
        answer.text = context.getString(if (choice.missed) R.string.zone_missed else R.string.zone_found, names)
        zonePart.show(choice.copy(postcode = "", street = "", number = "", found = emptyList(), missed = false))
        done.text = context.getString(if (choice.chosen.isEmpty()) R.string.skip_zone else R.string.done_choosing)
    }

    private fun Stack.list(shown: List<Community>) {
        if (shown.isEmpty() && model.state.value.loaded) add(context.label(Type.Soft, context.getString(R.string.no_community)))
        for (community in shown) add(
            context.row(12) {
                minimumHeight = dp(TOUCH)
                padding(16, 12)
                add(
                    context.column(2) {
                        add(context.label(Type.Strong, community.name))
                        add(context.label(Type.Soft, Locale("", community.country).getDisplayCountry(resources.configuration.locales[0])))
                    },
                    weight = 1f,
                )
                add(context.icon(R.drawable.ic_next), dp(24), dp(24))
                val card = context.rounded(context.getColor(R.color.surface), radius = 16, stroke = context.getColor(R.color.outline))
                pressable(card, context.rounded(Color.WHITE, radius = 16)) { model.choose(community) { host.back() } }
            },
        )
    }

    /** One card for each kind of zone: a household lies in one of each. */
    private fun Stack.zones(choice: Choice) {
        for (group in choice.groups) {
            val question = group.firstNotNullOfOrNull { it.question } ?: choice.community.zoneQuestion ?: context.getString(R.string.which_zone)
            add(
                context.card(4) {
                    add(context.label(Type.Heading, question))
                    group.forEach { add(option(it, it.id in choice.chosen)) }
                },
            )
        }
    }

    private fun option(zone: Zone, chosen: Boolean) = RadioButton(context).apply {
        text = listOfNotNull(zone.name, zone.building).joinToString(" · ")
        style(Type.Body)
        isChecked = chosen
        minimumHeight = dp(TOUCH)
        gravity = Gravity.CENTER_VERTICAL
        buttonTintList = ColorStateList.valueOf(context.getColor(R.color.primary))
        setOnClickListener { model.toggle(zone) }
    }
}
