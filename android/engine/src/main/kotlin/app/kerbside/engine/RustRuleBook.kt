package app.kerbside.engine

import app.kerbside.api.Community
import app.kerbside.api.Fact
import app.kerbside.api.Instruction
import app.kerbside.api.ItemName
import app.kerbside.api.KerbsideError
import app.kerbside.api.Place
import app.kerbside.api.RuleBook
import app.kerbside.api.Seen
import app.kerbside.api.Stream
import app.kerbside.api.Zone
import java.time.LocalDate
import kotlinx.coroutines.CoroutineDispatcher

internal class RustRuleBook(
    private val rust: app.kerbside.ffi.RuleBook,
    private val thread: CoroutineDispatcher,
) : RuleBook {
    override suspend fun communities(language: String): List<Community> =
        ask { rust.communities(language).map { it.toApi() } }

    override suspend fun zones(community: String, language: String): List<Zone> =
        ask { rust.zones(community, language).map { it.toApi() } }

    override suspend fun zonesOfPostcode(community: String, postcode: String): List<String> =
        ask { rust.zonesOfPostcode(community, postcode) }

    override suspend fun zonesOfAddress(community: String, street: String, number: Int): List<String> =
        ask { rust.zonesOfAddress(community, street, number.coerceAtLeast(0).toUInt()) }

    override suspend fun streams(place: Place): List<Stream> = ask { rust.streams(place.toFfi()).map { it.toApi() } }

    override suspend fun instructions(seen: Seen, place: Place, date: LocalDate): List<Instruction> =
        ask { rust.instructions(seen.json, place.toFfi(), date).toApi() }

    override suspend fun answered(seen: Seen, fact: Fact): Seen = ask { Seen(rust.seenWith(seen.json, fact.toFfi())) }

    override suspend fun item(id: String): Seen = ask { Seen(rust.seenItem(id)) }

    override suspend fun items(place: Place): List<ItemName> =
        ask { rust.directory(place.toFfi()).flatMap { section -> section.items.map { it.toApi() } } }

    override suspend fun search(query: String, place: Place): List<ItemName> =
        ask { rust.search(query, place.toFfi()).map { it.toApi() } }

    private suspend fun <T> ask(question: () -> T): T = onThread(thread, KerbsideError::BadRules) { question() }
}
