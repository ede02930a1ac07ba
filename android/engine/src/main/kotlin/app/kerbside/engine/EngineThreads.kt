package app.kerbside.engine

import app.kerbside.api.KerbsideError
import app.kerbside.ffi.CancelToken
import java.util.concurrent.Executors
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExecutorCoroutineDispatcher
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.CoroutineDispatcher

/** One thread for each kind of work: a search does not wait for a photo, a photo not for an import. */
internal class EngineThreads : AutoCloseable {
    val sorting = single("sorting")
    val rules = single("rules")
    val packs = single("packs")

    override fun close() = listOf(sorting, rules, packs).forEach { it.close() }

    private fun single(name: String): ExecutorCoroutineDispatcher =
        Executors.newSingleThreadExecutor { work -> Thread(work, "kerbside-$name").apply { isDaemon = true } }
            .asCoroutineDispatcher()
}

/**
 * Calls the library on its thread. Cancelling the caller stops [work] through its token and waits until it has stopped: by
 * then nothing is used any more.
 *
 * @param notFound what a name that leads nowhere means here
 */
internal suspend fun <T> onThread(
    thread: CoroutineDispatcher,
    notFound: (String) -> KerbsideError,
    work: (CancelToken) -> T,
): T = CancelToken().use { token ->
    coroutineScope {
        val watch = launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) {
            try {
                awaitCancellation()
            } finally {
                token.cancel()
            }
        }
        try {
            withContext(thread) { translated(notFound) { work(token) } }
        } finally {
            withContext(NonCancellable) { watch.cancelAndJoin() }
        }
    }
}
