package app.kerbside

import app.kerbside.api.KerbsideError
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** What a screen shows and what can be done on it. Plain Kotlin: knows no view, lives longer than any. */
abstract class ViewModel<State>(initial: State, protected val scope: CoroutineScope) {
    private val mutable = MutableStateFlow(initial)
    val state: StateFlow<State> = mutable

    protected fun show(change: (State) -> State) = mutable.update(change)

    /** Runs [work]; what the engine refuses reaches [failed] as a state of the screen, not as a crash. */
    protected fun launch(failed: (KerbsideError) -> Unit, work: suspend CoroutineScope.() -> Unit): Job = scope.launch {
        try {
            work()
        } catch (cancelled: CancellationException) {
            throw cancelled
        } catch (error: KerbsideError) {
            failed(error)
        } catch (error: Exception) {
            failed(KerbsideError.Internal(error.toString(), error))
        }
    }
}
