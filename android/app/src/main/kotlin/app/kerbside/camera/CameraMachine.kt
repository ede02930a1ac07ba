package app.kerbside.camera

/** What the camera screen is doing. */
sealed interface CameraState {
    /** Not on the screen. */
    data object Off : CameraState

    /** The person has not allowed the camera; [ask] is whether the system would still ask. */
    data class Denied(val ask: Boolean) : CameraState

    /** This phone has no camera on its back. */
    data object None : CameraState

    data object Opening : CameraState

    /** The picture is live. [torch] is `null` where there is no light. */
    data class Live(val torch: Boolean?) : CameraState

    /** A still is being taken. */
    data class Taking(val torch: Boolean?) : CameraState

    /** Another app has it, or it broke. */
    data class Failed(val inUse: Boolean) : CameraState
}

/** What happens to the camera screen. */
sealed interface CameraEvent {
    data class Shown(val allowed: Boolean, val mayAsk: Boolean) : CameraEvent
    data object Hidden : CameraEvent
    data class Answered(val allowed: Boolean, val mayAsk: Boolean) : CameraEvent
    data class Opened(val hasTorch: Boolean) : CameraEvent
    data object Shutter : CameraEvent
    data object TorchPressed : CameraEvent
    data class Taken(val jpeg: ByteArray) : CameraEvent
    data class Broken(val inUse: Boolean) : CameraEvent
    data object NoCamera : CameraEvent
    data object Retry : CameraEvent
}

/** What the camera has to do next. */
sealed interface CameraCommand {
    data object AskPermission : CameraCommand
    data object OpenSettings : CameraCommand
    data object Open : CameraCommand
    data object Close : CameraCommand
    data object Take : CameraCommand
    data class Torch(val on: Boolean) : CameraCommand
    data class Deliver(val jpeg: ByteArray) : CameraCommand
}

/** State and event → next state and what to do. Events that come too late, as those of hardware do, change nothing. */
object CameraMachine {
    fun next(state: CameraState, event: CameraEvent): Pair<CameraState, List<CameraCommand>> = when (event) {
        is CameraEvent.Shown -> if (state.hasCamera && event.allowed) state.stays() else opened(event.allowed, event.mayAsk)
        is CameraEvent.Answered -> if (state == CameraState.Off) state.stays() else opened(event.allowed, event.mayAsk)
        CameraEvent.Hidden -> CameraState.Off to if (state.hasCamera) listOf(CameraCommand.Close) else emptyList()
        is CameraEvent.Opened -> when (state) {
            CameraState.Opening -> CameraState.Live(if (event.hasTorch) false else null) to emptyList()
            else -> state.stays()
        }
        CameraEvent.Shutter -> when (state) {
            is CameraState.Live -> CameraState.Taking(state.torch) to listOf(CameraCommand.Take)
            is CameraState.Denied -> state to
                listOf(if (state.ask) CameraCommand.AskPermission else CameraCommand.OpenSettings)
            else -> state.stays()
        }
        CameraEvent.TorchPressed -> when (state) {
            is CameraState.Live -> state.torch?.let {
                CameraState.Live(!it) to listOf(CameraCommand.Torch(!it))
            } ?: state.stays()
            else -> state.stays()
        }
        is CameraEvent.Taken -> when (state) {
            is CameraState.Taking -> CameraState.Live(state.torch) to listOf(CameraCommand.Deliver(event.jpeg))
            else -> state.stays()
        }
        is CameraEvent.Broken -> when {
            state.hasCamera -> CameraState.Failed(event.inUse) to listOf(CameraCommand.Close)
            else -> state.stays()
        }
        CameraEvent.NoCamera -> if (state.hasCamera) CameraState.None to emptyList() else state.stays()
        CameraEvent.Retry -> when (state) {
            is CameraState.Failed -> CameraState.Opening to listOf(CameraCommand.Open)
            else -> state.stays()
        }
    }

    private fun opened(allowed: Boolean, mayAsk: Boolean): Pair<CameraState, List<CameraCommand>> =
        if (allowed) CameraState.Opening to listOf(CameraCommand.Open) else CameraState.Denied(mayAsk) to emptyList()

    private fun CameraState.stays(): Pair<CameraState, List<CameraCommand>> = this to emptyList()

    private val CameraState.hasCamera
        get() = this is CameraState.Opening || this is CameraState.Live || this is CameraState.Taking
}
