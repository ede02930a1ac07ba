//! Which parts of a photo deserve a closer look: small things far away are lost in the model's
//! small square.

use crate::detection::{BBox, Detection};
use crate::mask::Point;
use crate::photo::Frame;

/// Side of a quarter as a share of the photo's: what one quarter's edge cuts, its neighbour holds
/// whole.
const QUARTER: f32 = 0.6;

/// How much of the side of a look around a find the find fills.
const FILL: f32 = 0.5;

/// Below this many pixels a side there is nothing more to see.
const SMALLEST_SIDE: f32 = 72.0;

/// A look at more than this share of the photo shows what the look at the whole showed.
const NEARLY_ALL: f32 = 0.9;

/// A part of a photo, and its place there.
pub type Look = (Frame, BBox);

/// The square around a tap, half the short side wide, unless something that is already outlined
/// lies under it.
pub fn around_tap(frame: &Frame, tap: Point, items: &[Detection]) -> Option<Look> {
    let is_outlined = |item: &Detection| match &item.mask {
        Some(mask) => mask.contains(&item.bbox, tap),
        None => item.bbox.contains(tap),
    };
    let side = frame.width().min(frame.height()) / 2;
    (!items.iter().any(is_outlined)).then(|| frame.crop_around(tap, side))
}

/// The square around something that was found, as large as the photo allows, unless that is nearly
/// the whole photo.
pub fn around_find(frame: &Frame, find: &BBox) -> Option<Look> {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let longer = (find.width() * width).max(find.height() * height);
    let side = (longer / FILL).max(SMALLEST_SIDE);
    let span = |from: f32, to: f32, size: f32| {
        let length = (side / size).min(1.0);
        let start = ((from + to - length) / 2.0).clamp(0.0, 1.0 - length);
        (start, start + length)
    };
    let (y1, y2) = span(find.y1, find.y2, height);
    let (x1, x2) = span(find.x1, find.x2, width);
    let region = BBox { y1, x1, y2, x2 };
    (region.area() <= NEARLY_ALL).then(|| frame.crop(&region))
}

/// Four overlapping parts, one in each corner.
pub fn quarters(frame: &Frame) -> [Look; 4] {
    let (near, far) = ((0.0, QUARTER), (1.0 - QUARTER, 1.0));
    [(near, near), (near, far), (far, near), (far, far)]
        .map(|((y1, y2), (x1, x2))| frame.crop(&BBox { y1, x1, y2, x2 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_overlap_and_cover_the_photo() {
        let frame = Frame::from_rgb(100, 50, vec![0; 15_000]).unwrap();
        let looks = quarters(&frame);
        assert_eq!((looks[0].0.width(), looks[0].0.height()), (60, 30));
        let all = looks.iter().map(|(_, b)| *b).reduce(|a, b| a.around(&b)).unwrap();
        assert_eq!(all, BBox::WHOLE);
        assert!(looks[0].1.intersection(&looks[3].1).area() > 0.0);
    }

    #[test]
    fn a_find_fills_half_of_the_look_around_it() {
        let frame = Frame::from_rgb(400, 200, vec![0; 240_000]).unwrap();
        let around = |y1: f32, x1: f32, y2: f32, x2: f32| {
            around_find(&frame, &BBox { y1, x1, y2, x2 })
                .map(|(crop, region)| (crop.width(), crop.height(), region))
        };
        // 60 pixels wide, 40 high: a square of 120 with its middle.
        let (width, height, region) = around(0.4, 0.425, 0.6, 0.575).unwrap();
        assert_eq!((width, height), (120, 120));
        assert_eq!(region, BBox { y1: 0.2, x1: 0.35, y2: 0.8, x2: 0.65 });
        // In a corner it stays inside; the smallest look has 72 pixels.
        let (width, height, region) = around(0.95, 0.95, 1.0, 1.0).unwrap();
        assert_eq!((width, height, region.y2, region.x2), (72, 72, 1.0, 1.0));
        // No taller than the photo; and where it would be all of it, there is no look.
        let (width, height, _) = around(0.1, 0.5, 0.9, 0.75).unwrap();
        assert_eq!((width, height), (320, 200));
        assert!(around(0.0, 0.0, 1.0, 0.5).is_none());
    }

    #[test]
    fn a_tap_on_nothing_is_looked_at() {
        let frame = Frame::from_rgb(80, 40, vec![0; 9600]).unwrap();
        let (left, right) = (Point { x: 0.25, y: 0.25 }, Point { x: 0.875, y: 0.25 });
        let (crop, region) = around_tap(&frame, left, &[]).unwrap();
        assert_eq!((crop.width(), crop.height()), (20, 20));
        assert!(region.contains(left));
        let item = Detection::parse("<loc0100><loc0100><loc0600><loc0600> glass").unwrap();
        assert!(around_tap(&frame, left, std::slice::from_ref(&item)).is_none());
        assert!(around_tap(&frame, right, &[item]).is_some());
    }
}
