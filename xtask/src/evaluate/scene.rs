//! One photo measured: what people outlined, what was found, and how much each covers the other.

use kerbside_core::detection::{Detection, Label};
use kerbside_core::mask::{BinaryMask, Mask};

use crate::dataset::Sample;

/// A mask in a photo and what it is called.
#[derive(Debug, Clone)]
pub struct Item {
    /// One of the nine classes.
    pub label: Label,
    /// Its pixels.
    pub mask: BinaryMask,
}

/// What people outlined on one photo.
#[derive(Debug, Clone)]
pub struct Truth {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// What should be found.
    pub items: Vec<Item>,
    /// What is too small to be asked for.
    pub small: Vec<Item>,
    /// Where finding something is neither right nor wrong.
    pub crowd: BinaryMask,
}

impl Truth {
    /// What is outlined on a photo of `width`×`height`; items below `min_area` of it are small.
    pub fn new(sample: &Sample, (width, height): (usize, usize), min_area: f64) -> Self {
        let item = |object: &crate::dataset::Object| Item {
            label: object.label.clone(),
            mask: object.mask(width, height),
        };
        let items = sample.objects.iter().map(item).collect();
        Self::of_items(items, sample.ignored_mask(width, height), min_area)
    }

    /// The items of a photo that is as large as the mask of its crowd.
    pub fn of_items(items: Vec<Item>, crowd: BinaryMask, min_area: f64) -> Self {
        // An outline thinner than a pixel covers none: nobody could find it.
        let seen = items.into_iter().filter(|item| item.mask.area() > 0);
        let (small, items) = seen.partition(|item| is_small(&item.mask, min_area));
        Self { width: crowd.width(), height: crowd.height(), items, small, crowd }
    }
}

/// Something found, without its mask.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What it was called.
    pub label: Label,
    /// How sure the engine was, `0..=1`.
    pub confidence: f32,
    /// Whether it is smaller than what is asked for.
    pub is_small: bool,
    /// The share of it that lies in the crowd, `0..=1`.
    pub in_crowd: f64,
    /// The share of it that lies in the crowd or on small items, `0..=1`.
    pub in_ignored: f64,
}

/// How the true and the found items of one photo lie to each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// What people called the items that should be found.
    pub items: Vec<Label>,
    /// What people called the small ones.
    pub small: Vec<Label>,
    /// What was found.
    pub found: Vec<Found>,
    /// `[items + small, found]`: intersection over union.
    pub ious: Vec<Vec<f64>>,
}

impl Scene {
    /// Compares what is outlined on a photo with what was found on it.
    pub fn new(truth: &Truth, detections: &[Detection], min_area: f64) -> Self {
        let found = detections.iter().map(|detection| {
            let mask = paste(detection, truth.width, truth.height);
            (Item { label: detection.label.clone(), mask }, detection.confidence)
        });
        Self::compare(truth, &found.collect::<Vec<_>>(), min_area)
    }

    /// Compares the masks of one photo; what was found comes with its confidence.
    pub fn compare(truth: &Truth, found: &[(Item, f32)], min_area: f64) -> Self {
        let mut ignored = truth.crowd.clone();
        truth.small.iter().for_each(|item| ignored.add(&item.mask));
        let share_in = |mask: &BinaryMask, region: &BinaryMask| {
            mask.intersection(region) as f64 / mask.area().max(1) as f64
        };
        let without_mask = |(item, confidence): &(Item, f32)| Found {
            label: item.label.clone(),
            confidence: *confidence,
            is_small: is_small(&item.mask, min_area),
            in_crowd: share_in(&item.mask, &truth.crowd),
            in_ignored: share_in(&item.mask, &ignored),
        };
        let wanted = truth.items.iter().chain(&truth.small);
        let ious = wanted.map(|w| found.iter().map(|(f, _)| w.mask.iou(&f.mask)).collect());
        let labels = |items: &[Item]| items.iter().map(|item| item.label.clone()).collect();
        Self {
            items: labels(&truth.items),
            small: labels(&truth.small),
            ious: ious.collect(),
            found: found.iter().map(without_mask).collect(),
        }
    }
}

fn is_small(mask: &BinaryMask, min_area: f64) -> bool {
    (mask.area() as f64) < min_area * (mask.width() * mask.height()) as f64
}

/// A detection in the photo; without a mask it is its box.
pub fn paste(detection: &Detection, width: usize, height: usize) -> BinaryMask {
    match &detection.mask {
        Some(mask) => mask.paste(&detection.bbox, width, height),
        None => Mask::from_fn(|_, _| 1.0).paste(&detection.bbox, width, height),
    }
}
