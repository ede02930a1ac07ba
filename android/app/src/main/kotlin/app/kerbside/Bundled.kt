package app.kerbside

import android.content.Context
import java.io.File

/** The rule packs and the model pack that come with the app, as files the engine can map. */
internal class Bundled(private val context: Context, private val folder: File) {
    /** The folder they are in, unpacked anew after the app was updated. */
    fun unpacked(): File {
        val version = context.packageManager.getPackageInfo(context.packageName, 0).lastUpdateTime.toString()
        val mark = File(folder, "version")
        if (mark.exists() && mark.readText() == version) return folder
        folder.deleteRecursively()
        unpack("rules")
        unpack("pack")
        // Last: what was interrupted is done again.
        mark.writeText(version)
        return folder
    }

    private fun unpack(path: String) {
        val entries = context.assets.list(path).orEmpty()
        val here = File(folder, path)
        if (entries.isEmpty()) {
            here.parentFile?.mkdirs()
            context.assets.open(path).use { from -> here.outputStream().use { from.copyTo(it) } }
        } else {
            here.mkdirs()
            entries.forEach { unpack("$path/$it") }
        }
    }
}
