package app.kerbside.engine

import app.kerbside.api.Folders
import app.kerbside.api.Kerbside
import app.kerbside.api.KerbsideError
import app.kerbside.api.PackStore
import app.kerbside.api.RuleBook
import app.kerbside.api.Schedule
import app.kerbside.api.Sorter
import app.kerbside.ffi.SorterOptions
import java.time.Clock

/**
 * The engine: the Rust library behind the interfaces of `android/api`. The only module that knows generated types.
 *
 * @param memory bytes of memory a model may use, where the system says; more demanding packs are refused
 * @param clock the wall clock of "tonight"
 */
class RustKerbside private constructor(
    private val rust: Opened,
    private val threads: EngineThreads,
    private val memory: () -> Long?,
    private val clock: Clock,
) : Kerbside {
    override val rules: RuleBook = RustRuleBook(rust.rules, threads.rules)
    override val schedule: Schedule = RustSchedule(rust.rules, threads.rules)
    override val packs: PackStore = RustPackStore(rust.packs, threads.packs)

    override suspend fun sorter(packId: String): Sorter = onThread(threads.sorting, KerbsideError::BadPack) {
        val options = SorterOptions(threads = 0u, memory = memory()?.toULong())
        RustSorter(rust.packs, packId, options, rust.rules, threads.sorting, clock)
    }

    /** Frees the rules and the store. Sorters are closed on their own. */
    override fun close() {
        rust.rules.close()
        rust.packs.close()
        threads.close()
    }

    /** What lives in the library. */
    private class Opened(val rules: app.kerbside.ffi.RuleBook, val packs: app.kerbside.ffi.PackStore)

    companion object {
        /**
         * Opens rules and store; no model yet.
         *
         * @throws KerbsideError.BadRules
         * @throws KerbsideError.BadPack if the folder of packs cannot be written to
         */
        suspend fun open(
            folders: Folders,
            memory: () -> Long? = { null },
            clock: Clock = Clock.systemDefaultZone(),
        ): RustKerbside {
            val threads = EngineThreads()
            val opened = onThread(threads.packs, KerbsideError::BadRules) {
                val rules = app.kerbside.ffi.RuleBook.open(folders.rules.path)
                val packs = app.kerbside.ffi.PackStore.open(folders.packs.path, folders.bundledPack.path)
                Opened(rules, packs)
            }
            return RustKerbside(opened, threads, memory, clock)
        }
    }
}
