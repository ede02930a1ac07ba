package app.kerbside.camera

import android.Manifest
import android.provider.MediaStore
import android.provider.Settings
import android.view.TextureView
import app.kerbside.nav.Route
import app.kerbside.result.PhotoView
import app.kerbside.support.Phone
import app.kerbside.support.Setting
import app.kerbside.support.TestScreen
import app.kerbside.support.all
import app.kerbside.support.controls
import app.kerbside.support.press
import app.kerbside.support.says
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf

/** The camera's screen, with hardware that says what the test wants. */
@RunWith(RobolectricTestRunner::class)
class CameraScreenTest {
    private val phone = TestScreen.Camera.on(Phone(Setting.Light))
    private val camera get() = phone.app.graph.camera

    private fun on(event: CameraEvent) {
        camera.on(event)
        phone.settle()
    }

    private fun live(hasTorch: Boolean) = on(CameraEvent.Opened(hasTorch))

    /** A screen that is shown to a person who has not allowed the camera. */
    private fun denied(mayAsk: Boolean) {
        shadowOf(phone.app).denyPermissions(Manifest.permission.CAMERA)
        on(CameraEvent.Hidden)
        on(CameraEvent.Shown(allowed = false, mayAsk = mayAsk))
    }

    @Test
    fun `the live picture fills the screen, and a tap on it or on the shutter takes the photo`() {
        live(hasTorch = false)
        val picture = phone.all<TextureView>().single()
        val screen = phone.all<CameraScreen>().single()
        assertEquals(screen.width to screen.height, picture.width to picture.height)
        val controls = phone.controls("Take photo")
        assertEquals(2, controls.size)
        assertEquals(picture.width to picture.height, controls[0].width to controls[0].height, "all of the picture can be tapped")
        for (control in controls) {
            control.performClick()
            assertIs<CameraState.Taking>(camera.state.value.camera)
            on(CameraEvent.Hidden)
            on(CameraEvent.Shown(allowed = true, mayAsk = true))
            live(hasTorch = false)
        }
    }

    @Test
    fun `the still stands there while the engine looks at it`() {
        live(hasTorch = false)
        phone.press("Take photo")
        val jpeg = TestScreen.photo()
        on(CameraEvent.Taken(jpeg))
        assertEquals(Route.Result, phone.app.graph.navigator.current)
        assertContentEquals(jpeg, phone.app.graph.result.state.value.photo?.bytes)
        assertNotNull(phone.all<PhotoView>().single().photo)
    }

    @Test
    fun `the light is offered where there is one, and says what a press would do`() {
        live(hasTorch = false)
        assertEquals(emptyList(), phone.controls("Turn light on"))
        on(CameraEvent.Hidden)
        on(CameraEvent.Shown(allowed = true, mayAsk = true))
        live(hasTorch = true)
        phone.press("Turn light on")
        assertEquals(CameraState.Live(torch = true), camera.state.value.camera)
        phone.press("Turn light off")
        assertEquals(CameraState.Live(torch = false), camera.state.value.camera)
    }

    @Test
    fun `a photo can be chosen beside the shutter and wherever the camera is not`() {
        live(hasTorch = false)
        val ways = listOf<() -> Unit>(
            { }, { denied(mayAsk = true) }, { denied(mayAsk = false) },
            { on(CameraEvent.Shown(allowed = true, mayAsk = true)); on(CameraEvent.NoCamera) },
        )
        for (way in ways) {
            way()
            phone.press("Choose a photo")
            assertEquals(MediaStore.ACTION_PICK_IMAGES, shadowOf(phone.activity).nextStartedActivity?.action)
        }
    }

    @Test
    fun `a camera that is not allowed is asked for once more, then in the settings`() {
        denied(mayAsk = true)
        assertTrue("Point at what you want to throw away" in phone.says())
        phone.press("Allow camera")
        assertContentEquals(arrayOf(Manifest.permission.CAMERA), shadowOf(phone.activity).lastRequestedPermission?.requestedPermissions)
        denied(mayAsk = false)
        assertTrue("The camera is not allowed" in phone.says())
        phone.press("Open settings")
        val opened = assertNotNull(shadowOf(phone.activity).nextStartedActivity)
        assertEquals(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, opened.action)
        assertEquals("package:app.kerbside", opened.dataString)
    }

    @Test
    fun `no camera, one in use and a broken one are told apart, the last two can be tried again`() {
        on(CameraEvent.NoCamera)
        assertTrue("No camera here" in phone.says() && "Try again" !in phone.says())
        for ((inUse, title) in listOf(true to "Another app has the camera", false to "The camera does not answer")) {
            on(CameraEvent.Hidden)
            on(CameraEvent.Shown(allowed = true, mayAsk = true))
            on(CameraEvent.Broken(inUse))
            assertTrue(title in phone.says(), title)
            phone.press("Try again")
            assertEquals(CameraState.Opening, camera.state.value.camera)
        }
    }

    @Test
    fun `what is sorted for stands above the picture and leads to the places`() {
        live(hasTorch = false)
        phone.press("Sorting for Here · North. Change place")
        assertEquals(Route.Places, phone.app.graph.navigator.current)
    }

    @Test
    fun `without a place it asks for one first`() {
        phone.app.graph.settings.update { it.without(1) }
        phone.settle()
        assertTrue("Where do you live?" in phone.says())
        phone.press("Choose place")
        assertEquals(Route.AddPlace, phone.app.graph.navigator.current)
    }

    @Test
    fun `a screen that is left gives the camera back`() {
        live(hasTorch = false)
        phone.app.graph.navigator.go(Route.More)
        phone.settle()
        assertEquals(CameraState.Off, camera.state.value.camera)
        phone.app.graph.navigator.go(Route.Sort)
        phone.settle()
        assertEquals(CameraState.Opening, camera.state.value.camera)
        phone.controller.pause()
        assertEquals(CameraState.Off, camera.state.value.camera, "also while another app is in front")
        phone.controller.resume()
        assertEquals(CameraState.Opening, camera.state.value.camera)
    }
}
