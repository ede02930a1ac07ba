//! Views: a rectangle of a photo, mirrored or turned by quarters. Pixels and outlines go through the
//! same view, so they stay on one another.

use image::imageops::{self, FilterType};
use image::{RgbImage, imageops::crop_imm};
use kerbside_core::detection::BBox;
use kerbside_core::mask::Point;
use kerbside_core::photo::Frame;
use rand::Rng;
use xtask::dataset::Ring;

use super::chance::{between, log_between, normal};

/// A rectangle of whole pixels inside a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// Columns, at least one.
    pub width: u32,
    /// Rows, at least one.
    pub height: u32,
}

/// Shorter sides of a window have nothing left to see.
const LEAST_SIDE: f32 = 72.0;

/// Shares of the window's side that the object's longer side may take.
const FILL: (f32, f32) = (0.12, 0.9);

impl Window {
    /// All of a photo.
    pub fn whole((width, height): (u32, u32)) -> Self {
        Self { left: 0, top: 0, width, height }
    }

    /// Anywhere in a photo, `least` to `most` of each side.
    pub fn part((width, height): (u32, u32), least: f32, most: f32, rng: &mut impl Rng) -> Self {
        let across = between(least, most, rng) * width as f32;
        let down = between(least, most, rng) * height as f32;
        let left = between(0.0, width as f32 - across, rng);
        let top = between(0.0, height as f32 - down, rng);
        Self::at((left, top), (across, down), (width, height))
    }

    /// A window in which `bbox` takes between 12 and 90 % of the longer side, anywhere in it as
    /// long as it is seen whole. Not quite square: the model squashes what it sees.
    pub fn around(bbox: &BBox, (width, height): (u32, u32), rng: &mut impl Rng) -> Self {
        let (w, h) = (width as f32, height as f32);
        let longer = (bbox.width() * w).max(bbox.height() * h);
        let side = (longer / log_between(FILL.0, FILL.1, rng)).max(LEAST_SIDE);
        let squash = (0.2 * normal(rng)).exp();
        let (across, down) = ((side / squash).min(w), (side * squash).min(h));
        let mut start = |low: f32, high: f32, length: f32, size: f32| {
            let bounds = ((high - length).clamp(0.0, size - length), low.clamp(0.0, size - length));
            between(bounds.0.min(bounds.1), bounds.0.max(bounds.1), rng)
        };
        let left = start(bbox.x1 * w, bbox.x2 * w, across, w);
        let top = start(bbox.y1 * h, bbox.y2 * h, down, h);
        Self::at((left, top), (across, down), (width, height))
    }

    /// To the nearest whole pixels inside the photo.
    fn at((left, top): (f32, f32), (across, down): (f32, f32), size: (u32, u32)) -> Self {
        let span = |from: f32, length: f32, size: u32| {
            let first = (from.round().max(0.0) as u32).min(size - 1);
            let end = ((from + length).round() as u32).clamp(first + 1, size);
            (first, end - first)
        };
        let (left, width) = span(left, across, size.0);
        let (top, height) = span(top, down, size.1);
        Self { left, top, width, height }
    }
}

/// One of the eight ways to lay a picture: mirrored, then flipped, then its axes swapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn {
    /// Left for right.
    pub mirrored: bool,
    /// Top for bottom.
    pub flipped: bool,
    /// Columns for rows.
    pub transposed: bool,
}

impl Turn {
    /// Mostly upright: trash lies about every way, but light comes from above.
    pub fn random(rng: &mut impl Rng) -> Self {
        Self {
            mirrored: rng.random_bool(0.5),
            flipped: rng.random_bool(0.15),
            transposed: rng.random_bool(0.3),
        }
    }

    fn point(self, Point { x, y }: Point) -> Point {
        let x = if self.mirrored { 1.0 - x } else { x };
        let y = if self.flipped { 1.0 - y } else { y };
        if self.transposed { Point { x: y, y: x } } else { Point { x, y } }
    }

    fn picture(self, mut picture: RgbImage) -> RgbImage {
        if self.mirrored {
            imageops::flip_horizontal_in_place(&mut picture);
        }
        if self.flipped {
            imageops::flip_vertical_in_place(&mut picture);
        }
        if !self.transposed {
            return picture;
        }
        // A quarter turn clockwise of what stands on its head is what has its axes swapped.
        imageops::flip_vertical_in_place(&mut picture);
        imageops::rotate90(&picture)
    }
}

/// A window of a photo of a known size, and how it is laid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Columns and rows of the photo.
    pub photo: (u32, u32),
    /// What is seen of it.
    pub window: Window,
    /// How it is laid.
    pub turn: Turn,
}

impl View {
    /// Where a point of the photo is seen, both in `0..=1`; outside of that it is not seen.
    pub fn point(&self, point: Point) -> Point {
        let Window { left, top, width, height } = self.window;
        let across = (point.x * self.photo.0 as f32 - left as f32) / width as f32;
        let down = (point.y * self.photo.1 as f32 - top as f32) / height as f32;
        self.turn.point(Point { x: across, y: down })
    }

    /// Where outlines of the photo are seen.
    pub fn rings(&self, rings: &[Ring]) -> Vec<Ring> {
        rings.iter().map(|ring| ring.iter().map(|&point| self.point(point)).collect()).collect()
    }

    /// The pixels seen, shrunk where a side is longer than `longest`; never enlarged.
    pub fn picture(&self, photo: &RgbImage, longest: u32) -> RgbImage {
        let Window { left, top, width, height } = self.window;
        let part = crop_imm(photo, left, top, width, height);
        let part = match shrunk((width, height), longest) {
            Some((width, height)) => {
                imageops::resize(&*part, width, height, FilterType::CatmullRom)
            }
            None => part.to_image(),
        };
        self.turn.picture(part)
    }
}

/// The size whose longer side is `longest`, or none if it is that short already.
fn shrunk((width, height): (u32, u32), longest: u32) -> Option<(u32, u32)> {
    let longer = width.max(height);
    let scaled = |side: u32| {
        let exact = f64::from(side) * f64::from(longest) / f64::from(longer);
        (exact.round() as u32).max(1)
    };
    (longer > longest).then(|| (scaled(width), scaled(height)))
}

/// A frame's pixels as the `image` crate takes them.
pub fn picture_of(frame: Frame) -> RgbImage {
    RgbImage::from_raw(frame.width() as u32, frame.height() as u32, frame.pixels().to_vec())
        .expect("a frame has three bytes a pixel")
}

#[cfg(test)]
mod tests {
    use image::Rgb;
    use kerbside_core::mask::BinaryMask;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// A polygon as white pixels on black.
    fn drawn(rings: &[Ring], (width, height): (u32, u32)) -> RgbImage {
        let mut mask = BinaryMask::new(width as usize, height as usize);
        rings.iter().for_each(|ring| mask.fill_ring(ring));
        RgbImage::from_fn(width, height, |x, y| {
            Rgb([255 * u8::from(mask.get(x as usize, y as usize)); 3])
        })
    }

    fn different(a: &RgbImage, b: &RgbImage) -> usize {
        assert_eq!(a.dimensions(), b.dimensions());
        a.pixels().zip(b.pixels()).filter(|(a, b)| (a.0[0] > 127) != (b.0[0] > 127)).count()
    }

    fn turns() -> impl Strategy<Value = Turn> {
        let to_turn = |(mirrored, flipped, transposed)| Turn { mirrored, flipped, transposed };
        any::<(bool, bool, bool)>().prop_map(to_turn)
    }

    proptest! {
        /// Turning the pixels of a drawn outline is drawing the turned outline, but for pixels
        /// whose centre the outline goes through.
        #[test]
        fn outlines_stay_on_their_pixels(
            corners in prop::collection::vec((-0.2f32..1.2, -0.2f32..1.2), 3..12),
            size in (90u32..160, 90u32..160),
            turn in turns(),
            seed: u64,
        ) {
            let ring: Ring = corners.into_iter().map(|(x, y)| Point { x, y }).collect();
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let bbox = BBox { y1: 0.3, x1: 0.4, y2: 0.6, x2: 0.5 };
            let window = match seed % 3 {
                0 => Window::whole(size),
                1 => Window::part(size, 0.5, 1.0, rng),
                _ => Window::around(&bbox, size, rng),
            };
            let view = View { photo: size, window, turn };
            let photo = drawn(std::slice::from_ref(&ring), size);
            let seen = view.picture(&photo, u32::MAX);
            let redrawn = drawn(&view.rings(&[ring]), seen.dimensions());
            let edge = 2 * (seen.width() + seen.height()) as usize;
            prop_assert!(different(&seen, &redrawn) <= edge / 40, "{}", different(&seen, &redrawn));
        }

        #[test]
        fn a_window_lies_in_the_photo_and_shows_its_object_whole(
            size in (30u32..900, 30u32..900),
            at in (0.0f32..0.9, 0.0f32..0.9),
            side in 0.01f32..0.1,
            seed: u64,
        ) {
            let bbox = BBox { y1: at.1, x1: at.0, y2: at.1 + side, x2: at.0 + side };
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let window = Window::around(&bbox, size, rng);
            prop_assert!(window.left + window.width <= size.0);
            prop_assert!(window.top + window.height <= size.1);
            let turn = Turn::random(rng);
            let view = View { photo: size, window, turn };
            let corners = [(bbox.x1, bbox.y1), (bbox.x2, bbox.y2)].map(|(x, y)| Point { x, y });
            // Squashed windows of the smallest size may be narrower than a large object's side.
            let fits = |window: u32, share: f32, side: u32| window as f32 > share * side as f32 + 2.0;
            if fits(window.width, bbox.width(), size.0) && fits(window.height, bbox.height(), size.1) {
                for Point { x, y } in corners.map(|corner| view.point(corner)) {
                    let slack = 1.0 / window.width.min(window.height) as f32;
                    prop_assert!((-slack..=1.0 + slack).contains(&x), "{x} {window:?}");
                    prop_assert!((-slack..=1.0 + slack).contains(&y), "{y} {window:?}");
                }
            }
        }
    }

    #[test]
    fn mirroring_leaves_rows_alone_and_transposing_swaps_them_for_columns() {
        let view = |turn| View { photo: (40, 20), window: Window::whole((40, 20)), turn };
        let point = Point { x: 0.1, y: 0.3 };
        let mirrored = view(Turn { mirrored: true, ..Turn::default() }).point(point);
        assert!((mirrored.x - 0.9).abs() < 1e-6 && (mirrored.y - 0.3).abs() < 1e-6);
        let transposed = view(Turn { transposed: true, ..Turn::default() }).point(point);
        assert!((transposed.x - 0.3).abs() < 1e-6 && (transposed.y - 0.1).abs() < 1e-6);

        let mut photo = RgbImage::new(40, 20);
        photo.put_pixel(3, 5, Rgb([200, 0, 0]));
        let seen = view(Turn { transposed: true, ..Turn::default() }).picture(&photo, 99);
        assert_eq!((seen.dimensions(), seen.get_pixel(5, 3).0[0]), ((20, 40), 200));
        let seen = view(Turn { mirrored: true, ..Turn::default() }).picture(&photo, 99);
        assert_eq!(seen.get_pixel(36, 5).0[0], 200);
        let seen = view(Turn { flipped: true, ..Turn::default() }).picture(&photo, 99);
        assert_eq!(seen.get_pixel(3, 14).0[0], 200);
    }

    #[test]
    fn large_windows_are_shrunk_and_small_ones_kept() {
        let whole = |size| View { photo: size, window: Window::whole(size), turn: Turn::default() };
        let picture = |(w, h)| whole((w, h)).picture(&RgbImage::new(w, h), 448).dimensions();
        assert_eq!(picture((4000, 1000)), (448, 112));
        assert_eq!(picture((100, 448)), (100, 448));
        assert_eq!(picture((5000, 2)), (448, 1));
    }
}
