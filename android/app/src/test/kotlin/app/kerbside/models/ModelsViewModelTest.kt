package app.kerbside.models

import app.kerbside.api.AdapterInfo
import app.kerbside.api.ImportProgress
import app.kerbside.api.KerbsideError
import app.kerbside.api.PackInfo
import app.kerbside.result.Sorters
import app.kerbside.support.World
import java.io.IOException
import java.io.InputStream
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf

class ModelsViewModelTest {
    private val big = PackInfo("big-1", "big", "1", "MIT", "us", 5, 5, adapters = listOf(AdapterInfo("mine", 5, emptyList(), imported = true)))
    private val file = Picked(10) { InputStream.nullInputStream() }

    private fun World.model() = ModelsViewModel(here, Sorters(here), scope, io).apply { load() }

    @Test
    fun `an import shows how far it is and then the new pack`() = World.test {
        val progress = MutableSharedFlow<ImportProgress>()
        engine.importing = progress
        val model = model().apply { import(file) }
        assertEquals(Work(null, null), model.state.value.work)
        progress.emit(ImportProgress(4, 16))
        assertEquals(0.25f, model.state.value.work?.share)
        model.cancel()
        assertNull(model.state.value.work)
        assertEquals(0, progress.subscriptionCount.value, "the engine has stopped")
        engine.importing = flow {
            engine.packList += big
            emit(ImportProgress(16, 16, big))
        }
        model.import(file)
        assertEquals(listOf(PackInfo.BUNDLED, "big-1"), model.state.value.packs.map { it.id })
    }

    @Test
    fun `a broken archive and an unreadable file say so and leave everything`() = World.test {
        engine.importing = flow { throw KerbsideError.BadPack("weights.safetensors: wrong hash") }
        val model = model().apply { import(file) }
        assertEquals("weights.safetensors: wrong hash", assertIs<KerbsideError.BadPack>(model.state.value.error).detail)
        assertNull(model.state.value.work)
        model.dismissError()
        model.import(Picked(0) { throw IOException("gone") })
        assertIs<KerbsideError.Storage>(model.state.value.error)
        assertEquals(1, model.state.value.packs.size)
    }

    @Test
    fun `only one thing is done at a time`() = World.test {
        val progress = MutableSharedFlow<ImportProgress>()
        engine.importing = progress
        val model = model().apply { import(file) }
        model.verify(engine.packList[0])
        assertEquals(1, progress.subscriptionCount.value)
        assertNull(model.state.value.work?.packId)
    }

    @Test
    fun `a pack that was read to the last byte is called intact until it is checked anew`() = World.test {
        engine.importing = flowOf(ImportProgress(1, 1))
        val model = model().apply { verify(engine.packList[0]) }
        assertTrue(PackInfo.BUNDLED in model.state.value.intact)
        engine.importing = flow { throw KerbsideError.BadPack("tokenizer.json") }
        model.verify(engine.packList[0])
        assertTrue(model.state.value.intact.isEmpty())
    }

    @Test
    fun `a pack in use that is removed gives way to the bundled one`() = World.test {
        engine.packList += big
        val model = model()
        model.use(big)
        assertEquals("big-1", settings.state.value.packId)
        model.remove(big)
        assertEquals(PackInfo.BUNDLED, model.state.value.inUse)
        assertEquals(listOf(PackInfo.BUNDLED), model.state.value.packs.map { it.id })
    }

    @Test
    fun `an imported adapter can be removed again`() = World.test {
        engine.packList += big
        val model = model()
        model.removeAdapter(big, "mine")
        assertEquals(emptyList(), model.state.value.packs.first { it.id == "big-1" }.adapters)
    }
}
