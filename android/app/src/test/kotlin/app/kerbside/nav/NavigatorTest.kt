package app.kerbside.nav

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class NavigatorTest {
    private val navigator = Navigator()

    @Test
    fun `there are four tabs, each itself`() {
        assertEquals(listOf(Route.Sort, Route.Schedule, Route.Search, Route.More), Route.tabs)
    }

    @Test
    fun `a tab replaces what lay there, another screen lies on top once`() {
        navigator.go(Route.Search)
        navigator.go(Route.Item("can"))
        navigator.go(Route.Item("can"))
        assertEquals(listOf(Route.Search, Route.Item("can")), navigator.state.value)
        navigator.go(Route.More)
        assertEquals(listOf<Route>(Route.More), navigator.state.value)
    }

    @Test
    fun `back goes one screen, then to sorting, then out`() {
        navigator.go(Route.More)
        navigator.go(Route.Models)
        assertTrue(navigator.back())
        assertEquals(Route.More, navigator.current)
        assertTrue(navigator.back())
        assertEquals(Route.Sort, navigator.current)
        assertFalse(navigator.canGoBack)
        assertFalse(navigator.back())
    }

    @Test
    fun `what is saved comes back in another process`() {
        navigator.go(Route.Search)
        navigator.go(Route.Item("pizza-box"))
        val later = Navigator().apply { restore(navigator.save()) }
        assertEquals(navigator.state.value, later.state.value)
    }

    @Test
    fun `what nobody saved changes nothing`() {
        navigator.restore("nonsense\nresult")
        assertEquals(Route.Sort, navigator.current)
        navigator.restore("")
        assertEquals(Route.Sort, navigator.current)
    }
}
