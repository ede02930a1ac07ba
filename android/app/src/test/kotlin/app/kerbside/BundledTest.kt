package app.kerbside

import app.kerbside.support.repository
import java.io.File
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment

@RunWith(RobolectricTestRunner::class)
class BundledTest {
    private val app = RuntimeEnvironment.getApplication()
    private val folder = File(app.noBackupFilesDir, "bundled")
    private val weights = File(folder, "pack/weights.safetensors")

    @Test
    fun `every rule pack and the model come out of the app as they went in`() {
        Bundled(app, folder).unpacked()
        val source = File(repository, "models/kerbside-nano/pack")
        // A hidden file is the reader's own note beside the pack.
        val packed = source.walk().filter { it.isFile && !it.isHidden }.map { it.relativeTo(source).path }.toSet()
        val unpacked = File(folder, "pack")
        assertEquals(packed, unpacked.walk().filter { it.isFile }.map { it.relativeTo(unpacked).path }.toSet())
        packed.forEach { assertContentEquals(File(source, it).readBytes(), File(unpacked, it).readBytes(), it) }
        val rules = File(repository, "rules").walk().filter { it.name == "pack.json" }.toList()
        assertEquals(rules.size, File(folder, "rules").walk().filter { it.name == "pack.json" }.count())
    }

    @Test
    fun `it is unpacked once, and again where that was cut off`() {
        Bundled(app, folder).unpacked()
        weights.writeText("touched")
        Bundled(app, folder).unpacked()
        assertEquals(7, weights.length())
        File(folder, "version").delete()
        Bundled(app, folder).unpacked()
        assertFalse(weights.length() == 7L)
    }
}
