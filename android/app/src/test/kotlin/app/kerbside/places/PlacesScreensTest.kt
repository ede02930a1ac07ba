package app.kerbside.places

import app.kerbside.nav.Route
import app.kerbside.support.Phone
import app.kerbside.support.Setting
import app.kerbside.support.TestScreen
import app.kerbside.support.press
import app.kerbside.support.says
import app.kerbside.support.type
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** Where a person lives, by finger. */
@RunWith(RobolectricTestRunner::class)
class PlacesScreensTest {
    private val phone = Phone(Setting.Light)
    private val settings get() = phone.app.graph.settings.state.value

    @Test
    fun `a place is added by list, postcode or street`() {
        TestScreen.Places.on(phone)
        val ways = listOf<Pair<String, () -> Unit>>(
            "south" to { phone.press("South") },
            "south" to { phone.type("Postcode", "8002") },
            "north" to {
                phone.type("Street", "lo")
                phone.press("Long Road")
                phone.type("Number", "12a")
                phone.press("Find")
            },
        )
        for ((zone, choose) in ways) {
            phone.press("Add a place")
            phone.type("Find your community", "he")
            assertFalse("There" in phone.says())
            phone.press("Here")
            assertTrue("Where?" in phone.says() && "Choose later" in phone.says())
            choose()
            phone.press("Done")
            assertEquals(listOf(zone), settings.household?.zones)
            assertEquals(Route.Places, phone.app.graph.navigator.current)
        }
        assertEquals(1 + ways.size, settings.households.size)
    }

    @Test
    fun `what was found is said, and what was not`() {
        TestScreen.Zones.on(phone)
        phone.type("Postcode", "8002")
        assertTrue("You live in: South" in phone.says())
        phone.type("Postcode", "9999")
        assertTrue("No part of town found for that. Choose it from the list." in phone.says())
    }

    @Test
    fun `a community without parts is chosen in one tap, one that is not there says so`() {
        TestScreen.AddPlace.on(phone)
        phone.type("Find your community", "zz")
        assertTrue("Your community is not there yet. The project page says how to add one." in phone.says())
        phone.type("Find your community", "")
        phone.press("There")
        assertEquals("there", settings.household?.community)
    }

    @Test
    fun `households are listed, chosen, changed and removed`() {
        TestScreen.Places.on(phone)
        phone.app.graph.settings.update { it.adding("there", emptyList()) }
        phone.settle()
        assertTrue(phone.says().containsAll(listOf("Here", "North", "There", "No part of town chosen")))
        phone.press("Here, North")
        assertEquals("here", settings.household?.community)
        phone.press("Change part of town")
        assertTrue("Where?" in phone.says())
        phone.press("South")
        phone.press("Done")
        assertEquals(listOf("south"), settings.household?.zones)
        phone.press("Remove There")
        assertEquals(listOf("here"), settings.households.map { it.community })
    }
}
