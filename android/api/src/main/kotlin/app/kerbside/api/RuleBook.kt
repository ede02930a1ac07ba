package app.kerbside.api

import java.time.LocalDate

/** Where a household is, and in which language it wants to be told. [zones] is empty while nobody has said. */
data class Place(val community: String, val zones: List<String> = emptyList(), val language: String = "en")

/**
 * A community whose rules are on this phone.
 *
 * @property name in the asked language, as far as the pack has it
 * @property country ISO 3166-1 alpha-2, lower case
 * @property zoneQuestion what to ask when an answer depends on the zone; `null` where it never does
 * @property until last day the rules speak for
 */
data class Community(
    val id: String,
    val name: String,
    val country: String,
    val languages: List<String>,
    val timeZone: String,
    val version: String,
    val from: LocalDate,
    val until: LocalDate,
    val licence: String,
    val attribution: List<String>,
    val contact: Contact,
    val zoneQuestion: String? = null,
)

/**
 * A part of a community.
 *
 * @property building kind of building it is limited to, where that decides
 * @property streams streams it is drawn for; empty for all
 * @property question what to ask a person who cannot say whether they live here
 */
data class Zone(
    val id: String,
    val name: String,
    val parent: String? = null,
    val postcodes: List<String> = emptyList(),
    val streets: List<String> = emptyList(),
    val building: String? = null,
    val streams: List<String> = emptyList(),
    val question: String? = null,
)

/** An item of the rule pack, as a list shows it. [word] is the name or alias that matched, where it is not [name]. */
data class ItemName(val id: String, val name: String, val word: String? = null)

/** What a community wants done with what. All of it is on the phone. */
interface RuleBook {
    /** All communities, by name; names in [language] where a pack has it. */
    suspend fun communities(language: String): List<Community>

    /** The zones of a community, in the pack's order; [language] as in [communities]. */
    suspend fun zones(community: String, language: String): List<Zone>

    /** Ids of the zones a postcode lies in. */
    suspend fun zonesOfPostcode(community: String, postcode: String): List<String>

    /** Ids of the zones a house lies in. */
    suspend fun zonesOfAddress(community: String, street: String, number: Int): List<String>

    /** The kinds of waste that are kept apart at a place. */
    suspend fun streams(place: Place): List<Stream>

    /** What is done with something that was seen: itself first, then its parts. */
    suspend fun instructions(seen: Seen, place: Place, date: LocalDate): List<Instruction>

    /** The same thing with what a person said about it. [Fact.Zone] leaves it as it is. */
    suspend fun answered(seen: Seen, fact: Fact): Seen

    /** Something of which only the item is known, as chosen from a list. */
    suspend fun item(id: String): Seen

    /** All items, A to Z by the language's order. */
    suspend fun items(place: Place): List<ItemName>

    /** Items whose name or alias starts with, contains or resembles [query], best first. */
    suspend fun search(query: String, place: Place): List<ItemName>
}
