package app.kerbside

import android.Manifest
import android.content.Intent
import android.content.pm.ApplicationInfo
import android.content.pm.PackageManager
import app.kerbside.reminders.RearmReceiver
import app.kerbside.support.repository
import java.io.File
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment

/** The manifest as aapt2 linked it. */
@RunWith(RobolectricTestRunner::class)
class ManifestTest {
    private val app = RuntimeEnvironment.getApplication()
    private val packages = app.packageManager

    @Test
    fun `no permission but the three that are explained, and no way to the internet`() {
        val info = packages.getPackageInfo(app.packageName, PackageManager.GET_PERMISSIONS)
        assertEquals(
            setOf(Manifest.permission.CAMERA, Manifest.permission.POST_NOTIFICATIONS, Manifest.permission.RECEIVE_BOOT_COMPLETED),
            info.requestedPermissions?.toSet(),
        )
        val explained = Regex("(?m)^\\| `([A-Z_]+)` \\|").findAll(File(repository, "android/README.md").readText()).map { it.groupValues[1] }
        assertEquals(info.requestedPermissions.orEmpty().map { it.substringAfterLast('.') }.toSet(), explained.toSet(), "android/README.md says why")
    }

    @Test
    fun `phones from Android 8 on, also without a camera, and no backup to anybody's cloud`() {
        val info = packages.getPackageInfo(app.packageName, PackageManager.GET_CONFIGURATIONS)
        assertEquals(26, info.applicationInfo?.minSdkVersion)
        assertEquals(36, info.applicationInfo?.targetSdkVersion)
        assertFalse((info.applicationInfo?.flags ?: 0) and ApplicationInfo.FLAG_ALLOW_BACKUP != 0)
        assertTrue(info.reqFeatures.orEmpty().none { it.flags and android.content.pm.FeatureInfo.FLAG_REQUIRED != 0 })
    }

    @Test
    fun `other apps can share a picture, and nothing else`() {
        fun sharing(type: String) =
            packages.queryIntentActivities(Intent(Intent.ACTION_SEND).setType(type), 0).map { it.activityInfo.name }
        assertEquals(listOf(MainActivity::class.java.name), sharing("image/png"))
        assertEquals(emptyList(), sharing("text/plain"))
    }

    @Test
    fun `whatever makes alarms go wrong wakes the app`() {
        val reasons = listOf("BOOT_COMPLETED", "MY_PACKAGE_REPLACED", "TIMEZONE_CHANGED", "TIME_SET").map { "android.intent.action.$it" }
        for (reason in reasons) {
            val woken = packages.queryBroadcastReceivers(Intent(reason), 0).map { it.activityInfo.name }
            assertTrue(RearmReceiver::class.java.name in woken, reason)
        }
        assertEquals(reasons.toSet(), RearmReceiver.REASONS)
    }

    @Test
    fun `only the main screen can be started from outside`() {
        val info = packages.getPackageInfo(app.packageName, PackageManager.GET_ACTIVITIES or PackageManager.GET_RECEIVERS)
        val open = info.activities.orEmpty().filter { it.exported }.map { it.name } + info.receivers.orEmpty().filter { it.exported }.map { it.name }
        assertEquals(listOf(MainActivity::class.java.name), open)
    }
}
