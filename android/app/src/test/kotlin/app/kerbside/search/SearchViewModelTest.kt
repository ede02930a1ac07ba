package app.kerbside.search

import app.kerbside.api.Answer
import app.kerbside.api.Fact
import app.kerbside.support.World
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNull

class SearchViewModelTest {
    private fun World.model() = SearchViewModel(here, scope)

    @Test
    fun `everything before anything is typed, then what fits`() = World.test {
        liveHere()
        val model = model().apply { load() }
        assertEquals(engine.names, model.state.value.items)
        model.search(" ja ")
        assertEquals(listOf("jar"), model.state.value.items.map { it.id })
        model.search("")
        assertEquals(engine.names, model.state.value.items)
    }

    @Test
    fun `without a place nothing is searched`() = World.test {
        val model = model().apply { load() }
        assertFalse(model.state.value.hasPlace)
        assertEquals(emptyList(), model.state.value.items)
        liveHere()
        model.load()
        assertEquals(engine.names, model.state.value.items)
    }

    @Test
    fun `a page follows the answers and the place`() = World.test {
        liveHere()
        val model = model().apply { load() }
        model.open("can")
        assertEquals("can@here[north]en", model.state.value.page?.instructions?.single()?.note)
        model.answer(Answer("No", Fact.Dirty(false)))
        assertEquals("can+Dirty(dirty=false)@here[north]en", model.state.value.page?.instructions?.single()?.note)
        model.answer(Answer("South", Fact.Zone("south")))
        assertEquals("can@here[north, south]en", model.state.value.page?.instructions?.single()?.note)
    }

    @Test
    fun `rules that cannot be read are an error on the screen`() = World.test {
        liveHere()
        val model = model().apply { load() }
        model.open("broken")
        assertEquals("rules.json: line 3", model.state.value.error?.detail)
        assertNull(model.state.value.page)
    }
}
