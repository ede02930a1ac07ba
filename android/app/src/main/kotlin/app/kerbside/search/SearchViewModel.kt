package app.kerbside.search

import app.kerbside.Here
import app.kerbside.ViewModel
import app.kerbside.api.Answer
import app.kerbside.api.Fact
import app.kerbside.api.Instruction
import app.kerbside.api.ItemName
import app.kerbside.api.KerbsideError
import app.kerbside.api.Seen
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch

/** What the search screen shows: all items from A to Z, or those that fit the query, best first. */
data class SearchState(
    val query: String = "",
    val items: List<ItemName> = emptyList(),
    val loaded: Boolean = false,
    val hasPlace: Boolean = true,
    val page: ItemPage? = null,
    val error: KerbsideError? = null,
) {
    val isAll get() = query.isBlank()
}

/** One item as the community wants it. */
data class ItemPage(val id: String, val seen: Seen, val instructions: List<Instruction>)

class SearchViewModel(private val here: Here, scope: CoroutineScope) : ViewModel<SearchState>(SearchState(), scope) {
    private var searching: Job? = null

    init {
        scope.launch {
            val places = here.settings.state.map { it.household?.let(here::placeOf) }
            places.distinctUntilChanged().drop(1).collect {
                if (state.value.loaded) search(state.value.query)
                state.value.page?.let { page -> open(page.id) }
            }
        }
    }

    fun load() {
        if (!state.value.loaded) search(state.value.query)
    }

    fun search(query: String) {
        show { it.copy(query = query, hasPlace = here.place != null) }
        searching?.cancel()
        val place = here.place ?: return
        searching = launch(::failed) {
            val rules = here.engine().rules
            val items = if (query.isBlank()) rules.items(place) else rules.search(query.trim(), place)
            show { it.copy(items = items, loaded = true, error = null) }
        }
    }

    fun open(id: String) {
        show { shown -> if (shown.page?.id == id) shown else shown.copy(page = null) }
        launch(::failed) { turnTo(id, here.engine().rules.item(id)) }
    }

    fun answer(answer: Answer) {
        val page = state.value.page ?: return
        val fact = answer.fact
        if (fact is Fact.Zone) {
            here.settings.update { all ->
                all.household?.let { all.with(it.copy(zones = it.zones - fact.id + fact.id)) } ?: all
            }
        } else {
            launch(::failed) { turnTo(page.id, here.engine().rules.answered(page.seen, fact)) }
        }
    }

    private suspend fun turnTo(id: String, seen: Seen) {
        val place = here.place ?: return
        val instructions = here.engine().rules.instructions(seen, place, here.today())
        show { it.copy(page = ItemPage(id, seen, instructions)) }
    }

    private fun failed(error: KerbsideError) = show { it.copy(error = error, loaded = true) }
}
