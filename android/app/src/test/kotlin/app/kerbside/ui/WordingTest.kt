package app.kerbside.ui

import app.kerbside.api.Moment
import app.kerbside.api.NextCollection
import app.kerbside.api.SetOut
import app.kerbside.api.Source
import java.time.LocalDate
import java.time.LocalTime
import kotlin.test.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment

@RunWith(RobolectricTestRunner::class)
class WordingTest {
    private val day = LocalDate.of(2026, 12, 3)

    private fun wording(language: String): Wording {
        RuntimeEnvironment.setQualifiers("+$language")
        return Wording(RuntimeEnvironment.getApplication())
    }

    @Test
    fun `days are said as each language says them`() {
        assertEquals("Thursday, December 3", wording("en-rUS").day(day))
        assertEquals("Donnerstag, 3. Dezember", wording("de").day(day))
        assertEquals("Heute", wording("de").relativeDay(day, day))
        assertEquals("Tomorrow", wording("en").relativeDay(day, day.minusDays(1)))
        assertEquals("Do., 3. Dez.", wording("de").shortDay(day))
    }

    @Test
    fun `a window says both ends and which day they are on`() {
        val setOut = SetOut(Moment(-1, LocalTime.of(19, 0)), Moment(0, LocalTime.of(7, 0)))
        assertEquals("Von 19:00 am Vortag bis 07:00 am Tag selbst", wording("de").window(setOut))
        assertEquals("Until 12:30 AM the day after", wording("en-rUS").window(SetOut(by = Moment(1, LocalTime.of(0, 30)))))
        val collection = wording("de").window(day.minusDays(1).atTime(19, 0), day.atTime(7, 0), day)
        assertEquals(wording("de").window(setOut), collection, "a collection's window reads like a rule's")
        assertEquals(null, wording("de").window(SetOut()))
    }

    @Test
    fun `a moved day says what it stands in for and why`() {
        val moved = NextCollection.On(day, day.minusDays(2), "Fest")
        assertEquals("Donnerstag, 3. Dezember – statt Di., 1. Dez. (Fest)", wording("de").next(moved))
        assertEquals("Thursday, December 3", wording("en-rUS").next(NextCollection.On(day)))
        assertEquals("No dates published after December 3, 2026", wording("en-rUS").next(NextCollection.NoOfficialDates(day)))
    }

    @Test
    fun `a source that nobody has checked does not claim it`() {
        val source = Source("Glas", "Stadt", "https://example.org", day)
        assertEquals("Glas · Stadt · read on December 3, 2026", wording("en-rUS").source(source))
        assertEquals("Glas · Stadt · geprüft am 4. Dezember 2026", wording("de").source(source.copy(verified = day.plusDays(1))))
    }
}
