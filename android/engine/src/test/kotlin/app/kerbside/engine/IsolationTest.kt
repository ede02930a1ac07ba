package app.kerbside.engine

import java.io.File
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.junit.Test

class IsolationTest {
    private val sources = Repository.root.resolve("android").walk()
        .onEnter { it.name !in setOf("target", "build") }
        .filter { it.extension in setOf("kt", "java") }
        .toList()

    private fun knows(file: File) = "app.kerbside.ffi" in file.readText()

    @Test
    fun `no other module knows the generated types`() {
        val (own, others) = sources.partition { "android/engine/" in it.invariantSeparatorsPath }
        assertTrue(others.any { "android/api/" in it.invariantSeparatorsPath })
        assertTrue(own.any(::knows))
        assertEquals(emptyList(), others.filter(::knows))
    }
}
