//! Which parts of a photo deserve a closer look: small things far away are lost in the model's
//! small square.

use crate::detection::{BBox, Detection};
use crate::mask::Point;
use crate::photo::Frame;

/// Side of a quarter as a share of the photo's: what one quarter's edge cuts, its neighbour holds
/// whole.
const QUARTER: f32 = 0.6;

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
