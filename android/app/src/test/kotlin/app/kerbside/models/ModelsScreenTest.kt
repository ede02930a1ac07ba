package app.kerbside.models

import android.widget.RadioButton
import app.kerbside.api.AdapterInfo
import app.kerbside.api.ImportProgress
import app.kerbside.api.KerbsideError
import app.kerbside.api.PackInfo
import app.kerbside.support.FakeKerbside
import app.kerbside.support.Phone
import app.kerbside.support.Setting
import app.kerbside.support.TestScreen
import app.kerbside.support.all
import app.kerbside.support.press
import app.kerbside.support.says
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** The models, by finger. */
@RunWith(RobolectricTestRunner::class)
class ModelsScreenTest {
    private val phone = Phone(Setting.Light)
    private val engine = phone.app.engine as FakeKerbside
    private val mine = AdapterInfo("mine", 2_000_000, listOf("segment"), imported = true)
    private val big = PackInfo("big-1", "Big", "1.2", "Apache-2.0", "Somebody else", 300_000_000, 700_000_000, random = true, adapters = listOf(mine))

    private fun models(vararg more: PackInfo) {
        engine.packList += more
        TestScreen.Models.on(phone)
    }

    @Test
    fun `each model says what it is, how large, what it needs and whose it is`() {
        models(big)
        val wanted = listOf(
            "nano", "Came with the app", "20 MB", "90 MB", "MIT", "us", "segment · 1.0 kB",
            "Big", "Version", "1.2", "Size", "300 MB", "Memory while looking", "700 MB", "Licence", "Apache-2.0", "From", "Somebody else",
            "Random weights: what it says is noise", "mine · segment · 2.0 MB",
        )
        assertEquals(emptyList(), wanted - phone.says().toSet(), "${phone.says()}")
        assertFalse("Remove nano" in phone.says(), "what came with the app stays")
    }

    @Test
    fun `a model is chosen, and removed with what was added to it`() {
        models(big)
        phone.press("Big")
        assertEquals("big-1", phone.app.graph.settings.state.value.packId)
        assertEquals(listOf("Big"), phone.all<RadioButton>().filter { it.isChecked }.map { "${it.text}" })
        phone.press("Remove mine")
        assertFalse("mine · segment · 2.0 MB" in phone.says())
        phone.press("Remove Big")
        assertFalse("Big" in phone.says())
    }

    @Test
    fun `files are checked to the last byte, damage is said`() {
        models()
        engine.importing = flowOf(ImportProgress(20, 20))
        phone.press("Check files")
        assertTrue("All files are intact" in phone.says())
        engine.importing = flow { throw KerbsideError.BadPack("weights.safetensors is damaged") }
        phone.press("Check files")
        assertTrue("weights.safetensors is damaged" in phone.says() && "All files are intact" !in phone.says())
        phone.press("Close")
        assertFalse("weights.safetensors is damaged" in phone.says())
    }

    @Test
    fun `a model that cannot be used says why and can only be removed`() {
        models(big.copy(problem = "pack.json is missing"))
        assertTrue("pack.json is missing" in phone.says())
        assertFalse(phone.all<RadioButton>().first { "${it.text}" == "Big" }.isEnabled)
        phone.press("Remove Big")
        assertFalse("Big" in phone.says())
    }
}
