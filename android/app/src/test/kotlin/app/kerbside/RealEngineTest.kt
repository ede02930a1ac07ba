package app.kerbside

import app.kerbside.api.Folders
import app.kerbside.engine.RustKerbside
import app.kerbside.nav.Route
import app.kerbside.result.Phase
import app.kerbside.result.PhotoView
import app.kerbside.support.Phone
import app.kerbside.support.Setting
import app.kerbside.support.TestScreen
import app.kerbside.support.says
import app.kerbside.support.shownTree
import java.io.File
import java.nio.file.Files
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** The whole app on the real engine, with the model and the rules it brings along. */
@RunWith(RobolectricTestRunner::class)
class RealEngineTest {
    @Test
    fun `a photo is sorted, an item looked up and a plan shown`() {
        val phone = Phone(Setting.Light)
        val folder = Files.createTempDirectory("kerbside").toFile()
        val bundled = Bundled(phone.app, File(folder, "bundled")).unpacked()
        val folders = Folders(File(bundled, "rules"), File(folder, "packs"), File(bundled, "pack"))
        runBlocking { RustKerbside.open(folders) }.use { engine ->
            phone.app.engine = engine
            phone.app.graph.settings.update { it.adding("shibuya", listOf("ebisu-1-2")).adding("zurich", listOf("8004")) }
            phone.start()
            val result = phone.app.graph.result
            phone.app.graph.sort(TestScreen.photo())
            phone.await { result.state.value.phase !is Phase.Looking }
            assertEquals(Phase.Done, result.state.value.phase)
            assertTrue(result.state.value.items.any { it.item?.label == "glass" }, "the example photograph is of a bottle")
            val root = phone.activity.window.decorView
            assertTrue(root.shownTree().filterIsInstance<PhotoView>().single().shapes.all { shape -> shape.outline.first().outer.size > 8 })
            assertTrue("Glass collection" in root.says())

            phone.app.graph.navigator.go(Route.Search)
            phone.app.graph.search.search("batery")
            phone.await { phone.app.graph.search.state.value.items.firstOrNull()?.id == "battery" }

            phone.app.graph.schedule.choose(1)
            phone.app.graph.navigator.go(Route.Schedule)
            phone.await { phone.app.graph.schedule.state.value.coming.any { it.stream.name == "Burnable waste" } }
        }
    }
}
