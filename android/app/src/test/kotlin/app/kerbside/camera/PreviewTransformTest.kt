package app.kerbside.camera

import android.graphics.RectF
import android.util.Size
import android.view.Surface
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

@RunWith(RobolectricTestRunner::class)
class PreviewTransformTest {
    private val preview = Size(1280, 960)

    private fun drawn(view: Size, rotation: Int) =
        RectF(0f, 0f, view.width.toFloat(), view.height.toFloat()).also(previewTransform(view, preview, rotation)::mapRect)

    @Test
    fun `the picture fills the view, is not squashed and stays in the middle`() {
        for ((view, rotation) in listOf(
            Size(360, 640) to Surface.ROTATION_0, Size(640, 360) to Surface.ROTATION_90,
            Size(640, 360) to Surface.ROTATION_270, Size(360, 640) to Surface.ROTATION_180,
        )) {
            val place = drawn(view, rotation)
            val upright = rotation == Surface.ROTATION_0 || rotation == Surface.ROTATION_180
            val shape = if (upright) 960f / 1280 else 1280f / 960
            assertEquals(shape, place.width() / place.height(), 0.01f, "rotation $rotation")
            assertTrue(place.width() >= view.width - 0.5f && place.height() >= view.height - 0.5f, "$place fills $view")
            assertEquals(view.width / 2f, place.centerX(), 0.5f)
            assertEquals(view.height / 2f, place.centerY(), 0.5f)
        }
    }
}
