package app.kerbside.reminders

import app.kerbside.api.ImportedDay
import app.kerbside.api.ReminderKind
import app.kerbside.api.ReminderLog
import app.kerbside.api.ReminderTimes
import app.kerbside.state.Household
import app.kerbside.support.World
import java.time.Instant
import java.time.LocalTime
import kotlin.test.Test
import kotlin.test.assertEquals

class PlanTest {
    private fun World.household(vararg imported: ImportedDay, evening: LocalTime? = null, morning: LocalTime? = null) =
        Household(1, "here", imported = imported.toList(), reminders = ReminderTimes(evening, morning))

    @Test
    fun `imported days stand beside published ones, the same one once`() = World.test {
        engine.plan = mapOf(today to listOf(engine.paper))
        val household = household(
            ImportedDay(today, "Altpapier", listOf("paper")),
            ImportedDay(today.plusDays(1), "Häckseldienst", emptyList()),
        )
        val days = plan.between(household, today, today.plusDays(7))
        assertEquals(listOf("paper", "imported:Häckseldienst"), days.map { it.stream.id })
        assertEquals("Häckseldienst", days.last().stream.name, "what nobody recognises keeps its title")
        assertEquals(emptyList(), plan.between(household, today.plusDays(2), today.plusDays(7)))
    }

    @Test
    fun `tomorrow's imported day is due from noon on, today's until noon`() = World.test {
        val household = household(ImportedDay(today.plusDays(1), "Glas", listOf("glass")))
        assertEquals(emptyList(), plan.tonight(household, today.atTime(11, 59)))
        assertEquals(1, plan.tonight(household, today.atTime(12, 0)).size)
        assertEquals(1, plan.tonight(household, today.plusDays(1).atTime(7, 0)).size)
        assertEquals(emptyList(), plan.tonight(household, today.plusDays(1).atTime(12, 0)))
    }

    @Test
    fun `what is fetched on one day is said at once`() = World.test {
        val day = today.plusDays(1)
        engine.plan = mapOf(day to listOf(engine.paper))
        val household = household(ImportedDay(day, "Glas", listOf("glass")), evening = LocalTime.of(19, 0))
        val reminder = plan.reminders(household, today, day).single()
        assertEquals(listOf("paper", "glass"), reminder.streams.map { it.id })
        assertEquals(Instant.parse("2026-12-01T18:00:00Z"), reminder.at, "seven in the evening in Zurich")
        assertEquals(ReminderKind.EveningBefore, reminder.kind)
    }

    @Test
    fun `done and put off count for imported days, too`() = World.test {
        val day = today.plusDays(1)
        val household = household(ImportedDay(day, "Glas", listOf("glass")), evening = LocalTime.of(19, 0), morning = LocalTime.of(6, 0))
        val later = Instant.parse("2026-12-01T20:30:00Z")
        val off = household.copy(log = ReminderLog().snooze(day, later))
        assertEquals(listOf(later, Instant.parse("2026-12-02T05:00:00Z")), plan.reminders(off, today, day).map { it.at })
        val done = household.copy(log = ReminderLog().with(day, "glass", true))
        assertEquals(emptyList(), plan.reminders(done, today, day))
    }

    @Test
    fun `the bin of an imported day is brought back in, put out or not`() = World.test {
        val imported = household(ImportedDay(today, "Glas", listOf("glass")))
        val household = imported.copy(
            reminders = ReminderTimes(bringBack = LocalTime.of(18, 0)), log = ReminderLog().with(today, "glass", true),
        )
        val reminder = plan.reminders(household, today, today).single()
        assertEquals(ReminderKind.BringBack to Instant.parse("2026-12-01T17:00:00Z"), reminder.kind to reminder.at)
    }
}
