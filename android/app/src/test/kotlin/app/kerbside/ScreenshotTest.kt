package app.kerbside

import android.Manifest
import android.graphics.BitmapFactory
import android.view.ViewGroup
import android.widget.ImageView
import app.kerbside.camera.CameraEvent
import app.kerbside.camera.CameraScreen
import app.kerbside.nav.Route
import app.kerbside.result.Phase
import app.kerbside.support.Phone
import app.kerbside.support.Pictures
import app.kerbside.support.RealWords
import app.kerbside.support.Setting
import app.kerbside.support.TestScreen
import app.kerbside.support.repository
import app.kerbside.support.shownTree
import java.io.File
import java.time.LocalDate
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf

/**
 * Every screen as a person sees it, with what the real engine said about the example photograph and about two real
 * communities ([RealWords]), compared with the pictures in `screenshots/`.
 */
@RunWith(RobolectricTestRunner::class)
class ScreenshotTest {
    private val kept = File(repository, "android/screenshots")
    private val drawn = File(repository, "android/app/target/screenshots")
    private val recording = System.getProperty("kerbside.record") == "true"

    /** What is on the picture, and how the app gets there. */
    private enum class Shot(val prepare: Phone.() -> Unit) {
        Camera({
            app.graph.camera.on(CameraEvent.Opened(hasTorch = true))
            settle()
            // No camera here: its picture is that of the example photograph.
            val screen = activity.window.decorView.shownTree().filterIsInstance<CameraScreen>().single() as ViewGroup
            val picture = TestScreen.photo().let { BitmapFactory.decodeByteArray(it, 0, it.size) }
            screen.addView(ImageView(activity).apply { scaleType = ImageView.ScaleType.CENTER_CROP; setImageBitmap(picture) }, 1)
        }),
        Denied({ app.graph.camera.on(CameraEvent.Hidden); app.graph.camera.on(CameraEvent.Shown(allowed = false, mayAsk = true)) }),
        Result({
            app.graph.sort(TestScreen.photo())
            await { app.graph.result.state.value.phase == Phase.Done }
        }),
        Correction({
            app.graph.sort(TestScreen.photo())
            await { app.graph.result.state.value.phase == Phase.Done }
            app.graph.result.startCorrection(0)
            app.graph.result.search("sp")
            await { app.graph.result.state.value.correction?.hits?.size in 1..20 }
        }),
        Schedule({
            app.graph.schedule.choose(SHIBUYA)
            app.graph.navigator.go(Route.Schedule)
            await { app.graph.schedule.state.value.run { loaded && current == SHIBUYA && coming.isNotEmpty() } }
        }),
        Month({
            app.graph.schedule.choose(SHIBUYA)
            app.graph.navigator.go(Route.Schedule)
            await { app.graph.schedule.state.value.run { loaded && current == SHIBUYA && inMonth.isNotEmpty() } }
            app.graph.schedule.showAsMonth(true)
            app.graph.schedule.pick(LocalDate.of(2026, 12, 3))
        }),
        Search({
            app.graph.navigator.go(Route.Search)
            app.graph.search.search("ba")
            await { app.graph.search.state.value.items.size in 1..20 }
        }),
        Item({
            app.graph.navigator.go(Route.Item("pizza-box"))
            await { app.graph.search.state.value.page?.id == "pizza-box" }
        }),
        More({ app.graph.navigator.go(Route.More) }),
        Places({
            app.graph.navigator.go(Route.Places)
            await { app.graph.places.state.value.households.size == 2 }
        }),
        AddPlace({
            app.graph.navigator.go(Route.AddPlace)
            await { app.graph.places.state.value.communities.isNotEmpty() }
        }),
        Zones({
            app.graph.navigator.go(Route.AddPlace)
            app.graph.places.edit(ZURICH)
            await { app.graph.places.state.value.choice != null }
            app.graph.places.postcode("8004")
            await { app.graph.places.state.value.choice?.found?.isNotEmpty() == true }
        }),
        Models({
            app.graph.navigator.go(Route.Models)
            await { app.graph.models.state.value.packs.isNotEmpty() }
        }),
        About({
            app.graph.navigator.go(Route.About)
            await { app.graph.about.state.value.communities.isNotEmpty() }
        }),
    }

    private fun look(setting: Setting) {
        val phone = Phone(setting)
        phone.app.engine = RealWords.engine(phone.app.resources.configuration.locales[0].language)
        shadowOf(phone.app).grantPermissions(Manifest.permission.CAMERA)
        phone.app.graph.settings.update { it.adding("shibuya", listOf("ebisu-1-2")).adding("zurich", listOf("8004")) }
        phone.start()
        val wrong = Shot.entries.mapNotNull { shot ->
            phone.app.graph.schedule.choose(ZURICH)
            phone.app.graph.places.startAdding()
            phone.app.graph.result.stopCorrection()
            phone.app.graph.schedule.showAsMonth(false)
            phone.app.graph.navigator.go(Route.Sort)
            phone.settle()
            shot.prepare(phone)
            compare(phone, "$shot-$setting.png")
        }
        assertEquals(emptyList(), wrong, "android/README.md says how to accept what was meant")
    }

    private fun compare(phone: Phone, name: String): String? {
        val (before, now) = File(kept, name) to File(drawn, name)
        Pictures.write(phone.draw(), now)
        if (recording) now.copyTo(before, overwrite = true)
        if (!before.exists()) return "$name is new"
        val difference = Pictures.difference(before, now)
        return if (difference > Pictures.DIFFERENT) "$name: ${(difference * 100).toInt()} % differ" else null
    }

    @Test
    fun light() = look(Setting.Light)

    @Test
    fun dark() = look(Setting.Dark)

    @Test
    fun large() = look(Setting.Large)

    @Test
    fun german() = look(Setting.German)

    @Test
    fun wide() = look(Setting.Wide)

    @Test
    fun `no picture is left of what is not drawn any more, and all together are small`() {
        val settings = listOf(Setting.Light, Setting.Dark, Setting.Large, Setting.German, Setting.Wide)
        val names = Shot.entries.flatMap { shot -> settings.map { "$shot-$it.png" } }.toSet()
        val files = kept.listFiles().orEmpty()
        assertEquals(names, files.map { it.name }.toSet())
        assertTrue(files.sumOf { it.length() } < 3_000_000)
    }

    private companion object {
        const val SHIBUYA = 1
        const val ZURICH = 2

    }
}
