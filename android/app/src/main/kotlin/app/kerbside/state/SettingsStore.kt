package app.kerbside.state

import java.io.File
import java.io.IOException
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow

/** The settings of this phone. Every change is on disk before [update] returns. */
class SettingsStore(file: File) {
    private val stored = SmallFile(file)
    private val current = MutableStateFlow(load())
    val state: StateFlow<Settings> = current

    @Synchronized
    fun update(change: (Settings) -> Settings) {
        val changed = change(current.value)
        if (changed == current.value) return
        current.value = changed
        try {
            stored.write(SettingsJson.write(changed).toByteArray())
        } catch (_: IOException) {
            // No space left: the settings hold until the app ends, and the next change tries again.
        }
    }

    /** Settings that cannot be read are those of a new start: nothing else can be done about them. */
    private fun load(): Settings =
        runCatching { stored.read()?.let { SettingsJson.read(it.decodeToString()) } }.getOrNull() ?: Settings()
}
