package app.kerbside.api

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNotEquals
import kotlin.test.assertTrue

class AnalysisTest {
    private val item = Item("glass", Box(0f, 0f, 1f, 1f), emptyList(), Confidence.Sure, Seen("{}"), emptyList(), byteArrayOf(1, 2))

    @Test
    fun `the detector's label leads to its class, anything else to general`() {
        assertEquals(WasteClass.Carton, WasteClass.of("carton"))
        assertEquals(WasteClass.General, WasteClass.of("ufo"))
        assertEquals(WasteClass.Glass, item.wasteClass)
    }

    @Test
    fun `items are equal when all of them is, the mask's bytes included`() {
        assertEquals(item, item.copy(alpha = byteArrayOf(1, 2)))
        assertEquals(item.hashCode(), item.copy(alpha = byteArrayOf(1, 2)).hashCode())
        assertNotEquals(item, item.copy(alpha = byteArrayOf(1, 3)))
        assertNotEquals(item, item.copy(alpha = null))
    }

    @Test
    fun `a box holds its edges and nothing beyond`() {
        val box = Box(0.2f, 0.4f, 0.6f, 0.8f)
        assertTrue(Point(0.2f, 0.8f) in box)
        assertFalse(Point(0.61f, 0.5f) in box)
        assertFalse(Point(0.3f, 0.39f) in box)
    }
}
