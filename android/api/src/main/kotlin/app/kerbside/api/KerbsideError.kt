package app.kerbside.api

/**
 * What can go wrong, few enough to have a sentence each on the screen.
 *
 * @property detail the engine's own words: which file, which field
 */
sealed class KerbsideError(val detail: String, cause: Throwable? = null) : Exception(detail, cause) {
    /** The photo cannot be decoded, or is larger than 64 megapixels. */
    class BadPhoto(detail: String) : KerbsideError(detail)

    /** The model pack or adapter is damaged, incomplete or made for another engine. */
    class BadPack(detail: String) : KerbsideError(detail)

    /** A community's rules cannot be read, or it is not there. */
    class BadRules(detail: String) : KerbsideError(detail)

    /** The calendar file cannot be read. */
    class BadCalendar(detail: String) : KerbsideError(detail)

    /** A file could not be read or written. */
    class Storage(detail: String) : KerbsideError(detail)

    /** There is not enough memory or space for it. */
    class TooBig(detail: String) : KerbsideError(detail)

    /** A mistake in the engine itself; the app goes on. */
    class Internal(detail: String, cause: Throwable? = null) : KerbsideError(detail, cause)
}
