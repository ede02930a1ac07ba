package app.kerbside.support

import app.kerbside.api.AdapterInfo
import app.kerbside.api.Analysis
import app.kerbside.api.Collection
import app.kerbside.api.Community
import app.kerbside.api.Contact
import app.kerbside.api.Fact
import app.kerbside.api.ImportProgress
import app.kerbside.api.ImportedCalendar
import app.kerbside.api.Instruction
import app.kerbside.api.Item
import app.kerbside.api.ItemName
import app.kerbside.api.Kerbside
import app.kerbside.api.KerbsideError
import app.kerbside.api.PackInfo
import app.kerbside.api.PackStore
import app.kerbside.api.Photo
import app.kerbside.api.Place
import app.kerbside.api.Point
import app.kerbside.api.Reminder
import app.kerbside.api.ReminderKind
import app.kerbside.api.ReminderLog
import app.kerbside.api.ReminderTimes
import app.kerbside.api.RuleBook
import app.kerbside.api.Schedule
import app.kerbside.api.Seen
import app.kerbside.api.SortEvent
import app.kerbside.api.Sorter
import app.kerbside.api.Stream
import app.kerbside.api.Verdict
import app.kerbside.api.Zone
import java.io.InputStream
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.LocalTime
import java.time.ZoneId
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/**
 * An engine that says what a test wants it to: for view models, which must do the right thing whatever the engine says.
 * Nothing it says is ever shown as a result; pictures are made with the real one.
 */
class FakeKerbside : Kerbside {
    val communities = mutableListOf(
        community("here", "Here", "Europe/Zurich", zoneQuestion = "Where?"),
        community("there", "There", "Asia/Tokyo"),
    )
    var zones = mapOf(
        "here" to listOf(
            Zone("north", "North", postcodes = listOf("8001"), streets = listOf("Long Road")),
            Zone("south", "South", postcodes = listOf("8002")),
            Zone("paper-1", "Paper district 1", streams = listOf("paper")),
        ),
    )
    var names = listOf(ItemName("can", "Can"), ItemName("jar", "Jar"), ItemName("pizza-box", "Pizza box"))
    val paper = Stream("paper", "Paper", "paper")
    val glass = Stream("glass", "Glass", "glass")

    /** What is fetched, by day. */
    var plan: Map<LocalDate, List<Stream>> = emptyMap()

    /** Until when on the day it has to stand outside. */
    var closes: LocalTime? = null

    /** Days that stand in for others: for which, and why. */
    var moved: Map<LocalDate, Pair<LocalDate, String>> = emptyMap()

    /** What is done with something, where a test wants more than [instruction]. */
    var answering: (Seen) -> List<Instruction>? = { null }

    /** What each photo leads to: events in order; `Done` ends. */
    var sorting: Flow<SortEvent> = flow { emit(SortEvent.Done(Analysis(4, 3, emptyList()))) }
    var again: (List<Item>) -> Flow<SortEvent> = { known -> flow { emit(SortEvent.Done(Analysis(4, 3, known))) } }
    var imported: ImportedCalendar = ImportedCalendar(emptyList())
    var packList = mutableListOf(
        PackInfo(PackInfo.BUNDLED, "nano", "1", "MIT", "us", 20_000_000, 90_000_000, adapters = listOf(AdapterInfo("segment", 1000, listOf("segment")))),
    )
    var importing: Flow<ImportProgress> = flow { }
    val opened = mutableListOf<String>()
    var closed = 0
    val analysed = mutableListOf<Pair<Place, LocalDate>>()
    var warned = 0

    fun instruction(seen: Seen, place: Place) =
        Instruction("en", "thing", Verdict.Kerb, "sentence", note = "${seen.json}@${place.community}${place.zones}${place.language}", stream = glass)

    override val rules = object : RuleBook {
        override suspend fun communities(language: String) = communities

        override suspend fun zones(community: String, language: String) = zones[community].orEmpty()

        override suspend fun zonesOfPostcode(community: String, postcode: String) =
            zones(community, "").filter { postcode in it.postcodes }.map { it.id }

        override suspend fun zonesOfAddress(community: String, street: String, number: Int) =
            zones(community, "").filter { street in it.streets && number < 100 }.map { it.id }

        override suspend fun streams(place: Place) = listOf(paper, glass)

        override suspend fun instructions(seen: Seen, place: Place, date: LocalDate): List<Instruction> {
            if (seen.json == "broken") throw KerbsideError.BadRules("rules.json: line 3")
            return answering(seen) ?: listOf(instruction(seen, place))
        }

        override suspend fun answered(seen: Seen, fact: Fact) = Seen("${seen.json}+$fact")

        override suspend fun item(id: String) = Seen(id)

        override suspend fun items(place: Place) = names

        override suspend fun search(query: String, place: Place) = names.filter { it.name.startsWith(query, ignoreCase = true) }
    }

    override val schedule = object : Schedule {
        override suspend fun between(place: Place, from: LocalDate, to: LocalDate) =
            plan.toSortedMap().filterKeys { it in from..to }.flatMap { (day, streams) ->
                streams.map { Collection(day, it, moved[day]?.first, moved[day]?.second, closes = closes?.let(day::atTime)) }
            }

        override suspend fun tonight(place: Place, now: LocalDateTime) =
            between(place, now.toLocalDate().plusDays(1), now.toLocalDate().plusDays(1))

        override suspend fun validUntil(place: Place) = plan.keys.maxOrNull()

        override suspend fun reminders(place: Place, times: ReminderTimes, log: ReminderLog, from: LocalDate, to: LocalDate): List<Reminder> {
            val evening = times.eveningBefore ?: return emptyList()
            val zone = ZoneId.of(communities.first { it.id == place.community }.timeZone)
            return between(place, from, to).groupBy { it.date }.mapNotNull { (day, all) ->
                val open = all.map { it.stream }.filter { !log.isDone(day, it.id) }
                val at = day.minusDays(1).atTime(evening).atZone(zone).toInstant()
                val said = maxOf(at, log.snoozed[day] ?: at)
                Reminder(said, ReminderKind.EveningBefore, day, open).takeIf { open.isNotEmpty() }
            }
        }

        override suspend fun exportIcs(place: Place, from: LocalDate, to: LocalDate, eveningHour: Int) = "$from/$to@$eveningHour"

        override suspend fun importIcs(bytes: ByteArray, timeZone: String, from: LocalDate): ImportedCalendar {
            if (bytes.isEmpty()) throw KerbsideError.BadCalendar("no BEGIN:VCALENDAR")
            return imported
        }
    }

    override val packs = object : PackStore {
        override suspend fun list() = packList.toList()

        override fun import(archive: InputStream, totalBytes: Long, forPack: String) = importing

        override fun verify(packId: String) = importing

        override suspend fun remove(packId: String) {
            packList.removeAll { it.id == packId }
        }

        override suspend fun removeAdapter(packId: String, adapterId: String) {
            packList.replaceAll { pack -> if (pack.id == packId) pack.copy(adapters = pack.adapters.filter { it.id != adapterId }) else pack }
        }
    }

    override suspend fun sorter(packId: String): Sorter {
        val info = packList.find { it.id == packId } ?: throw KerbsideError.BadPack("no pack $packId")
        opened += packId
        return object : Sorter {
            override val pack = info

            override fun analyze(photo: Photo, place: Place, date: LocalDate): Flow<SortEvent> {
                analysed += place to date
                return sorting
            }

            override fun lookAgain(photo: Photo, at: Point, known: List<Item>, place: Place, date: LocalDate) = again(known)

            override fun memoryWarning() {
                warned++
            }

            override fun close() {
                closed++
            }
        }
    }

    override fun close() = Unit

    companion object {
        fun community(id: String, name: String, timeZone: String, zoneQuestion: String? = null) = Community(
            id, name, "ch", listOf("en"), timeZone, "1", LocalDate.of(2026, 1, 1), LocalDate.of(2027, 12, 31), "CC0-1.0",
            listOf("Somebody"), Contact("Office", phone = "+41 1"), zoneQuestion,
        )
    }
}
