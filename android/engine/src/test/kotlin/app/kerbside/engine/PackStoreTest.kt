package app.kerbside.engine

import app.kerbside.api.ImportProgress
import app.kerbside.api.KerbsideError
import app.kerbside.api.SortEvent
import java.io.ByteArrayInputStream
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.util.concurrent.TimeUnit
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.last
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Before
import org.junit.Test

class PackStoreTest {
    private val library = temporaryFolder()
    private lateinit var kerbside: RustKerbside

    @Before
    fun open() = runBlocking { kerbside = RustKerbside.open(folders(library)) }

    @After
    fun close() {
        kerbside.close()
        library.deleteRecursively()
    }

    private suspend fun import(bytes: ByteArray): List<ImportProgress> =
        kerbside.packs.import(ByteArrayInputStream(bytes), bytes.size.toLong(), "bundled").toList()

    @Test
    fun `the bundled pack is listed with its licence and size`() = runBlocking {
        val pack = kerbside.packs.list().single()
        assertTrue(pack.isBundled && pack.masks && !pack.random)
        assertTrue(pack.licence.isNotBlank() && pack.attribution.isNotBlank())
        val files = Repository.pack.walk().filter { it.isFile && it.name != "pack.json" && !it.name.startsWith(".") }
        assertEquals(files.sumOf { it.length() }, pack.bytes)
        assertTrue(pack.peakBytes > pack.bytes)
        val segment = pack.adapters.first { "segment" in it.tasks }
        assertTrue(segment.bytes > 0 && !segment.imported)
    }

    @Test
    fun `an imported pack is listed, opens and sorts`() = runBlocking {
        val bytes = otherPack()
        val progress = import(bytes)
        val done = progress.map { it.doneBytes }
        assertEquals(done.sorted(), done)
        assertTrue(progress.all { it.totalBytes == bytes.size.toLong() && it.doneBytes <= it.totalBytes })
        val pack = assertNotNull(progress.last().pack)
        assertEquals("9.9.9", pack.version)
        assertEquals(listOf("bundled", pack.id), kerbside.packs.list().map { it.id })
        kerbside.sorter(pack.id).use { sorter ->
            val last = sorter.analyze(Repository.photo(), zurich, someMonday).last()
            assertTrue(assertIs<SortEvent.Done>(last).analysis.items.isNotEmpty())
        }
        kerbside.packs.remove(pack.id)
        assertEquals(emptyList(), listing(library))
    }

    @Test
    fun `what is no pack is refused with words and leaves nothing`() = runBlocking {
        val good = otherPack()
        val cases = mapOf(
            "choose another" to "<html>not found</html>".toByteArray(),
            "cut off" to ByteArray(0),
            "download it again" to good.copyOf(good.size / 2),
            "damaged" to good.clone().also { it[it.size / 2] = (it[it.size / 2] + 1).toByte() },
        )
        for ((words, bytes) in cases) {
            val error = assertFailsWith<KerbsideError.BadPack>(words) { import(bytes) }
            assertContains(error.detail, words)
            assertEquals(emptyList(), listing(library), words)
        }
    }

    @Test
    fun `a corrupt pack does not open`() = runBlocking {
        val damaged = temporaryFolder()
        Repository.pack.copyRecursively(damaged, overwrite = true)
        damaged.resolve(".verified").delete()
        val tokenizer = damaged.resolve("tokenizer.json")
        tokenizer.writeBytes(tokenizer.readBytes().also { it[it.size / 2] = 0 })
        val other = RustKerbside.open(folders(temporaryFolder(), damaged))
        val error = assertFailsWith<KerbsideError.BadPack> { other.sorter("bundled") }
        assertContains(error.detail, "tokenizer.json is damaged")
        tokenizer.delete()
        assertContains(assertFailsWith<KerbsideError.BadPack> { other.sorter("bundled") }.detail, "is missing")
        assertContains(assertFailsWith<KerbsideError.BadPack> { other.sorter("nano") }.detail, "import it")
        other.close()
    }

    @Test
    fun `an import killed half-way leaves nothing half`() = runBlocking {
        val process = killedImport(library)
        assertContains(listing(library), ".importing", "it was in the middle of it")
        assertEquals(listOf("bundled"), RustKerbside.open(folders(library)).use { it.packs.list().map { p -> p.id } })
        assertEquals(emptyList(), listing(library))
        assertTrue(process.exitValue() != 0)
        assertNotNull(import(otherPack()).last().pack)
        Unit
    }

    @Test
    fun `a source that fails is blamed by its own words`() = runBlocking {
        val bytes = otherPack()
        val failing = object : InputStream() {
            private val inner = ByteArrayInputStream(bytes)
            override fun read() = error("nobody reads single bytes")
            override fun read(into: ByteArray, offset: Int, length: Int): Int {
                if (inner.available() < bytes.size / 2) throw IOException("the cloud is gone")
                return inner.read(into, offset, length)
            }
        }
        val error = assertFailsWith<KerbsideError.BadPack> { kerbside.packs.import(failing, 0, "bundled").toList() }
        assertContains(error.detail, "the cloud is gone")
        assertEquals(emptyList(), listing(library))
    }

    @Test
    fun `a cancelled import stops at once and leaves nothing`() = runBlocking {
        val bytes = otherPack()
        val started = CompletableDeferred<Unit>()
        val endless = object : InputStream() {
            private val inner = ByteArrayInputStream(bytes)
            override fun read() = error("nobody reads single bytes")
            override fun read(into: ByteArray, offset: Int, length: Int): Int {
                if (inner.available() < bytes.size / 2) started.complete(Unit)
                Thread.sleep(5)
                return inner.read(into, offset, length.coerceAtMost(50_000))
            }
        }
        val job = launch(Dispatchers.Default) { kerbside.packs.import(endless, 0, "bundled").collect { } }
        started.await()
        val start = System.nanoTime()
        job.cancelAndJoin()
        val millis = (System.nanoTime() - start) / 1_000_000
        assertTrue(millis <= 1_000, "$millis ms")
        assertEquals(emptyList(), listing(library))
    }

    @Test
    fun `verifying finds a changed byte`() = runBlocking {
        val pack = assertNotNull(import(otherPack()).last().pack)
        val progress = kerbside.packs.verify(pack.id).toList()
        assertEquals(pack.bytes, progress.last().doneBytes)
        assertEquals(pack.id, progress.last().pack?.id)
        val file = library.resolve(pack.id).resolve("mask_codec.safetensors")
        val time = file.lastModified()
        file.writeBytes(file.readBytes().also { it[it.size - 1] = (it[it.size - 1] + 1).toByte() })
        file.setLastModified(time)
        val error = assertFailsWith<KerbsideError.BadPack> { kerbside.packs.verify(pack.id).toList() }
        assertContains(error.detail, "mask_codec.safetensors is damaged")
    }

    @Test
    fun `an adapter is added to a pack and removed again`() = runBlocking {
        val adapters = Repository.pack.resolve("adapters")
        val own = adapters.list().orEmpty().first { it.startsWith("segment") }
        val bytes = zipped(adapters.resolve(own), "segment-mine/")
        val pack = assertNotNull(import(bytes).last().pack)
        val added = pack.adapters.single { it.imported }
        assertEquals("segment-mine" to listOf("segment"), added.id to added.tasks)
        assertTrue(pack.adapters.filter { !it.imported }.none { "segment" in it.tasks }, "it does the task now")
        kerbside.sorter("bundled").use { sorter ->
            val last = sorter.analyze(Repository.photo(), zurich, someMonday).last()
            assertTrue(assertIs<SortEvent.Done>(last).analysis.items.isNotEmpty())
        }
        val stranger = assertFailsWith<KerbsideError.BadPack> { import(zipped(adapters.resolve(own), "bees/")) }
        assertContains(stranger.detail, "segment, dispose, highlight")
        kerbside.packs.removeAdapter("bundled", "segment-mine")
        assertTrue(kerbside.packs.list().single().adapters.none { it.imported })
    }

    @Test
    fun `the bundled pack stays`() = runBlocking {
        val error = assertFailsWith<KerbsideError.BadPack> { kerbside.packs.remove("bundled") }
        assertContains(error.detail, "cannot be removed")
        assertFailsWith<KerbsideError.BadPack> { kerbside.packs.remove("../rules") }
        assertTrue(Repository.pack.resolve("pack.json").isFile)
    }
}

/** Another process that imports slowly, killed in the middle. */
private fun killedImport(library: File): Process {
    val java = File(System.getProperty("java.home")).resolve("bin/java").path
    val properties = listOf("jna.library.path", "kerbside.root", "kerbside.vectors")
        .map { "-D$it=${System.getProperty(it)}" }
    val command = listOf(java, "-cp", System.getProperty("java.class.path")) + properties +
        listOf("app.kerbside.engine.SlowImportKt", library.path)
    val process = ProcessBuilder(command).redirectErrorStream(true).start()
    val said = process.inputStream.bufferedReader().readLine()
    assertEquals("half", said)
    process.destroyForcibly().waitFor(10, TimeUnit.SECONDS)
    return process
}
