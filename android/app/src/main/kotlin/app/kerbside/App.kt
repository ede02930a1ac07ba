package app.kerbside

import android.app.ActivityManager
import android.app.Application
import app.kerbside.api.Folders
import app.kerbside.api.Kerbside
import app.kerbside.api.KerbsideError
import app.kerbside.engine.RustKerbside
import java.io.File
import java.io.IOException
import java.time.Clock
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.MainScope

/** The process. Holds the [graph]; the engine is opened when somebody first asks it something. */
open class App : Application() {
    open val graph by lazy { makeGraph() }

    protected open fun makeGraph() =
        Graph(this, filesDir, Clock.systemDefaultZone(), MainScope(), Dispatchers.IO, ::openEngine)

    private suspend fun openEngine(): Kerbside = try {
        val bundled = Bundled(this, File(noBackupFilesDir, "bundled")).unpacked()
        val folders = Folders(File(bundled, "rules"), File(noBackupFilesDir, "packs"), File(bundled, "pack"))
        RustKerbside.open(folders, ::freeMemory)
    } catch (error: IOException) {
        throw KerbsideError.Storage(error.message.orEmpty())
    }

    private fun freeMemory(): Long =
        ActivityManager.MemoryInfo().also { service<ActivityManager>().getMemoryInfo(it) }.availMem

    @Deprecated("Deprecated in Java")
    @Suppress("DEPRECATION") // There is no other way to hear of it.
    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        if (level >= TRIM_MEMORY_RUNNING_LOW) graph.memoryWarning()
    }
}
