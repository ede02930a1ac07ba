package app.kerbside.schedule

import app.kerbside.api.Collection
import app.kerbside.api.ImportedCalendar
import app.kerbside.api.ImportedDay
import app.kerbside.api.KerbsideError
import app.kerbside.api.ReminderTimes
import app.kerbside.support.World
import java.time.DayOfWeek
import java.time.Instant
import java.time.LocalDate
import java.time.LocalTime
import java.time.YearMonth
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue

class ScheduleViewModelTest {
    private var reminded = 0

    private fun World.model(): ScheduleViewModel {
        engine.plan = mapOf(
            today to listOf(engine.glass), today.plusDays(1) to listOf(engine.paper), today.plusDays(40) to listOf(engine.paper),
        )
        return ScheduleViewModel(here, plan, scope, { DayOfWeek.MONDAY }) { reminded++ }.apply { load() }
    }

    @Test
    fun `today is the community's day, and tomorrow's collection is due tonight`() = World.test {
        clock.now = Instant.parse("2026-11-30T23:30:00Z")
        liveHere()
        val state = model().state.value
        assertEquals(today, state.today, "past midnight in Zurich")
        assertEquals(listOf("paper"), state.tonight.map { it.stream.id })
        assertEquals(listOf(today, today.plusDays(1), today.plusDays(40)), state.days.keys.toList())
        assertEquals(Named(1, "Here", "North"), state.households.single())
    }

    @Test
    fun `without a place there is nothing, with one but no zone it says so`() = World.test {
        val model = model()
        assertEquals(emptyList(), model.state.value.households)
        liveHere(emptyList())
        assertTrue(model.state.value.needsZone)
        settings.update { all -> all.household?.let { all.with(it.copy(zones = listOf("south"))) } ?: all }
        assertFalse(model.state.value.needsZone)
    }

    @Test
    fun `done is kept, taken back, and old days are forgotten`() = World.test {
        liveHere()
        val model = model()
        val paper = Collection(today.plusDays(1), engine.paper)
        settings.update { all -> all.household?.let { all.with(it.copy(log = it.log.with(today.minusDays(9), "bio", true))) } ?: all }
        model.setDone(paper, true)
        assertTrue(model.state.value.isDone(paper))
        assertEquals(setOf(paper.date), settings.state.value.household?.log?.done?.keys)
        assertEquals(1, reminded, "reminders are planned anew")
        model.setDone(paper, false)
        assertFalse(model.state.value.isDone(paper))
    }

    @Test
    fun `a reminder starts at an hour that suits and keeps the one that is chosen`() = World.test {
        liveHere()
        val model = model()
        model.setEvening(true)
        assertEquals(LocalTime.of(19, 0), model.state.value.reminders.eveningBefore)
        model.setReminders(ReminderTimes(eveningBefore = LocalTime.of(21, 15)))
        assertEquals(LocalTime.of(21, 15), settings.state.value.household?.reminders?.eveningBefore)
        assertEquals(clock.now, settings.state.value.remindedUntil, "nothing is said that was due before it was asked for")
        model.setEvening(false)
        assertNull(model.state.value.reminders.eveningBefore)
    }

    @Test
    fun `the month turns, and a day can be picked and let go`() = World.test {
        liveHere()
        val model = model()
        assertEquals(YearMonth.of(2026, 12), model.state.value.month)
        model.pick(today)
        assertEquals(listOf("glass"), model.state.value.pickedDay.map { it.stream.id })
        model.pick(today)
        assertNull(model.state.value.picked)
        model.turn(1)
        assertEquals(YearMonth.of(2027, 1), model.state.value.month)
        assertEquals(listOf(today.plusDays(40)), model.state.value.inMonth.map { it.date })
    }

    @Test
    fun `a calendar counts only once it is confirmed, and its days not twice`() = World.test {
        liveHere()
        val model = model()
        val day = ImportedDay(today.plusDays(3), "Sperrgut", listOf("bulky"))
        engine.imported = ImportedCalendar(listOf(day), warnings = listOf("line 7"))
        model.read(byteArrayOf(1))
        assertEquals(listOf("line 7"), model.state.value.importing?.warnings)
        assertEquals(emptyList(), settings.state.value.household?.imported)
        model.cancelImport()
        assertNull(model.state.value.importing)
        repeat(2) {
            model.read(byteArrayOf(1))
            model.confirmImport()
        }
        assertEquals(listOf(day), settings.state.value.household?.imported)
        assertTrue("Sperrgut" in model.state.value.coming.map { it.stream.name })
        model.forgetImported()
        assertFalse(model.state.value.hasImported)
    }

    @Test
    fun `a file that is no calendar, or has no day left, says so`() = World.test {
        liveHere()
        val model = model()
        model.read(byteArrayOf())
        assertIs<KerbsideError.BadCalendar>(model.state.value.error)
        model.dismissError()
        assertNull(model.state.value.error)
        model.read(byteArrayOf(1))
        assertIs<KerbsideError.BadCalendar>(model.state.value.error)
        assertNull(model.state.value.importing)
    }

    @Test
    fun `a year is exported, with the alarm at the hour of the reminder`() = World.test {
        liveHere()
        val model = model()
        var written = ""
        model.setReminders(ReminderTimes(eveningBefore = LocalTime.of(20, 30)))
        model.export { written = it }
        assertEquals("2026-12-01/2027-12-01@20", written)
    }

    @Test
    fun `choosing another household shows its plan`() = World.test {
        liveHere()
        val model = model()
        settings.update { it.adding("there", emptyList()) }
        assertEquals("There", model.state.value.households.first { it.id == model.state.value.current }.name)
        model.choose(1)
        assertEquals(1, model.state.value.current)
    }
}

class MonthGridTest {
    @Test
    fun `weeks are whole and start where the country starts them`() {
        val monday = MonthGrid(YearMonth.of(2026, 12), DayOfWeek.MONDAY)
        assertEquals(LocalDate.of(2026, 11, 30), monday.first)
        assertEquals(LocalDate.of(2027, 1, 3), monday.last)
        assertTrue(monday.weeks.all { it.size == 7 && it.first().dayOfWeek == DayOfWeek.MONDAY })
        assertEquals(LocalDate.of(2026, 11, 29), MonthGrid(YearMonth.of(2026, 12), DayOfWeek.SUNDAY).first)
    }

    @Test
    fun `a month that fits its weeks borrows no day`() {
        val february = MonthGrid(YearMonth.of(2027, 2), DayOfWeek.MONDAY)
        assertEquals(LocalDate.of(2027, 2, 1), february.first)
        assertEquals(LocalDate.of(2027, 2, 28), february.last)
        assertEquals(4, february.weeks.size)
    }
}
