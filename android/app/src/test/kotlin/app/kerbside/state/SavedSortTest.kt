package app.kerbside.state

import app.kerbside.api.Box
import app.kerbside.api.Polygon
import app.kerbside.support.item
import app.kerbside.support.square
import java.io.File
import java.nio.file.Files
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertNull

class SavedSortTest {
    private val folder: File = Files.createTempDirectory("kerbside").toFile()
    private val saved = SavedSort(folder)

    @Test
    fun `outlines come back to the last digit, holes included`() {
        val holed = Polygon(square(Box(0f, 0f, 1f, 1f)).outer, listOf(square(Box(0.1f, 0.2f, 0.3f, 0.7f)).outer))
        val items = listOf(item("glass").copy(outline = listOf(holed)), item("metal", 0.12345678f))
        saved.keep(byteArrayOf(7))
        saved.keep(items)
        assertEquals(items, SavedSort(folder).items())
        assertContentEquals(byteArrayOf(7), SavedSort(folder).photo())
    }

    @Test
    fun `a new photo does not keep the old one's things`() {
        saved.keep(byteArrayOf(1))
        saved.keep(listOf(item("glass")))
        saved.keep(byteArrayOf(2))
        assertNull(saved.items())
    }

    @Test
    fun `a torn file is no result`() {
        saved.keep(byteArrayOf(1))
        saved.keep(listOf(item("glass")))
        val file = File(folder, "items.json")
        file.writeText(file.readText().dropLast(9))
        assertNull(saved.items())
    }
}
