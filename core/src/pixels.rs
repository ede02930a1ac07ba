//! What a camera hands over → upright RGB: strides, colour at half resolution, rotation.
//!
//! The planes are borrowed: nothing is copied but into the [`Frame`] itself.

use crate::photo::{Frame, MAX_PIXELS, PhotoError};

/// One plane of an image: samples `pixel_stride` bytes apart in rows `row_stride` bytes apart. The
/// last row may end with its last sample, as Android's do.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// The bytes, beginning with the first sample of the first row.
    pub bytes: &'a [u8],
    /// From one row to the next, in bytes.
    pub row_stride: usize,
    /// From one sample to the next, in bytes.
    pub pixel_stride: usize,
}

/// Pixels as cameras and bitmaps store them.
#[derive(Debug, Clone, Copy)]
pub enum Pixels<'a> {
    /// Red, green, blue and an ignored fourth byte, beginning at each sample.
    Rgba(Plane<'a>),
    /// Brightness for each pixel, and one pair of colour samples for each 2×2 of them: Android's
    /// `YUV_420_888`, and with fitting strides NV21, NV12 and I420.
    Yuv420 {
        /// Brightness, `[height, width]`.
        y: Plane<'a>,
        /// Blue difference, `[⌈height / 2⌉, ⌈width / 2⌉]`.
        u: Plane<'a>,
        /// Red difference, of the same shape.
        v: Plane<'a>,
    },
}

impl<'a> Pixels<'a> {
    /// An NV21 buffer: the rows of brightness, then rows of interleaved V and U, all `row_stride`
    /// bytes apart.
    ///
    /// # Errors
    /// [`PhotoError::PlaneTooShort`] if the second part is missing.
    pub fn nv21(bytes: &'a [u8], height: usize, row_stride: usize) -> Result<Self, PhotoError> {
        let luma = row_stride.saturating_mul(height);
        let chroma = bytes.get(luma..).filter(|chroma| chroma.len() > 1);
        let Some(chroma) = chroma else {
            let expected = luma.saturating_add(2);
            return Err(PhotoError::PlaneTooShort { plane: "VU", expected, found: bytes.len() });
        };
        let plane = |bytes, pixel_stride| Plane { bytes, row_stride, pixel_stride };
        let [y, v, u] = [(&bytes[..luma], 1), (chroma, 2), (&chroma[1..], 2)]
            .map(|(bytes, pixel_stride)| plane(bytes, pixel_stride));
        Ok(Self::Yuv420 { y, u, v })
    }
}

/// How far an image has to be turned clockwise to stand upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rotation {
    /// It stands upright.
    #[default]
    None,
    /// By 90°: its left edge becomes the top.
    Quarter,
    /// By 180°.
    Half,
    /// By 270°: its right edge becomes the top.
    ThreeQuarters,
}

impl Rotation {
    /// The rotation by so many degrees.
    ///
    /// # Errors
    /// [`PhotoError::Rotation`] unless they are a multiple of 90.
    pub fn from_degrees(degrees: i32) -> Result<Self, PhotoError> {
        match degrees.rem_euclid(360) {
            0 => Ok(Self::None),
            90 => Ok(Self::Quarter),
            180 => Ok(Self::Half),
            270 => Ok(Self::ThreeQuarters),
            _ => Err(PhotoError::Rotation { degrees }),
        }
    }
}

impl Frame {
    /// The upright photo of `width`×`height` pixels that have to be turned by `rotation`.
    ///
    /// # Errors
    /// [`PhotoError::Empty`], [`PhotoError::TooManyPixels`], [`PhotoError::Stride`] and
    /// [`PhotoError::PlaneTooShort`], naming the plane.
    pub fn from_pixels(
        pixels: &Pixels<'_>,
        (width, height): (usize, usize),
        rotation: Rotation,
    ) -> Result<Self, PhotoError> {
        refuse_size(width, height)?;
        pixels.check(width, height)?;
        let walk = Walk::new(rotation, width, height);
        let rgb = match pixels {
            Pixels::Rgba(plane) => walk.collect(|x, y| rgb_of_rgba(plane, x, y)),
            Pixels::Yuv420 { y: luma, u, v } => walk.collect(|x, y| {
                let (half_x, half_y) = (x / 2, y / 2);
                rgb_of_yuv(luma.at(x, y), u.at(half_x, half_y), v.at(half_x, half_y))
            }),
        };
        Self::from_rgb(walk.width, walk.height, rgb)
    }
}

fn refuse_size(width: usize, height: usize) -> Result<(), PhotoError> {
    if width == 0 || height == 0 {
        return Err(PhotoError::Empty);
    }
    if width.saturating_mul(height) as u64 > MAX_PIXELS {
        let [width, height] = [width, height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
        return Err(PhotoError::TooManyPixels { width, height });
    }
    Ok(())
}

impl Pixels<'_> {
    fn check(&self, width: usize, height: usize) -> Result<(), PhotoError> {
        match self {
            Self::Rgba(plane) => plane.check("RGBA", width, height, 4),
            Self::Yuv420 { y, u, v } => {
                y.check("Y", width, height, 1)?;
                let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
                u.check("U", half_width, half_height, 1)?;
                v.check("V", half_width, half_height, 1)
            }
        }
    }
}

impl Plane<'_> {
    fn at(&self, x: usize, y: usize) -> u8 {
        self.bytes[y * self.row_stride + x * self.pixel_stride]
    }

    /// Whether `width`×`height` samples of so many bytes lie inside, without overlapping.
    fn check(
        &self,
        plane: &'static str,
        width: usize,
        height: usize,
        sample: usize,
    ) -> Result<(), PhotoError> {
        let row = self.pixel_stride.saturating_mul(width - 1).saturating_add(sample);
        if self.pixel_stride < sample || (self.row_stride < row && height > 1) {
            let (row_stride, pixel_stride) = (self.row_stride, self.pixel_stride);
            return Err(PhotoError::Stride { plane, row_stride, pixel_stride, width });
        }
        let expected = self.row_stride.saturating_mul(height - 1).saturating_add(row);
        let found = self.bytes.len();
        if found < expected {
            return Err(PhotoError::PlaneTooShort { plane, expected, found });
        }
        Ok(())
    }
}

/// The way through an image that visits its pixels in the order of the turned one.
struct Walk {
    /// Of the turned image.
    width: usize,
    height: usize,
    /// The pixel that becomes the upper left corner.
    start: (isize, isize),
    /// From a pixel to the one that becomes its right neighbour.
    right: (isize, isize),
    /// From a pixel to the one that becomes its lower neighbour.
    down: (isize, isize),
}

impl Walk {
    fn new(rotation: Rotation, width: usize, height: usize) -> Self {
        // Both are below 2^26: `refuse_size`.
        let (last_x, last_y) = (width as isize - 1, height as isize - 1);
        let upright = |start, right, down| Self { width, height, start, right, down };
        let turned = |start, right, down| Self { width: height, height: width, start, right, down };
        match rotation {
            Rotation::None => upright((0, 0), (1, 0), (0, 1)),
            Rotation::Quarter => turned((0, last_y), (0, -1), (1, 0)),
            Rotation::Half => upright((last_x, last_y), (-1, 0), (0, -1)),
            Rotation::ThreeQuarters => turned((last_x, 0), (0, 1), (-1, 0)),
        }
    }

    /// `[height, width, 3]` of the turned image.
    fn collect(&self, rgb: impl Fn(usize, usize) -> [u8; 3]) -> Vec<u8> {
        let mut pixels = Vec::with_capacity(3 * self.width * self.height);
        let mut first = self.start;
        for _ in 0..self.height {
            let (mut x, mut y) = first;
            for _ in 0..self.width {
                pixels.extend_from_slice(&rgb(x as usize, y as usize));
                (x, y) = (x + self.right.0, y + self.right.1);
            }
            first = (first.0 + self.down.0, first.1 + self.down.1);
        }
        pixels
    }
}

fn rgb_of_rgba(plane: &Plane<'_>, x: usize, y: usize) -> [u8; 3] {
    let at = y * plane.row_stride + x * plane.pixel_stride;
    [plane.bytes[at], plane.bytes[at + 1], plane.bytes[at + 2]]
}

/// BT.601 at full range, as JFIF (version 1.02, page 3) and Android's cameras use it, in 16-bit
/// fixed point.
fn rgb_of_yuv(y: u8, u: u8, v: u8) -> [u8; 3] {
    let (y, u, v) = (i32::from(y) << 16, i32::from(u) - 128, i32::from(v) - 128);
    let channel = |value: i32| ((value + (1 << 15)) >> 16).clamp(0, 255) as u8;
    [
        channel(y + 91_881 * v),              // 1.402
        channel(y - 22_554 * u - 46_802 * v), // 0.344136, 0.714136
        channel(y + 116_130 * u),             // 1.772
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3×2 pixels: their red is 10·x + y.
    fn rgba(row_stride: usize) -> Vec<u8> {
        let mut bytes = vec![99; row_stride + 12];
        for (x, y) in [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)] {
            bytes[y * row_stride + 4 * x] = (10 * x + y) as u8;
        }
        bytes
    }

    fn reds(frame: &Frame) -> Vec<Vec<u8>> {
        let row = |y| (0..frame.width()).map(|x| frame.pixel(x, y)[0]).collect();
        (0..frame.height()).map(row).collect()
    }

    #[test]
    fn every_rotation_puts_the_pixels_where_they_belong() {
        let bytes = rgba(20);
        let pixels = Pixels::Rgba(Plane { bytes: &bytes, row_stride: 20, pixel_stride: 4 });
        let turned = |degrees| {
            let rotation = Rotation::from_degrees(degrees).unwrap();
            reds(&Frame::from_pixels(&pixels, (3, 2), rotation).unwrap())
        };
        assert_eq!(turned(0), [[0, 10, 20], [1, 11, 21]]);
        assert_eq!(turned(90), [[1, 0], [11, 10], [21, 20]]);
        assert_eq!(turned(180), [[21, 11, 1], [20, 10, 0]]);
        assert_eq!(turned(-90), [[20, 21], [10, 11], [0, 1]]);
        assert!(Rotation::from_degrees(45).is_err());
    }

    #[test]
    fn planes_that_are_too_short_are_refused_by_name() {
        let bytes = [0; 64];
        let plane = |len: usize, row_stride, pixel_stride| Plane {
            bytes: &bytes[..len],
            row_stride,
            pixel_stride,
        };
        let message =
            |pixels| Frame::from_pixels(&pixels, (4, 4), Rotation::None).unwrap_err().to_string();
        let yuv = |y, u, v| Pixels::Yuv420 { y, u, v };
        // The last row of colour ends with its last sample: 2 rows of 4, less one.
        let (y, v) = (plane(16, 4, 1), plane(7, 4, 2));
        assert!(Frame::from_pixels(&yuv(y, v, v), (4, 4), Rotation::None).is_ok());
        assert!(message(yuv(y, plane(6, 4, 2), v)).contains("plane U has 6 bytes"));
        assert!(message(yuv(plane(15, 4, 1), v, v)).contains("plane Y has 15 bytes"));
        assert!(message(yuv(plane(64, 3, 1), v, v)).contains("plane Y: rows of 3 bytes"));
        assert!(message(Pixels::Rgba(plane(64, 16, 3))).contains("plane RGBA"));
        assert!(message(Pixels::Rgba(plane(63, 16, 4))).contains("has 63 bytes"));
        assert!(Pixels::nv21(&bytes[..17], 4, 4).is_err());
        let empty = Frame::from_pixels(&Pixels::Rgba(plane(64, 16, 4)), (0, 4), Rotation::None);
        assert!(matches!(empty, Err(PhotoError::Empty)));
        let huge = (usize::MAX, 2);
        let huge = Frame::from_pixels(&Pixels::Rgba(plane(64, 16, 4)), huge, Rotation::None);
        assert!(matches!(huge, Err(PhotoError::TooManyPixels { .. })));
    }

    #[test]
    fn nv21_is_yuv_with_interleaved_colour() {
        // 3×3 pixels in rows of 4: colour is 2×2 pairs.
        let bytes: Vec<u8> = (0..20).map(|at| at * 12).collect();
        let nv21 = Pixels::nv21(&bytes, 3, 4).unwrap();
        let planes = Pixels::Yuv420 {
            y: Plane { bytes: &bytes[..12], row_stride: 4, pixel_stride: 1 },
            u: Plane {
                bytes: &[13 * 12, 15 * 12, 17 * 12, 19 * 12],
                row_stride: 2,
                pixel_stride: 1,
            },
            v: Plane {
                bytes: &[12 * 12, 14 * 12, 16 * 12, 18 * 12],
                row_stride: 2,
                pixel_stride: 1,
            },
        };
        let [one, other] = [nv21, planes]
            .map(|pixels| Frame::from_pixels(&pixels, (3, 3), Rotation::None).unwrap());
        assert_eq!(reds(&one), reds(&other));
        assert_eq!(one, other);
    }
}
