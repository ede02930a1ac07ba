package app.kerbside.support

import app.kerbside.api.AdapterInfo
import app.kerbside.api.Community
import app.kerbside.api.Contact
import app.kerbside.api.ItemName
import app.kerbside.api.PackInfo
import app.kerbside.api.SortEvent
import app.kerbside.api.Stream
import app.kerbside.api.Zone
import java.io.File
import java.time.LocalDate
import java.time.LocalTime
import kotlinx.coroutines.flow.flowOf
import org.json.JSONArray
import org.json.JSONObject

/**
 * What there really is to show: rule packs and model pack as they lie in the repository, and in `resources/recorded` what
 * the engine printed.
 *
 * ```text
 * example-zurich-*.json  cargo xtask sort --json --language …
 * carton-zurich-*.json   the same for a photo of a cardboard box: its first instruction
 * shibuya-*.txt          cargo xtask schedule --community shibuya --zone ebisu-1-2 --from 2026-11-29 --days 66
 * ```
 */
object RealWords {
    fun engine(language: String): FakeKerbside {
        val engine = FakeKerbside()
        val packs = File(repository, "rules").walk().filter { it.name == "pack.json" }.toList()
        engine.communities.clear()
        engine.communities += packs.map { community(JSONObject(it.readText()), language) }.sortedBy { it.name }
        engine.zones = packs.associate { it.parentFile.name to rows(File(it.parentFile, "zones.json")).map { zone -> zone(zone, language) } }
        val zurich = File(repository, "rules/ch/zurich")
        engine.names = rows(File(zurich, "items.json")).map { ItemName(it.getString("id"), it.name(language)) }.sortedBy { it.name }
        engine.plan = plan(language)
        engine.closes = LocalTime.of(8, 0)
        engine.sorting = flowOf(SortEvent.Done(Recorded.analysis(recorded("example-zurich-$language.json"))))
        val carton = JSONObject(recorded("carton-zurich-$language.json"))
        engine.answering = { listOf(Recorded.instruction(carton.getJSONObject("instruction"), carton.getString("sentence"))) }
        engine.packList = mutableListOf(model())
        return engine
    }

    private fun recorded(name: String) = checkNotNull(javaClass.getResource("/recorded/$name")) { name }.readText()

    private fun rows(file: File) = if (file.exists()) JSONArray(file.readText()).let { List(it.length(), it::getJSONObject) } else emptyList()

    private fun JSONObject.text(key: String, language: String): String? = optJSONObject(key)?.let { texts ->
        texts.optString(language).ifEmpty { texts.optString("en") }
    }

    private fun JSONObject.name(language: String) = text("names", language) ?: getString("id")

    private fun community(from: JSONObject, language: String) = Community(
        from.getString("id"), from.name(language), from.getString("country"), emptyList(), from.getString("time_zone"),
        from.getString("version"), LocalDate.parse(from.getString("from")), LocalDate.parse(from.getString("until")),
        from.getString("licence"), from.optJSONArray("attribution")?.let { List(it.length(), it::getString) }.orEmpty(),
        Contact(from.getJSONObject("contact").getString("name")), from.text("zone_question", language),
    )

    private fun zone(from: JSONObject, language: String) = Zone(
        from.getString("id"), from.name(language),
        postcodes = from.optJSONArray("postcodes")?.let { List(it.length(), it::getString) }.orEmpty(),
        streams = from.optJSONArray("streams")?.let { List(it.length(), it::getString) }.orEmpty(),
    )

    /** Lines such as `Thu 2026-12-03  Burnable waste  out by Thu 08:00`. */
    private fun plan(language: String): Map<LocalDate, List<Stream>> {
        val names = rows(File(repository, "rules/jp/shibuya/streams.json")).flatMap { stream ->
            val texts = stream.getJSONObject("names")
            texts.keys().asSequence().map { texts.getString(it) to Stream(stream.getString("id"), texts.getString(it), stream.getString("icon")) }
        }.toMap()
        return recorded("shibuya-$language.txt").lines().filter { " out by " in it }.map { it.split("  ") }
            .groupBy({ (day) -> LocalDate.parse(day.substringAfter(' ')) }, { (_, name) -> names.getValue(name) })
    }

    private fun model(): PackInfo {
        val pack = JSONObject(File(repository, "models/kerbside-nano/pack/pack.json").readText())
        val files = pack.getJSONArray("files").let { List(it.length(), it::getJSONObject) }
        val adapter = files.filter { "adapters/segment/" in it.getString("path") }.sumOf { it.getLong("bytes") }
        return PackInfo(
            PackInfo.BUNDLED, pack.getString("name"), pack.getString("version"), pack.getString("licence"), pack.getString("attribution"),
            files.sumOf { it.getLong("bytes") }, pack.getLong("peak_bytes"), adapters = listOf(AdapterInfo("segment", adapter, listOf("segment"))),
        )
    }
}
