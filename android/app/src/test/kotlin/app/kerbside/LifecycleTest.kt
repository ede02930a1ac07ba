package app.kerbside

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.provider.MediaStore
import android.widget.EditText
import android.widget.ProgressBar
import app.kerbside.api.ImportProgress
import app.kerbside.api.ImportedCalendar
import app.kerbside.api.ImportedDay
import app.kerbside.api.KerbsideError
import app.kerbside.nav.Route
import app.kerbside.support.FakeKerbside
import app.kerbside.support.Phone
import app.kerbside.support.Setting
import app.kerbside.support.TestScreen
import app.kerbside.support.all
import app.kerbside.support.press
import app.kerbside.support.says
import app.kerbside.support.shownTree
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.time.LocalDate
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlinx.coroutines.flow.MutableSharedFlow
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf

@RunWith(RobolectricTestRunner::class)
class LifecycleTest {
    private val file = Uri.parse("content://somewhere/file")

    private fun Phone.field() = activity.window.decorView.shownTree().filterIsInstance<EditText>().first()

    @Test
    fun `turning the phone keeps the screen and what was typed`() {
        val phone = TestScreen.Search.on(Phone(Setting.Light))
        phone.field().setText("ja")
        phone.settle()
        phone.controller.recreate()
        phone.settle()
        assertEquals("ja", phone.field().text.toString())
        assertTrue("Jar" in phone.says() && "Can" !in phone.says())
    }

    @Test
    fun `an engine that could not be opened is opened the next time`() {
        val phone = Phone(Setting.Light)
        var full = true
        phone.app.onOpen = { if (full) throw KerbsideError.Storage("no space left") }
        phone.app.graph.settings.update { it.adding("here", listOf("north")) }
        phone.start()
        phone.app.graph.navigator.go(Route.Search)
        phone.settle()
        assertTrue("no space left" in phone.says())
        full = false
        phone.app.graph.search.search("")
        phone.settle()
        assertTrue("Can" in phone.says())
    }

    @Test
    fun `the end of the process loses neither the screen nor the photo and its things`() {
        val phone = TestScreen.Question.on(Phone(Setting.Light))
        val saved = Bundle()
        phone.controller.saveInstanceState(saved).pause().stop().destroy()
        phone.app.die()
        val later = Robolectric.buildActivity(MainActivity::class.java).setup(saved)
        phone.settle()
        assertEquals(1, phone.app.graph.result.state.value.selected)
        phone.settle()
        assertEquals(Route.Result, phone.app.graph.navigator.current)
        assertTrue("2 things found" in later.get().window.decorView.says())
    }

    @Test
    fun `the end of the process loses neither what was typed nor a choice that was not finished`() {
        fun Phone.reborn(): List<String> {
            val saved = Bundle()
            controller.saveInstanceState(saved).pause().stop().destroy()
            app.die()
            val later = Robolectric.buildActivity(MainActivity::class.java).setup(saved)
            settle()
            return later.get().window.decorView.says()
        }
        val typed = TestScreen.Search.on(Phone(Setting.Light))
        typed.field().setText("ja")
        typed.settle()
        val found = typed.reborn()
        assertTrue("Jar" in found && "Can" !in found, "$found")
        val chosen = TestScreen.Zones.on(Phone(Setting.Light))
        chosen.press("South")
        val choice = chosen.reborn()
        assertTrue("Where?" in choice, "$choice")
        assertEquals(setOf("south"), chosen.app.graph.places.state.value.choice?.chosen)
    }

    @Test
    fun `back leaves a choice before it leaves the screen`() {
        val phone = TestScreen.Correction.on(Phone(Setting.Light))
        val activity = phone.activity as MainActivity
        activity.back()
        phone.settle()
        assertEquals(Route.Result, phone.app.graph.navigator.current)
        assertEquals(null, phone.app.graph.result.state.value.correction)
        phone.app.graph.navigator.go(Route.AddPlace)
        phone.app.graph.places.choose((phone.app.engine as FakeKerbside).communities[0]) { }
        phone.settle()
        activity.back()
        phone.settle()
        assertTrue("Find your community" in phone.says())
    }

    @Test
    fun `back goes from the result to the camera`() {
        val phone = TestScreen.Result.on(Phone(Setting.Light))
        phone.activity.let { it as MainActivity }.back()
        phone.settle()
        assertTrue("Take photo" in phone.says())
        assertEquals(false, phone.activity.isFinishing)
    }

    @Test
    fun `a picture another app shares is sorted`() {
        val phone = Phone(Setting.Light)
        val photo = TestScreen.photo()
        shadowOf(phone.app.contentResolver).registerInputStream(file, ByteArrayInputStream(photo))
        phone.app.graph.settings.update { it.adding("here", listOf("north")) }
        phone.start()
        phone.controller.newIntent(Intent(Intent.ACTION_SEND).setType("image/jpeg").putExtra(Intent.EXTRA_STREAM, file))
        waitFor(phone) { phone.app.graph.navigator.current == Route.Result }
        assertContentEquals(photo, phone.app.graph.result.state.value.photo?.bytes)
    }

    @Test
    fun `a picture can be what starts the app, and is sorted once`() {
        val photo = TestScreen.photo()
        val phone = Phone(Setting.Light, Intent(Intent.ACTION_SEND).setType("image/jpeg").putExtra(Intent.EXTRA_STREAM, file))
        shadowOf(phone.app.contentResolver).registerInputStream(file, ByteArrayInputStream(photo))
        phone.app.graph.settings.update { it.adding("here", listOf("north")) }
        phone.start()
        waitFor(phone) { phone.app.graph.navigator.current == Route.Result }
        assertContentEquals(photo, phone.app.graph.result.state.value.photo?.bytes)
        phone.controller.recreate()
        phone.settle()
        assertEquals(1, (phone.app.engine as FakeKerbside).analysed.size)
    }

    @Test
    fun `a photo is picked without any permission`() {
        val phone = TestScreen.Denied.on(Phone(Setting.Light))
        shadowOf(phone.app.contentResolver).registerInputStream(file, ByteArrayInputStream(TestScreen.photo()))
        (phone.activity as MainActivity).pickPhoto()
        val asked = shadowOf(phone.activity).nextStartedActivityForResult
        assertEquals(MediaStore.ACTION_PICK_IMAGES, asked.intent.action)
        shadowOf(phone.activity).receiveResult(asked.intent, Activity.RESULT_OK, Intent().setData(file))
        waitFor(phone) { phone.app.graph.navigator.current == Route.Result }
    }

    @Test
    fun `the plan is written where the person says`() {
        val phone = TestScreen.Schedule.on(Phone(Setting.Light))
        val written = ByteArrayOutputStream()
        shadowOf(phone.app.contentResolver).registerOutputStream(file, written)
        (phone.activity as MainActivity).saveCalendar()
        val asked = shadowOf(phone.activity).nextStartedActivityForResult
        assertEquals("text/calendar", asked.intent.type)
        shadowOf(phone.activity).receiveResult(asked.intent, Activity.RESULT_OK, Intent().setData(file))
        waitFor(phone) { written.size() > 0 }
        assertEquals("2026-12-01/2027-12-01@19", written.toString())
    }

    @Test
    fun `a calendar is picked, shown and taken`() {
        val phone = TestScreen.Schedule.on(Phone(Setting.Light))
        val engine = phone.app.engine as FakeKerbside
        engine.imported = ImportedCalendar(listOf(ImportedDay(LocalDate.of(2026, 12, 4), "Sperrgut", listOf("bulky"))), warnings = listOf("line 7"))
        shadowOf(phone.app.contentResolver).registerInputStream(file, ByteArrayInputStream(byteArrayOf(1)))
        phone.press("Import")
        val asked = shadowOf(phone.activity).nextStartedActivityForResult
        assertEquals(Intent.ACTION_OPEN_DOCUMENT, asked.intent.action)
        shadowOf(phone.activity).receiveResult(asked.intent, Activity.RESULT_OK, Intent().setData(file))
        waitFor(phone) { phone.app.graph.schedule.state.value.importing != null }
        assertTrue(phone.says().containsAll(listOf("1 collection read", "Fri, Dec 4  Sperrgut", "line 7")), "${phone.says()}")
        assertFalse("Sperrgut" in phone.says())
        phone.press("Take these days")
        assertTrue("Sperrgut" in phone.says())
        phone.press("Forget imported days")
        assertFalse("Sperrgut" in phone.says())
    }

    @Test
    fun `a model is picked and imported, with its progress`() {
        val phone = TestScreen.Models.on(Phone(Setting.Light))
        val engine = phone.app.engine as FakeKerbside
        val progress = MutableSharedFlow<ImportProgress>(replay = 1)
        engine.importing = progress
        shadowOf(phone.app.contentResolver).registerInputStream(file, ByteArrayInputStream(byteArrayOf(1)))
        phone.press("Import from a file")
        val asked = shadowOf(phone.activity).nextStartedActivityForResult
        assertEquals(Intent.ACTION_OPEN_DOCUMENT, asked.intent.action)
        shadowOf(phone.activity).receiveResult(asked.intent, Activity.RESULT_OK, Intent().setData(file))
        progress.tryEmit(ImportProgress(4, 16))
        waitFor(phone) { phone.app.graph.models.state.value.work?.share == 0.25f }
        assertTrue("Reading files…" in phone.says())
        val bar = phone.all<ProgressBar>().single()
        assertEquals(bar.max / 4, bar.progress)
        phone.press("Stop")
        assertFalse("Reading files…" in phone.says())
        assertEquals(0, progress.subscriptionCount.value, "the engine has stopped")
    }

    @Test
    fun `short of memory, the engine hears of it`() {
        val phone = TestScreen.Result.on(Phone(Setting.Light))
        @Suppress("DEPRECATION")
        phone.app.onTrimMemory(android.content.ComponentCallbacks2.TRIM_MEMORY_COMPLETE)
        assertEquals(1, (phone.app.engine as FakeKerbside).warned)
    }

    @Test
    fun `a tapped reminder opens the collections`() {
        val phone = TestScreen.More.on(Phone(Setting.Light))
        phone.controller.newIntent(Intent(MainActivity.SHOW_SCHEDULE))
        phone.settle()
        assertTrue("Collections" in phone.says())
        assertEquals(Route.Schedule, phone.app.graph.navigator.current)
    }

    /** What another thread reads or writes is there in the end. */
    private fun waitFor(phone: Phone, there: () -> Boolean) {
        repeat(50) {
            phone.settle()
            if (there()) return
            Thread.sleep(20)
        }
        assertTrue(there())
    }
}
