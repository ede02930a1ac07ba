package app.kerbside.engine

import app.kerbside.api.Analysis
import app.kerbside.api.KerbsideError
import app.kerbside.api.Point
import app.kerbside.api.SortEvent
import app.kerbside.api.SortStage
import app.kerbside.api.Sorter
import app.kerbside.api.Verdict
import app.kerbside.ffi.AnalysisEvent
import app.kerbside.ffi.CancelToken
import app.kerbside.ffi.PackStore
import app.kerbside.ffi.ProgressListener
import app.kerbside.ffi.RuleBook
import app.kerbside.ffi.SorterException
import app.kerbside.ffi.SorterOptions
import kotlin.test.assertContains
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.last
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.After
import org.junit.Before
import org.junit.Test

/** The example photograph through the real library, with the bundled pack. */
class SorterTest {
    private lateinit var kerbside: RustKerbside
    private lateinit var sorter: Sorter

    @Before
    fun open() = runBlocking {
        kerbside = RustKerbside.open(folders(temporaryFolder()))
        sorter = kerbside.sorter("bundled")
    }

    @After
    fun close() {
        sorter.close()
        kerbside.close()
    }

    private suspend fun analyze(): Analysis =
        assertIs<SortEvent.Done>(sorter.analyze(Repository.photo(), zurich, someMonday).last()).analysis

    @Test
    fun `the example photograph is sorted`() = runBlocking {
        val analysis = analyze()
        assertTrue(analysis.items.isNotEmpty())
        assertTrue(analysis.width > 0 && analysis.height > 0)
        for (item in analysis.items) {
            assertTrue(item.box.width > 0 && item.box.height > 0, "$item")
            assertTrue(item.outline.isNotEmpty() && item.outline.all { it.outer.size >= 3 }, "$item")
            assertEquals(64 * 64, item.alpha?.size)
            assertTrue(item.instructions.first().sentence.isNotBlank())
            assertContains(item.seen.json, item.label)
        }
    }

    @Test
    fun `events come in order`() = runBlocking {
        val events = sorter.analyze(Repository.photo(), zurich, someMonday).toList()
        val stages = events.filterIsInstance<SortEvent.Stage>().map { it.stage }
        assertEquals(listOf(SortStage.Preprocessed, SortStage.Vision, SortStage.Prefill), stages)
        assertEquals(stages.size, events.indexOfFirst { it !is SortEvent.Stage }, "stages come first")
        val done = assertIs<SortEvent.Done>(events.last()).analysis
        for (item in done.items.indices) {
            val box = events.indexOf(events.first { it is SortEvent.BoxFound && it.item == item })
            val mask = events.indexOf(events.first { it is SortEvent.MaskFound && it.item == item })
            val label = events.indexOf(events.first { it is SortEvent.ItemFound && it.item == item })
            assertTrue(box < mask && mask < label, "item $item: $box, $mask, $label")
            val last = events.last { it is SortEvent.ItemFound && it.item == item } as SortEvent.ItemFound
            assertEquals(done.items[item], last.value)
        }
    }

    @Test
    fun `the command line says the same`() {
        val names = VECTOR_NAMES.findAll(Repository.root.resolve("bindings/vectors/cases.json").readText())
        val cases = names.map { it.groupValues[1] }.toList()
        assertTrue(cases.size >= 3)
        for (case in cases) {
            val vector = Vector.read(case)
            val json = runBlocking { vector.analyze(folders(temporaryFolder())) }
            assertEquals(Repository.vectors.resolve("$case.json").readText(), json, case)
        }
    }

    @Test
    fun `cancelling during vision stops within 200 ms and the next photo works`() = runBlocking {
        val millis = stopsAfter { it == SortEvent.Stage(SortStage.Preprocessed) }
        assertTrue(millis <= 200, "$millis ms")
        assertTrue(analyze().items.isNotEmpty())
    }

    @Test
    fun `cancelling during decoding stops within 200 ms and the next photo works`() = runBlocking {
        val millis = stopsAfter { it is SortEvent.BoxFound }
        assertTrue(millis <= 200, "$millis ms")
        assertTrue(analyze().items.isNotEmpty())
    }

    /** However little is left to write: a call that went on to its end would not say that it was cancelled. */
    @Test
    fun `cancelling while a thing is being described ends the call before its next word`() {
        Library().use { library ->
            val cancel = CancelToken()
            val heard = mutableListOf<AnalysisEvent>()
            assertFailsWith<SorterException.Cancelled> {
                library.analyze(cancel) { event ->
                    heard += event
                    if (event is AnalysisEvent.Box) cancel.cancel()
                }
            }
            assertIs<AnalysisEvent.Box>(heard.last())
            assertTrue(library.analyze().items.isNotEmpty(), "the sorter goes on")
        }
    }

    /** From cancelling at an event until the library has stopped: the least of five, for busy machines. */
    private suspend fun stopsAfter(wanted: (SortEvent) -> Boolean): Long = (1..5).minOf {
        withContext(Dispatchers.Default) {
            val reached = kotlinx.coroutines.CompletableDeferred<Unit>()
            var ended = false
            val job = launch {
                sorter.analyze(Repository.photo(), zurich, someMonday).collect { event ->
                    if (wanted(event)) reached.complete(Unit)
                    if (event is SortEvent.Done) ended = true
                }
            }
            reached.await()
            val start = System.nanoTime()
            job.cancelAndJoin()
            val millis = (System.nanoTime() - start) / 1_000_000
            assertTrue(!ended, "it was over before it could be cancelled")
            millis
        }
    }

    @Test
    fun `looking again keeps what is known in front`() = runBlocking {
        val photo = Repository.photo()
        val first = assertIs<SortEvent.Done>(sorter.analyze(photo, zurich, someMonday).last()).analysis
        val at = emptyPoint(first)
        val events = sorter.lookAgain(photo, at, first.items, zurich, someMonday).toList()
        val again = assertIs<SortEvent.Done>(events.last()).analysis
        assertContains(again.json, "\"looks\":2")
        val kept = again.items.filter { it in first.items }
        assertEquals(kept, again.items.take(kept.size))
        val boxes = events.filterIsInstance<SortEvent.BoxFound>()
        assertTrue(boxes.all { it.item >= first.items.size }, "new items count on")
    }

    @Test
    fun `looking at something outlined changes nothing`() = runBlocking {
        val photo = Repository.photo()
        val first = assertIs<SortEvent.Done>(sorter.analyze(photo, zurich, someMonday).last()).analysis
        val inside = middle(first)
        val events = sorter.lookAgain(photo, inside, first.items, zurich, someMonday).toList()
        assertEquals(first, assertIs<SortEvent.Done>(events.last()).analysis)
    }

    @Test
    fun `what a person said survives a second look`() = runBlocking {
        val photo = Repository.photo()
        val first = assertIs<SortEvent.Done>(sorter.analyze(photo, zurich, someMonday).last()).analysis
        val chosen = kerbside.rules.answered(first.items[0].seen, app.kerbside.api.Fact.IsItem("battery"))
        val known = listOf(first.items[0].copy(seen = chosen)) + first.items.drop(1)
        val again = sorter.lookAgain(photo, emptyPoint(first), known, zurich, someMonday).last()
        val item = assertIs<SortEvent.Done>(again).analysis.items.first { it.box == first.items[0].box }
        assertEquals("battery", item.instructions.first().itemId)
    }

    @Test
    fun `a photo that the engine has forgotten is looked at anew`() = runBlocking {
        val first = analyze()
        val other = kerbside.sorter("bundled")
        val events = other.lookAgain(Repository.photo(), emptyPoint(first), first.items, zurich, someMonday).toList()
        other.close()
        assertTrue(assertIs<SortEvent.Done>(events.last()).analysis.items.size >= first.items.size)
    }

    @Test
    fun `two collectors at once both get the whole answer`() = runBlocking {
        val alone = analyze().json
        val both = listOf(1, 2).map { async(Dispatchers.Default) { analyze().json } }.awaitAll()
        assertEquals(listOf(alone, alone), both)
    }

    @Test
    fun `two threads may use one sorter of the library`() {
        Library().use { library ->
            val answers = (1..2).map { java.util.concurrent.CompletableFuture.supplyAsync { library.analyze() } }
            val (one, other) = answers.map { it.get() }
            assertEquals(one.json, other.json)
            assertContentEquals(one.items[0].found.mask?.alpha, other.items[0].found.mask?.alpha)
        }
    }

    @Test
    fun `a listener that throws ends the analysis with an error and not the process`() {
        Library().use { library ->
            val error = assertFailsWith<SorterException.Internal> {
                library.analyze { throw IllegalArgumentException("the screen is gone") }
            }
            assertContains(error.message.orEmpty(), "the screen is gone")
            assertTrue(library.analyze().items.isNotEmpty(), "the sorter goes on")
        }
    }

    @Test
    fun `a memory warning at any time changes no answer`() = runBlocking {
        val before = analyze().json
        sorter.memoryWarning()
        assertEquals(before, analyze().json)
        val events = sorter.analyze(Repository.photo(), zurich, someMonday)
        val during = mutableListOf<SortEvent>()
        events.collect { event ->
            if (event == SortEvent.Stage(SortStage.Vision)) sorter.memoryWarning()
            during += event
        }
        assertEquals(before, assertIs<SortEvent.Done>(during.last()).analysis.json)
    }

    @Test
    fun `answering and correcting give new instructions`() = runBlocking {
        val item = analyze().items.first()
        val battery = kerbside.rules.answered(item.seen, app.kerbside.api.Fact.IsItem("battery"))
        val instructions = kerbside.rules.instructions(battery, zurich, someMonday)
        assertEquals("battery", instructions.first().itemId)
        assertTrue(instructions.first().verdict !in listOf(Verdict.Unknown, Verdict.Ask))
    }

    @Test
    fun `a closed sorter says so`() = runBlocking {
        val other = kerbside.sorter("bundled")
        other.analyze(Repository.photo(), zurich, someMonday).first()
        other.close()
        assertFailsWith<KerbsideError.Internal> {
            // Closing does not wait: until it is done the sorter may still answer.
            repeat(200) {
                other.analyze(Repository.photo(), zurich, someMonday).first()
                Thread.sleep(10)
            }
        }
        assertTrue(analyze().items.isNotEmpty(), "others stay open")
    }
}

private val VECTOR_NAMES = Regex("\"name\": \"([^\"]+)\"")

private fun middle(analysis: Analysis): Point {
    val alphas = analysis.items.first()
    val mask = alphas.alpha ?: error("the bundled pack has masks")
    val cell = mask.indices.maxBy { mask[it].toInt() and 0xff }
    val (x, y) = cell % 64 to cell / 64
    val box = alphas.box
    return Point(box.left + (x + 0.5f) / 64 * box.width, box.top + (y + 0.5f) / 64 * box.height)
}

/** A corner that no box reaches, or the point farthest from the middle of any. */
private fun emptyPoint(analysis: Analysis): Point {
    val grid = (1..19).flatMap { y -> (1..19).map { x -> Point(x / 20f, y / 20f) } }
    return grid.first { point -> analysis.items.none { point in it.box } }
}

/** The generated classes, without the layer above them. */
private class Library : AutoCloseable {
    private val rules = RuleBook.open(Repository.rules.path)
    private val store = PackStore.open(temporaryFolder().path, Repository.pack.path)
    private val sorter = app.kerbside.ffi.Sorter.open(store, "bundled", SorterOptions(0u, null))

    init {
        sorter.setPlace(rules, zurich.toFfi())
    }

    fun analyze(cancel: CancelToken = CancelToken(), hear: (AnalysisEvent) -> Unit = {}): app.kerbside.ffi.Analysis =
        Repository.photo().toFrame().use { frame ->
            val listener = object : ProgressListener {
                override fun onEvent(event: AnalysisEvent) = hear(event)
            }
            sorter.analyze(frame, someMonday, someMonday.atTime(12, 0), cancel, listener)
        }

    override fun close() = listOf(sorter, store, rules).forEach { it.close() }
}
