package app.kerbside.engine

import app.kerbside.api.KerbsideError
import app.kerbside.ffi.InternalException
import app.kerbside.ffi.SorterException
import kotlinx.coroutines.CancellationException

/** Calls the library; its exceptions become those of the interface. [notFound] says what a missing name means here. */
internal inline fun <T> translated(notFound: (String) -> KerbsideError, call: () -> T): T =
    try {
        call()
    } catch (error: SorterException) {
        throw error.translate(notFound)
    } catch (error: InternalException) {
        throw KerbsideError.Internal(error.message.orEmpty(), error)
    } catch (error: IllegalStateException) {
        // The object was closed while somebody still held it.
        throw KerbsideError.Internal(error.message.orEmpty(), error)
    }

internal inline fun SorterException.translate(notFound: (String) -> KerbsideError): Exception {
    val words = message.orEmpty()
    return when (this) {
        is SorterException.BadPhoto -> KerbsideError.BadPhoto(words)
        is SorterException.BadPack, is SorterException.BadAdapter -> KerbsideError.BadPack(words)
        is SorterException.BadRules -> KerbsideError.BadRules(words)
        is SorterException.BadCalendar -> KerbsideError.BadCalendar(words)
        is SorterException.NotFound -> notFound(words)
        is SorterException.Busy -> KerbsideError.Storage(words)
        is SorterException.NoSpace, is SorterException.OutOfMemory -> KerbsideError.TooBig(words)
        is SorterException.Cancelled -> CancellationException(words)
        is SorterException.Closed, is SorterException.Internal -> KerbsideError.Internal(words, this)
    }
}
