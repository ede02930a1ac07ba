package app.kerbside.engine

import java.io.ByteArrayInputStream
import java.io.File
import java.io.InputStream
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.runBlocking

/** Imports a pack into the folder given, says "half" in the middle and waits to be killed. */
fun main(arguments: Array<String>) = runBlocking {
    val bytes = otherPack()
    val stuck = object : InputStream() {
        private val inner = ByteArrayInputStream(bytes)
        override fun read() = error("nobody reads single bytes")
        override fun read(into: ByteArray, offset: Int, length: Int): Int {
            if (inner.available() < bytes.size / 2) {
                println("half")
                Thread.sleep(60_000)
            }
            return inner.read(into, offset, length)
        }
    }
    val kerbside = RustKerbside.open(folders(File(arguments.single())))
    kerbside.packs.import(stuck, bytes.size.toLong(), "bundled").collect()
}
