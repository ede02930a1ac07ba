package app.kerbside.camera

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.Color
import android.graphics.SurfaceTexture
import android.util.Size
import android.view.Gravity
import android.view.TextureView
import android.view.View
import android.widget.FrameLayout
import android.widget.ImageButton
import app.kerbside.R
import app.kerbside.nav.Route
import app.kerbside.ui.ButtonLook
import app.kerbside.ui.Host
import app.kerbside.ui.MATCH
import app.kerbside.ui.Part
import app.kerbside.ui.Screen
import app.kerbside.ui.Stack
import app.kerbside.ui.TOUCH
import app.kerbside.ui.Type
import app.kerbside.ui.WRAP
import app.kerbside.ui.Wording
import app.kerbside.ui.add
import app.kerbside.ui.button
import app.kerbside.ui.column
import app.kerbside.ui.dp
import app.kerbside.ui.icon
import app.kerbside.ui.iconButton
import app.kerbside.ui.isLandscape
import app.kerbside.ui.label
import app.kerbside.ui.oneLine
import app.kerbside.ui.padding
import app.kerbside.ui.pressable
import app.kerbside.ui.rounded
import app.kerbside.ui.row
import app.kerbside.ui.scroll
import app.kerbside.ui.shownIf

/** The live picture. A tap on it, or on the shutter, takes the photo. */
@SuppressLint("ViewConstructor")
internal class CameraScreen(context: Context, private val model: CameraViewModel, private val host: Host) :
    Screen<CameraScreenState>(context, model.state) {
    private val camera = BackCamera(context, model::on)
    private val picture = TextureView(context)
    private val shade = FrameLayout(context)
    private val place = pill()
    private val torch = context.iconButton(R.drawable.ic_torch_off, context.getString(R.string.torch_on), Color.WHITE) {
        model.on(CameraEvent.TorchPressed)
    }
    private val gallery = context.iconButton(R.drawable.ic_gallery, context.getString(R.string.pick_photo), Color.WHITE) { host.pickPhoto() }
    private val shutter = shutter()
    private val controls = controls()
    private val notice = FrameLayout(context)
    private val noticePart = Part<Notice?>(notice) { it?.let { shown -> addView(build(shown), LayoutParams(MATCH, MATCH)) } }
    private var size: Size? = null
    private var wantsOpen = false

    private enum class Notice { NoPlace, MayAsk, Denied, NoCamera, InUse, Broken }

    init {
        setBackgroundColor(Color.BLACK)
        picture.surfaceTextureListener = Texture()
        addView(picture, LayoutParams(MATCH, MATCH))
        shade.contentDescription = context.getString(R.string.take_photo)
        shade.pressable(null, null) { model.on(CameraEvent.Shutter) }
        addView(shade, LayoutParams(MATCH, MATCH))
        addView(controls, bars())
        addView(place, LayoutParams(WRAP, WRAP, Gravity.TOP or Gravity.CENTER_HORIZONTAL).apply { setMargins(dp(16), dp(16), dp(16), 0) })
        addView(notice, LayoutParams(MATCH, MATCH))
    }

    private fun bars() = if (context.isLandscape) LayoutParams(WRAP, MATCH, Gravity.END) else LayoutParams(MATCH, WRAP, Gravity.BOTTOM)

    private fun controls(): Stack {
        val stack = if (context.isLandscape) context.column() else context.row()
        return stack.apply {
            gravity = Gravity.CENTER
            padding(24, 20)
            val (across, down) = if (context.isLandscape) MATCH to 0 else 0 to WRAP
            add(centred(gallery), across, down, 1f)
            add(shutter, dp(SHUTTER), dp(SHUTTER))
            add(centred(torch), across, down, 1f)
        }
    }

    private fun centred(button: View) = FrameLayout(context).apply {
        button.background = null
        button.pressable(rounded(0x66000000), rounded(Color.WHITE)) { if (it === torch) model.on(CameraEvent.TorchPressed) else host.pickPhoto() }
        addView(button, LayoutParams(dp(56), dp(56), Gravity.CENTER))
    }

    private fun rounded(colour: Int) = context.rounded(colour, radius = 28)

    private fun shutter() = ImageButton(context).apply {
        contentDescription = context.getString(R.string.take_photo)
        val ring = context.rounded(Color.TRANSPARENT, radius = SHUTTER / 2).apply { setStroke(dp(4), Color.WHITE) }
        setImageDrawable(context.rounded(Color.WHITE, radius = SHUTTER / 2))
        scaleType = android.widget.ImageView.ScaleType.FIT_XY
        pressable(ring, context.rounded(Color.WHITE, radius = SHUTTER / 2)) { model.on(CameraEvent.Shutter) }
        setPadding(dp(9), dp(9), dp(9), dp(9))
    }

    private fun pill() = context.row(8) {
        minimumHeight = dp(TOUCH)
        padding(18, 10)
        add(context.icon(R.drawable.ic_place, Color.WHITE, 20), dp(20), dp(20))
        add(context.label(Type.Strong).oneLine().apply { setTextColor(Color.WHITE) })
        pressable(context.rounded(0x99000000.toInt(), radius = 24), context.rounded(Color.WHITE, radius = 24)) { host.go(Route.Places) }
    }

    override fun onAttachedToWindow() {
        super.onAttachedToWindow()
        model.run = ::run
        model.on(CameraEvent.Shown(host.camera.allowed, host.camera.mayAsk))
    }

    override fun onDetachedFromWindow() {
        model.on(CameraEvent.Hidden)
        model.run = null
        camera.release()
        super.onDetachedFromWindow()
    }

    override fun render(state: CameraScreenState) {
        val live = state.camera is CameraState.Live || state.camera is CameraState.Taking
        noticePart.show(notice(state))
        val clear = notice(state) == null
        controls.shownIf(clear)
        shade.shownIf(clear)
        place.shownIf(clear && state.place != null)
        (place.getChildAt(1) as android.widget.TextView).text = state.place
        place.contentDescription = context.getString(R.string.sorting_for, state.place.orEmpty())
        shutter.isEnabled = live
        shutter.alpha = if (state.camera is CameraState.Live) 1f else 0.5f
        val on = (state.camera as? CameraState.Live)?.torch ?: (state.camera as? CameraState.Taking)?.torch
        (torch.parent as View).visibility = if (on == null) View.INVISIBLE else View.VISIBLE
        torch.setImageResource(if (on == true) R.drawable.ic_torch_on else R.drawable.ic_torch_off)
        torch.contentDescription = context.getString(if (on == true) R.string.torch_off else R.string.torch_on)
    }

    private fun notice(state: CameraScreenState): Notice? {
        if (!state.hasPlace) return Notice.NoPlace
        return when (val camera = state.camera) {
            is CameraState.Denied -> if (camera.ask) Notice.MayAsk else Notice.Denied
            CameraState.None -> Notice.NoCamera
            is CameraState.Failed -> if (camera.inUse) Notice.InUse else Notice.Broken
            else -> null
        }
    }

    private fun build(notice: Notice): View {
        val (icon, title, text) = when (notice) {
            Notice.NoPlace -> Triple(R.drawable.ic_place, R.string.where_title, R.string.where_text)
            Notice.MayAsk -> Triple(R.drawable.ic_camera, R.string.camera_title, R.string.camera_text)
            Notice.Denied -> Triple(R.drawable.ic_camera, R.string.camera_denied_title, R.string.camera_denied_text)
            Notice.NoCamera -> Triple(R.drawable.ic_camera, R.string.no_camera_title, R.string.no_camera_text)
            Notice.InUse -> Triple(R.drawable.ic_warning, R.string.camera_in_use_title, R.string.camera_in_use_text)
            Notice.Broken -> Triple(R.drawable.ic_warning, R.string.camera_broken_title, R.string.camera_broken_text)
        }
        val content = context.column(16) {
            gravity = Gravity.CENTER
            padding(32, 32)
            add(context.icon(icon, context.getColor(R.color.primary), 56), dp(56), dp(56))
            add(context.label(Type.Title, context.getString(title)).apply { gravity = Gravity.CENTER })
            add(context.label(Type.Body, context.getString(text)).apply { gravity = Gravity.CENTER })
            when (notice) {
                Notice.NoPlace -> choice(R.string.choose_place) { host.go(Route.AddPlace) }
                Notice.MayAsk -> choice(R.string.allow_camera) { model.on(CameraEvent.Shutter) }
                Notice.Denied -> choice(R.string.open_settings) { model.on(CameraEvent.Shutter) }
                Notice.InUse, Notice.Broken -> choice(R.string.try_again) { model.on(CameraEvent.Retry) }
                Notice.NoCamera -> Unit
            }
            if (notice != Notice.NoPlace) {
                add(context.button(ButtonLook.Plain, context.getString(R.string.pick_photo), R.drawable.ic_gallery) { host.pickPhoto() }, WRAP)
            }
        }
        return context.scroll(content).apply { setBackgroundColor(context.getColor(R.color.background)) }
    }

    private fun Stack.choice(text: Int, onClick: () -> Unit) =
        add(context.button(ButtonLook.Filled, context.getString(text)) { onClick() }, WRAP)

    private fun run(command: CameraCommand) {
        when (command) {
            CameraCommand.Open -> {
                wantsOpen = true
                openWhenReady()
            }
            CameraCommand.Close -> {
                wantsOpen = false
                camera.close()
            }
            CameraCommand.Take -> camera.take(display?.rotation ?: 0)
            is CameraCommand.Torch -> camera.torch(command.on)
            CameraCommand.AskPermission -> host.askForCamera()
            CameraCommand.OpenSettings -> host.openAppSettings()
            is CameraCommand.Deliver -> Unit
        }
    }

    private fun openWhenReady() {
        val texture = picture.surfaceTexture ?: return
        if (!wantsOpen) return
        wantsOpen = false
        camera.open(texture) {
            size = it
            turn()
        }
    }

    private fun turn() {
        val preview = size ?: return
        if (picture.width == 0) return
        picture.setTransform(previewTransform(Size(picture.width, picture.height), preview, display?.rotation ?: 0))
    }

    private inner class Texture : TextureView.SurfaceTextureListener {
        override fun onSurfaceTextureAvailable(texture: SurfaceTexture, width: Int, height: Int) = openWhenReady()

        override fun onSurfaceTextureSizeChanged(texture: SurfaceTexture, width: Int, height: Int) = turn()

        override fun onSurfaceTextureDestroyed(texture: SurfaceTexture) = true

        override fun onSurfaceTextureUpdated(texture: SurfaceTexture) = Unit
    }

    private companion object {
        const val SHUTTER = 76
    }
}
