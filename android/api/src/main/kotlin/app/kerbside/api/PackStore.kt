package app.kerbside.api

import java.io.InputStream
import kotlinx.coroutines.flow.Flow

/**
 * A model pack on this phone.
 *
 * @property id folder name in the store; [BUNDLED] for the one that came with the app
 * @property bytes size on disk
 * @property peakBytes most memory one photo needs, mapped weights included
 * @property random its weights are random: what it says is noise
 * @property problem what is wrong with it; it can then only be removed, and little else is known of it
 */
data class PackInfo(
    val id: String,
    val name: String,
    val version: String,
    val licence: String,
    val attribution: String,
    val bytes: Long,
    val peakBytes: Long,
    val masks: Boolean = true,
    val random: Boolean = false,
    val adapters: List<AdapterInfo> = emptyList(),
    val problem: String? = null,
) {
    val isBundled get() = id == BUNDLED

    companion object {
        const val BUNDLED = "bundled"
    }
}

/** A LoRA adapter of a pack. [tasks] names what it is used for; [imported] ones can be removed. */
data class AdapterInfo(val id: String, val bytes: Long, val tasks: List<String>, val imported: Boolean = false)

/** The model packs on this phone. */
interface PackStore {
    /** The bundled pack first. */
    suspend fun list(): List<PackInfo>

    /**
     * Imports a pack or an adapter from a ZIP archive, told apart by what is in it. Whatever goes wrong, the store is as it
     * was before. [totalBytes] is for the progress only; 0 if unknown.
     *
     * @param forPack the pack an adapter is for
     * @throws KerbsideError.BadPack
     */
    fun import(archive: InputStream, totalBytes: Long, forPack: String): Flow<ImportProgress>

    /**
     * Reads every byte of a pack and compares the hashes.
     *
     * @throws KerbsideError.BadPack naming the first file that differs
     */
    fun verify(packId: String): Flow<ImportProgress>

    /** Removes an imported pack. The bundled one stays. */
    suspend fun remove(packId: String)

    /** Removes an imported adapter. */
    suspend fun removeAdapter(packId: String, adapterId: String)
}

/** How far an import or a check is. [pack] is there when it is done. */
data class ImportProgress(val doneBytes: Long, val totalBytes: Long, val pack: PackInfo? = null)
