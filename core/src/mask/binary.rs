//! One bit per pixel of a photo: what areas and overlaps are counted on.

use super::{Point, Polygon};
use crate::detection::BBox;

/// A set of pixels of a `width`×`height` photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryMask {
    width: usize,
    height: usize,
    /// `width × height` bits, row by row, lowest bit first; the last word's spare bits are zero.
    words: Vec<u64>,
}

impl BinaryMask {
    /// The empty set.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, words: vec![0; (width * height).div_ceil(64)] }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Whether the pixel at column `x`, row `y` is in the set.
    ///
    /// # Panics
    /// Outside the photo.
    pub fn get(&self, x: usize, y: usize) -> bool {
        let index = self.index(x, y);
        self.words[index / 64] >> (index % 64) & 1 == 1
    }

    /// Adds the pixel at column `x`, row `y`.
    ///
    /// # Panics
    /// Outside the photo.
    pub fn set(&mut self, x: usize, y: usize) {
        let index = self.index(x, y);
        self.words[index / 64] |= 1 << (index % 64);
    }

    fn index(&self, x: usize, y: usize) -> usize {
        assert!(x < self.width && y < self.height, "pixel ({x}, {y}) is outside the mask");
        y * self.width + x
    }

    /// Number of pixels.
    pub fn area(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Number of pixels in both sets, which belong to photos of one size.
    pub fn intersection(&self, other: &Self) -> usize {
        self.count_both(other, |a, b| a & b)
    }

    /// Number of pixels in either set.
    pub fn union(&self, other: &Self) -> usize {
        self.count_both(other, |a, b| a | b)
    }

    /// Intersection over union; two empty sets have none.
    pub fn iou(&self, other: &Self) -> f64 {
        self.intersection(other) as f64 / self.union(other).max(1) as f64
    }

    /// Adds all pixels of `other`.
    pub fn add(&mut self, other: &Self) {
        self.assert_same_size(other);
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    fn count_both(&self, other: &Self, both: impl Fn(u64, u64) -> u64) -> usize {
        self.assert_same_size(other);
        let words = self.words.iter().zip(&other.words);
        words.map(|(&a, &b)| both(a, b).count_ones() as usize).sum()
    }

    fn assert_same_size(&self, other: &Self) {
        assert_eq!((self.width, self.height), (other.width, other.height), "masks of two photos");
    }

    /// The smallest box around the set, edges on pixel borders; none around the empty set.
    pub fn bbox(&self) -> Option<BBox> {
        let (mut x1, mut y1, mut x2, mut y2) = (self.width, self.height, 0, 0);
        for y in 0..self.height {
            for x in 0..self.width {
                if self.get(x, y) {
                    (x1, y1) = (x1.min(x), y1.min(y));
                    (x2, y2) = (x2.max(x + 1), y2.max(y + 1));
                }
            }
        }
        let (width, height) = (self.width as f32, self.height as f32);
        (x1 < x2).then(|| BBox {
            y1: y1 as f32 / height,
            x1: x1 as f32 / width,
            y2: y2 as f32 / height,
            x2: x2 as f32 / width,
        })
    }

    /// The polygons around the set, in photo coordinates, largest first. They go around the centres
    /// of its pixels and of no others, but specks below two pixels are left out.
    pub fn outline(&self) -> Vec<Polygon> {
        let pixels = (0..self.width * self.height)
            .map(|index| f32::from(u8::from(self.get(index % self.width, index / self.width))));
        let polygons = super::contour::trace(&pixels.collect::<Vec<f32>>(), self.width, 0.5);
        let (width, height) = (self.width as f32, self.height as f32);
        let place = |point: Point| Point { x: point.x / width, y: point.y / height };
        polygons.into_iter().map(|polygon| polygon.map(place)).collect()
    }

    /// Adds a polygon without its holes.
    pub fn fill(&mut self, polygon: &Polygon) {
        let rings = std::iter::once(&polygon.outer).chain(&polygon.holes);
        self.fill_rings(rings.map(Vec::as_slice));
    }

    /// Adds the pixels whose centres the closed `ring` (points in `0..=1` of the photo) goes
    /// around, by the even-odd rule.
    pub fn fill_ring(&mut self, ring: &[Point]) {
        self.fill_rings(std::iter::once(ring));
    }

    fn fill_rings<'a>(&mut self, rings: impl Iterator<Item = &'a [Point]> + Clone) {
        for y in 0..self.height {
            let at = (y as f32 + 0.5) / self.height as f32;
            let mut crossings: Vec<f32> =
                rings.clone().flat_map(|ring| super::contour::crossings(ring, at)).collect();
            crossings.sort_by(f32::total_cmp);
            for span in crossings.as_chunks::<2>().0 {
                let pixel = |x: f32| {
                    let edge = (x * self.width as f32 - 0.5).ceil();
                    edge.clamp(0.0, self.width as f32) as usize
                };
                (pixel(span[0])..pixel(span[1])).for_each(|x| self.set(x, y));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(coordinates: &[(f32, f32)]) -> Vec<Point> {
        coordinates.iter().map(|&(x, y)| Point { x, y }).collect()
    }

    #[test]
    fn areas_and_overlaps_count_pixels() {
        let mut a = BinaryMask::new(13, 11);
        a.fill_ring(&points(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]));
        assert_eq!(a.area(), 13 * 11);
        let mut b = BinaryMask::new(13, 11);
        (0..11).for_each(|y| b.set(12, y));
        assert_eq!((a.intersection(&b), a.union(&b)), (11, 143));
        assert_eq!(a.iou(&b), 11.0 / 143.0);
        assert_eq!(BinaryMask::new(3, 3).iou(&BinaryMask::new(3, 3)), 0.0);
        b.add(&a);
        assert_eq!(b, a);
    }

    #[test]
    fn the_box_is_tight() {
        let mut mask = BinaryMask::new(10, 20);
        assert_eq!(mask.bbox(), None);
        mask.set(2, 5);
        mask.set(4, 9);
        assert_eq!(mask.bbox(), Some(BBox { y1: 0.25, x1: 0.2, y2: 0.5, x2: 0.5 }));
    }

    #[test]
    fn a_self_crossing_ring_is_filled_even_odd() {
        // A pentagram's centre is gone around twice, so it stays empty.
        let star: Vec<Point> = (0..5)
            .map(|corner| {
                let angle = corner as f32 * 2.0 * std::f32::consts::TAU / 5.0;
                Point { x: 0.5 + 0.45 * angle.sin(), y: 0.5 - 0.45 * angle.cos() }
            })
            .collect();
        let mut mask = BinaryMask::new(101, 101);
        mask.fill_ring(&star);
        assert!(!mask.get(50, 50));
        assert!(mask.get(50, 15));
    }

    #[test]
    fn filling_the_outline_gives_the_set_back() {
        let mut ring = BinaryMask::new(70, 50);
        for (x, y) in (0..70).flat_map(|x| (0..50).map(move |y| (x, y))) {
            let radius = (x as f32 - 30.0).hypot(y as f32 - 22.0);
            if (8.0..21.0).contains(&radius) || (x > 60 && y > 44) {
                ring.set(x, y);
            }
        }
        let outline = ring.outline();
        assert_eq!((outline.len(), outline[0].holes.len()), (2, 1));
        let mut filled = BinaryMask::new(70, 50);
        outline.iter().for_each(|polygon| filled.fill(polygon));
        assert_eq!(filled, ring);
    }

    #[test]
    fn points_outside_the_photo_are_cut_off() {
        let mut mask = BinaryMask::new(10, 10);
        mask.fill_ring(&points(&[(-1.0, 0.5), (2.0, 0.5), (2.0, 3.0), (-1.0, 3.0)]));
        assert_eq!(mask.area(), 50);
    }
}
