package app.kerbside.about

import app.kerbside.Here
import app.kerbside.ViewModel
import app.kerbside.api.Community
import app.kerbside.api.PackInfo
import kotlinx.coroutines.CoroutineScope

/** Whom to thank: models, rule packs, libraries. */
data class AboutState(val packs: List<PackInfo> = emptyList(), val communities: List<Community> = emptyList())

class AboutViewModel(private val here: Here, scope: CoroutineScope) : ViewModel<AboutState>(AboutState(), scope) {
    fun load() {
        launch({}) {
            val engine = here.engine()
            val (packs, communities) = engine.packs.list() to engine.rules.communities(here.language())
            show { AboutState(packs, communities) }
        }
    }
}
