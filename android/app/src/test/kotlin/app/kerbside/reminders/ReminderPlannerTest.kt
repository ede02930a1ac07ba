package app.kerbside.reminders

import app.kerbside.api.ReminderTimes
import app.kerbside.support.World
import java.time.Instant
import java.time.LocalTime
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull

class ReminderPlannerTest {
    private fun World.planner() = ReminderPlanner(here, plan)

    private fun World.remindAt(hour: Int) {
        liveHere()
        engine.plan = mapOf(today.plusDays(1) to listOf(engine.paper), today.plusDays(8) to listOf(engine.glass))
        settings.update { all ->
            all.household?.let { all.with(it.copy(reminders = ReminderTimes(eveningBefore = LocalTime.of(hour, 0)))) } ?: all
        }
    }

    private val seven = Instant.parse("2026-12-01T18:00:00Z")

    @Test
    fun `before its time a reminder is next, from then on it is due, once`() = World.test {
        remindAt(19)
        val before = planner().agenda(seven.minusSeconds(1))
        assertEquals(emptyList<Due>() to seven, before.due to before.next)
        val due = planner().agenda(seven)
        assertEquals(listOf("paper"), due.due.single().reminder.streams.map { it.id })
        assertEquals(Instant.parse("2026-12-08T18:00:00Z"), due.next)
        settings.update { it.copy(remindedUntil = seven) }
        assertEquals(emptyList(), planner().agenda(seven.plusSeconds(60)).due)
    }

    @Test
    fun `a phone that was off at the time says it later, but not the next day`() = World.test {
        remindAt(19)
        assertEquals(1, planner().agenda(seven.plusSeconds(3 * 3600)).due.size)
        assertEquals(emptyList(), planner().agenda(seven.plusSeconds(13 * 3600)).due)
    }

    @Test
    fun `nothing is planned while no reminder is on`() = World.test {
        liveHere()
        engine.plan = mapOf(today.plusDays(1) to listOf(engine.paper))
        val agenda = planner().agenda(seven)
        assertEquals(emptyList(), agenda.due)
        assertNull(agenda.next)
    }

    @Test
    fun `each household is reminded by its own community's clock`() = World.test {
        remindAt(19)
        settings.update { all ->
            val two = all.adding("there", emptyList())
            two.household?.let { two.with(it.copy(reminders = ReminderTimes(eveningBefore = LocalTime.of(19, 0)))) } ?: two
        }
        // Seven in the evening comes eight hours sooner in Tokyo.
        assertEquals(Instant.parse("2026-12-01T10:00:00Z"), planner().agenda(Instant.parse("2026-12-01T00:00:00Z")).next)
    }

    @Test
    fun `what is done is not said any more`() = World.test {
        remindAt(19)
        settings.update { all ->
            all.household?.let { all.with(it.copy(log = it.log.with(today.plusDays(1), "paper", true))) } ?: all
        }
        assertEquals(Instant.parse("2026-12-08T18:00:00Z"), planner().agenda(seven.minusSeconds(1)).next)
    }
}
