package app.kerbside.engine

import app.kerbside.api.KerbsideError
import app.kerbside.api.Place
import app.kerbside.api.ReminderKind
import app.kerbside.api.ReminderLog
import app.kerbside.api.ReminderTimes
import java.time.LocalDate
import java.time.LocalTime
import java.time.ZoneId
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotEquals
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runTest
import org.junit.After
import org.junit.Before
import org.junit.Test

class ScheduleTest {
    private lateinit var kerbside: RustKerbside
    private val from = LocalDate.of(2026, 3, 1)
    private val to = LocalDate.of(2026, 12, 31)

    @Before
    fun open() = runBlocking { kerbside = RustKerbside.open(folders(temporaryFolder())) }

    @After
    fun close() = kerbside.close()

    /** Every place with a plan: each zone of each community, and each community as a whole. */
    private suspend fun places(): List<Place> = kerbside.rules.communities("en").flatMap { community ->
        val zones = kerbside.rules.zones(community.id, "en").map { listOf(it.id) }
        (zones + listOf(emptyList())).map { Place(community.id, it, "en") }
    }

    private suspend fun planned(): Place =
        places().first { kerbside.schedule.between(it, from, to).size > 10 }

    @Test
    fun `days come in order, within the time asked for, with their stream's name`() = runTest {
        val place = planned()
        val days = kerbside.schedule.between(place, from, to)
        assertEquals(days.map { it.date }.sorted(), days.map { it.date })
        assertTrue(days.all { it.date in from..to })
        val names = kerbside.rules.streams(place).associate { it.id to it.name }
        for (day in days) assertEquals(names[day.stream.id], day.stream.name)
        assertTrue(assertNotNull(kerbside.schedule.validUntil(place)) >= days.last().date)
    }

    /** Taipei, if it made up for its holidays a day later: no plan of the repository moves a day. */
    @Test
    fun `moved days say which day they stand in for, and why`() = runTest {
        val rules = temporaryFolder()
        val taipei = rules.resolve("tw/taipei")
        Repository.rules.resolve("tw/taipei").copyRecursively(taipei)
        val plan = taipei.resolve("schedule.json")
        plan.writeText(plan.readText().replace(Regex("\"holiday\": *\"skip\""), "\"holiday\": \"plus_one\""))
        val days = RustKerbside.open(folders(temporaryFolder()).copy(rules = rules)).use { moving ->
            val zones = moving.rules.zones("taipei", "en").map { listOf(it.id) } + listOf(emptyList())
            zones.flatMap { moving.schedule.between(Place("taipei", it, "en"), LocalDate.of(2026, 2, 1), to) }
        }
        val moved = days.filter { it.insteadOf != null }
        assertTrue(moved.isNotEmpty() && moved.size < days.size)
        for (day in moved) {
            assertTrue(assertNotNull(day.insteadOf) < day.date, "$day")
            assertTrue(!day.reason.isNullOrBlank(), "$day")
        }
    }

    @Test
    fun `tonight is what the plan has for tomorrow, within its window`() = runTest {
        val place = planned()
        val day = kerbside.schedule.between(place, from, to).first()
        val evening = day.date.minusDays(1).atTime(20, 0)
        val tonight = kerbside.schedule.tonight(place, evening)
        assertTrue(tonight.any { it.date == day.date && it.stream == day.stream }, "$tonight")
        assertTrue(kerbside.schedule.tonight(place, day.date.minusDays(2).atTime(8, 0)).none { it.date == day.date })
    }

    @Test
    fun `some places say when a bin may stand outside`() = runTest {
        val windows = places().flatMap { kerbside.schedule.between(it, from, from.plusDays(30)) }
            .filter { it.opens != null || it.closes != null }
        assertTrue(windows.isNotEmpty())
        for (day in windows) {
            val (opens, closes) = day.opens to day.closes
            if (opens != null && closes != null) assertTrue(opens < closes, "$day")
        }
    }

    @Test
    fun `reminders are planned in the community's time zone and end when it is done`() = runTest {
        val place = planned()
        val zone = ZoneId.of(kerbside.rules.communities("en").first { it.id == place.community }.timeZone)
        val day = kerbside.schedule.between(place, from, to).first()
        val times = ReminderTimes(eveningBefore = LocalTime.of(22, 30), morningOf = LocalTime.of(5, 30))
        suspend fun reminders(log: ReminderLog) =
            kerbside.schedule.reminders(place, times, log, day.date, day.date)

        val both = reminders(ReminderLog())
        assertEquals(listOf(ReminderKind.EveningBefore, ReminderKind.MorningOf), both.map { it.kind })
        assertEquals(day.date.minusDays(1).atTime(22, 30), both[0].at.atZone(zone).toLocalDateTime())
        assertEquals(day.date.atTime(5, 30), both[1].at.atZone(zone).toLocalDateTime())

        val later = both[0].at.plusSeconds(3600)
        assertEquals(later, reminders(ReminderLog().snooze(day.date, later))[0].at)
        val streams = both[0].streams.map { it.id }
        val done = streams.fold(ReminderLog()) { log, stream -> log.with(day.date, stream, isDone = true) }
        assertEquals(emptyList(), reminders(done))
        val back = kerbside.schedule.reminders(place, ReminderTimes(bringBack = LocalTime.of(18, 0)), done, day.date, day.date).single()
        assertEquals(ReminderKind.BringBack to day.date.atTime(18, 0), back.kind to back.at.atZone(zone).toLocalDateTime())
    }

    @Test
    fun `what goes out as a calendar comes back`() = runTest {
        val place = planned()
        val days = kerbside.schedule.between(place, from, to)
        val file = kerbside.schedule.exportIcs(place, from, to, eveningHour = 19)
        assertContains(file, "TRIGGER:-PT5H")
        val back = kerbside.schedule.importIcs(file.toByteArray(), "Europe/Zurich", from)
        val sent = days.map { it.date to it.stream.name }.toSet()
        val found = back.days.map { it.date to it.title }.toSet()
        assertEquals(emptySet(), found - sent)
        // Whatever reads like no collection is set aside, and said so.
        assertEquals(sent.size, found.size + back.setAside.size)
    }

    @Test
    fun `foreign calendars are read with their streams and warnings`() = runTest {
        val file = """
            BEGIN:VCALENDAR
            BEGIN:VEVENT
            DTSTART;VALUE=DATE:20260305
            SUMMARY:Altpapier
            END:VEVENT
            BEGIN:VEVENT
            DTSTART;VALUE=DATE:20250305
            SUMMARY:Glas
            END:VEVENT
            BEGIN:VEVENT
            SUMMARY:kein Tag
            END:VEVENT
            END:VCALENDAR
        """.trimIndent()
        val calendar = kerbside.schedule.importIcs(file.toByteArray(), "Europe/Berlin", from)
        val day = calendar.days.single()
        assertEquals(LocalDate.of(2026, 3, 5) to "Altpapier", day.date to day.title)
        assertContains(day.streams, "paper")
        assertTrue(calendar.warnings.any { "line" in it }, "${calendar.warnings}")
    }

    @Test
    fun `what is no calendar is refused with words`() = runTest {
        val html = "<html><body>not found</body></html>".toByteArray()
        val error = assertFailsWith<KerbsideError.BadCalendar> { kerbside.schedule.importIcs(html, "Europe/Berlin", from) }
        assertContains(error.detail, "BEGIN:VCALENDAR")
        val zone = assertFailsWith<KerbsideError.BadCalendar> { kerbside.schedule.importIcs(html, "Mars/Olympus", from) }
        assertContains(zone.detail, "Mars/Olympus")
        assertNotEquals(error.detail, zone.detail)
    }
}
