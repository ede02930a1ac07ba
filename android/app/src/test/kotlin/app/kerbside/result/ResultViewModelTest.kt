package app.kerbside.result

import app.kerbside.api.Analysis
import app.kerbside.api.Answer
import app.kerbside.api.Fact
import app.kerbside.api.Highlight
import app.kerbside.api.ItemName
import app.kerbside.api.KerbsideError
import app.kerbside.api.PackInfo
import app.kerbside.api.Point
import app.kerbside.api.SortEvent
import app.kerbside.api.SortStage
import app.kerbside.state.SavedSort
import app.kerbside.support.World
import app.kerbside.support.item
import app.kerbside.support.square
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf

class ResultViewModelTest {
    private val can = item("metal", 0f, 0f, 0.4f, 0.4f)
    private val jar = item("glass", 0.5f, 0.5f, 0.9f, 0.9f)
    private val slack = Point(0.01f, 0.01f)
    private val photo = byteArrayOf(1, 2, 3)

    private fun World.model() = ResultViewModel(here, Sorters(here), SavedSort(folder), scope, io)

    private fun World.sorted(vararg items: app.kerbside.api.Item): ResultViewModel {
        liveHere()
        engine.sorting = flowOf(SortEvent.Done(Analysis(10, 10, items.toList())))
        return model().apply { sort(photo) }
    }

    @Test
    fun `things appear one by one, first their box, then their shape, then what they are`() = World.test {
        liveHere()
        val events = MutableSharedFlow<SortEvent>()
        engine.sorting = events
        val model = model().apply { sort(photo) }
        assertEquals(Phase.Looking(null), model.state.value.phase)
        events.emit(SortEvent.Stage(SortStage.Vision))
        assertEquals(Phase.Looking(SortStage.Vision), model.state.value.phase)
        events.emit(SortEvent.BoxFound(0, can.box))
        assertEquals(listOf(Outlined(can.box, listOf(square(can.box)))), model.state.value.items)
        events.emit(SortEvent.MaskFound(0, jar.outline))
        assertEquals(jar.outline, model.state.value.items.single().outline)
        events.emit(SortEvent.ItemFound(0, can))
        assertEquals(can, model.state.value.items.single().item)
        assertIs<Phase.Looking>(model.state.value.phase)
        events.emit(SortEvent.Done(Analysis(10, 10, listOf(can), listOf(Highlight("Metal tonight")))))
        assertEquals(Phase.Done, model.state.value.phase)
        assertEquals(0, model.state.value.selected)
        assertEquals(listOf("Metal tonight"), model.state.value.highlights)
    }

    @Test
    fun `what is dropped disappears again`() = World.test {
        liveHere()
        val events = MutableSharedFlow<SortEvent>()
        engine.sorting = events
        val model = model().apply { sort(photo) }
        events.emit(SortEvent.ItemFound(0, can))
        events.emit(SortEvent.BoxFound(1, jar.box))
        events.emit(SortEvent.Dropped(1))
        assertEquals(listOf(Outlined(can)), model.state.value.items)
    }

    @Test
    fun `the engine is asked for this place and the community's day`() = World.test {
        clock.now = java.time.Instant.parse("2026-12-01T23:30:00Z")
        sorted(can)
        val (place, date) = engine.analysed.single()
        assertEquals(listOf("north"), place.zones)
        assertEquals(today.plusDays(1), date, "it is past midnight in Zurich")
    }

    @Test
    fun `stopping keeps what was found and forgets what has no name yet`() = World.test {
        liveHere()
        val events = MutableSharedFlow<SortEvent>()
        engine.sorting = events
        val model = model().apply { sort(photo) }
        events.emit(SortEvent.ItemFound(0, can))
        events.emit(SortEvent.BoxFound(1, jar.box))
        model.cancel()
        assertEquals(Phase.Done, model.state.value.phase)
        assertEquals(listOf(Outlined(can)), model.state.value.items)
        assertEquals(0, events.subscriptionCount.value, "the engine has stopped")
    }

    @Test
    fun `a photo the engine refuses says why and can be tried again`() = World.test {
        liveHere()
        engine.sorting = flow { throw KerbsideError.BadPhoto("no JPEG") }
        val model = model().apply { sort(photo) }
        assertEquals("no JPEG", assertIs<Phase.Failed>(model.state.value.phase).error.detail)
        engine.sorting = flowOf(SortEvent.Done(Analysis(1, 1, listOf(can))))
        model.retry()
        assertEquals(listOf(Outlined(can)), model.state.value.items)
    }

    @Test
    fun `a tap selects what lies under it`() = World.test {
        val model = sorted(can, jar)
        model.tap(Point(0.7f, 0.7f), slack)
        assertEquals(1, model.state.value.selected)
        model.tap(Point(0.2f, 0.2f), slack)
        assertEquals(0, model.state.value.selected)
    }

    @Test
    fun `a tap on nothing looks again and selects what is new`() = World.test {
        val model = sorted(can)
        var asked: List<app.kerbside.api.Item>? = null
        engine.again = { known ->
            asked = known
            flowOf(SortEvent.ItemFound(0, jar), SortEvent.Done(Analysis(10, 10, known + jar)))
        }
        model.tap(Point(0.7f, 0.7f), slack)
        assertEquals(listOf(can), asked)
        assertEquals(listOf(Outlined(can), Outlined(jar)), model.state.value.items)
        assertEquals(1, model.state.value.selected)
        assertNull(model.state.value.nothingAt)
    }

    @Test
    fun `a closer look in vain says where, and keeps everything`() = World.test {
        val model = sorted(can)
        val at = Point(0.7f, 0.7f)
        model.tap(at, slack)
        assertEquals(at, model.state.value.nothingAt)
        assertEquals(listOf(Outlined(can)), model.state.value.items)
        assertEquals(0, model.state.value.selected)
        model.select(0)
        assertNull(model.state.value.nothingAt)
    }

    @Test
    fun `while the engine looks, a tap beside everything starts nothing`() = World.test {
        liveHere()
        engine.sorting = MutableSharedFlow()
        val model = model().apply { sort(photo) }
        model.tap(Point(0.7f, 0.7f), slack)
        assertIs<Phase.Looking>(model.state.value.phase)
    }

    @Test
    fun `an answer is added to what was seen and asked again`() = World.test {
        val model = sorted(can, jar)
        model.answer(1, Answer("Yes", Fact.Dirty(true)))
        val seen = model.state.value.items[1].item?.seen?.json
        assertEquals("glass+Dirty(dirty=true)", seen)
        val note = model.state.value.items[1].item?.instructions?.single()?.note
        assertEquals("$seen@here[north]en", note)
        assertEquals(can, model.state.value.items[0].item, "the others stay")
    }

    @Test
    fun `where one lives is an answer for everything, today and later`() = World.test {
        liveHere(emptyList())
        engine.sorting = flowOf(SortEvent.Done(Analysis(10, 10, listOf(can, jar))))
        val model = model().apply { sort(photo) }
        model.answer(0, Answer("South", Fact.Zone("south")))
        assertEquals(listOf("south"), settings.state.value.household?.zones)
        val notes = model.state.value.items.map { it.item?.instructions?.single()?.note }
        assertEquals(listOf("metal@here[south]en", "glass@here[south]en"), notes)
    }

    @Test
    fun `something else is two taps, and typing narrows the choice`() = World.test {
        val model = sorted(can, jar)
        model.startCorrection(1)
        assertEquals(engine.names, model.state.value.correction?.hits, "all items, before anything is typed")
        model.search("pi")
        assertEquals(listOf("pizza-box"), model.state.value.correction?.hits?.map { it.id })
        model.correct(ItemName("pizza-box", "Pizza box"))
        assertNull(model.state.value.correction)
        assertEquals("glass+IsItem(id=pizza-box)", model.state.value.items[1].item?.seen?.json)
    }

    @Test
    fun `the next process shows the same things without looking again`() = World.test {
        sorted(can, jar)
        engine.analysed.clear()
        val later = model().apply { restore() }
        assertEquals(listOf(can.outline, jar.outline), later.state.value.items.map { it.outline })
        assertEquals("metal@here[north]en", later.state.value.items[0].item?.instructions?.single()?.note)
        assertTrue(later.state.value.photo?.bytes.contentEquals(photo))
        assertEquals(emptyList(), engine.analysed)
    }

    @Test
    fun `a photo whose look was cut off by the end of the process is looked at again`() = World.test {
        liveHere()
        engine.sorting = MutableSharedFlow()
        model().sort(photo)
        engine.sorting = flowOf(SortEvent.Done(Analysis(10, 10, listOf(jar))))
        val later = model().apply { restore() }
        assertEquals(listOf(Outlined(jar)), later.state.value.items)
    }

    @Test
    fun `closing forgets the photo, on disk too`() = World.test {
        sorted(can).close()
        val later = model().apply { restore() }
        assertNull(later.state.value.photo)
    }

    @Test
    fun `another model is opened when it is chosen, and the old one closed`() = World.test {
        val model = sorted(can)
        engine.packList += PackInfo("big", "big", "1", "MIT", "us", 1, 1)
        settings.update { it.copy(packId = "big") }
        model.retry()
        assertEquals(listOf(PackInfo.BUNDLED, "big"), engine.opened)
        assertEquals(1, engine.closed)
        model.retry()
        assertEquals(2, engine.opened.size, "and not again for the next photo")
        assertNotNull(model.state.value.photo)
    }
}
