//! What a guess that looks at nothing would score.

use kerbside_core::detection::{BBox, Label};
use kerbside_core::mask::Mask;

use super::mean;
use super::scene::{Item, Truth};

/// Mean IoU of one guess per photo: a box in the middle, as wide and as high as the median item.
pub fn centred_box_iou(truths: &[Truth]) -> f64 {
    let boxes = items(truths).filter_map(|item| item.mask.bbox());
    let (mut widths, mut heights): (Vec<f32>, Vec<f32>) =
        boxes.map(|bbox| (bbox.width(), bbox.height())).unzip();
    let (Some(width), Some(height)) = (median(&mut widths), median(&mut heights)) else {
        return 0.0;
    };
    let bbox = BBox {
        y1: 0.5 - height / 2.0,
        x1: 0.5 - width / 2.0,
        y2: 0.5 + height / 2.0,
        x2: 0.5 + width / 2.0,
    };
    mean(truths.iter().flat_map(|truth| {
        let guess = Mask::from_fn(|_, _| 1.0).paste(&bbox, truth.width, truth.height);
        truth.items.iter().map(move |item| item.mask.iou(&guess))
    }))
}

/// How many items the most frequent class has.
pub fn most_frequent_label(truths: &[Truth]) -> usize {
    let labels: Vec<&Label> = items(truths).map(|item| &item.label).collect();
    let count = |label: &&Label| labels.iter().filter(|other| *other == label).count();
    labels.iter().map(count).max().unwrap_or(0)
}

fn items(truths: &[Truth]) -> impl Iterator<Item = &Item> {
    truths.iter().flat_map(|truth| &truth.items)
}

fn median(values: &mut [f32]) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}
