package app.kerbside.camera

import android.graphics.SurfaceTexture
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.os.Handler
import android.os.Looper
import android.util.Size
import android.view.Surface
import app.kerbside.service
import kotlin.test.assertEquals
import kotlin.test.assertNotEquals
import org.junit.After
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowCameraCaptureSessionImpl
import org.robolectric.shadows.ShadowCameraCharacteristics
import org.robolectric.shadows.StreamConfigurationMapBuilder

/** What is asked of the hardware. */
@RunWith(RobolectricTestRunner::class)
@Config(shadows = [RecordedBuilder::class, RecordedSession::class])
class BackCameraTest {
    private val manager = RuntimeEnvironment.getApplication().service<CameraManager>()
    private val said = mutableListOf<CameraEvent>()
    private val camera = BackCamera(RuntimeEnvironment.getApplication(), said::add)
    private val sized = mutableListOf<Size>()

    @Before
    fun nothingRecorded() {
        Recorded.settings.clear()
        Recorded.requests.clear()
    }

    @After
    fun release() = camera.release()

    private fun has(id: String, facing: Int, light: Boolean) {
        val still = Size(2560, 1920)
        val sizes = StreamConfigurationMapBuilder.newBuilder().addOutputSize(BLOB, still).addOutputSize(Size(1280, 960)).build()
        val about = ShadowCameraCharacteristics.newCameraCharacteristics()
        shadowOf(about).set(CameraCharacteristics.LENS_FACING, facing)
        shadowOf(about).set(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP, sizes)
        shadowOf(about).set(CameraCharacteristics.SENSOR_ORIENTATION, 90)
        shadowOf(about).set(CameraCharacteristics.FLASH_INFO_AVAILABLE, light)
        shadowOf(manager).addCamera(id, about)
    }

    private fun open() {
        camera.open(SurfaceTexture(0)) { sized += it }
        settle()
    }

    private fun settle() = shadowOf(Looper.getMainLooper()).idle()

    private companion object {
        /** `HAL_PIXEL_FORMAT_BLOB`: what drivers call JPEG. */
        const val BLOB = 0x21
    }

    @Test
    fun `the camera on the back shows a live picture, sharpens it and has its light on or off`() {
        has("front", CameraCharacteristics.LENS_FACING_FRONT, light = false)
        has("back", CameraCharacteristics.LENS_FACING_BACK, light = true)
        open()
        assertEquals(listOf<CameraEvent>(CameraEvent.Opened(hasTorch = true)), said)
        assertEquals(listOf(Size(1280, 960)), sized)
        val live = Recorded.requests.single()
        assertEquals("live", live.kind)
        assertEquals(CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE, live.settings[CaptureRequest.CONTROL_AF_MODE])
        for ((on, mode) in listOf(true to CaptureRequest.FLASH_MODE_TORCH, false to CaptureRequest.FLASH_MODE_OFF)) {
            camera.torch(on)
            assertEquals("live" to mode, Recorded.requests.last().let { it.kind to it.settings[CaptureRequest.FLASH_MODE] })
        }
    }

    @Test
    fun `a still is turned as the phone is held, with the light as it is, beside the live picture`() {
        has("back", CameraCharacteristics.LENS_FACING_BACK, light = true)
        open()
        camera.torch(true)
        camera.take(Surface.ROTATION_90)
        val (live, still) = Recorded.requests.takeLast(2)
        assertEquals("still", still.kind)
        assertEquals(0, still.settings[CaptureRequest.JPEG_ORIENTATION])
        assertEquals(CaptureRequest.FLASH_MODE_TORCH, still.settings[CaptureRequest.FLASH_MODE])
        assertNotEquals(live.targets, still.targets)
    }

    @Test
    fun `what is closed takes nothing more`() {
        has("back", CameraCharacteristics.LENS_FACING_BACK, light = true)
        open()
        camera.close()
        settle()
        val before = Recorded.requests.size
        camera.take(Surface.ROTATION_0)
        camera.torch(true)
        assertEquals(before, Recorded.requests.size)
    }

    @Test
    fun `a phone without a camera, and one whose camera is taken away, say so`() {
        open()
        assertEquals(listOf<CameraEvent>(CameraEvent.NoCamera), said)
        said.clear()
        has("back", CameraCharacteristics.LENS_FACING_BACK, light = false)
        open()
        shadowOf(manager).triggerDisconnect()
        settle()
        assertEquals(listOf(CameraEvent.Opened(hasTorch = false), CameraEvent.Broken(inUse = true)), said)
    }
}

/** What was asked of the camera. */
private class Asked(val kind: String, val settings: Map<CaptureRequest.Key<*>, Any?>, val targets: Set<Surface>)

private object Recorded {
    val settings = mutableMapOf<CaptureRequest.Key<*>, Any?>()
    val requests = mutableListOf<Asked>()

    fun add(kind: String, request: CaptureRequest) {
        requests += Asked(kind, settings.toMap(), request.targets.toSet())
        settings.clear()
    }
}

/** Robolectric's requests forget what was set. */
@Implements(CaptureRequest.Builder::class)
class RecordedBuilder {
    @Implementation
    fun <T> set(key: CaptureRequest.Key<T>, value: T) {
        Recorded.settings[key] = value
    }
}

@Implements(className = "android.hardware.camera2.impl.CameraCaptureSessionImpl")
class RecordedSession : ShadowCameraCaptureSessionImpl() {
    @Implementation
    override fun setRepeatingRequest(request: CaptureRequest, callback: CameraCaptureSession.CaptureCallback?, handler: Handler?): Int {
        Recorded.add("live", request)
        return 1
    }

    @Implementation
    override fun capture(request: CaptureRequest, callback: CameraCaptureSession.CaptureCallback?, handler: Handler?): Int {
        Recorded.add("still", request)
        return 2
    }
}
