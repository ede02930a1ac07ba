package app.kerbside.models

import app.kerbside.Here
import app.kerbside.ViewModel
import app.kerbside.api.ImportProgress
import app.kerbside.api.KerbsideError
import app.kerbside.api.PackInfo
import app.kerbside.result.Sorters
import java.io.IOException
import java.io.InputStream
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.withContext

/** What the models screen shows. */
data class ModelsState(
    val packs: List<PackInfo> = emptyList(),
    val inUse: String = PackInfo.BUNDLED,
    val work: Work? = null,
    val intact: Set<String> = emptySet(),
    val error: KerbsideError? = null,
    val loaded: Boolean = false,
)

/** What is being done: [packId] is `null` while something is imported. [share] is `0..1`, `null` if nobody knows. */
data class Work(val packId: String?, val share: Float?)

/** A file a person picked; [bytes] is 0 if its size is not known. */
class Picked(val bytes: Long, val open: () -> InputStream)

class ModelsViewModel(
    private val here: Here,
    private val sorters: Sorters,
    scope: CoroutineScope,
    private val io: CoroutineDispatcher,
) : ViewModel<ModelsState>(ModelsState(), scope) {
    private var working: Job? = null

    fun load() {
        launch(::failed) { list() }
    }

    fun use(pack: PackInfo) {
        here.settings.update { it.copy(packId = pack.id) }
        show { it.copy(inUse = pack.id) }
    }

    /** Imports a pack or adapter. Cancelled or failed, everything is as it was before. */
    fun import(picked: Picked) = work(null) {
        withContext(io) { picked.open() }.use { follow(null, here.engine().packs.import(it, picked.bytes, state.value.inUse)) }
        // An adapter counts for a pack that may be open.
        sorters.close()
    }

    fun verify(pack: PackInfo) = work(pack.id) {
        show { it.copy(intact = it.intact - pack.id) }
        follow(pack.id, here.engine().packs.verify(pack.id))
        show { it.copy(intact = it.intact + pack.id) }
    }

    fun remove(pack: PackInfo) = work(pack.id) {
        sorters.close()
        here.engine().packs.remove(pack.id)
        if (state.value.inUse == pack.id) here.settings.update { it.copy(packId = PackInfo.BUNDLED) }
    }

    fun removeAdapter(pack: PackInfo, adapter: String) = work(pack.id) {
        sorters.close()
        here.engine().packs.removeAdapter(pack.id, adapter)
    }

    fun cancel() {
        working?.cancel()
        show { it.copy(work = null) }
    }

    fun dismissError() = show { it.copy(error = null) }

    private fun work(packId: String?, doIt: suspend () -> Unit) {
        if (state.value.work != null) return
        show { it.copy(work = Work(packId, null), error = null) }
        working = launch(::failed) {
            try {
                doIt()
            } catch (error: IOException) {
                throw KerbsideError.Storage(error.message.orEmpty())
            }
            list()
            show { it.copy(work = null) }
        }
    }

    private suspend fun follow(packId: String?, progress: Flow<ImportProgress>) = progress.collect { step ->
        val share = if (step.totalBytes > 0) (step.doneBytes.toFloat() / step.totalBytes).coerceIn(0f, 1f) else null
        show { it.copy(work = Work(packId, share)) }
    }

    private suspend fun list() {
        val packs = here.engine().packs.list()
        show { it.copy(packs = packs, inUse = here.settings.state.value.packId, loaded = true) }
    }

    private fun failed(error: KerbsideError) = show { it.copy(error = error, work = null, loaded = true) }
}
