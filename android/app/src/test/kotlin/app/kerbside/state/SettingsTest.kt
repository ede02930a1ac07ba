package app.kerbside.state

import app.kerbside.api.ImportedDay
import app.kerbside.api.ReminderLog
import app.kerbside.api.ReminderTimes
import java.io.File
import java.nio.file.Files
import java.time.Instant
import java.time.LocalDate
import java.time.LocalTime
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull

class SettingsTest {
    private val folder: File = Files.createTempDirectory("kerbside").toFile()
    private val file = File(folder, "settings.json")
    private val day = LocalDate.of(2026, 12, 3)

    private val full = Settings(
        households = listOf(
            Household(
                1, "zurich", listOf("8004"), ReminderTimes(LocalTime.of(19, 0), LocalTime.of(6, 30), LocalTime.of(18, 0)),
                ReminderLog(mapOf(day to setOf("paper", "glass")), mapOf(day to Instant.parse("2026-12-02T20:00:00Z"))),
                listOf(ImportedDay(day, "Altpapier", listOf("paper"))),
            ),
            Household(4, "shibuya"),
        ),
        current = 4,
        packId = "big-1.0",
        remindedUntil = Instant.parse("2026-12-01T17:00:00Z"),
    )

    @Test
    fun `everything is there after a restart`() {
        SettingsStore(file).update { full }
        assertEquals(full, SettingsStore(file).state.value)
        assertEquals(listOf("settings.json"), folder.list()?.toList(), "nothing is left beside it")
    }

    @Test
    fun `a file that is none of ours is a new start, not a crash`() {
        for (text in listOf("", "{", "[]", """{"households":[{"id":"x"}]}""", """{"reminded_until":"yesterday"}""")) {
            file.writeText(text)
            assertEquals(Settings(), SettingsStore(file).state.value, text)
        }
    }

    @Test
    fun `what a newer app wrote besides is passed over`() {
        file.writeText("""{"households":[{"id":2,"community":"berlin","colour":"red"}],"current":2,"theme":"x"}""")
        assertEquals("berlin", SettingsStore(file).state.value.household?.community)
    }

    @Test
    fun `a new household counts at once, a removed one leaves the others`() {
        val two = Settings().adding("zurich", emptyList()).adding("berlin", listOf("mitte"))
        assertEquals("berlin", two.household?.community)
        val one = two.without(two.current)
        assertEquals("zurich", one.household?.community)
        assertEquals(2, one.adding("milan", emptyList()).current, "numbers of those that are gone may come again, those there do not")
        assertNull(one.without(one.current).household)
    }

    @Test
    fun `an unwritable folder loses nothing until the app ends`() {
        val store = SettingsStore(File(file.apply { writeText("a file, no folder") }, "settings.json"))
        store.update { it.adding("zurich", emptyList()) }
        assertEquals("zurich", store.state.value.household?.community)
    }
}
