package app.kerbside.result

import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Color
import android.graphics.RectF
import android.provider.Settings
import android.view.View
import app.kerbside.api.Point
import app.kerbside.api.WasteClass
import app.kerbside.support.item
import app.kerbside.ui.Palette
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNotEquals
import kotlin.test.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment

/** What is drawn over a grey photo, pixel by pixel. */
@RunWith(RobolectricTestRunner::class)
class PhotoViewTest {
    private val app = RuntimeEnvironment.getApplication()

    @Before
    fun nothingMoves() {
        Settings.Global.putFloat(app.contentResolver, Settings.Global.ANIMATOR_DURATION_SCALE, 0f)
    }

    private fun photo(vararg shapes: Outlined, selected: Int? = null, looking: Point? = null, nothing: Point? = null) =
        PhotoView(app) { _, _ -> }.apply {
            photo = Bitmap.createBitmap(SIDE, SIDE, Bitmap.Config.ARGB_8888).apply { eraseColor(Color.GRAY) }
            val side = View.MeasureSpec.makeMeasureSpec(SIDE, View.MeasureSpec.EXACTLY)
            measure(side, side)
            layout(0, 0, SIDE, SIDE)
            show(shapes.toList(), selected, shapes.map { "" }, looking, nothing)
        }

    private fun PhotoView.drawn(): Bitmap = Bitmap.createBitmap(SIDE, SIDE, Bitmap.Config.ARGB_8888).also { draw(Canvas(it)) }

    private fun thing(label: String) = Outlined(item(label, 0.2f, 0.2f, 0.9f, 0.9f))

    /** A square in the middle of [thing], away from its line and its number. */
    private fun Bitmap.inside() = List(100 * 100) { getPixel(170 + it % 100, 170 + it / 100) }

    private fun grey(colour: Int) = (Color.red(colour) * 299 + Color.green(colour) * 587 + Color.blue(colour) * 114) / 1000

    private fun Bitmap.inside(badge: RectF) = (badge.top.toInt() + 4..badge.bottom.toInt() - 4).flatMap { y ->
        (badge.left.toInt() + 4..badge.right.toInt() - 4).map { x -> getPixel(x, y) }
    }

    @Test
    fun `each class has its colour and, without any colour, its pattern`() {
        val patterns = mutableMapOf<WasteClass, List<Boolean>>()
        for (kind in WasteClass.entries) {
            val pixels = photo(thing(kind.name)).drawn().inside()
            val (dark, light) = pixels.minOf(::grey) to pixels.maxOf(::grey)
            assertTrue(light - dark >= 6, "$kind is flat: $dark to $light")
            patterns[kind] = pixels.map { grey(it) > (dark + light) / 2 }
            val strongest = pixels.maxBy { pixel -> apart(pixel, Color.GRAY) }
            val own = Palette.entries.minBy { apart(strongest, it.colour) }
            assertEquals(Palette.of(kind), own, "$kind, in ${Integer.toHexString(strongest)}")
        }
        assertEquals(patterns.size, patterns.values.toSet().size, "no two patterns are the same")
    }

    private fun apart(one: Int, other: Int) = listOf(16, 8, 0).sumOf { shift ->
        val distance = (one shr shift and 0xFF) - (other shr shift and 0xFF)
        distance * distance
    }

    @Test
    fun `the line is dark, light and of the class's colour`() {
        val drawn = photo(thing("metal")).drawn()
        val across = (60..100).map { drawn.getPixel(it, 200) }
        assertTrue(Palette.Metal.colour in across, across.joinToString { Integer.toHexString(it) })
        assertTrue(across.any { grey(it) > 230 } && across.any { grey(it) < 100 })
        assertEquals(Color.GRAY, drawn.getPixel(20, 200), "nothing beside it")
    }

    @Test
    fun `each thing bears its number`() {
        val one = photo(thing("glass"))
        val two = photo(Outlined(item("glass", 0.7f, 0f, 1f, 0.1f)), thing("glass"))
        val (first, second) = one.drawn().inside(one.badges()[0]) to two.drawn().inside(two.badges()[1])
        for (badge in listOf(first, second)) assertTrue(badge.any { grey(it) > 200 } && badge.any { grey(it) < 60 }, "white on black")
        assertNotEquals(first, second, "1 is not 2")
    }

    @Test
    fun `a card bears the same number and pattern`() {
        fun mark(number: Int, kind: Palette) = ClassMark(app, number, kind).run {
            layout(0, 0, MARK, MARK)
            Bitmap.createBitmap(MARK, MARK, Bitmap.Config.ARGB_8888).also { draw(Canvas(it)) }
        }
        assertFalse(mark(1, Palette.Glass).sameAs(mark(2, Palette.Glass)), "1 is not 2")
        val corner = (4..8).flatMap { y -> (4 until MARK - 4).map { x -> x to y } }
        val patterns = Palette.entries.map { kind -> mark(1, kind).let { drawn -> corner.map { (x, y) -> grey(drawn.getPixel(x, y)) > 250 } } }
        for (pattern in patterns) assertTrue(pattern.any { it } && pattern.any { !it }, "white and its colour")
        assertEquals(patterns.size, patterns.toSet().size)
    }

    @Test
    fun `the chosen thing stands out from the others`() {
        val things = arrayOf(thing("paper"), Outlined(item("glass", 0f, 0f, 0.1f, 0.1f)))
        val (none, first, second) = listOf(null, 0, 1).map { photo(*things, selected = it).drawn().inside() }
        assertEquals(none, first)
        assertTrue(second.zip(first).count { (dimmed, full) -> apart(dimmed, Color.GRAY) < apart(full, Color.GRAY) } > 1000, "others step back")
    }

    @Test
    fun `where it looks again, and where it found nothing, is marked`() {
        val at = Point(0.5f, 0.5f)
        val (plain, looking, nothing) = listOf(photo(), photo(looking = at), photo(nothing = at)).map { it.drawn() }
        assertTrue(!plain.sameAs(looking) && !plain.sameAs(nothing) && !looking.sameAs(nothing))
    }

    private companion object {
        const val SIDE = 400
        const val MARK = 44
    }
}
