package app.kerbside.engine

import app.kerbside.api.KerbsideError
import java.io.File
import kotlin.test.assertContains
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import org.junit.Assume.assumeTrue
import org.junit.Test

class MemoryTest {
    @Test
    fun `opening and closing two hundred times does not grow`() = runBlocking {
        assumeTrue("resident memory is read from /proc", File("/proc/self/status").exists())
        val folders = folders(temporaryFolder())
        suspend fun cycles(count: Int) = repeat(count) {
            RustKerbside.open(folders).use { kerbside ->
                kerbside.rules.zones("zurich", "en")
                val sorter = kerbside.sorter("bundled") as RustSorter
                sorter.closeAndWait()
            }
        }
        // Both warm up: the allocator and Java's threads.
        cycles(40)
        val before = resident()
        cycles(160)
        val grown = resident() - before
        assertTrue(grown < 40_000, "$grown kB more after 160 cycles")
    }

    @Test
    fun `a model that needs more memory than there is does not open`() = runBlocking {
        val kerbside = RustKerbside.open(folders(temporaryFolder()), memory = { 1_000_000 })
        val error = assertFailsWith<KerbsideError.TooBig> { kerbside.sorter("bundled") }
        assertContains(error.detail, "choose a smaller one")
        kerbside.close()
    }

    /** Resident memory in kB, without what Java could let go of. */
    private fun resident(): Long {
        repeat(3) { System.gc() }
        val line = File("/proc/self/status").readLines().first { it.startsWith("VmRSS:") }
        return line.filter { it.isDigit() }.toLong()
    }
}
