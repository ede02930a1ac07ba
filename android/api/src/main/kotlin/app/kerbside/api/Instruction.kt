package app.kerbside.api

import java.time.LocalDate
import java.time.LocalTime

/** What is to be done, in one word. */
enum class Verdict {
    /** Put it out, or into a bin on the premises. */
    Kerb,

    /** Hand it to the crew of the truck. */
    HandOver,

    /** Bring it to a public collection point. */
    DropOff,

    /** Bring it back to a shop. */
    TakeBack,

    /** Bring it back for money. */
    Deposit,

    /** Have it fetched by appointment. */
    Appointment,

    /** Hand it to people trained for it. */
    Hazardous,

    /** The community does not take it. */
    NotAccepted,

    /** A question has to be answered first. */
    Ask,

    /** Not known here. */
    Unknown,
}

/** Why it is not known, when it is not. */
enum class Why { OutOfDate, UnknownZone, NotRecognised, NoRule, UnknownHazard }

/**
 * The answer for one thing or part, in one language, ready to show: `kerbside_core::rules::Instruction`.
 *
 * @property language language of all texts
 * @property itemId item of the rule pack, once known
 * @property partOf for a part: the name of what it has to be taken off
 * @property label what to call the thing
 * @property sentence the whole instruction as one short text
 * @property ways how the stream is collected; the first is the one to recommend
 * @property neverIn names of the streams it must never get into
 * @property changesOn first day on which the answer may be another one
 */
data class Instruction(
    val language: String,
    val label: String,
    val verdict: Verdict,
    val sentence: String,
    val itemId: String? = null,
    val partOf: String? = null,
    val why: Why? = null,
    val stream: Stream? = null,
    val ways: List<Way> = emptyList(),
    val next: NextCollection? = null,
    val neverIn: List<String> = emptyList(),
    val steps: List<String> = emptyList(),
    val note: String? = null,
    val question: Question? = null,
    val contact: Contact? = null,
    val source: Source? = null,
    val changesOn: LocalDate? = null,
)

/** A kind of waste that is kept apart. [icon] names a pictogram. */
data class Stream(val id: String, val name: String, val icon: String)

/** One way a stream is collected. [verdict] is one of the first seven. [colour] is `#rrggbb`. */
data class Way(
    val verdict: Verdict,
    val container: String? = null,
    val colour: String? = null,
    val place: DropOff? = null,
    val bags: List<Bag> = emptyList(),
    val setOut: SetOut? = null,
    val refund: String? = null,
    val note: String? = null,
    val source: Source? = null,
)

/** When a container may stand outside, relative to the day of collection. */
data class SetOut(val from: Moment? = null, val by: Moment? = null)

/** A wall-clock time; [day] is −1 for the day before the collection, 0 for the day itself, 1 for the day after. */
data class Moment(val day: Int, val time: LocalTime)

/** Where something is brought. [openingHours] in OpenStreetMap's notation, [position] in degrees (WGS 84). */
data class DropOff(
    val id: String,
    val name: String,
    val address: String? = null,
    val position: Position? = null,
    val openingHours: String? = null,
    val note: String? = null,
    val sites: List<Site> = emptyList(),
)

/** One address of a kind of place. */
data class Site(val name: String, val position: Position? = null, val openingHours: String? = null)

/** Degrees north and east (WGS 84). */
data class Position(val latitude: Double, val longitude: Double)

/** A bag that must be used. [colour] is `#rrggbb`. */
data class Bag(
    val id: String,
    val name: String,
    val colour: String? = null,
    val sizes: List<BagSize> = emptyList(),
    val soldAt: String? = null,
    val notValid: String? = null,
)

/** A size on sale; [price] as printed, true in [asOf]. */
data class BagSize(val litres: Int, val price: String? = null, val asOf: String? = null, val covers: String? = null)

/** Where a fact is written. [verified] is the day somebody checked the live page. */
data class Source(
    val title: String,
    val publisher: String,
    val url: String,
    val retrieved: LocalDate,
    val verified: LocalDate? = null,
)

/** Who to ask. */
data class Contact(val name: String, val phone: String? = null, val email: String? = null, val url: String? = null)

/** The one question to answer before an instruction can be given. */
data class Question(val text: String, val answers: List<Answer>)

/** What a button says and what it means. */
data class Answer(val text: String, val fact: Fact)

/** What an answer adds. */
sealed interface Fact {
    /** It is this item of the rule pack. */
    data class IsItem(val id: String) : Fact

    /** It is not the item that was guessed. */
    data object NotThatItem : Fact

    /** None of the answers fitted. */
    data object NothingFits : Fact

    data class Dirty(val dirty: Boolean) : Fact

    data class SizeCm(val cm: Int) : Fact

    data class DepositMark(val there: Boolean) : Fact

    data class Mostly(val wasteClass: WasteClass, val so: Boolean) : Fact

    data class Hazard(val id: String, val present: Boolean) : Fact

    /** Says something about the household, not the thing: it belongs into [Place.zones]. */
    data class Zone(val id: String) : Fact
}

/** When a stream is fetched next, as far as it is published. */
sealed interface NextCollection {
    /** On [date]; [insteadOf] is the regular day it stands in for, [reason] why, where that is published. */
    data class On(val date: LocalDate, val insteadOf: LocalDate? = null, val reason: String? = null) : NextCollection

    /** It depends on the zone, and nobody has said which. */
    data object AskZone : NextCollection

    /** The published plan ended. */
    data class NoOfficialDates(val since: LocalDate) : NextCollection
}
