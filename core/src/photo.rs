//! Photo → upright RGB pixels: formats, EXIF orientation, limits.
//!
//! Transparency is dropped, not composited: the colour a transparent pixel was stored with shows,
//! as in Pillow's `convert("RGB")`, which the models' own preprocessing uses.

use std::io::{Cursor, ErrorKind};

use image::codecs::png::PngDecoder;
use image::error::{DecodingError, ImageError, ImageFormatHint, LimitErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::detection::BBox;
use crate::mask::Point;

/// Most pixels a photo may have.
pub const MAX_PIXELS: u64 = 64_000_000;

/// Most bytes a photo may have, as a file and decoded.
pub const MAX_BYTES: u64 = 256 << 20;

/// Most bytes of a PNG's profile and texts, unpacked: a few hundred bytes can become any number.
const MAX_METADATA: u64 = 16 << 20;

/// Why a photo cannot be used, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// No bytes.
    #[error("the photo is empty: choose another or take it again")]
    Empty,
    /// Not an image, or of a kind that is not read here.
    #[error("this is not a photo that can be read: use JPEG, PNG or WebP")]
    Unsupported(#[source] Option<ImageError>),
    /// Too many pixels.
    #[error(
        "the photo is too large: {width}×{height} is {} megapixels, at most {} are read; take a smaller one",
        (u64::from(*.width) * u64::from(*.height)).div_ceil(1_000_000),
        MAX_PIXELS / 1_000_000
    )]
    TooManyPixels {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Too many bytes, as a file or decoded.
    #[error(
        "the photo is too large: it takes {} MB, at most {} are read; take a smaller one",
        .bytes.div_ceil(1 << 20),
        MAX_BYTES >> 20
    )]
    TooManyBytes {
        /// How many it takes.
        bytes: u64,
    },
    /// The end is missing.
    #[error("the photo is cut off: copy or download it again")]
    Truncated,
    /// Broken inside.
    #[error("the photo is damaged: copy or download it again")]
    Damaged(#[source] ImageError),
    /// Raw pixels whose number does not fit the size.
    #[error("{found} bytes are not {width}×{height} RGB pixels, which take {expected}")]
    PixelCount {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// `3 × width × height`.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// A camera's plane whose end is missing.
    #[error("plane {plane} has {found} bytes, its size and strides need {expected}")]
    PlaneTooShort {
        /// Which one.
        plane: &'static str,
        /// Bytes up to the last sample.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// A camera's plane whose samples would overlap.
    #[error(
        "plane {plane}: rows of {row_stride} bytes, {pixel_stride} a pixel, do not hold {width} pixels"
    )]
    Stride {
        /// Which one.
        plane: &'static str,
        /// From row to row.
        row_stride: usize,
        /// From sample to sample.
        pixel_stride: usize,
        /// Samples of a row.
        width: usize,
    },
    /// Neither upright nor on a side.
    #[error("a photo is turned by 0, 90, 180 or 270 degrees, not by {degrees}")]
    Rotation {
        /// Clockwise.
        degrees: i32,
    },
}

/// An upright photo: 8-bit RGB, rows from the top.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    width: usize,
    height: usize,
    /// `[height, width, 3]`
    pixels: Vec<u8>,
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({}×{})", self.width, self.height)
    }
}

impl Frame {
    /// Decodes a JPEG, PNG or WebP file of any depth and colour model and turns it upright.
    /// Of an animation, the first picture.
    ///
    /// # Errors
    /// [`PhotoError`]; sizes are refused by the header, before any pixel is decoded.
    pub fn from_encoded(bytes: &[u8]) -> Result<Self, PhotoError> {
        if bytes.is_empty() {
            return Err(PhotoError::Empty);
        }
        refuse_bytes_above_limit(bytes.len() as u64)?;
        let mut decoder = decoder(bytes)?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > MAX_PIXELS {
            return Err(PhotoError::TooManyPixels { width, height });
        }
        refuse_bytes_above_limit(decoder.total_bytes())?;
        // A photo with broken metadata is still a photo.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let decoded = DynamicImage::from_decoder(decoder).map_err(|error| explain(error, bytes))?;
        // Narrowed first: turning needs a second copy.
        let mut upright = DynamicImage::ImageRgb8(decoded.into_rgb8());
        upright.apply_orientation(orientation);
        let (width, height) = (upright.width() as usize, upright.height() as usize);
        Self::from_rgb(width, height, upright.into_rgb8().into_raw())
    }

    /// From raw pixels `[height, width, 3]`.
    ///
    /// # Errors
    /// [`PhotoError::PixelCount`] unless there are `3 × width × height` bytes,
    /// [`PhotoError::Empty`] if that is none, [`PhotoError::TooManyBytes`].
    pub fn from_rgb(width: usize, height: usize, pixels: Vec<u8>) -> Result<Self, PhotoError> {
        let expected = width.saturating_mul(height).saturating_mul(3);
        if pixels.len() != expected {
            return Err(PhotoError::PixelCount { width, height, expected, found: pixels.len() });
        }
        if pixels.is_empty() {
            return Err(PhotoError::Empty);
        }
        refuse_bytes_above_limit(pixels.len() as u64)?;
        Ok(Self { width, height, pixels })
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// `[height, width, 3]`, rows from the top.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Red, green and blue at column `x`, row `y`.
    ///
    /// # Panics
    /// Outside the photo.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        assert!(x < self.width && y < self.height, "pixel ({x}, {y}) is outside the photo");
        let at = 3 * (y * self.width + x);
        [self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]]
    }

    /// The square of `side` pixels nearest to being centred on `point` that fits into the photo,
    /// and its place there. A side longer than the photo's shorter one becomes that one.
    pub fn crop_around(&self, point: Point, side: usize) -> (Self, BBox) {
        let side = side.clamp(1, self.width.min(self.height));
        let start = |centre: f32, size: usize| {
            let first = (centre * size as f32 - side as f32 / 2.0).round().max(0.0) as usize;
            first.min(size - side)
        };
        self.cut(start(point.x, self.width), start(point.y, self.height), side, side)
    }

    /// The part of the photo inside `region`, to the nearest whole pixels, and its place there.
    pub fn crop(&self, region: &BBox) -> (Self, BBox) {
        let span = |from: f32, to: f32, size: usize| {
            let nearest = |edge: f32| (edge * size as f32).round().max(0.0) as usize;
            let first = nearest(from).min(size - 1);
            let end = nearest(to).clamp(first + 1, size);
            (first, end - first)
        };
        let (left, width) = span(region.x1, region.x2, self.width);
        let (top, height) = span(region.y1, region.y2, self.height);
        self.cut(left, top, width, height)
    }

    /// The photo as a mirror beside it shows it: left and right exchanged.
    pub fn mirrored(&self) -> Self {
        let rows = self.pixels.chunks_exact(3 * self.width);
        let pixels = rows.flat_map(|row| row.chunks_exact(3).rev().flatten()).copied().collect();
        Self { pixels, ..*self }
    }

    /// A rectangle of pixels that lies inside the photo.
    fn cut(&self, left: usize, top: usize, width: usize, height: usize) -> (Self, BBox) {
        let rows = self.pixels.chunks_exact(3 * self.width).skip(top).take(height);
        let pixels = rows.flat_map(|row| &row[3 * left..3 * (left + width)]).copied().collect();
        let (across, down) = (self.width as f32, self.height as f32);
        let region = BBox {
            y1: top as f32 / down,
            x1: left as f32 / across,
            y2: (top + height) as f32 / down,
            x2: (left + width) as f32 / across,
        };
        (Self { width, height, pixels }, region)
    }
}

fn decoder(bytes: &[u8]) -> Result<Box<dyn ImageDecoder + '_>, PhotoError> {
    let file = Cursor::new(bytes);
    let opened = match image::guess_format(bytes) {
        // The decoder would panic at what is left over of the last colour.
        Ok(ImageFormat::Png) if has_torn_palette(bytes) => Err(torn_palette()),
        Ok(ImageFormat::Png) => {
            PngDecoder::with_limits(file, limits(MAX_METADATA)).and_then(|mut decoder| {
                decoder.set_limits(limits(MAX_BYTES))?;
                Ok(Box::new(decoder) as Box<dyn ImageDecoder>)
            })
        }
        // The decoder would paint what is missing of a JPEG grey.
        Ok(ImageFormat::Jpeg) if !has_jpeg_end(bytes) => return Err(PhotoError::Truncated),
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::WebP)) => {
            let mut reader = ImageReader::with_format(file, format);
            reader.limits(limits(MAX_BYTES));
            reader.into_decoder().map(|decoder| Box::new(decoder) as Box<dyn ImageDecoder>)
        }
        _ => return Err(PhotoError::Unsupported(None)),
    };
    opened.map_err(|error| explain(error, bytes))
}

fn limits(bytes: u64) -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(bytes);
    limits
}

/// Whether an end-of-image marker follows the first scan. Inside a scan the marker's bytes are
/// escaped; before it, a thumbnail in a segment may hold one (ITU-T T.81, B.1.1).
fn has_jpeg_end(bytes: &[u8]) -> bool {
    const START_OF_SCAN: u8 = 0xDA;
    const END_OF_IMAGE: [u8; 2] = [0xFF, 0xD9];
    let mut at = 2;
    while let Some(&[0xFF, marker, high, low]) = bytes.get(at..at + 4) {
        if marker == START_OF_SCAN {
            return bytes[at..].array_windows().any(|pair| *pair == END_OF_IMAGE);
        }
        // Padding before a marker is one byte; a segment is its marker and its own length.
        at += if marker == 0xFF { 1 } else { 2 + usize::from(u16::from_be_bytes([high, low])) };
    }
    false
}

/// Whether a PNG's palette ends inside a colour of three bytes. It stands before the pixels, among
/// chunks of length, kind, data and checksum (W3C PNG, 5.3 and 11.2.2).
fn has_torn_palette(bytes: &[u8]) -> bool {
    const SIGNATURE: usize = 8;
    let mut rest = bytes.get(SIGNATURE..);
    while let Some((length, from_kind)) = rest.and_then(<[u8]>::split_first_chunk::<4>) {
        let length = u32::from_be_bytes(*length) as usize;
        match from_kind.first_chunk() {
            Some(b"PLTE") => return !length.is_multiple_of(3),
            Some(b"IDAT") | None => return false,
            Some(_) => rest = length.checked_add(8).and_then(|end| from_kind.get(end..)),
        }
    }
    false
}

fn torn_palette() -> ImageError {
    let format = ImageFormatHint::Exact(ImageFormat::Png);
    ImageError::Decoding(DecodingError::new(format, "a colour of the palette is cut off"))
}

fn refuse_bytes_above_limit(bytes: u64) -> Result<(), PhotoError> {
    if bytes > MAX_BYTES { Err(PhotoError::TooManyBytes { bytes }) } else { Ok(()) }
}

fn explain(error: ImageError, bytes: &[u8]) -> PhotoError {
    match error {
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            PhotoError::Truncated
        }
        ImageError::Limits(ref limit) if limit.kind() == LimitErrorKind::InsufficientMemory => {
            PhotoError::TooManyBytes { bytes: MAX_BYTES + bytes.len() as u64 }
        }
        ImageError::Unsupported(_) => PhotoError::Unsupported(Some(error)),
        error => PhotoError::Damaged(error),
    }
}

#[cfg(test)]
mod tests {
    use image::{ColorType, ImageEncoder, codecs};

    use super::*;

    /// A `width`×`height` PNG of zeros.
    fn png(width: u32, height: u32, colour: ColorType) -> Vec<u8> {
        let mut bytes = Vec::new();
        let pixels = (width * height) as usize * usize::from(colour.bytes_per_pixel());
        codecs::png::PngEncoder::new(&mut bytes)
            .write_image(&vec![0; pixels], width, height, colour.into())
            .unwrap();
        bytes
    }

    /// A PNG whose header claims another size than its data has.
    fn png_claiming(width: u32, height: u32, colour: ColorType) -> Vec<u8> {
        let mut bytes = png(1, 1, colour);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let checksum = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc: u32, _| {
                (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
            })
        })
    }

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let pixels: Vec<u8> = (0..width * height * 3).map(|at| (at * 37 % 251) as u8).collect();
        codecs::jpeg::JpegEncoder::new(&mut bytes)
            .write_image(&pixels, width, height, image::ExtendedColorType::Rgb8)
            .unwrap();
        bytes
    }

    #[track_caller]
    fn refused(bytes: &[u8]) -> String {
        Frame::from_encoded(bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_mirror_exchanges_left_and_right() {
        let frame = Frame::from_rgb(3, 2, (0..18).collect()).unwrap();
        let mirror = frame.mirrored();
        assert_eq!((mirror.width(), mirror.height()), (3, 2));
        assert_eq!(mirror.pixel(0, 1), frame.pixel(2, 1));
        assert_eq!(mirror.pixel(1, 0), frame.pixel(1, 0));
        assert_eq!(mirror.mirrored(), frame);
    }

    #[test]
    fn what_is_no_photo_is_refused_with_the_formats_that_are() {
        assert!(refused(b"").contains("is empty"));
        assert!(refused(b"%PDF-1.7 not a photo").contains("JPEG, PNG or WebP"));
        assert!(refused(b"GIF89a").contains("JPEG, PNG or WebP"));
    }

    #[test]
    fn sizes_are_refused_by_the_header_alone() {
        // The data behind the header is one pixel: whoever decoded first would say "damaged".
        let message = refused(&png_claiming(8001, 8000, ColorType::L8));
        assert!(message.contains("8001×8000 is 65 megapixels, at most 64"), "{message}");
        let message = refused(&png_claiming(8000, 8000, ColorType::Rgba16));
        assert!(message.contains("takes 489 MB, at most 256"), "{message}");
        let message = refused(&vec![0; MAX_BYTES as usize + 1]);
        assert!(message.contains("takes 257 MB, at most 256"), "{message}");
    }

    #[test]
    fn photos_cut_off_at_any_place_are_refused() {
        for whole in [png(64, 64, ColorType::Rgb8), jpeg(64, 64)] {
            assert!(Frame::from_encoded(&whole).is_ok());
            for share in [2, 10, 40, 70, 95] {
                let cut = &whole[..whole.len() * share / 100];
                assert!(Frame::from_encoded(cut).is_err(), "{share} % of {:?}", &whole[..4]);
            }
        }
        assert!(refused(&jpeg(64, 64)[..2000]).contains("cut off"));
        assert!(refused(&png(64, 64, ColorType::Rgb8)[..50]).contains("cut off"));
    }

    #[test]
    fn every_depth_becomes_eight_bits_of_rgb() {
        use ColorType::{L8, L16, La8, La16, Rgb8, Rgb16, Rgba8, Rgba16};
        for colour in [L8, La8, Rgb8, Rgba8, L16, La16, Rgb16, Rgba16] {
            let frame = Frame::from_encoded(&png(3, 2, colour)).unwrap();
            assert_eq!((frame.width(), frame.height(), frame.pixels().len()), (3, 2, 18));
        }
    }

    #[test]
    fn webp_is_read() {
        let mut bytes = Vec::new();
        codecs::webp::WebPEncoder::new_lossless(&mut bytes)
            .write_image(&[10, 20, 30, 0], 1, 1, ColorType::Rgba8.into())
            .unwrap();
        // Dropped alpha leaves the colour below.
        assert_eq!(Frame::from_encoded(&bytes).unwrap().pixel(0, 0), [10, 20, 30]);
    }

    #[test]
    fn raw_pixels_must_fit_their_size() {
        assert!(matches!(
            Frame::from_rgb(2, 2, vec![0; 11]),
            Err(PhotoError::PixelCount { expected: 12, found: 11, .. })
        ));
        assert!(matches!(Frame::from_rgb(0, 5, vec![]), Err(PhotoError::Empty)));
        assert!(Frame::from_rgb(usize::MAX, 2, vec![]).is_err());
    }

    #[test]
    fn crops_stay_inside_the_photo() {
        let pixels = (0..6 * 4).flat_map(|at| [at, 0, 0]).collect();
        let frame = Frame::from_rgb(6, 4, pixels).unwrap();
        let (crop, region) = frame.crop_around(Point { x: 1.0, y: 0.5 }, 2);
        assert_eq!((crop.width(), crop.height()), (2, 2));
        assert_eq!(crop.pixel(0, 0), frame.pixel(4, 1));
        assert_eq!((region.x1, region.x2, region.y1, region.y2), (4.0 / 6.0, 1.0, 0.25, 0.75));
        let (whole, region) = frame.crop_around(Point { x: 0.0, y: 0.0 }, 99);
        assert_eq!((whole.width(), region.x2, region.y2), (4, 4.0 / 6.0, 1.0));
    }
}
