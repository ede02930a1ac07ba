package app.kerbside.result

import android.content.Context
import android.graphics.Color
import android.view.Gravity
import android.view.View
import android.widget.LinearLayout
import app.kerbside.R
import app.kerbside.api.Answer
import app.kerbside.api.Bag
import app.kerbside.api.Contact
import app.kerbside.api.DropOff
import app.kerbside.api.Instruction
import app.kerbside.api.Position
import app.kerbside.api.Source
import app.kerbside.api.Verdict
import app.kerbside.api.Way
import app.kerbside.ui.ButtonLook
import app.kerbside.ui.Host
import app.kerbside.ui.Icons
import app.kerbside.ui.Stack
import app.kerbside.ui.TOUCH
import app.kerbside.ui.Type
import app.kerbside.ui.Wording
import app.kerbside.ui.add
import app.kerbside.ui.button
import app.kerbside.ui.column
import app.kerbside.ui.dp
import app.kerbside.ui.flow
import app.kerbside.ui.icon
import app.kerbside.ui.inkOn
import app.kerbside.ui.label
import app.kerbside.ui.padding
import app.kerbside.ui.pressable
import app.kerbside.ui.rounded
import app.kerbside.ui.row
import java.util.Locale

/** What is done with one thing and its parts, from "where" down to "says who". */
internal class InstructionView(private val context: Context, private val host: Host) {
    private val wording = Wording(context)

    fun view(instructions: List<Instruction>, onAnswer: (Answer) -> Unit) = context.column(16) {
        val whole = instructions.firstOrNull() ?: return@column
        addAll(whole, onAnswer)
        val parts = instructions.drop(1)
        if (parts.isNotEmpty()) add(parts(parts, onAnswer))
    }

    private fun Stack.addAll(instruction: Instruction, onAnswer: (Answer) -> Unit) {
        instruction.question?.let { question ->
            add(label(Type.Heading, question.text))
            val answers = question.answers.map { answer ->
                context.button(ButtonLook.Tonal, answer.text) { onAnswer(answer) }
            }
            add(context.flow(*answers.toTypedArray()))
        }
        if (instruction.verdict != Verdict.Ask) add(destination(instruction))
        facts(instruction).forEach { add(it) }
        wording.foreign(instruction.language)?.let { add(label(Type.Caption, it)) }
        instruction.source?.let { add(source(it)) }
    }

    /** The bin in its colour, and what to do with it in a few words. */
    private fun destination(instruction: Instruction) = context.row(14) {
        val way = instruction.ways.firstOrNull()
        add(bin(instruction.stream?.icon, way?.colour, 56), dp(56), dp(56))
        add(
            context.column(2) {
                add(context.label(Type.Heading, instruction.stream?.name ?: wording.verdict(instruction.verdict)))
                val below = when {
                    instruction.stream != null -> wording.verdict(instruction.verdict)
                    else -> instruction.why?.let(wording::why)
                }
                if (below != null) add(context.label(Type.Soft, below))
            },
            weight = 1f,
        )
        accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_POLITE
    }

    private fun bin(icon: String?, colour: String?, size: Int) = context.column {
        val ground = colour?.let(Color::parseColor) ?: context.getColor(R.color.primary_soft)
        val ink = if (colour != null) inkOn(ground) else context.getColor(R.color.on_primary_soft)
        background = context.rounded(ground, radius = size / 4, stroke = context.getColor(R.color.outline))
        gravity = Gravity.CENTER
        val side = size * 4 / 7
        add(context.icon(icon?.let(Icons::of) ?: R.drawable.ic_question, ink, side), dp(side), dp(side))
    }

    private fun facts(instruction: Instruction): List<View> = buildList {
        val way = instruction.ways.firstOrNull()
        steps(instruction.steps)?.let(::add)
        way?.let { addAll(facts(it)) }
        instruction.next?.let { add(fact(R.drawable.ic_schedule, R.string.next_collection, wording.next(it))) }
        if (instruction.neverIn.isNotEmpty()) {
            add(fact(R.drawable.ic_warning, R.string.never_in, wording.list(instruction.neverIn)))
        }
        instruction.note?.let { add(fact(R.drawable.ic_info, R.string.note, it)) }
        instruction.changesOn?.let { add(fact(R.drawable.ic_info, R.string.changes_on, wording.date(it))) }
        if (instruction.ways.size > 1) add(otherWays(instruction.ways.drop(1)))
        instruction.contact?.let { add(contact(it)) }
    }

    private fun facts(way: Way): List<View> = buildList {
        way.container?.let { add(fact(R.drawable.ic_bin, R.string.container, it)) }
        way.place?.let { add(place(it)) }
        if (way.bags.isNotEmpty()) add(bags(way.bags))
        way.setOut?.let(wording::window)?.let { add(fact(R.drawable.ic_clock, R.string.set_out, it)) }
        way.refund?.let { add(fact(R.drawable.ic_deposit, R.string.refund, it)) }
        way.note?.let { add(fact(R.drawable.ic_info, R.string.note, it)) }
    }

    private fun steps(steps: List<String>): View? {
        if (steps.isEmpty()) return null
        return fact(R.drawable.ic_steps, R.string.steps) {
            steps.forEachIndexed { index, step ->
                add(
                    context.row(8) {
                        gravity = Gravity.TOP
                        if (steps.size > 1) add(context.label(Type.Strong, "${index + 1}."))
                        add(context.label(Type.Body, step.capitalised()), weight = 1f)
                    },
                )
            }
        }
    }

    private fun place(place: DropOff) = fact(R.drawable.ic_place, R.string.bring_to) {
        add(context.label(Type.Body, place.name.capitalised()))
        address(place.address, place.openingHours, place.position)
        place.sites.take(SITES).forEach { site -> address(site.name, site.openingHours, site.position) }
        if (place.sites.size > SITES) {
            val more = place.sites.size - SITES
            add(context.label(Type.Caption, context.resources.getQuantityString(R.plurals.more_sites, more, more)))
        }
        place.note?.let { add(context.label(Type.Soft, it)) }
    }

    /** An address, and the way there in the map app where its position is known. */
    private fun Stack.address(address: String?, hours: String?, position: Position?) {
        val text = listOfNotNull(address, hours).joinToString(" · ").ifEmpty { null }
        if (position == null) {
            text?.let { add(context.label(Type.Soft, it)) }
            return
        }
        val at = "%.6f,%.6f".format(Locale.ROOT, position.latitude, position.longitude)
        add(context.button(ButtonLook.Plain, text ?: context.getString(R.string.show_on_map), R.drawable.ic_map) {
            host.openLink("geo:$at?q=$at")
        })
    }

    private fun bags(bags: List<Bag>) = fact(R.drawable.ic_bag, R.string.bag) {
        for (bag in bags) {
            add(
                context.row(8) {
                    bag.colour?.let { add(swatch(Color.parseColor(it)), dp(16), dp(16)) }
                    add(context.label(Type.Body, bag.name), weight = 1f)
                },
            )
            val sizes = bag.sizes.map { size ->
                val price = size.price?.let { listOfNotNull(it, size.covers, size.asOf?.let { year -> "($year)" }).joinToString(" ") }
                listOfNotNull(context.getString(R.string.litres, size.litres), price).joinToString(": ")
            }
            if (sizes.isNotEmpty()) add(context.label(Type.Soft, sizes.joinToString(" · ")))
            bag.soldAt?.let { add(context.label(Type.Soft, context.getString(R.string.sold_at, it))) }
            bag.notValid?.let { add(context.label(Type.Soft, it)) }
        }
    }

    private fun swatch(colour: Int) = View(context).apply {
        background = context.rounded(colour, radius = 4, stroke = context.getColor(R.color.text_soft))
    }

    private fun otherWays(ways: List<Way>) = fact(R.drawable.ic_more_ways, R.string.other_ways) {
        for (way in ways) {
            val said = listOfNotNull(wording.verdict(way.verdict), way.container, way.place?.name, way.place?.address, way.refund)
            add(context.label(Type.Body, said.joinToString(" · ")))
            way.note?.let { add(context.label(Type.Soft, it)) }
        }
    }

    private fun contact(contact: Contact) = fact(R.drawable.ic_phone, R.string.ask_them) {
        add(context.label(Type.Body, contact.name))
        contact.phone?.let { phone ->
            add(context.button(ButtonLook.Plain, phone, R.drawable.ic_phone) { host.openLink("tel:${phone.filterNot(Char::isWhitespace)}") })
        }
        contact.email?.let { email ->
            add(context.button(ButtonLook.Plain, email, R.drawable.ic_mail) { host.openLink("mailto:$email") })
        }
        contact.url?.let { url ->
            add(context.button(ButtonLook.Plain, url.removePrefix("https://"), R.drawable.ic_link) { host.openLink(url) })
        }
    }

    private fun parts(parts: List<Instruction>, onAnswer: (Answer) -> Unit) = context.column(12) {
        add(context.label(Type.Strong, context.getString(R.string.parts)))
        for (part in parts) add(
            context.column(12) {
                background = context.rounded(context.getColor(R.color.surface_tint), radius = 16)
                padding(14)
                add(
                    context.row(12) {
                        add(bin(part.stream?.icon, part.ways.firstOrNull()?.colour, 40), dp(40), dp(40))
                        add(
                            context.column(2) {
                                add(context.label(Type.Strong, part.label))
                                add(context.label(Type.Soft, wording.destination(part)))
                            },
                            weight = 1f,
                        )
                    },
                )
                part.question?.let { question ->
                    val answers = question.answers.map { context.button(ButtonLook.Tonal, it.text) { _ -> onAnswer(it) } }
                    add(context.flow(*answers.toTypedArray()))
                }
                facts(part).forEach { add(it) }
            },
        )
    }

    private fun source(source: Source) = context.row(14) {
        gravity = Gravity.CENTER_VERTICAL
        minimumHeight = dp(TOUCH)
        add(context.icon(if (source.verified != null) R.drawable.ic_verified else R.drawable.ic_book))
        add(context.label(Type.Caption, wording.source(source)), weight = 1f)
        contentDescription = context.getString(R.string.source_says, wording.source(source))
        pressable(null, context.rounded(Color.WHITE, radius = 12)) { host.openLink(source.url) }
    }

    private fun fact(icon: Int, caption: Int, text: String) = fact(icon, caption) { add(context.label(Type.Body, text)) }

    /** A symbol, what it is about, and what is to be known. */
    private fun fact(icon: Int, caption: Int, build: Stack.() -> Unit) = context.row(14) {
        gravity = Gravity.TOP
        add(context.icon(icon), dp(24), dp(24))
        val facts = context.column(2) {
            add(context.label(Type.Caption, context.getString(caption)))
            build()
        }
        add(facts, weight = 1f)
    }

    private fun LinearLayout.label(type: Type, text: String) = context.label(type, text)

    /** Packs write steps and places so that they can follow other words; here they stand alone. */
    private fun String.capitalised() = replaceFirstChar { it.titlecase(Locale.getDefault()) }

    private companion object {
        const val SITES = 3
    }
}
