package app.kerbside.engine

import app.kerbside.api.Fact
import app.kerbside.api.KerbsideError
import app.kerbside.api.Place
import app.kerbside.api.Verdict
import java.time.LocalDate
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotEquals
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runTest
import org.junit.After
import org.junit.Before
import org.junit.Test

class RuleBookTest {
    private lateinit var kerbside: RustKerbside

    @Before
    fun open() = runBlocking { kerbside = RustKerbside.open(folders(temporaryFolder())) }

    @After
    fun close() = kerbside.close()

    @Test
    fun `every community of the repository is there, by name`() = runTest {
        val all = kerbside.rules.communities("en")
        val folders = Repository.rules.walk().maxDepth(3).filter { it.name == "pack.json" }.count()
        assertEquals(folders, all.size)
        assertEquals(all.map { it.name }.sorted(), all.map { it.name })
        val zurich = all.first { it.id == "zurich" }
        assertEquals("ch" to "Europe/Zurich", zurich.country to zurich.timeZone)
        assertTrue(zurich.from < zurich.until && zurich.contact.name.isNotBlank())
        val german = kerbside.rules.communities("de-CH").first { it.id == "zurich" }
        assertEquals("Stadt Zürich", german.name)
    }

    @Test
    fun `zones are found by postcode and not elsewhere`() = runTest {
        assertEquals(24, kerbside.rules.zones("zurich", "de").size)
        assertEquals(listOf("8004"), kerbside.rules.zonesOfPostcode("zurich", " 8004 "))
        assertEquals(emptyList(), kerbside.rules.zonesOfPostcode("zurich", "3000"))
        assertEquals(emptyList(), kerbside.rules.zonesOfAddress("zurich", "Nirgendsgasse", 7))
    }

    @Test
    fun `typing errors and other languages find the item`() = runTest {
        suspend fun first(query: String, language: String) =
            kerbside.rules.search(query, zurich.copy(language = language)).firstOrNull()
        for ((query, language) in listOf("batery" to "en", "batterei" to "de", "BATTERIE" to "de")) {
            assertEquals("battery", first(query, language)?.id, query)
        }
        assertEquals(null, first("qqqqqq", "en"))
        val alias = assertNotNull(first("Mineralwasserflasche", "de"))
        assertEquals("Mineralwasserflasche", alias.word)
        assertNotEquals(alias.word, alias.name)
    }

    @Test
    fun `items stand from A to Z`() = runTest {
        val german = kerbside.rules.items(zurich.copy(language = "de"))
        val english = kerbside.rules.items(zurich)
        assertEquals(german.map { it.id }.toSet(), english.map { it.id }.toSet())
        assertTrue(english.size > 60)
        val initials = english.map { it.name.first().uppercaseChar() }.filter { it in 'A'..'Z' }
        assertEquals(initials.sorted(), initials)
    }

    @Test
    fun `an item that was chosen leads to an instruction with its source`() = runTest {
        val chosen = kerbside.rules.item("battery")
        val instruction = kerbside.rules.instructions(chosen, zurich, someMonday).first()
        assertEquals("battery", instruction.itemId)
        assertTrue(instruction.verdict !in listOf(Verdict.Ask, Verdict.Unknown), "$instruction")
        assertTrue(instruction.ways.isNotEmpty() && instruction.stream != null)
        assertContains(assertNotNull(instruction.source).url, "://")
        assertTrue(instruction.neverIn.isNotEmpty() || instruction.ways[0].place != null)
    }

    @Test
    fun `every answer to every question about every item settles it or asks on`() = runTest {
        val nowhere = zurich.copy(zones = emptyList())
        var asked = 0
        for (item in kerbside.rules.items(nowhere)) {
            val seen = kerbside.rules.item(item.id)
            val question = kerbside.rules.instructions(seen, nowhere, someMonday).first().question ?: continue
            assertTrue(question.text.isNotBlank() && question.answers.size >= 2, "$item")
            for (answer in question.answers) {
                asked += 1
                val place = (answer.fact as? Fact.Zone)?.let { nowhere.copy(zones = listOf(it.id)) } ?: nowhere
                val next = kerbside.rules.instructions(kerbside.rules.answered(seen, answer.fact), place, someMonday)
                assertNotEquals(question, next.first().question, "$item: ${answer.text} changed nothing")
            }
        }
        assertTrue(asked > 0)
    }

    @Test
    fun `parts name what they are taken off`() = runTest {
        val parts = kerbside.rules.items(zurich).flatMap { item ->
            kerbside.rules.instructions(kerbside.rules.item(item.id), zurich, someMonday).drop(1).map { it to item.name }
        }
        assertTrue(parts.isNotEmpty())
        for ((part, whole) in parts) assertEquals(whole, part.partOf)
    }

    @Test
    fun `outside its time a pack knows nothing and names whom to ask`() = runTest {
        val long = LocalDate.of(2050, 1, 1)
        val instruction = kerbside.rules.instructions(kerbside.rules.item("battery"), zurich, long).single()
        assertEquals(Verdict.Unknown, instruction.verdict)
        assertEquals("OutOfDate", instruction.why?.name)
        assertTrue(assertNotNull(instruction.contact).name.isNotBlank())
    }

    @Test
    fun `streams have names in the asked language and pictograms`() = runTest {
        val english = kerbside.rules.streams(zurich)
        val german = kerbside.rules.streams(zurich.copy(language = "de"))
        assertEquals(english.map { it.id }, german.map { it.id })
        assertNotEquals(english.map { it.name }, german.map { it.name })
        assertTrue(english.all { it.icon.isNotBlank() })
    }

    @Test
    fun `a language the community does not write in becomes English`() = runTest {
        val stranger = Place("shibuya", language = "de-DE")
        val item = kerbside.rules.items(stranger).first()
        assertEquals("en", kerbside.rules.instructions(kerbside.rules.item(item.id), stranger, someMonday).first().language)
        assertEquals(kerbside.rules.items(stranger.copy(language = "en")), kerbside.rules.items(stranger))
        assertEquals("ja", kerbside.rules.instructions(kerbside.rules.item(item.id), stranger.copy(language = "ja"), someMonday).first().language)
    }

    @Test
    fun `an unknown community and missing rules are said`() = runTest {
        val unknown = assertFailsWith<KerbsideError.BadRules> { kerbside.rules.streams(Place("atlantis")) }
        assertContains(unknown.detail, "atlantis")
        val missing = folders(temporaryFolder()).copy(rules = temporaryFolder())
        assertContains(assertFailsWith<KerbsideError.BadRules> { RustKerbside.open(missing) }.detail, "install the app")
    }
}
