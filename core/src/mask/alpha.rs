//! A mask as the codec sees it: 64×64 opacities inside a box.

use super::contour::{self, Polygon};
use super::resample::{Axis, resample};
use super::{BinaryMask, Point};
use crate::detection::BBox;

/// 64×64 opacities in `0..=1`, row by row, stretched over a detection's box.
#[derive(Debug, Clone, PartialEq)]
pub struct Mask(Vec<f32>);

impl Mask {
    /// Rows and columns.
    pub const SIDE: usize = 64;

    /// Opacity above which a point is inside.
    pub const THRESHOLD: f32 = 0.5;

    /// The mask whose opacity at column `x`, row `y` is `alpha(x, y)`, clipped to `0..=1`.
    pub fn from_fn(mut alpha: impl FnMut(usize, usize) -> f32) -> Self {
        let at = |index| alpha(index % Self::SIDE, index / Self::SIDE).clamp(0.0, 1.0);
        Self((0..Self::SIDE * Self::SIDE).map(at).collect())
    }

    /// What lies of `mask` inside `bbox`, stretched to 64×64 as PaliGemma's masks were before they
    /// were encoded: cropped at whole pixels, then resized with antialiasing.
    pub fn from_region(mask: &BinaryMask, bbox: &BBox) -> Self {
        let whole = |from: f32, to: f32, size: usize| {
            let first = ((from * size as f32).round() as usize).min(size - 1);
            let last = ((to * size as f32).round() as usize).clamp(first + 1, size);
            (first, last)
        };
        let (left, right) = whole(bbox.x1, bbox.x2, mask.width());
        let (top, bottom) = whole(bbox.y1, bbox.y2, mask.height());
        let crop: Vec<f32> = (top..bottom)
            .flat_map(|y| (left..right).map(move |x| f32::from(u8::from(mask.get(x, y)))))
            .collect();
        let x = Axis::spread(right - left, Self::SIDE);
        let y = Axis::spread(bottom - top, Self::SIDE);
        Self(resample(&crop, right - left, x, y))
    }

    /// All opacities, `[64, 64]` row by row.
    pub fn alpha(&self) -> &[f32] {
        &self.0
    }

    /// The opacity at a point of the photo, `0` outside `bbox`, bilinear between cells.
    pub fn alpha_at(&self, bbox: &BBox, point: Point) -> f32 {
        if !bbox.contains(point) {
            return 0.0;
        }
        let side = Self::SIDE as f32;
        let u = ((point.x - bbox.x1) / bbox.width() * side - 0.5).clamp(0.0, side - 1.0);
        let v = ((point.y - bbox.y1) / bbox.height() * side - 0.5).clamp(0.0, side - 1.0);
        let (left, top) = (u as usize, v as usize);
        let (right, bottom) = ((left + 1).min(Self::SIDE - 1), (top + 1).min(Self::SIDE - 1));
        let line = |y: usize| {
            let (a, b) = (self.0[y * Self::SIDE + left], self.0[y * Self::SIDE + right]);
            a + (b - a) * u.fract()
        };
        line(top) + (line(bottom) - line(top)) * v.fract()
    }

    /// Whether a point of the photo lies on the item.
    pub fn contains(&self, bbox: &BBox, point: Point) -> bool {
        self.alpha_at(bbox, point) > Self::THRESHOLD
    }

    /// The mask in a photo of `width`×`height` pixels: resized bilinearly into `bbox` (antialiased
    /// where the box is smaller than 64 pixels) and cut at one half. The pixels of the box are those
    /// whose centres it covers.
    pub fn paste(&self, bbox: &BBox, width: usize, height: usize) -> BinaryMask {
        let mut pasted = BinaryMask::new(width, height);
        let (left, x) = covered(bbox.x1, bbox.x2, width);
        let (top, y) = covered(bbox.y1, bbox.y2, height);
        if x.count == 0 || y.count == 0 {
            return pasted;
        }
        let alpha = resample(&self.0, Self::SIDE, x, y);
        for (row, line) in alpha.chunks_exact(x.count).enumerate() {
            for (column, &alpha) in line.iter().enumerate() {
                if alpha > Self::THRESHOLD {
                    pasted.set(left + column, top + row);
                }
            }
        }
        pasted
    }

    /// The outlines of the mask inside `bbox`, in photo coordinates, at sub-cell precision.
    /// Specks and pinholes below two cells are left out.
    pub fn outline(&self, bbox: &BBox) -> Vec<Polygon> {
        let side = Self::SIDE as f32;
        contour::trace(&self.0, Self::SIDE, Self::THRESHOLD)
            .into_iter()
            .map(|polygon| {
                polygon.map(|point| Point {
                    x: bbox.x1 + point.x / side * bbox.width(),
                    y: bbox.y1 + point.y / side * bbox.height(),
                })
            })
            .collect()
    }
}

/// The first pixel of an axis of `size` that `from..to` (in `0..=1`) covers, and where on the mask
/// the covered pixels' centres lie.
fn covered(from: f32, to: f32, size: usize) -> (usize, Axis) {
    let (from, to) = (from * size as f32, to * size as f32);
    let pixel = |edge: f32| ((edge - 0.5).ceil().max(0.0) as usize).min(size);
    let (first, last) = (pixel(from), pixel(to));
    let step = Mask::SIDE as f32 / (to - from);
    let start = (first as f32 + 0.5 - from) * step;
    (first, Axis { start, step, count: last.saturating_sub(first) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disc() -> Mask {
        Mask::from_fn(|x, y| {
            let (dx, dy) = (x as f32 - 31.5, y as f32 - 31.5);
            (30.5 - dx.hypot(dy)).clamp(0.0, 1.0)
        })
    }

    #[test]
    fn a_full_mask_fills_its_box_and_nothing_else() {
        let bbox = BBox { y1: 0.1, x1: 0.2, y2: 0.5, x2: 0.9 };
        let pasted = Mask::from_fn(|_, _| 1.0).paste(&bbox, 100, 200);
        assert_eq!(pasted.area(), 70 * 80);
        assert!(pasted.get(20, 20) && pasted.get(89, 99));
        assert!(!pasted.get(19, 20) && !pasted.get(20, 19) && !pasted.get(90, 99));
    }

    #[test]
    fn pasting_then_cropping_gives_the_mask_back() {
        let bbox = BBox { y1: 0.25, x1: 0.1, y2: 0.75, x2: 0.9 };
        for (width, height) in [(640, 480), (40, 60)] {
            let pasted = disc().paste(&bbox, width, height);
            let back = Mask::from_region(&pasted, &bbox).paste(&bbox, width, height);
            assert!(pasted.iou(&back) > 0.97, "{}", pasted.iou(&back));
        }
    }

    #[test]
    fn a_box_smaller_than_a_pixel_pastes_nothing_or_one() {
        let bbox = BBox { y1: 0.501, x1: 0.501, y2: 0.502, x2: 0.502 };
        assert!(Mask::from_fn(|_, _| 1.0).paste(&bbox, 10, 10).area() <= 1);
        assert_eq!(Mask::from_region(&BinaryMask::new(10, 10), &bbox).alpha()[0], 0.0);
    }

    #[test]
    fn points_are_asked_in_photo_coordinates() {
        let bbox = BBox { y1: 0.0, x1: 0.5, y2: 0.5, x2: 1.0 };
        let left_half = Mask::from_fn(|x, _| if x < 32 { 1.0 } else { 0.0 });
        assert!(left_half.contains(&bbox, Point { x: 0.6, y: 0.25 }));
        assert!(!left_half.contains(&bbox, Point { x: 0.9, y: 0.25 }));
        assert!(!left_half.contains(&bbox, Point { x: 0.25, y: 0.25 }), "outside the box");
        assert!(!left_half.contains(&bbox, Point { x: 0.6, y: 0.6 }), "outside the box");
        let edge = left_half.alpha_at(&bbox, Point { x: 0.75, y: 0.25 });
        assert!((edge - 0.5).abs() < 1e-4, "{edge}");
    }

    #[test]
    fn the_outline_encloses_what_is_pasted() {
        let bbox = BBox { y1: 0.2, x1: 0.1, y2: 0.9, x2: 0.7 };
        let ring = Mask::from_fn(|x, y| {
            let radius = (x as f32 - 31.5).hypot(y as f32 - 31.5);
            (30.5 - radius).clamp(0.0, 1.0) * (radius - 12.0).clamp(0.0, 1.0)
        });
        let outline = ring.outline(&bbox);
        assert_eq!((outline.len(), outline[0].holes.len()), (1, 1));
        let mut filled = BinaryMask::new(500, 400);
        outline.iter().for_each(|polygon| filled.fill(polygon));
        let iou = filled.iou(&ring.paste(&bbox, 500, 400));
        assert!(iou > 0.985, "{iou}");
    }
}
