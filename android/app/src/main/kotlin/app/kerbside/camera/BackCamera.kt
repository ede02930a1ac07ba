package app.kerbside.camera

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.ImageFormat
import android.graphics.SurfaceTexture
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.media.ImageReader
import android.os.Handler
import android.os.HandlerThread
import android.os.Looper
import android.util.Size
import android.view.Surface
import app.kerbside.service

/** The camera on the back of the phone: a live picture, a light, a still. Everything it says comes on the main thread. */
internal class BackCamera(context: Context, private val say: (CameraEvent) -> Unit) {
    private val manager = context.service<CameraManager>()
    private val main = Handler(Looper.getMainLooper())
    private val thread = HandlerThread("camera").apply { start() }
    private val background = Handler(thread.looper)
    private var device: CameraDevice? = null
    private var session: CameraCaptureSession? = null
    private var reader: ImageReader? = null
    private var surface: Surface? = null
    private var torch = false
    private var sensor = 90

    /** Opens it for a picture on [texture]; [sized] hears how large that picture is. */
    @SuppressLint("MissingPermission") // The state machine opens only what is allowed.
    fun open(texture: SurfaceTexture, sized: (Size) -> Unit) {
        try {
            val id = manager.cameraIdList.firstOrNull { facing(it) == CameraCharacteristics.LENS_FACING_BACK }
                ?: manager.cameraIdList.firstOrNull()
                ?: return say(CameraEvent.NoCamera)
            val about = manager.getCameraCharacteristics(id)
            val sizes = about.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP) ?: return say(CameraEvent.NoCamera)
            sensor = about.get(CameraCharacteristics.SENSOR_ORIENTATION) ?: 90
            val still = stillSize(sizes.getOutputSizes(ImageFormat.JPEG).toList())
            val preview = previewSize(sizes.getOutputSizes(SurfaceTexture::class.java).toList(), still)
            texture.setDefaultBufferSize(preview.width, preview.height)
            sized(preview)
            val hasTorch = about.get(CameraCharacteristics.FLASH_INFO_AVAILABLE) == true
            manager.openCamera(id, opening(Surface(texture), still, hasTorch), main)
        } catch (error: CameraAccessException) {
            broken(error)
        } catch (_: SecurityException) {
            // The permission was taken back a moment ago.
            say(CameraEvent.Answered(allowed = false, mayAsk = false))
        } catch (_: IllegalArgumentException) {
            say(CameraEvent.Broken(inUse = false))
        }
    }

    private fun facing(id: String) = manager.getCameraCharacteristics(id).get(CameraCharacteristics.LENS_FACING)

    private fun opening(surface: Surface, still: Size, hasTorch: Boolean) = object : CameraDevice.StateCallback() {
        override fun onOpened(camera: CameraDevice) {
            device = camera
            this@BackCamera.surface = surface
            start(camera, surface, still, hasTorch)
        }

        override fun onDisconnected(camera: CameraDevice) {
            camera.close()
            say(CameraEvent.Broken(inUse = true))
        }

        override fun onError(camera: CameraDevice, error: Int) {
            camera.close()
            say(CameraEvent.Broken(error == ERROR_CAMERA_IN_USE || error == ERROR_MAX_CAMERAS_IN_USE))
        }
    }

    @Suppress("DEPRECATION") // SessionConfiguration came with Android 9.
    private fun start(camera: CameraDevice, surface: Surface, still: Size, hasTorch: Boolean) {
        val reader = ImageReader.newInstance(still.width, still.height, ImageFormat.JPEG, 2).also { this.reader = it }
        reader.setOnImageAvailableListener({ from ->
            val jpeg = from.acquireNextImage()?.use { image ->
                val buffer = image.planes[0].buffer
                ByteArray(buffer.remaining()).also(buffer::get)
            }
            if (jpeg != null) main.post { say(CameraEvent.Taken(jpeg)) }
        }, background)
        val state = object : CameraCaptureSession.StateCallback() {
            override fun onConfigured(configured: CameraCaptureSession) {
                if (device !== camera) return
                session = configured
                live()
                say(CameraEvent.Opened(hasTorch))
            }

            override fun onConfigureFailed(configured: CameraCaptureSession) = say(CameraEvent.Broken(inUse = false))
        }
        guarded { camera.createCaptureSession(listOf(surface, reader.surface), state, main) }
    }

    private fun live(): Unit = guarded {
        val camera = device ?: return
        val request = camera.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW).apply {
            addTarget(surface ?: return)
            set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE)
            set(CaptureRequest.FLASH_MODE, flash())
        }
        session?.setRepeatingRequest(request.build(), null, background)
    }

    fun take(rotation: Int): Unit = guarded {
        val camera = device ?: return
        val request = camera.createCaptureRequest(CameraDevice.TEMPLATE_STILL_CAPTURE).apply {
            addTarget(reader?.surface ?: return)
            set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE)
            set(CaptureRequest.FLASH_MODE, flash())
            set(CaptureRequest.JPEG_ORIENTATION, jpegOrientation(sensor, rotation))
            set(CaptureRequest.JPEG_QUALITY, QUALITY)
        }
        session?.capture(request.build(), null, background)
    }

    fun torch(on: Boolean) {
        torch = on
        live()
    }

    fun close() {
        torch = false
        session?.close()
        session = null
        device?.close()
        device = null
        reader?.close()
        reader = null
        surface?.release()
        surface = null
    }

    fun release() {
        close()
        thread.quitSafely()
    }

    private fun flash() = if (torch) CaptureRequest.FLASH_MODE_TORCH else CaptureRequest.FLASH_MODE_OFF

    private inline fun guarded(work: () -> Unit) {
        try {
            work()
        } catch (error: CameraAccessException) {
            broken(error)
        } catch (_: IllegalStateException) {
            // Closed by the system a moment ago: its callback says so, too.
            say(CameraEvent.Broken(inUse = false))
        }
    }

    private fun broken(error: CameraAccessException) = say(
        CameraEvent.Broken(error.reason == CameraAccessException.CAMERA_IN_USE || error.reason == CameraAccessException.MAX_CAMERAS_IN_USE),
    )

    private companion object {
        const val QUALITY: Byte = 92
    }
}
