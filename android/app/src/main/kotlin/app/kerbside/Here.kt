package app.kerbside

import app.kerbside.api.Community
import app.kerbside.api.Kerbside
import app.kerbside.api.Place
import app.kerbside.state.Household
import app.kerbside.state.SettingsStore
import java.time.Clock
import java.time.DateTimeException
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.ZoneId
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/**
 * Where the person is now, and what day it is there: collections happen on the community's days, wherever the phone is.
 *
 * @property language the tag texts are wanted in
 */
class Here(
    val settings: SettingsStore,
    private val clock: Clock,
    val language: () -> String,
    private val open: suspend () -> Kerbside,
) {
    private val opening = Mutex()
    private var opened: Kerbside? = null

    val household get() = settings.state.value.household
    val place get() = household?.let(::placeOf)

    /** Opened when somebody first asks it something; if that fails, tried again for the next one. */
    suspend fun engine(): Kerbside = opening.withLock { opened ?: open().also { opened = it } }

    fun placeOf(household: Household): Place = household.place(language())

    suspend fun community(id: String): Community? = engine().rules.communities(language()).find { it.id == id }

    /** The clock on the wall of the community; this phone's where its time zone is not known. */
    suspend fun now(community: String?): LocalDateTime =
        LocalDateTime.ofInstant(clock.instant(), timeZone(community))

    suspend fun today(): LocalDate = now(household?.community).toLocalDate()

    suspend fun timeZone(community: String?): ZoneId = try {
        community?.let { community(it) }?.let { ZoneId.of(it.timeZone) } ?: clock.zone
    } catch (_: DateTimeException) {
        clock.zone
    }

    fun instant(): Instant = clock.instant()
}
