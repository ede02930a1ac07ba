package app.kerbside.state

import app.kerbside.api.ImportedDay
import app.kerbside.api.PackInfo
import app.kerbside.api.Place
import app.kerbside.api.ReminderLog
import app.kerbside.api.ReminderTimes
import java.time.Instant

/**
 * One place a person takes rubbish out at: home, the parents', a holiday flat.
 *
 * @property id never used twice
 * @property imported days of calendar files the person added
 */
data class Household(
    val id: Int,
    val community: String,
    val zones: List<String> = emptyList(),
    val reminders: ReminderTimes = ReminderTimes(),
    val log: ReminderLog = ReminderLog(),
    val imported: List<ImportedDay> = emptyList(),
) {
    fun place(language: String) = Place(community, zones, language)
}

/**
 * Everything the app remembers between starts, apart from the last photo.
 *
 * @property current id of the household that counts now
 * @property remindedUntil reminders up to this instant were shown
 */
data class Settings(
    val households: List<Household> = emptyList(),
    val current: Int = 0,
    val packId: String = PackInfo.BUNDLED,
    val remindedUntil: Instant = Instant.EPOCH,
) {
    val household get() = households.firstOrNull { it.id == current } ?: households.firstOrNull()

    fun with(household: Household) = copy(households = households.map { if (it.id == household.id) household else it })

    /** With one more household, which becomes the current one. */
    fun adding(community: String, zones: List<String>): Settings {
        val id = (households.maxOfOrNull { it.id } ?: 0) + 1
        return copy(households = households + Household(id, community, zones), current = id)
    }

    fun without(id: Int): Settings {
        val rest = households.filter { it.id != id }
        return copy(households = rest, current = if (current == id) rest.firstOrNull()?.id ?: 0 else current)
    }
}
