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
        // Both warm up: the allocator's arenas and Java's threads. Its heap is resident already, see the pom.
        cycles(40)
        // An arena comes and goes by tens of megabytes with the threads that use it; a leak grows every time.
        val grown = (1..4).minOf {
            val before = resident()
            cycles(40)
            resident() - before
        }
        assertTrue(grown < 10_000, "each 40 cycles take at least $grown kB more")
    }

    @Test
    fun `a model that needs more memory than there is does not open`() = runBlocking {
        val kerbside = RustKerbside.open(folders(temporaryFolder()), memory = { 1_000_000 })
        val error = assertFailsWith<KerbsideError.TooBig> { kerbside.sorter("bundled") }
        assertContains(error.detail, "choose a smaller one")
        kerbside.close()
    }

    /** Resident memory in kB, after Java has let go of what only its collector knows to be unused. */
    private fun resident(): Long {
        repeat(3) { System.gc() }
        val line = File("/proc/self/status").readLines().first { it.startsWith("VmRSS:") }
        return line.filter { it.isDigit() }.toLong()
    }
}
