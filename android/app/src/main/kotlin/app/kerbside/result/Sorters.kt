package app.kerbside.result

import app.kerbside.Here
import app.kerbside.api.Sorter
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/** The open model pack: opened when the first photo comes, kept for the next ones, changed with the settings. */
class Sorters(private val here: Here) {
    private val opening = Mutex()
    private var open: Sorter? = null

    suspend fun get(): Sorter = opening.withLock {
        val wanted = here.settings.state.value.packId
        open?.takeIf { it.pack.id == wanted }?.let { return it }
        open?.close()
        open = null
        here.engine().sorter(wanted).also { open = it }
    }

    /** Before a pack is changed or removed. */
    suspend fun close() = opening.withLock {
        open?.close()
        open = null
    }

    fun memoryWarning() {
        open?.memoryWarning()
    }
}
