package app.kerbside.result

import app.kerbside.Here
import app.kerbside.ViewModel
import app.kerbside.api.Answer
import app.kerbside.api.Fact
import app.kerbside.api.Item
import app.kerbside.api.ItemName
import app.kerbside.api.KerbsideError
import app.kerbside.api.Photo
import app.kerbside.api.Place
import app.kerbside.api.Point
import app.kerbside.api.SortEvent
import app.kerbside.state.SavedSort
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** One photo: looking at it, and everything a person can do with what was found. */
class ResultViewModel(
    private val here: Here,
    private val sorters: Sorters,
    private val saved: SavedSort,
    scope: CoroutineScope,
    private val io: CoroutineDispatcher,
) : ViewModel<ResultState>(ResultState(), scope) {
    private var looking: Job? = null
    private var searching: Job? = null

    init {
        scope.launch {
            val places = here.settings.state.map { it.household?.let(here::placeOf) }
            places.distinctUntilChanged().drop(1).collect { place -> if (place != null) refresh() }
        }
    }

    /** Looks at a new photo. */
    fun sort(jpeg: ByteArray) {
        val photo = TakenPhoto(jpeg)
        show { ResultState(photo, Phase.Looking()) }
        start {
            withContext(io) { saved.keep(jpeg) }
            look(photo)
        }
    }

    /** Shows the last photo again after the process has ended; looks at it again if it had not come to an end. */
    fun restore(selected: Int? = null) {
        if (state.value.photo != null) return
        looking = launch(::failed) {
            val (bytes, items) = withContext(io) { saved.photo() to saved.items() }
            val photo = bytes?.let(::TakenPhoto) ?: return@launch
            show { ResultState(photo, Phase.Looking()) }
            if (items == null) look(photo) else finish(resolved(items), selected ?: 0)
        }
    }

    fun retry() {
        val photo = state.value.photo ?: return
        show { ResultState(photo, Phase.Looking()) }
        start { look(photo) }
    }

    /** Stops looking; what was found so far stays. */
    fun cancel() {
        looking?.cancel()
        show { it.copy(phase = Phase.Done, items = it.items.filter { found -> found.item != null }) }
    }

    fun close() {
        looking?.cancel()
        show { ResultState() }
        scope.launch(io) { saved.clear() }
    }

    fun select(index: Int?) = show { it.copy(selected = index, nothingAt = null) }

    /** A finger on the photo: selects what lies there, or looks again around it. */
    fun tap(at: Point, slack: Point) {
        val shown = state.value
        val hit = HitTest.find(shown.items, at, slack)
        when {
            hit != null -> select(hit)
            shown.phase == Phase.Done -> lookAgain(at)
        }
    }

    fun lookAgain(at: Point) {
        val photo = state.value.photo ?: return
        val known = state.value.items.mapNotNull { it.item }
        show { it.copy(phase = Phase.Again(at), nothingAt = null) }
        start {
            val events = sorters.get().lookAgain(Photo.Encoded(photo.bytes), at, known, place(), here.today())
            follow(events, known, at)
        }
    }

    /** An answer to the question on an item's card. */
    fun answer(index: Int, answer: Answer) {
        val fact = answer.fact
        if (fact is Fact.Zone) {
            here.settings.update { all ->
                all.household?.let { all.with(it.copy(zones = it.zones - fact.id + fact.id)) } ?: all
            }
        } else {
            add(index, fact)
        }
    }

    fun startCorrection(index: Int) {
        show { it.copy(correction = Correction(index), selected = index) }
        search("")
    }

    fun search(query: String) {
        show { it.copy(correction = it.correction?.copy(query = query)) }
        searching?.cancel()
        searching = launch(::failed) {
            val place = place()
            val rules = here.engine().rules
            val hits = if (query.isBlank()) rules.items(place) else rules.search(query, place)
            show { shown -> shown.copy(correction = shown.correction?.copy(hits = hits)) }
        }
    }

    fun correct(to: ItemName) {
        val index = state.value.correction?.item ?: return
        show { it.copy(correction = null) }
        add(index, Fact.IsItem(to.id))
    }

    fun stopCorrection() = show { it.copy(correction = null) }

    private fun add(index: Int, fact: Fact) {
        launch(::failed) {
            val item = state.value.items.getOrNull(index)?.item ?: return@launch
            val seen = here.engine().rules.answered(item.seen, fact)
            replace(index, resolved(item.copy(seen = seen), place()))
        }
    }

    private suspend fun replace(index: Int, item: Item) {
        show { shown ->
            shown.copy(items = shown.items.mapIndexed { at, known -> if (at == index) Outlined(item) else known })
        }
        keep()
    }

    /** The place has changed: the same things, and what is done with them there. */
    private fun refresh() {
        val items = state.value.items.mapNotNull { it.item }
        if (state.value.phase != Phase.Done || items.isEmpty()) return
        launch(::failed) {
            val fresh = resolved(items)
            show { it.copy(items = fresh.map(::Outlined)) }
        }
    }

    private suspend fun look(photo: TakenPhoto) {
        val events = sorters.get().analyze(Photo.Encoded(photo.bytes), place(), here.today())
        follow(events, emptyList(), null)
    }

    /** Shows what becomes known behind what is [known]; [around] is the finger of a closer look. */
    private suspend fun follow(events: Flow<SortEvent>, known: List<Item>, around: Point?) {
        val found = sortedMapOf<Int, Outlined>()
        events.collect { event ->
            when (event) {
                is SortEvent.Stage -> show { shown ->
                    shown.copy(phase = if (shown.phase is Phase.Looking) Phase.Looking(event.stage) else shown.phase)
                }
                is SortEvent.BoxFound -> found[event.item] = Outlined(event.box, event.box.corners)
                is SortEvent.MaskFound -> found[event.item]?.let { found[event.item] = it.copy(outline = event.outline) }
                is SortEvent.ItemFound -> found[event.item] = Outlined(event.value)
                is SortEvent.Dropped -> found -= event.item
                is SortEvent.Done -> {
                    val items = event.analysis.items
                    val grew = items.size > known.size
                    val selected = if (around == null) 0 else if (grew) items.lastIndex else state.value.selected
                    finish(items, selected, around.takeIf { !grew }, event.analysis.highlights.map { it.text })
                    return@collect
                }
            }
            show { it.copy(items = known.map(::Outlined) + found.values) }
        }
    }

    private suspend fun finish(
        items: List<Item>,
        selected: Int? = 0,
        nothingAt: Point? = null,
        highlights: List<String> = emptyList(),
    ) {
        show { shown ->
            shown.copy(
                phase = Phase.Done,
                items = items.map(::Outlined),
                selected = selected?.takeIf { it in items.indices },
                highlights = highlights,
                nothingAt = nothingAt,
            )
        }
        keep()
    }

    private suspend fun keep() {
        val items = state.value.items.mapNotNull { it.item }
        withContext(io) { saved.keep(items) }
    }

    private suspend fun resolved(items: List<Item>) = place().let { place -> items.map { resolved(it, place) } }

    private suspend fun resolved(item: Item, place: Place) =
        item.copy(instructions = here.engine().rules.instructions(item.seen, place, here.today()))

    private fun place() = here.place ?: throw KerbsideError.BadRules("no place")

    private fun start(work: suspend CoroutineScope.() -> Unit) {
        looking?.cancel()
        looking = launch(::failed, work)
    }

    private fun failed(error: KerbsideError) = show { it.copy(phase = Phase.Failed(error)) }
}
