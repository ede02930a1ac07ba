package app.kerbside

import android.app.Application
import app.kerbside.api.Folders
import app.kerbside.api.Kerbside
import java.io.File
import java.time.Clock
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.MainScope

/** The process. Holds the [graph]; the engine is opened when somebody first asks it something. */
open class App : Application() {
    open val graph by lazy { makeGraph() }

    protected open fun makeGraph() =
        Graph(this, filesDir, Clock.systemDefaultZone(), MainScope(), Dispatchers.IO, ::openEngine)

    private fun openEngine(): Kerbside {
        val bundled = Bundled(this, File(noBackupFilesDir, "bundled")).unpacked()
        val folders = Folders(File(bundled, "rules"), File(noBackupFilesDir, "packs"), File(bundled, "pack"))
        error("not connected to the engine yet: $folders")
    }

    @Deprecated("Deprecated in Java")
    @Suppress("DEPRECATION") // There is no other way to hear of it.
    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        if (level >= TRIM_MEMORY_RUNNING_LOW) graph.memoryWarning()
    }
}
