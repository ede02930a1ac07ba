package app.kerbside.engine

import app.kerbside.api.Folders
import app.kerbside.api.Photo
import app.kerbside.api.Place
import app.kerbside.api.SortEvent
import java.time.Clock
import java.time.LocalDateTime
import java.time.ZoneOffset
import kotlinx.coroutines.flow.last

/** A case of `bindings/vectors/cases.json`, whose lines are one field each. */
internal class Vector(private val photo: String, private val place: Place, private val now: LocalDateTime) {
    /** What Kotlin says about it. */
    suspend fun analyze(folders: Folders): String {
        val clock = Clock.fixed(now.toInstant(ZoneOffset.UTC), ZoneOffset.UTC)
        return RustKerbside.open(folders, clock = clock).use { kerbside ->
            kerbside.sorter("bundled").use { sorter ->
                val bytes = Photo.Encoded(Repository.root.resolve(photo).readBytes())
                val done = sorter.analyze(bytes, place, now.toLocalDate()).last() as SortEvent.Done
                done.analysis.json
            }
        }
    }

    companion object {
        fun read(name: String): Vector {
            val cases = Repository.root.resolve("bindings/vectors/cases.json").readText().split("},")
            val case = cases.first { "\"name\": \"$name\"" in it }
            fun text(key: String) = Regex("\"$key\": \"([^\"]*)\"").find(case)!!.groupValues[1]
            val zones = Regex("\"zones\": \\[([^]]*)]").find(case)!!.groupValues[1]
            val place = Place(
                community = text("community"),
                zones = zones.split(",").map { it.trim(' ', '"') }.filter { it.isNotEmpty() },
                language = text("language"),
            )
            return Vector(text("photo"), place, LocalDateTime.parse(text("now")))
        }
    }
}
