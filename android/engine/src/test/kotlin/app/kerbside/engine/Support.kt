package app.kerbside.engine

import app.kerbside.api.Folders
import app.kerbside.api.Photo
import app.kerbside.api.Place
import java.io.ByteArrayOutputStream
import java.io.File
import java.nio.file.Files
import java.time.LocalDate
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

/** What the repository brings. */
internal object Repository {
    val root = File(System.getProperty("kerbside.root")).canonicalFile
    val rules = root.resolve("rules")
    val pack = root.resolve("models/kerbside-nano/pack")
    val vectors = File(System.getProperty("kerbside.vectors"))

    fun photo() = Photo.Encoded(root.resolve("models/kerbside-nano/example/photo.jpg").readBytes())
}

internal val zurich = Place("zurich", listOf("8004"), "en")
internal val someMonday: LocalDate = LocalDate.of(2026, 3, 2)

/** A fresh folder for a test's files, and the engine's folders in it. */
internal fun folders(library: File, bundled: File = Repository.pack) = Folders(Repository.rules, library, bundled)

internal fun temporaryFolder(): File = Files.createTempDirectory("kerbside").toFile().apply { deleteOnExit() }

/** Everything in a library but its lock. */
internal fun listing(library: File) = library.list().orEmpty().filter { it != ".import.lock" }.sorted()

/** A folder as a ZIP file whose lengths stand before the data, all under [prefix]. */
internal fun zipped(folder: File, prefix: String = "", change: (String, ByteArray) -> ByteArray = { _, bytes -> bytes }): ByteArray {
    val out = ByteArrayOutputStream()
    ZipOutputStream(out).use { zip ->
        zip.setMethod(ZipOutputStream.STORED)
        folder.walk().filter { it.isFile && !it.name.startsWith(".") }.sorted().forEach { file ->
            val name = file.relativeTo(folder).invariantSeparatorsPath
            val bytes = change(name, file.readBytes())
            val entry = ZipEntry(prefix + name)
            entry.size = bytes.size.toLong()
            entry.crc = CRC32().apply { update(bytes) }.value
            zip.putNextEntry(entry)
            zip.write(bytes)
        }
    }
    return out.toByteArray()
}

/** The bundled pack as a file to import, told apart from it by its version. */
internal fun otherPack() = zipped(Repository.pack) { name, bytes ->
    if (name != "pack.json") bytes
    else String(bytes).replace(Regex("\"version\": \"[^\"]*\""), "\"version\": \"9.9.9\"").toByteArray()
}
