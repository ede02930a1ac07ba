package app.kerbside.places

import app.kerbside.Here
import app.kerbside.ViewModel
import app.kerbside.api.Community
import app.kerbside.api.KerbsideError
import app.kerbside.api.Zone
import app.kerbside.schedule.Named
import app.kerbside.state.json
import app.kerbside.state.texts
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.launch
import org.json.JSONArray
import org.json.JSONObject

/** What the places screens show: the households, and how far the choice of a new one is. */
data class PlacesState(
    val households: List<Named> = emptyList(),
    val current: Int = 0,
    val communities: List<Community> = emptyList(),
    val filter: String = "",
    val choice: Choice? = null,
    val loaded: Boolean = false,
    val error: KerbsideError? = null,
) {
    /** Communities whose name has a word that begins as the filter does. */
    val shown get() = communities.filter { community ->
        filter.isBlank() || community.name.split(' ', ',', '-').any { it.startsWith(filter.trim(), ignoreCase = true) }
    }
}

/**
 * The community that was chosen and the zones to choose from.
 *
 * @property household the household whose zones are changed; `null` for a new one
 * @property found zones that a postcode or address led to
 * @property missed whether it led nowhere
 */
data class Choice(
    val community: Community,
    val zones: List<Zone>,
    val household: Int? = null,
    val chosen: Set<String> = emptySet(),
    val postcode: String = "",
    val street: String = "",
    val number: String = "",
    val found: List<String> = emptyList(),
    val missed: Boolean = false,
) {
    val isNew get() = household == null
    val hasPostcodes get() = zones.any { it.postcodes.isNotEmpty() }
    val hasStreets get() = zones.any { it.streets.isNotEmpty() }

    /** Zones by what they are drawn for: of each group a household lies in one. */
    val groups get() = zones.groupBy { it.streams.toSet() }.values.toList()
}

class PlacesViewModel(private val here: Here, scope: CoroutineScope, private val onChanged: () -> Unit) :
    ViewModel<PlacesState>(PlacesState(), scope) {

    init {
        scope.launch { here.settings.state.drop(1).collect { if (state.value.loaded) load() } }
    }

    fun load() {
        launch(::failed) {
            val settings = here.settings.state.value
            val communities = here.engine().rules.communities(here.language())
            val named = settings.households.map { household ->
                val zones = here.engine().rules.zones(household.community, here.language())
                val detail = household.zones.mapNotNull { id -> zones.find { it.id == id }?.name }.joinToString(", ")
                Named(household.id, communities.find { it.id == household.community }?.name ?: household.community, detail.ifEmpty { null })
            }
            show {
                it.copy(
                    households = named, current = settings.household?.id ?: 0, communities = communities,
                    loaded = true, error = null,
                )
            }
        }
    }

    fun choose(household: Int) {
        here.settings.update { it.copy(current = household) }
        onChanged()
    }

    fun remove(household: Int) {
        here.settings.update { it.without(household) }
        onChanged()
    }

    fun startAdding() = show { it.copy(choice = null, filter = "") }

    fun filter(text: String) = show { it.copy(filter = text) }

    /** Chooses the community of a new household. Where no zones are, that is all. [done] hears when it is. */
    fun choose(community: Community, done: () -> Unit) {
        launch(::failed) {
            val zones = here.engine().rules.zones(community.id, here.language())
            if (zones.isEmpty()) {
                add(community, emptyList())
                done()
            } else {
                show { it.copy(choice = Choice(community, zones)) }
            }
        }
    }

    /** Changes the zones of a household. */
    fun edit(id: Int) {
        val household = here.settings.state.value.households.find { it.id == id } ?: return
        launch(::failed) {
            val community = here.community(household.community) ?: return@launch
            val zones = here.engine().rules.zones(community.id, here.language())
            show { it.copy(choice = Choice(community, zones, id, household.zones.toSet())) }
        }
    }

    /** How far the choice of a place is, for the next process. */
    fun save(): String? = state.value.choice?.let { choice ->
        json("community" to choice.community.id, "household" to choice.household, "chosen" to JSONArray(choice.chosen)).toString()
    }

    fun restore(saved: String) {
        if (state.value.choice != null) return
        launch(::failed) {
            val from = JSONObject(saved)
            val community = here.community(from.getString("community")) ?: return@launch
            val zones = here.engine().rules.zones(community.id, here.language())
            val household = if (from.has("household")) from.getInt("household") else null
            show { it.copy(choice = Choice(community, zones, household, from.optJSONArray("chosen").texts().toSet())) }
        }
    }

    fun backToCommunities() = show { it.copy(choice = null) }

    /** Chooses a zone instead of the others that are drawn for the same; or takes it back. */
    fun toggle(zone: Zone) = change { choice ->
        val rivals = choice.zones.filter { it.streams.toSet() == zone.streams.toSet() }.map { it.id }.toSet()
        choice.copy(chosen = if (zone.id in choice.chosen) choice.chosen - zone.id else choice.chosen - rivals + zone.id)
    }

    fun postcode(text: String) {
        change { it.copy(postcode = text, found = emptyList(), missed = false) }
        val choice = state.value.choice ?: return
        if (text.trim().length < SHORTEST_POSTCODE) return
        launch(::failed) { found(here.engine().rules.zonesOfPostcode(choice.community.id, text.trim())) }
    }

    fun street(text: String) = change { it.copy(street = text, found = emptyList(), missed = false) }

    fun number(text: String) = change { it.copy(number = text, found = emptyList(), missed = false) }

    fun findAddress() {
        val choice = state.value.choice ?: return
        val number = choice.number.trim().takeWhile(Char::isDigit).toIntOrNull() ?: return
        launch(::failed) { found(here.engine().rules.zonesOfAddress(choice.community.id, choice.street.trim(), number)) }
    }

    /** Streets that begin as what was typed does. */
    fun streets(): List<String> {
        val choice = state.value.choice ?: return emptyList()
        val typed = choice.street.trim()
        if (typed.length < 2) return emptyList()
        val all = choice.zones.flatMap { it.streets }.distinct().sorted()
        return all.filter { it.startsWith(typed, ignoreCase = true) && !it.equals(typed, ignoreCase = true) }.take(STREETS)
    }

    fun finish(done: () -> Unit) {
        val choice = state.value.choice ?: return
        val zones = choice.zones.map { it.id }.filter { it in choice.chosen }
        if (choice.household == null) {
            add(choice.community, zones)
        } else {
            here.settings.update { all ->
                all.households.find { it.id == choice.household }?.let { all.with(it.copy(zones = zones)) } ?: all
            }
            onChanged()
        }
        show { it.copy(choice = null) }
        done()
    }

    private fun add(community: Community, zones: List<String>) {
        here.settings.update { it.adding(community.id, zones) }
        onChanged()
    }

    private fun found(zones: List<String>) = change { choice ->
        val meant = choice.zones.filter { it.id in zones }
        val rivals = choice.zones.filter { zone -> meant.any { it.streams.toSet() == zone.streams.toSet() } }.map { it.id }
        choice.copy(found = zones, missed = zones.isEmpty(), chosen = choice.chosen - rivals.toSet() + zones)
    }

    private fun change(change: (Choice) -> Choice) = show { it.copy(choice = it.choice?.let(change)) }

    private fun failed(error: KerbsideError) = show { it.copy(error = error, loaded = true) }

    private companion object {
        const val SHORTEST_POSTCODE = 3
        const val STREETS = 5
    }
}
