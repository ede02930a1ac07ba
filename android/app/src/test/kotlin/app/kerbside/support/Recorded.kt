package app.kerbside.support

import app.kerbside.api.Analysis
import app.kerbside.api.Answer
import app.kerbside.api.Bag
import app.kerbside.api.BagSize
import app.kerbside.api.Box
import app.kerbside.api.Confidence
import app.kerbside.api.Contact
import app.kerbside.api.DropOff
import app.kerbside.api.Fact
import app.kerbside.api.Instruction
import app.kerbside.api.Item
import app.kerbside.api.Moment
import app.kerbside.api.NextCollection
import app.kerbside.api.Point
import app.kerbside.api.Polygon
import app.kerbside.api.Position
import app.kerbside.api.Question
import app.kerbside.api.Seen
import app.kerbside.api.SetOut
import app.kerbside.api.Site
import app.kerbside.api.Source
import app.kerbside.api.Stream
import app.kerbside.api.Verdict
import app.kerbside.api.WasteClass
import app.kerbside.api.Way
import app.kerbside.api.Why
import java.time.LocalDate
import java.time.LocalTime
import org.json.JSONArray
import org.json.JSONObject

/** What the real engine wrote (`cargo xtask sort --json`, `cargo xtask rules show --json`), for tests that do not run it. */
object Recorded {
    fun analysis(json: String): Analysis {
        val root = JSONObject(json)
        val photo = root.getJSONObject("photo")
        return Analysis(photo.getInt("width"), photo.getInt("height"), root.getJSONArray("items").map(::item), json = json)
    }

    private fun item(from: JSONObject): Item {
        val box = from.getJSONObject("box")
        val edge = { name: String -> box.getDouble(name).toFloat() }
        val sentences = from.getJSONArray("sentences")
        val instructions = from.getJSONArray("instructions").mapIndexed { at, it -> instruction(it, sentences.getString(at)) }
        return Item(
            label = from.getString("label"),
            box = Box(edge("x1"), edge("y1"), edge("x2"), edge("y2")),
            outline = from.getJSONArray("outline").map { Polygon(ring(it.getJSONArray("outer")), it.getJSONArray("holes").rings()) },
            confidence = when (from.getDouble("confidence")) {
                in 0.75..1.0 -> Confidence.Sure
                in 0.5..0.75 -> Confidence.Likely
                else -> Confidence.Unsure
            },
            seen = Seen("{\"class\":\"${from.getString("label")}\"}"),
            instructions = instructions,
        )
    }

    private fun ring(points: JSONArray) = List(points.length()) {
        val point = points.getJSONArray(it)
        Point(point.getDouble(0).toFloat(), point.getDouble(1).toFloat())
    }

    private fun JSONArray.rings() = List(length()) { ring(getJSONArray(it)) }

    fun instruction(from: JSONObject, sentence: String) = Instruction(
        language = from.getString("language"),
        label = from.getString("label"),
        verdict = verdict(from.getString("verdict")),
        sentence = sentence,
        itemId = from.text("item"),
        partOf = from.text("part_of"),
        why = from.text("why")?.let { name -> Why.entries.first { it.name.equals(name.replace("_", ""), ignoreCase = true) } },
        stream = from.part("stream") { Stream(it.getString("id"), it.getString("name"), it.getString("icon")) },
        ways = from.getJSONArray("ways").map(::way),
        next = next(from.opt("next")),
        neverIn = from.getJSONArray("never_in").texts(),
        steps = from.getJSONArray("steps").texts(),
        note = from.text("note"),
        question = from.part("question") { asked ->
            Question(asked.getString("text"), asked.getJSONArray("answers").map { Answer(it.getString("text"), fact(it.get("fact"))) })
        },
        contact = from.part("contact") { Contact(it.getString("name"), it.text("phone"), it.text("email"), it.text("url")) },
        source = from.part("source", ::source),
        changesOn = from.text("changes_on")?.let(LocalDate::parse),
    )

    private fun verdict(name: String) = Verdict.entries.first { it.name.equals(name.replace("_", ""), ignoreCase = true) }

    private fun way(from: JSONObject) = Way(
        verdict = verdict(from.getString("how")),
        container = from.text("container"),
        colour = from.text("colour"),
        place = from.part("place") { place ->
            DropOff(
                place.getString("id"), place.getString("name"), place.text("address"), position(place), place.text("opening_hours"),
                place.text("note"), place.getJSONArray("sites").map { Site(it.getString("name"), position(it), it.text("opening_hours")) },
            )
        },
        bags = from.getJSONArray("bags").map { bag ->
            val sizes = bag.getJSONArray("sizes").map { BagSize(it.getInt("litres"), it.text("price"), it.text("as_of"), it.text("covers")) }
            Bag(bag.getString("id"), bag.getString("name"), bag.text("colour"), sizes, bag.text("sold_at"), bag.text("not_valid"))
        },
        setOut = from.part("set_out") { SetOut(it.part("from", ::moment), it.part("by", ::moment)) },
        refund = from.text("refund"),
        note = from.text("note"),
        source = from.part("source", ::source),
    )

    private fun moment(from: JSONObject) = Moment(from.getInt("day"), LocalTime.parse(from.getString("time")))

    private fun position(from: JSONObject) =
        from.optJSONArray("position")?.let { Position(it.getDouble(0), it.getDouble(1)) }

    private fun source(from: JSONObject) = Source(
        from.getString("title"), from.getString("publisher"), from.getString("url"),
        LocalDate.parse(from.getString("retrieved")), from.text("verified")?.let(LocalDate::parse),
    )

    private fun next(from: Any?): NextCollection? = when {
        from == "ask_zone" -> NextCollection.AskZone
        from is JSONObject && from.has("on") -> from.getJSONObject("on").let { on ->
            NextCollection.On(LocalDate.parse(on.getString("date")), on.text("instead_of")?.let(LocalDate::parse), on.text("reason"))
        }
        from is JSONObject && from.has("no_official_dates") ->
            NextCollection.NoOfficialDates(LocalDate.parse(from.getJSONObject("no_official_dates").getString("since")))
        else -> null
    }

    private fun fact(from: Any): Fact {
        if (from == "nothing_fits") return Fact.NothingFits
        if (from == "not_that_item") return Fact.NotThatItem
        val fact = from as JSONObject
        return when (val key = fact.keys().next()) {
            "item" -> Fact.IsItem(fact.getString(key))
            "state" -> Fact.Dirty(fact.getString(key) == "dirty")
            "size_cm" -> Fact.SizeCm(fact.getInt(key))
            "deposit_mark" -> Fact.DepositMark(fact.getBoolean(key))
            "mostly" -> fact.getJSONObject(key).let { Fact.Mostly(WasteClass.of(it.getString("class")), it.getBoolean("so")) }
            "hazard" -> fact.getJSONObject(key).let { Fact.Hazard(it.getString("id"), it.getBoolean("present")) }
            "zone" -> Fact.Zone(fact.getString(key))
            else -> error(key)
        }
    }

    private fun JSONObject.text(key: String) = if (isNull(key)) null else getString(key)

    private fun <T> JSONObject.part(key: String, read: (JSONObject) -> T): T? = optJSONObject(key)?.let(read)

    private fun JSONArray.texts() = List(length(), ::getString)

    private fun <T> JSONArray.map(read: (JSONObject) -> T) = List(length()) { read(getJSONObject(it)) }

    private fun <T> JSONArray.mapIndexed(read: (Int, JSONObject) -> T) = List(length()) { read(it, getJSONObject(it)) }
}
