package app.kerbside

import app.kerbside.support.repository
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals

/** Maven builds and tests what Gradle builds for the phone. */
class BuildFilesTest {
    private val android = File(repository, "android")

    private fun first(path: String, pattern: String): String =
        checkNotNull(Regex(pattern).find(File(android, path).readText())) { "$pattern in $path" }.groupValues[1]

    @Test
    fun `both have the same versions`() {
        val pairs = listOf(
            "<kotlin.version>(.*?)<" to "kotlin\\(\"android\"\\) version \"(.*?)\"",
            "<coroutines.version>(.*?)<" to "extra\\[\"coroutines\"] = \"(.*?)\"",
            "<jna.version>(.*?)<" to "extra\\[\"jna\"] = \"(.*?)\"",
        )
        for ((maven, gradle) in pairs) assertEquals(first("pom.xml", maven), first("build.gradle.kts", gradle), maven)
        assertEquals(first("app/pom.xml", "<version>(.*?)<"), first("app/build.gradle.kts", "versionName = \"(.*?)\""))
    }

    @Test
    fun `both make an app for the same phones`() {
        for ((attribute, setting) in listOf("minSdkVersion" to "minSdk", "targetSdkVersion" to "targetSdk")) {
            assertEquals(first("app/pom.xml", "$attribute=\"(\\d+)\""), first("app/build.gradle.kts", "$setting = (\\d+)"), setting)
        }
    }

    @Test
    fun `the app brings along nothing but Kotlin, coroutines and JNA`() {
        val libraries = listOf("app", "engine", "api").flatMap { module ->
            val text = File(android, "$module/build.gradle.kts").readText()
            Regex("(?:implementation|api|compileOnly)\\(\"(.*?):\\$").findAll(text).map { it.groupValues[1] }
        }.toSet()
        val allowed = setOf("org.jetbrains.kotlinx:kotlinx-coroutines-core", "org.jetbrains.kotlinx:kotlinx-coroutines-android", "net.java.dev.jna:jna")
        assertEquals(allowed, libraries)
    }
}
