package app.kerbside.state

import java.io.File
import java.io.FileOutputStream
import java.nio.file.Files
import java.nio.file.StandardCopyOption

/** A file that is written whole or not at all: beside it, synced, then renamed over it. */
internal class SmallFile(private val file: File) {
    fun read(): ByteArray? = if (file.exists()) file.readBytes() else null

    fun write(bytes: ByteArray) {
        file.parentFile?.mkdirs()
        val growing = File(file.path + ".new")
        FileOutputStream(growing).use {
            it.write(bytes)
            it.fd.sync()
        }
        Files.move(growing.toPath(), file.toPath(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING)
    }

    fun delete() {
        file.delete()
    }
}
