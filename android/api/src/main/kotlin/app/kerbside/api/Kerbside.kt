package app.kerbside.api

import java.io.File

/**
 * Everything the screens know of the engine. `android/engine` implements it on the Rust library; screens and view models
 * import this package only, never generated types.
 *
 * `suspend` functions leave the calling thread free and throw [KerbsideError]. Cancelling the caller cancels the work.
 */
interface Kerbside : AutoCloseable {
    /** What each community wants done with what. */
    val rules: RuleBook

    /** When it is collected. */
    val schedule: Schedule

    /** The model packs on this phone. */
    val packs: PackStore

    /**
     * Opens a pack of [packs] to sort photos with.
     *
     * @throws KerbsideError.BadPack
     */
    suspend fun sorter(packId: String): Sorter
}

/**
 * The folders the engine reads and writes: `app.kerbside.engine.RustKerbside.open(folders)` makes a [Kerbside] of them.
 *
 * @property rules the rule packs, as `<country>/<community>/pack.json`; read only
 * @property packs where imported model packs are kept
 * @property bundledPack the pack that came with the app; read only, never removed
 */
data class Folders(val rules: File, val packs: File, val bundledPack: File)
