package app.kerbside.state

import org.json.JSONArray
import org.json.JSONObject

/** An object without the entries that are `null`. */
internal fun json(vararg entries: Pair<String, Any?>) = JSONObject().apply {
    entries.forEach { (key, value) -> if (value != null) put(key, value) }
}

internal fun <T> List<T>.toJson(item: (T) -> Any) = JSONArray().also { array -> forEach { array.put(item(it)) } }

internal fun JSONObject.text(key: String): String? = if (isNull(key)) null else getString(key)

internal fun JSONArray?.objects(): List<JSONObject> = this?.let { array -> List(array.length(), array::getJSONObject) }.orEmpty()

internal fun JSONArray?.texts(): List<String> = this?.let { array -> List(array.length(), array::getString) }.orEmpty()
