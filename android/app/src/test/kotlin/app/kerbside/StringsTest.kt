package app.kerbside

import app.kerbside.support.repository
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.w3c.dom.Element

/** The texts of the app, as files. */
class StringsTest {
    private val main = File(repository, "android/app/src/main")

    private data class Text(val key: String, val value: String, val translatable: Boolean)

    private fun texts(folder: String): List<Text> {
        val document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(File(main, "res/$folder/strings.xml"))
        val nodes = document.documentElement.childNodes
        return (0 until nodes.length).map(nodes::item).filterIsInstance<Element>().map {
            Text(it.getAttribute("name"), it.textContent.trim(), it.getAttribute("translatable") != "false")
        }
    }

    private val english = texts("values")
    private val german = texts("values-de")

    @Test
    fun `both languages say everything`() {
        assertTrue(english.size > 150)
        assertEquals(english.filter { it.translatable }.map { it.key }, german.map { it.key })
        assertTrue((english + german).none { it.value.isBlank() })
    }

    @Test
    fun `the gaps are the same in both languages`() {
        val gaps = Regex("%(\\d\\$)?[sd]")
        fun gaps(text: Text) = gaps.findAll(text.value).map { it.value }.toSet()
        val other = german.associateBy { it.key }
        for (text in english.filter { it.translatable }) assertEquals(gaps(text), other[text.key]?.let(::gaps), text.key)
    }

    @Test
    fun `nothing is left of a text nobody shows`() {
        val sources = main.walk().filter { it.extension in setOf("kt", "xml") && it.name != "strings.xml" }.map { it.readText() }.toList()
        val used = Regex("(?:R\\.(?:string|plurals)\\.|@string/)([a-z_0-9]+)")
        val names = sources.flatMap { source -> used.findAll(source).map { it.groupValues[1] } }.toSet()
        assertEquals(emptySet(), english.map { it.key }.toSet() - names)
    }

    @Test
    fun `nothing is said in the code`() {
        val said = Regex("(?:\\.text|contentDescription|hint|tooltipText) = \"[^\"$]*[A-Za-z]{2,}")
        val found = main.walk().filter { it.extension == "kt" }.flatMap { file -> said.findAll(file.readText()).map { "${file.name}: ${it.value}" } }
        assertEquals(emptyList(), found.toList())
    }
}
