package app.kerbside.about

import android.content.Intent
import app.kerbside.api.PackInfo
import app.kerbside.nav.Route
import app.kerbside.support.FakeKerbside
import app.kerbside.support.Phone
import app.kerbside.support.Setting
import app.kerbside.support.TestScreen
import app.kerbside.support.press
import app.kerbside.support.says
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf

@RunWith(RobolectricTestRunner::class)
class AboutScreenTest {
    private val phone = Phone(Setting.Light)

    @Test
    fun `models, communities and libraries are named with their licences`() {
        (phone.app.engine as FakeKerbside).packList += PackInfo("big", "Big", "1", "Apache-2.0", "Somebody else", 1, 1)
        TestScreen.About.on(phone)
        val libraries = listOf("Kotlin standard library", "kotlinx.coroutines", "Java Native Access").map { "$it · Apache-2.0" }
        val wanted = listOf("us · MIT", "Big", "Somebody else · Apache-2.0", "Here", "There", "Somebody · CC0-1.0", "Version 0.1.0") + libraries
        assertEquals(emptyList(), wanted - phone.says().toSet(), "${phone.says()}")
        assertTrue(phone.says().any { it.startsWith("Everything happens on this phone") })
        phone.press("Java Native Access · Apache-2.0")
        val opened = shadowOf(phone.activity).nextStartedActivity
        assertEquals(Intent.ACTION_VIEW to "https://github.com/java-native-access/jna", opened?.action to opened?.dataString)
    }

    @Test
    fun `the bar leads to four screens, and the last of them to the rest`() {
        TestScreen.Camera.on(phone)
        for ((tab, route) in listOf("Collections" to Route.Schedule, "Search" to Route.Search, "More" to Route.More, "Sort" to Route.Sort)) {
            phone.press(tab)
            assertEquals(route, phone.app.graph.navigator.current)
        }
        for ((entry, route) in listOf("Places" to Route.Places, "Models" to Route.Models, "About" to Route.About)) {
            phone.press("More")
            phone.press(entry)
            assertEquals(route, phone.app.graph.navigator.current)
        }
    }
}
