package app.kerbside.places

import app.kerbside.support.World
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue

class PlacesViewModelTest {
    private var changes = 0

    private fun World.model() = PlacesViewModel(here, scope) { changes++ }.apply { load() }

    private fun World.choosing(): PlacesViewModel = model().apply { choose(engine.communities[0]) { } }

    @Test
    fun `communities are found by the beginning of any word`() = World.test {
        engine.communities += app.kerbside.support.FakeKerbside.community("zurich", "City of Zurich", "Europe/Zurich")
        val model = model()
        model.filter("zur")
        assertEquals(listOf("zurich"), model.state.value.shown.map { it.id })
        model.filter("urich")
        assertEquals(emptyList(), model.state.value.shown)
        model.filter("")
        assertEquals(3, model.state.value.shown.size)
    }

    @Test
    fun `a community without zones is chosen in one tap`() = World.test {
        val model = model()
        var done = false
        model.choose(engine.communities[1]) { done = true }
        assertTrue(done)
        assertEquals("there", settings.state.value.household?.community)
        assertEquals(1, changes, "reminders are planned anew")
    }

    @Test
    fun `of zones drawn for the same thing one is chosen`() = World.test {
        val model = choosing()
        val (north, south, paper) = engine.zones.getValue("here")
        model.toggle(north)
        model.toggle(paper)
        model.toggle(south)
        assertEquals(setOf("south", "paper-1"), model.state.value.choice?.chosen)
        model.toggle(south)
        model.finish { }
        assertEquals(listOf("paper-1"), settings.state.value.household?.zones)
    }

    @Test
    fun `a postcode chooses its zone instead of another, and an unknown one says so`() = World.test {
        val model = choosing()
        model.toggle(engine.zones.getValue("here")[0])
        model.postcode("8002")
        assertEquals(setOf("south"), model.state.value.choice?.chosen)
        model.postcode("9999")
        assertEquals(true, model.state.value.choice?.missed)
        assertEquals(setOf("south"), model.state.value.choice?.chosen, "what was chosen stays")
        model.postcode("80")
        assertEquals(false, model.state.value.choice?.missed, "nobody is told off while typing")
    }

    @Test
    fun `an address chooses its zone, streets are suggested while typing`() = World.test {
        val model = choosing()
        model.street("lo")
        assertEquals(listOf("Long Road"), model.streets())
        model.street("Long Road")
        assertEquals(emptyList(), model.streets())
        model.number("12a")
        model.findAddress()
        assertEquals(setOf("north"), model.state.value.choice?.chosen)
        model.number("120")
        model.findAddress()
        assertEquals(true, model.state.value.choice?.missed)
    }

    @Test
    fun `zones of a household can be changed without making a second one`() = World.test {
        liveHere()
        val model = model()
        model.edit(1)
        assertEquals(setOf("north"), model.state.value.choice?.chosen)
        model.toggle(engine.zones.getValue("here")[1])
        model.finish { }
        assertEquals(listOf(1 to listOf("south")), settings.state.value.households.map { it.id to it.zones })
        assertNull(model.state.value.choice)
    }

    @Test
    fun `a choice that was not finished comes back in the next process`() = World.test {
        val model = choosing()
        model.toggle(engine.zones.getValue("here")[1])
        val saved = checkNotNull(model.save())
        val later = model().apply { restore(saved) }
        assertEquals(setOf("south"), later.state.value.choice?.chosen)
        assertEquals(true, later.state.value.choice?.isNew)
        later.backToCommunities()
        assertNull(later.save())
    }

    @Test
    fun `households are listed, changed between and removed`() = World.test {
        liveHere()
        settings.update { it.adding("there", emptyList()) }
        val model = model()
        assertEquals(listOf("Here" to "North", "There" to null), model.state.value.households.map { it.name to it.detail })
        model.choose(1)
        assertEquals("here", settings.state.value.household?.community)
        model.remove(1)
        assertEquals(listOf("There"), model.state.value.households.map { it.name })
        assertFalse(settings.state.value.households.any { it.id == 1 })
    }
}
