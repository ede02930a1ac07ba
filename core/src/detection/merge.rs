//! One item of each thing: an answer may repeat itself, and several looks at one photo find the same
//! things again, whole or in pieces.

use super::{BBox, Detection};
use crate::mask::{Mask, Point};

/// Above this IoU two items of one label are the same thing.
const SAME_LABEL_IOU: f32 = 0.5;
/// Above this IoU two items are the same thing whatever they are called.
const ANY_LABEL_IOU: f32 = 0.8;
/// With this share of itself inside a larger item of its label, an item is a piece of it: crops cut
/// things in two.
const PIECE_SHARE: f32 = 0.8;

/// Keeps one item of each thing that several looks at the photo found: first the surest of those
/// that coincide, then the largest of those that lie inside one another. Surest first.
pub fn merge(detections: Vec<Detection>) -> Vec<Detection> {
    let mut kept: Vec<Detection> =
        distinct(&detections).into_iter().map(|index| detections[index].clone()).collect();
    kept.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    kept
}

/// The indices of the items that [`merge`] keeps, in order.
pub fn distinct(detections: &[Detection]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..detections.len()).collect();
    let confidence = |index: usize| detections[index].confidence;
    order.sort_by(|&a, &b| confidence(b).total_cmp(&confidence(a)));
    let mut kept = keep_first(detections, order, |overlap, same_label| {
        overlap.iou() > if same_label { SAME_LABEL_IOU } else { ANY_LABEL_IOU }
    });
    let area = |index: usize| detections[index].bbox.area();
    kept.sort_by(|&a, &b| area(b).total_cmp(&area(a)));
    let mut kept = keep_first(detections, kept, |overlap, same_label| {
        same_label && overlap.share_of_smaller() > PIECE_SHARE
    });
    kept.sort_unstable();
    kept
}

/// Drops what duplicates an earlier item.
fn keep_first(
    detections: &[Detection],
    order: Vec<usize>,
    is_duplicate: impl Fn(Overlap, bool) -> bool,
) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for index in order {
        let duplicates = |&earlier: &usize| {
            let (earlier, this) = (&detections[earlier], &detections[index]);
            is_duplicate(Overlap::of(earlier, this), earlier.label == this.label)
        };
        if !kept.iter().any(duplicates) {
            kept.push(index);
        }
    }
    kept
}

/// How much of a photo two items cover, each and both.
#[derive(Debug, Clone, Copy)]
struct Overlap {
    first: f32,
    second: f32,
    both: f32,
}

impl Overlap {
    /// Points per side on which masks are compared: as fine as the masks are.
    const GRID: usize = 128;

    /// By masks where both items have one, else by boxes.
    fn of(a: &Detection, b: &Detection) -> Self {
        let both = a.bbox.intersection(&b.bbox);
        match (&a.mask, &b.mask) {
            (Some(first), Some(second)) if both.area() > 0.0 => {
                Self::of_masks((first, &a.bbox), (second, &b.bbox))
            }
            _ => Self { first: a.bbox.area(), second: b.bbox.area(), both: both.area() },
        }
    }

    fn of_masks(a: (&Mask, &BBox), b: (&Mask, &BBox)) -> Self {
        let around = a.1.around(b.1);
        let mut counts = Self { first: 0.0, second: 0.0, both: 0.0 };
        for index in 0..Self::GRID * Self::GRID {
            let along = |step: usize| (step as f32 + 0.5) / Self::GRID as f32;
            let point = Point {
                x: around.x1 + along(index % Self::GRID) * around.width(),
                y: around.y1 + along(index / Self::GRID) * around.height(),
            };
            let (in_a, in_b) = (a.0.contains(a.1, point), b.0.contains(b.1, point));
            counts.first += f32::from(u8::from(in_a));
            counts.second += f32::from(u8::from(in_b));
            counts.both += f32::from(u8::from(in_a && in_b));
        }
        counts
    }

    fn iou(&self) -> f32 {
        self.both / (self.first + self.second - self.both).max(f32::MIN_POSITIVE)
    }

    fn share_of_smaller(&self) -> f32 {
        self.both / self.first.min(self.second).max(f32::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::tests::item;

    #[test]
    fn the_surest_of_coinciding_items_stays() {
        let merged = merge(vec![
            item("can", [0.1, 0.1, 0.5, 0.5], 0.6),
            item("can", [0.1, 0.1, 0.5, 0.52], 0.9),
            item("glass", [0.12, 0.1, 0.5, 0.5], 0.7),
            item("glass", [0.1, 0.1, 0.3, 0.5], 0.5),
            item("can", [0.6, 0.6, 0.9, 0.9], 0.1),
        ]);
        let left: Vec<(&str, f32)> =
            merged.iter().map(|item| (item.label.as_str(), item.confidence)).collect();
        assert_eq!(left, [("can", 0.9), ("glass", 0.5), ("can", 0.1)]);
    }

    #[test]
    fn a_piece_of_a_larger_item_goes_even_if_surer() {
        let merged = merge(vec![
            item("can", [0.1, 0.1, 0.3, 0.3], 0.9),
            item("can", [0.1, 0.1, 0.3, 0.8], 0.5),
        ]);
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].confidence, 0.5);
    }

    #[test]
    fn masks_keep_apart_what_boxes_confuse() {
        let half = |upper: bool| {
            let mask = Mask::from_fn(|x, y| f32::from(u8::from((x > y) == upper)));
            Detection { mask: Some(mask), ..item("can", [0.1, 0.1, 0.5, 0.5], 0.5) }
        };
        assert_eq!(merge(vec![half(true), half(false)]).len(), 2);
        assert_eq!(merge(vec![half(true), half(true)]).len(), 1);
    }

    #[test]
    fn what_is_distinct_keeps_its_order() {
        let items = [
            item("can", [0.6, 0.6, 0.9, 0.9], 0.1),
            item("can", [0.1, 0.1, 0.5, 0.5], 0.6),
            item("can", [0.1, 0.1, 0.5, 0.52], 0.9),
            item("glass", [0.0, 0.6, 0.2, 0.9], 0.8),
        ];
        assert_eq!(distinct(&items), [0, 2, 3]);
    }
}
