package app.kerbside.camera

import android.util.Size
import app.kerbside.camera.CameraCommand.AskPermission
import app.kerbside.camera.CameraCommand.Close
import app.kerbside.camera.CameraCommand.Open
import app.kerbside.camera.CameraCommand.OpenSettings
import app.kerbside.camera.CameraCommand.Take
import app.kerbside.camera.CameraCommand.Torch
import app.kerbside.camera.CameraEvent.Answered
import app.kerbside.camera.CameraEvent.Broken
import app.kerbside.camera.CameraEvent.Hidden
import app.kerbside.camera.CameraEvent.Opened
import app.kerbside.camera.CameraEvent.Shown
import app.kerbside.camera.CameraEvent.Shutter
import app.kerbside.camera.CameraEvent.Taken
import app.kerbside.camera.CameraEvent.TorchPressed
import kotlin.test.Test
import kotlin.test.assertEquals

class CameraMachineTest {
    private val commands = mutableListOf<CameraCommand>()

    private fun after(vararg events: CameraEvent): CameraState {
        commands.clear()
        return events.fold(CameraState.Off as CameraState) { state, event ->
            val (next, todo) = CameraMachine.next(state, event)
            commands += todo
            next
        }
    }

    private val allowed = Shown(allowed = true, mayAsk = true)

    @Test
    fun `an allowed camera opens, shows and takes`() {
        val jpeg = byteArrayOf(1)
        assertEquals(CameraState.Live(torch = false), after(allowed, Opened(hasTorch = true), Shutter, Taken(jpeg)))
        assertEquals(listOf(Open, Take, CameraCommand.Deliver(jpeg)), commands)
    }

    @Test
    fun `a second press while a still is being taken does nothing`() {
        assertEquals(CameraState.Taking(torch = null), after(allowed, Opened(hasTorch = false), Shutter, Shutter))
        assertEquals(listOf(Open, Take), commands)
    }

    @Test
    fun `a camera that is not allowed is asked for, then has to be allowed in the settings`() {
        assertEquals(CameraState.Denied(ask = true), after(Shown(allowed = false, mayAsk = true), Shutter))
        assertEquals(listOf<CameraCommand>(AskPermission), commands)
        assertEquals(
            CameraState.Denied(ask = false),
            after(Shown(allowed = false, mayAsk = true), Shutter, Answered(allowed = false, mayAsk = false), Shutter),
        )
        assertEquals(listOf(AskPermission, OpenSettings), commands)
    }

    @Test
    fun `permission opens the camera unless the screen has gone`() {
        assertEquals(CameraState.Opening, after(Shown(allowed = false, mayAsk = true), Answered(allowed = true, mayAsk = true)))
        assertEquals(CameraState.Off, after(Shown(false, true), Hidden, Answered(true, true)))
        assertEquals(emptyList<CameraCommand>(), commands)
    }

    @Test
    fun `the light goes on and off where there is one`() {
        assertEquals(CameraState.Live(torch = true), after(allowed, Opened(hasTorch = true), TorchPressed))
        assertEquals(listOf(Open, Torch(true)), commands)
        assertEquals(CameraState.Live(torch = false), after(allowed, Opened(hasTorch = true), TorchPressed, TorchPressed))
        assertEquals(CameraState.Live(torch = null), after(allowed, Opened(hasTorch = false), TorchPressed))
        assertEquals(listOf<CameraCommand>(Open), commands)
    }

    @Test
    fun `leaving closes the camera, and what it says afterwards is not heard`() {
        assertEquals(CameraState.Off, after(allowed, Opened(true), Hidden, Opened(true), Taken(byteArrayOf()), Broken(false)))
        assertEquals(listOf(Open, Close), commands)
    }

    @Test
    fun `a camera another app takes can be tried again`() {
        assertEquals(CameraState.Failed(inUse = true), after(allowed, Opened(true), Broken(inUse = true)))
        assertEquals(CameraState.Opening, after(allowed, Broken(inUse = true), CameraEvent.Retry))
        assertEquals(listOf(Open, Close, Open), commands)
    }

    @Test
    fun `a screen that is shown twice opens once`() {
        assertEquals(CameraState.Opening, after(allowed, allowed))
        assertEquals(listOf<CameraCommand>(Open), commands)
    }

    @Test
    fun `stills are turned so that up is up`() {
        assertEquals(90, jpegOrientation(sensor = 90, rotation = 0))
        assertEquals(0, jpegOrientation(sensor = 90, rotation = 1))
        assertEquals(270, jpegOrientation(sensor = 90, rotation = 2))
        assertEquals(180, jpegOrientation(sensor = 90, rotation = 3))
    }

    @Test
    fun `the still is large enough and no larger, the preview has its shape`() {
        val sizes = listOf(Size(4000, 3000), Size(2560, 1920), Size(1920, 1080), Size(1280, 960), Size(640, 480))
        assertEquals(Size(1920, 1080), stillSize(sizes))
        assertEquals(Size(640, 480), stillSize(listOf(Size(320, 240), Size(640, 480))))
        assertEquals(Size(1280, 960), previewSize(sizes, still = Size(2560, 1920)))
        assertEquals(Size(1920, 1080), previewSize(sizes, still = Size(1000, 1000)))
    }
}
