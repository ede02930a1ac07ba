package app.kerbside.api

import java.nio.ByteBuffer

/** A photo on its way to the engine, which turns it upright. */
sealed interface Photo {
    /** A JPEG, PNG or WebP file; its EXIF orientation counts. */
    class Encoded(val bytes: ByteArray) : Photo

    /**
     * Four bytes a pixel, red first. The buffer is direct.
     *
     * @property stride bytes from one row to the next
     * @property rotation degrees to turn it clockwise: 0, 90, 180 or 270
     */
    class Rgba(
        val pixels: ByteBuffer,
        val width: Int,
        val height: Int,
        val stride: Int = width * 4,
        val rotation: Int = 0,
    ) : Photo

    /** The three planes of a YUV_420_888 picture of the camera. */
    class Yuv(val y: Plane, val u: Plane, val v: Plane, val width: Int, val height: Int, val rotation: Int = 0) : Photo

    /** A direct buffer, with the bytes from one row and from one sample to the next. */
    class Plane(val bytes: ByteBuffer, val rowStride: Int, val pixelStride: Int)
}
