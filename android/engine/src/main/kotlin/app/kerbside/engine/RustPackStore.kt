package app.kerbside.engine

import app.kerbside.api.AdapterInfo
import app.kerbside.api.ImportProgress
import app.kerbside.api.KerbsideError
import app.kerbside.api.PackInfo
import app.kerbside.api.PackStore
import app.kerbside.ffi.ByteListener
import app.kerbside.ffi.ByteSource
import app.kerbside.ffi.CallbackException
import app.kerbside.ffi.CancelToken
import java.io.IOException
import java.io.InputStream
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.channels.ProducerScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.conflate

internal class RustPackStore(
    private val rust: app.kerbside.ffi.PackStore,
    private val thread: CoroutineDispatcher,
) : PackStore {
    override suspend fun list(): List<PackInfo> = work { rust.list().map { it.toApi() } }

    override fun import(archive: InputStream, totalBytes: Long, forPack: String): Flow<ImportProgress> =
        progress { cancel, listener ->
            val total = totalBytes.coerceAtLeast(0).toULong()
            rust.import(StreamSource(archive), total, forPack, cancel, listener).toApi()
        }

    override fun verify(packId: String): Flow<ImportProgress> = progress { cancel, listener ->
        rust.verify(packId, cancel, listener)
        rust.list().first { it.id == packId }.toApi()
    }

    override suspend fun remove(packId: String) = work { rust.remove(packId) }

    override suspend fun removeAdapter(packId: String, adapterId: String) = work { rust.removeAdapter(packId, adapterId) }

    private suspend fun <T> work(call: (CancelToken) -> T): T = onThread(thread, KerbsideError::BadPack, call)

    /** Only the newest number counts for somebody who is slow to look; the last one always arrives. */
    private fun progress(call: (CancelToken, ByteListener) -> PackInfo): Flow<ImportProgress> = channelFlow {
        val listener = BytesTold(this)
        val pack = work { cancel -> call(cancel, listener) }
        send(ImportProgress(listener.done, listener.total, pack))
    }.conflate()
}

/** Remembers how far it is, and tells. */
private class BytesTold(private val collector: ProducerScope<ImportProgress>) : ByteListener {
    var done = 0L
        private set
    var total = 0L
        private set

    override fun onBytes(done: ULong, total: ULong) {
        this.done = done.toLong()
        this.total = total.toLong()
        collector.trySend(ImportProgress(this.done, this.total))
    }
}

/** An input stream as the library reads one. */
private class StreamSource(private val stream: InputStream) : ByteSource {
    override fun read(most: UInt): ByteArray {
        val buffer = ByteArray(most.toInt())
        try {
            val n = stream.read(buffer)
            return if (n == buffer.size) buffer else buffer.copyOf(n.coerceAtLeast(0))
        } catch (error: IOException) {
            throw CallbackException.Failed(error.message ?: error.javaClass.simpleName)
        }
    }
}

internal fun app.kerbside.ffi.PackInfo.toApi() = PackInfo(
    id = id,
    name = name,
    version = version,
    licence = licence,
    attribution = attribution,
    bytes = bytes.toLong(),
    peakBytes = peakBytes.toLong(),
    masks = masks,
    random = random,
    adapters = adapters.map { AdapterInfo(it.id, it.bytes.toLong(), it.tasks, it.imported) },
    problem = problem,
)
