package app.kerbside

import android.Manifest
import android.annotation.SuppressLint
import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.os.Build
import android.os.Bundle
import android.provider.MediaStore
import android.provider.OpenableColumns
import android.provider.Settings
import android.view.View
import android.view.WindowInsets
import android.window.OnBackInvokedCallback
import android.window.OnBackInvokedDispatcher
import app.kerbside.camera.CameraEvent
import app.kerbside.models.Picked
import app.kerbside.nav.Route
import app.kerbside.ui.CameraPermission
import app.kerbside.ui.Host
import app.kerbside.ui.Shell
import java.io.IOException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.MainScope
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** The one activity: holds the screens, and does for them what only an activity can. */
class MainActivity : Activity(), Host {
    private val graph get() = (application as App).graph
    private var scope: CoroutineScope? = null
    private var onBack: Any? = null

    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        graph.restore(saved?.getBundle(SCREENS)?.let { all -> all.keySet().associateWith { all.getString(it).orEmpty() } }.orEmpty())
        graph.camera.load()
        val shell = Shell(this, graph, this)
        shell.setOnApplyWindowInsetsListener { view, insets -> view.avoid(insets) }
        setContentView(shell)
        scope = MainScope().also { it.launch { graph.navigator.state.collect { offerBack() } } }
        if (saved == null) take(intent)
    }

    override fun onDestroy() {
        scope?.cancel()
        super.onDestroy()
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        take(intent)
    }

    override fun onResume() {
        super.onResume()
        // A screen that is not there yet says so itself.
        if (graph.camera.run != null) graph.camera.on(CameraEvent.Shown(camera.allowed, camera.mayAsk))
        if (graph.navigator.current == Route.Schedule) graph.schedule.load()
    }

    override fun onPause() {
        graph.camera.on(CameraEvent.Hidden)
        super.onPause()
    }

    override fun onSaveInstanceState(out: Bundle) {
        super.onSaveInstanceState(out)
        out.putBundle(SCREENS, Bundle().apply { graph.save().forEach(::putString) })
    }

    /** A photo another app shares, or a reminder that was tapped. */
    private fun take(intent: Intent) {
        when (intent.action) {
            SHOW_SCHEDULE -> graph.navigator.go(Route.Schedule)
            Intent.ACTION_SEND -> shared(intent)?.let(::sort)
        }
    }

    @Suppress("DEPRECATION") // The typed getter came with Android 13.
    private fun shared(intent: Intent): Uri? = intent.getParcelableExtra(Intent.EXTRA_STREAM)

    private fun sort(photo: Uri) = read(photo) { graph.sort(it) }

    private fun read(uri: Uri, then: (ByteArray) -> Unit) {
        graph.scope.launch {
            val bytes = withContext(Dispatchers.IO) {
                try {
                    contentResolver.openInputStream(uri)?.use { it.readBytes() }
                } catch (_: IOException) {
                    null
                } catch (_: SecurityException) {
                    null
                }
            }
            // What cannot be read is no photo and no calendar: the engine says so in its own words.
            then(bytes ?: ByteArray(0))
        }
    }

    override val camera
        get() = CameraPermission(
            allowed = checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED,
            mayAsk = mayAskForCamera(),
        )

    override fun go(route: Route) = graph.navigator.go(route)

    override fun back() {
        if (!graph.back()) finish()
    }

    /** From Android 13 on the system asks for the way back only while there is one. */
    private fun offerBack() {
        if (Build.VERSION.SDK_INT < 33) return
        val callback = onBack as? OnBackInvokedCallback
        if (graph.navigator.canGoBack && callback == null) {
            onBack = OnBackInvokedCallback { back() }.also {
                onBackInvokedDispatcher.registerOnBackInvokedCallback(OnBackInvokedDispatcher.PRIORITY_DEFAULT, it)
            }
        } else if (!graph.navigator.canGoBack && callback != null) {
            onBackInvokedDispatcher.unregisterOnBackInvokedCallback(callback)
            onBack = null
        }
    }

    @Deprecated("Deprecated in Java")
    @SuppressLint("GestureBackNavigation") // Only reached before Android 13.
    override fun onBackPressed() = back()

    override fun pickPhoto() {
        val newest = Intent(MediaStore.ACTION_PICK_IMAGES).takeIf { Build.VERSION.SDK_INT >= 33 }
        start(newest ?: Intent(Intent.ACTION_GET_CONTENT).addCategory(Intent.CATEGORY_OPENABLE).setType("image/*"), PHOTO)
    }

    override fun pickCalendar() = start(openDocument("text/calendar", "application/octet-stream", "text/plain"), CALENDAR)

    override fun pickPack() = start(openDocument("application/zip", "application/octet-stream"), PACK)

    override fun saveCalendar() {
        val create = Intent(Intent.ACTION_CREATE_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("text/calendar")
        start(create.putExtra(Intent.EXTRA_TITLE, "kerbside.ics"), EXPORT)
    }

    private fun openDocument(vararg types: String) = Intent(Intent.ACTION_OPEN_DOCUMENT)
        .addCategory(Intent.CATEGORY_OPENABLE).setType("*/*").putExtra(Intent.EXTRA_MIME_TYPES, types)

    private fun start(intent: Intent, request: Int) {
        try {
            startActivityForResult(intent, request)
        } catch (_: ActivityNotFoundException) {
            android.widget.Toast.makeText(this, R.string.no_app_for_this, android.widget.Toast.LENGTH_LONG).show()
        }
    }

    @Deprecated("Deprecated in Java")
    override fun onActivityResult(request: Int, result: Int, data: Intent?) {
        val uri = data?.data?.takeIf { result == RESULT_OK } ?: return
        when (request) {
            PHOTO -> sort(uri)
            CALENDAR -> read(uri) { graph.schedule.read(it) }
            PACK -> graph.models.import(picked(uri))
            EXPORT -> graph.schedule.export { text -> write(uri, text) }
        }
    }

    private fun picked(uri: Uri): Picked {
        val size = contentResolver.query(uri, arrayOf(OpenableColumns.SIZE), null, null, null)?.use { rows ->
            if (rows.moveToFirst() && !rows.isNull(0)) rows.getLong(0) else 0
        } ?: 0
        val resolver = contentResolver
        return Picked(size) { resolver.openInputStream(uri) ?: throw IOException("$uri") }
    }

    private fun write(uri: Uri, text: String) {
        graph.scope.launch(Dispatchers.IO) {
            val written = runCatching { contentResolver.openOutputStream(uri, "wt")?.use { it.write(text.toByteArray()) } }
            if (written.getOrNull() == null) withContext(Dispatchers.Main) {
                android.widget.Toast.makeText(this@MainActivity, R.string.error_storage, android.widget.Toast.LENGTH_LONG).show()
            }
        }
    }

    override fun askForCamera() {
        getPreferences(MODE_PRIVATE).edit().putBoolean(CAMERA_ASKED, true).apply()
        requestPermissions(arrayOf(Manifest.permission.CAMERA), CAMERA)
    }

    override fun askForNotifications() {
        if (Build.VERSION.SDK_INT < 33) return
        val permission = Manifest.permission.POST_NOTIFICATIONS
        if (checkSelfPermission(permission) != PackageManager.PERMISSION_GRANTED) requestPermissions(arrayOf(permission), NOTIFICATIONS)
    }

    /** The system asks until a person has said no twice; before the first time it does not call that a reason to explain. */
    private fun mayAskForCamera() = shouldShowRequestPermissionRationale(Manifest.permission.CAMERA) ||
        !getPreferences(MODE_PRIVATE).getBoolean(CAMERA_ASKED, false)

    override fun onRequestPermissionsResult(request: Int, permissions: Array<out String>, results: IntArray) {
        if (request != CAMERA || results.isEmpty()) return
        graph.camera.on(CameraEvent.Answered(camera.allowed, camera.mayAsk))
    }

    override fun openAppSettings() =
        openLink(Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, Uri.fromParts("package", packageName, null)))

    override fun openLink(uri: String) = openLink(Intent(if (uri.startsWith("tel:")) Intent.ACTION_DIAL else Intent.ACTION_VIEW, Uri.parse(uri)))

    private fun openLink(intent: Intent) {
        try {
            startActivity(intent)
        } catch (_: ActivityNotFoundException) {
            android.widget.Toast.makeText(this, R.string.no_app_for_this, android.widget.Toast.LENGTH_LONG).show()
        }
    }

    /** Keeps clear of the system's bars, the camera's hole and the keyboard. */
    private fun View.avoid(insets: WindowInsets): WindowInsets {
        if (Build.VERSION.SDK_INT >= 30) {
            val kinds = WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout() or WindowInsets.Type.ime()
            val edges = insets.getInsets(kinds)
            setPadding(edges.left, edges.top, edges.right, edges.bottom)
            return WindowInsets.CONSUMED
        }
        return insets
    }

    companion object {
        const val SHOW_SCHEDULE = "app.kerbside.SHOW_SCHEDULE"
        private const val SCREENS = "screens"
        private const val CAMERA_ASKED = "camera_asked"
        private const val PHOTO = 1
        private const val CALENDAR = 2
        private const val PACK = 3
        private const val EXPORT = 4
        private const val CAMERA = 5
        private const val NOTIFICATIONS = 6
    }
}
