package app.kerbside.camera

import app.kerbside.Here
import app.kerbside.ViewModel
import app.kerbside.api.KerbsideError
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.launch

/** What the camera screen shows: the camera, and for which place it sorts. */
data class CameraScreenState(
    val camera: CameraState = CameraState.Off,
    val place: String? = null,
    val hasPlace: Boolean = true,
    val error: KerbsideError? = null,
)

class CameraViewModel(private val here: Here, scope: CoroutineScope, private val onPhoto: (ByteArray) -> Unit) :
    ViewModel<CameraScreenState>(CameraScreenState(hasPlace = here.household != null), scope) {
    /** The camera of the screen that is there now; `null` without one. */
    var run: ((CameraCommand) -> Unit)? = null

    init {
        scope.launch { here.settings.state.drop(1).collect { load() } }
    }

    fun load() {
        val household = here.household
        show { it.copy(hasPlace = household != null) }
        launch({ error -> show { it.copy(error = error) } }) {
            val community = household?.let { here.community(it.community) }
            val zones = household?.let { here.engine().rules.zones(it.community, here.language()) }.orEmpty()
            val zone = household?.zones?.lastOrNull()?.let { id -> zones.find { it.id == id }?.name }
            show { it.copy(place = listOfNotNull(community?.name, zone).joinToString(" · ").ifEmpty { null }, error = null) }
        }
    }

    fun on(event: CameraEvent) {
        // Without a place nothing can be said about any photo.
        if (event == CameraEvent.Shutter && !state.value.hasPlace) return
        val (next, commands) = CameraMachine.next(state.value.camera, event)
        show { it.copy(camera = next) }
        for (command in commands) {
            if (command is CameraCommand.Deliver) onPhoto(command.jpeg) else run?.invoke(command)
        }
    }
}
