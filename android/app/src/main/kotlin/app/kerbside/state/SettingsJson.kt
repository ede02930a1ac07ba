package app.kerbside.state

import app.kerbside.api.ImportedDay
import app.kerbside.api.PackInfo
import app.kerbside.api.ReminderLog
import app.kerbside.api.ReminderTimes
import java.time.Instant
import java.time.LocalDate
import java.time.LocalTime
import org.json.JSONArray
import org.json.JSONObject

/** The settings as text and back. Unknown keys are passed over: an older app may read what a newer one wrote. */
internal object SettingsJson {
    fun write(settings: Settings): String = json(
        "households" to settings.households.toJson(::household),
        "current" to settings.current,
        "pack" to settings.packId,
        "reminded_until" to settings.remindedUntil.toString(),
    ).toString()

    /** @throws org.json.JSONException and java.time's, for what is no such text */
    fun read(text: String): Settings {
        val root = JSONObject(text)
        return Settings(
            households = root.optJSONArray("households").objects().map(::household),
            current = root.optInt("current"),
            packId = root.text("pack") ?: PackInfo.BUNDLED,
            remindedUntil = root.text("reminded_until")?.let(Instant::parse) ?: Instant.EPOCH,
        )
    }

    private fun household(household: Household) = json(
        "id" to household.id,
        "community" to household.community,
        "zones" to JSONArray(household.zones),
        "evening_before" to household.reminders.eveningBefore?.toString(),
        "morning_of" to household.reminders.morningOf?.toString(),
        "bring_back" to household.reminders.bringBack?.toString(),
        "done" to JSONObject(household.log.done.entries.associate { (day, streams) -> "$day" to JSONArray(streams) }),
        "snoozed" to JSONObject(household.log.snoozed.entries.associate { (day, until) -> "$day" to "$until" }),
        "imported" to household.imported.toJson {
            json("date" to "${it.date}", "title" to it.title, "streams" to JSONArray(it.streams))
        },
    )

    private fun household(from: JSONObject): Household {
        val time = { key: String -> from.text(key)?.let(LocalTime::parse) }
        val done = from.optJSONObject("done") ?: JSONObject()
        val snoozed = from.optJSONObject("snoozed") ?: JSONObject()
        return Household(
            id = from.getInt("id"),
            community = from.getString("community"),
            zones = from.optJSONArray("zones").texts(),
            reminders = ReminderTimes(time("evening_before"), time("morning_of"), time("bring_back")),
            log = ReminderLog(
                done.keys().asSequence().associate { LocalDate.parse(it) to done.getJSONArray(it).texts().toSet() },
                snoozed.keys().asSequence().associate { LocalDate.parse(it) to Instant.parse(snoozed.getString(it)) },
            ),
            imported = from.optJSONArray("imported").objects().map {
                ImportedDay(LocalDate.parse(it.getString("date")), it.getString("title"), it.optJSONArray("streams").texts())
            },
        )
    }
}
