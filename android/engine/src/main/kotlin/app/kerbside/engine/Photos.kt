package app.kerbside.engine

import app.kerbside.api.Photo
import app.kerbside.ffi.Frame
import app.kerbside.ffi.Geometry
import app.kerbside.ffi.PlaneLayout
import java.nio.Buffer
import java.nio.ByteBuffer

/**
 * The photo upright in the library's memory. Buffers are read where they lie, from their position on: the library itself
 * reads from a buffer's beginning, whatever its position.
 */
internal fun Photo.toFrame(): Frame = when (this) {
    is Photo.Encoded -> Frame.fromEncoded(bytes.direct())
    is Photo.Rgba -> Frame.fromRgba(pixels.slice(), stride.toUInt(), geometry(width, height, rotation))
    is Photo.Yuv -> {
        require(u.rowStride == v.rowStride && u.pixelStride == v.pixelStride) { "U and V are laid out alike" }
        Frame.fromYuv420(
            y.bytes.slice(),
            u.bytes.slice(),
            v.bytes.slice(),
            y.layout(),
            u.layout(),
            geometry(width, height, rotation),
        )
    }
}

/** The bytes where the library can read them. */
internal fun ByteArray.direct(): ByteBuffer {
    val buffer = ByteBuffer.allocateDirect(size)
    buffer.put(this)
    // Before Android 14 a ByteBuffer has no rewind of its own, only that of Buffer.
    (buffer as Buffer).rewind()
    return buffer
}

private fun geometry(width: Int, height: Int, rotation: Int) = Geometry(width.toUInt(), height.toUInt(), rotation)

private fun Photo.Plane.layout() = PlaneLayout(rowStride.toUInt(), pixelStride.toUInt())
