package app.kerbside.support

import android.app.Activity
import android.content.Intent
import android.graphics.Bitmap
import android.graphics.Canvas
import android.os.Looper
import android.view.View
import app.kerbside.MainActivity
import app.kerbside.TestApp
import java.io.File
import java.util.concurrent.TimeUnit
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController

/** How the phone is set for a picture. */
enum class Setting(val qualifiers: String, val textScale: Float = 1f) {
    Light("en-w360dp-h760dp-port-notnight-mdpi"),
    Dark("en-w360dp-h760dp-port-night-mdpi"),
    Large("en-w360dp-h760dp-port-notnight-mdpi", 2f),
    German("de-w360dp-h760dp-port-notnight-mdpi"),
    Wide("en-w760dp-h360dp-land-notnight-mdpi"),
    WideGerman("de-w760dp-h360dp-land-notnight-mdpi"),
    Pseudo("en-rXA-w360dp-h760dp-port-notnight-mdpi"),
}

/** The app running on a phone that is set as a test wants it. */
class Phone(setting: Setting, intent: Intent? = null) {
    val app: TestApp
    val controller: ActivityController<MainActivity>
    val activity: Activity get() = controller.get()

    init {
        RuntimeEnvironment.setQualifiers(setting.qualifiers)
        RuntimeEnvironment.setFontScale(setting.textScale)
        app = RuntimeEnvironment.getApplication() as TestApp
        controller = Robolectric.buildActivity(MainActivity::class.java, intent)
    }

    var isOn = false
        private set

    fun start(): Phone {
        isOn = true
        controller.setup()
        settle()
        return this
    }

    fun settle() {
        repeat(2) {
            shadowOf(Looper.getMainLooper()).idleFor(300, TimeUnit.MILLISECONDS)
        }
    }

    /** What the engine does on threads of its own is there in the end. */
    fun await(there: () -> Boolean) {
        val end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60)
        while (!there()) {
            check(System.nanoTime() < end) { "waited in vain" }
            shadowOf(Looper.getMainLooper()).idle()
            Thread.sleep(5)
        }
        settle()
    }

    fun draw(): Bitmap {
        settle()
        val view: View = activity.window.decorView
        // On a phone they fade away.
        view.shownTree().forEach { it.isVerticalScrollBarEnabled = false }
        val bitmap = Bitmap.createBitmap(view.width, view.height, Bitmap.Config.ARGB_8888)
        view.draw(Canvas(bitmap))
        return bitmap
    }
}

/** Where this repository is checked out. */
val repository: File get() = File(System.getProperty("kerbside.root") ?: "../..").canonicalFile
