//! Encoded photos and camera planes → a photo.
//!
//! Bytes are borrowed for the time of the call and not copied on the way: in Kotlin they are a
//! *direct* `ByteBuffer`, as `Image.Plane.getBuffer` gives them, read from its beginning (`slice()`
//! one whose position is not 0); in Swift a `Data`, which may wrap a pixel buffer's own memory.

use std::sync::Arc;

use kerbside_core::photo::Frame as CoreFrame;
use kerbside_core::pixels::{Pixels, Plane, Rotation};

use crate::caught::caught;
use crate::error::Result;

/// An upright photo in memory.
#[derive(Debug, uniffi::Object)]
pub struct Frame(pub(crate) CoreFrame);

/// Where the samples of one plane lie.
#[derive(Debug, Clone, Copy, uniffi::Record)]
pub struct PlaneLayout {
    /// From one row to the next, in bytes.
    pub row_stride: u32,
    /// From one sample to the next, in bytes.
    pub pixel_stride: u32,
}

/// Size of an image as it is stored, and how to turn it.
#[derive(Debug, Clone, Copy, uniffi::Record)]
pub struct Geometry {
    /// Columns, before turning.
    pub width: u32,
    /// Rows, before turning.
    pub height: u32,
    /// Degrees to turn it clockwise so that it stands upright: a multiple of 90.
    pub rotation: i32,
}

#[uniffi::export]
impl Frame {
    /// Decodes a JPEG, PNG or WebP file, turned upright as its EXIF data says.
    ///
    /// # Errors
    /// `BadPhoto`.
    #[uniffi::constructor]
    pub fn from_encoded(bytes: &[u8]) -> Result<Arc<Self>> {
        caught(|| Ok(Arc::new(Self(CoreFrame::from_encoded(bytes)?))))
    }

    /// From pixels of four bytes: red, green, blue, and one that is ignored.
    ///
    /// # Errors
    /// `BadPhoto`.
    #[uniffi::constructor]
    pub fn from_rgba(pixels: &[u8], row_stride: u32, geometry: Geometry) -> Result<Arc<Self>> {
        let plane = PlaneLayout { row_stride, pixel_stride: 4 }.plane(pixels);
        caught(|| geometry.frame(&Pixels::Rgba(plane)))
    }

    /// From an NV21 buffer: brightness, then interleaved V and U, all rows `row_stride` apart.
    ///
    /// # Errors
    /// `BadPhoto`.
    #[uniffi::constructor]
    pub fn from_nv21(bytes: &[u8], row_stride: u32, geometry: Geometry) -> Result<Arc<Self>> {
        caught(|| {
            let pixels = Pixels::nv21(bytes, geometry.height as usize, row_stride as usize)?;
            geometry.frame(&pixels)
        })
    }

    /// From the three planes of Android's `YUV_420_888` (or of a `CVPixelBuffer`, whose second
    /// plane is handed over twice, once from its second byte on). `colour` holds for U and V.
    ///
    /// # Errors
    /// `BadPhoto`.
    #[uniffi::constructor]
    pub fn from_yuv420(
        y: &[u8],
        u: &[u8],
        v: &[u8],
        brightness: PlaneLayout,
        colour: PlaneLayout,
        geometry: Geometry,
    ) -> Result<Arc<Self>> {
        let (y, u, v) = (brightness.plane(y), colour.plane(u), colour.plane(v));
        caught(|| geometry.frame(&Pixels::Yuv420 { y, u, v }))
    }

    /// Columns of the upright photo.
    pub fn width(&self) -> u32 {
        self.0.width() as u32
    }

    /// Rows of the upright photo.
    pub fn height(&self) -> u32 {
        self.0.height() as u32
    }

    /// The pixels as `[height, width]` of red, green, blue and 255, to show the very photo that is
    /// looked at.
    pub fn rgba(&self) -> Vec<u8> {
        self.0.pixels().chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], u8::MAX]).collect()
    }
}

impl PlaneLayout {
    fn plane(self, bytes: &[u8]) -> Plane<'_> {
        let (row_stride, pixel_stride) = (self.row_stride as usize, self.pixel_stride as usize);
        Plane { bytes, row_stride, pixel_stride }
    }
}

impl Geometry {
    fn frame(self, pixels: &Pixels<'_>) -> Result<Arc<Frame>> {
        let rotation = Rotation::from_degrees(self.rotation)?;
        let size = (self.width as usize, self.height as usize);
        Ok(Arc::new(Frame(CoreFrame::from_pixels(pixels, size, rotation)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::SorterError;

    #[test]
    fn a_bitmap_is_turned_and_read_back() {
        let pixels = [1, 2, 3, 0, 4, 5, 6, 0, 9, 9, 9, 9, 7, 8, 9, 0, 10, 11, 12, 0];
        let geometry = Geometry { width: 2, height: 2, rotation: 90 };
        let frame = Frame::from_rgba(&pixels, 12, geometry).unwrap();
        assert_eq!(frame.rgba(), [7, 8, 9, 255, 1, 2, 3, 255, 10, 11, 12, 255, 4, 5, 6, 255]);
        let askew = Geometry { rotation: 30, ..geometry };
        let error = Frame::from_rgba(&pixels, 12, askew).unwrap_err();
        assert!(matches!(error, SorterError::BadPhoto(words) if words.contains("not by 30")));
    }
}
