package app.kerbside.ui

import app.kerbside.api.WasteClass
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotEquals
import kotlin.test.assertTrue

class PaletteTest {
    @Test
    fun `each class has its own entry, in the engine's order`() {
        assertEquals(WasteClass.entries.map { it.name }, Palette.entries.map { it.name })
    }

    @Test
    fun `the colours are Okabe and Ito's and a grey`() {
        val theirs = setOf(0x000000, 0xE69F00, 0x56B4E9, 0x009E73, 0xF0E442, 0x0072B2, 0xD55E00, 0xCC79A7)
        val used = Palette.entries.map { it.colour and 0xFFFFFF }.toSet()
        assertEquals(Palette.entries.size, used.size, "none twice")
        assertEquals(setOf(0x999999), used - theirs)
    }

    @Test
    fun `no two classes have the same pattern, and none is all or nothing`() {
        val pictures = Palette.entries.map { look -> List(96 * 96) { look.covers(it % 96, it / 96) } }
        pictures.forEachIndexed { index, picture ->
            assertTrue(picture.count { it } in picture.size / 16..picture.size / 2 + 1, Palette.entries[index].name)
            pictures.take(index).forEach { assertNotEquals(it, picture) }
        }
    }

    @Test
    fun `tiles fit each other without a seam`() {
        for (look in Palette.entries) for (y in 0 until look.rows) for (x in 0 until look.tile) {
            assertEquals(look.covers(x, y), look.covers(x + look.tile, y), "${look.name} beside itself")
            assertEquals(look.covers(x, y), look.covers(x, y + look.rows), "${look.name} below itself")
        }
    }

    @Test
    fun `contrast is WCAG's`() {
        val (black, white, grey) = listOf(0xFF000000.toInt(), 0xFFFFFFFF.toInt(), 0xFF777777.toInt())
        assertEquals(21.0, contrast(black, white), 0.01)
        assertEquals(4.48, contrast(grey, white), 0.01)
        assertEquals(black, inkOn(0xFFF0E442.toInt()))
        assertEquals(white, inkOn(0xFF0072B2.toInt()))
    }
}
