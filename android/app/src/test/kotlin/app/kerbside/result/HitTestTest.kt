package app.kerbside.result

import app.kerbside.api.Box
import app.kerbside.api.Point
import app.kerbside.api.Polygon
import app.kerbside.support.item
import app.kerbside.support.square
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue

class HitTestTest {
    private val large = Outlined(item("paper", 0.1f, 0.1f, 0.9f, 0.9f))
    private val small = Outlined(item("metal", 0.4f, 0.4f, 0.5f, 0.5f))
    private val noSlack = Point(0.0001f, 0.0001f)

    @Test
    fun `of things on top of each other the smallest is hit`() {
        assertEquals(1, HitTest.find(listOf(large, small), Point(0.45f, 0.45f), noSlack))
        assertEquals(0, HitTest.find(listOf(large, small), Point(0.2f, 0.45f), noSlack))
        assertNull(HitTest.find(listOf(large, small), Point(0.95f, 0.5f), noSlack))
    }

    @Test
    fun `the outline counts, not the box around it`() {
        val triangle = listOf(Polygon(listOf(Point(0f, 0f), Point(1f, 0f), Point(0f, 1f))))
        assertTrue(HitTest.contains(triangle, Point(0.2f, 0.2f)))
        assertFalse(HitTest.contains(triangle, Point(0.8f, 0.8f)))
    }

    @Test
    fun `a hole is not part of the thing`() {
        val ring = Polygon(square(Box(0f, 0f, 1f, 1f)).outer, listOf(square(Box(0.4f, 0.4f, 0.6f, 0.6f)).outer))
        assertFalse(HitTest.contains(listOf(ring), Point(0.5f, 0.5f)))
        assertTrue(HitTest.contains(listOf(ring), Point(0.3f, 0.5f)))
    }

    @Test
    fun `a fingertip beside something small still hits it`() {
        val beside = Point(0.53f, 0.45f)
        assertNull(HitTest.find(listOf(small), beside, noSlack))
        assertEquals(0, HitTest.find(listOf(small), beside, Point(0.05f, 0.02f)))
        assertNull(HitTest.find(listOf(small), beside, Point(0.02f, 0.05f)), "a photo is as wide as it is wide")
    }

    @Test
    fun `between two things the nearer one is hit`() {
        val other = Outlined(item("glass", 0.6f, 0.4f, 0.7f, 0.5f))
        assertEquals(1, HitTest.find(listOf(small, other), Point(0.57f, 0.45f), Point(0.1f, 0.1f)))
    }
}
