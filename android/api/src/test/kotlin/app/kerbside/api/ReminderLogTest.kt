package app.kerbside.api

import java.time.Instant
import java.time.LocalDate
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class ReminderLogTest {
    private val monday = LocalDate.of(2026, 11, 30)

    @Test
    fun `what is put out is known by day and stream, and can be taken back`() {
        val log = ReminderLog().with(monday, "paper", true).with(monday, "glass", true)
        assertTrue(log.isDone(monday, "paper"))
        assertFalse(log.isDone(monday.plusDays(1), "paper"))
        val back = log.with(monday, "paper", false)
        assertFalse(back.isDone(monday, "paper"))
        assertTrue(back.isDone(monday, "glass"))
        assertEquals(emptyMap(), back.with(monday, "glass", false).done, "an empty day is not kept")
    }

    @Test
    fun `days that are over are forgotten`() {
        val log = ReminderLog().with(monday, "paper", true).snooze(monday, Instant.EPOCH).with(monday.plusDays(1), "bio", true)
        val kept = log.since(monday.plusDays(1))
        assertEquals(mapOf(monday.plusDays(1) to setOf("bio")), kept.done)
        assertEquals(emptyMap(), kept.snoozed)
    }
}
