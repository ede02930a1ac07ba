//! How well an engine finds what people outlined, as numbers a stranger can check.

use std::time::{Duration, Instant};

use kerbside_core::detection::{self, BBox, Detection, Label};
use kerbside_core::mask::{BinaryMask, Mask};
use kerbside_core::photo::Frame;
use serde::Serialize;

use crate::dataset::{Dataset, DatasetError, Sample};

/// IoU from which a predicted mask and an outlined item are the same thing.
const MATCH_IOU: f64 = 0.5;

/// What [`evaluate`] measures. Shares and means are `0..=1`, and 0 where there is nothing to share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Photos looked at.
    pub photos: usize,
    /// Items outlined on them by people.
    pub items: usize,
    /// Mean over items of the best IoU any predicted mask has with it, 0 if there is none.
    pub mean_iou: f64,
    /// The same for one guess per photo that looks at nothing: a box in the middle, as wide and as
    /// high as the median item of this dataset.
    pub mean_iou_baseline: f64,
    /// Share of the matched items whose label is right.
    pub class_accuracy: f64,
    /// Share of all items that the dataset's most frequent class is right for.
    pub class_accuracy_baseline: f64,
    /// Share of items matched, each by a prediction of its own, at an IoU of one half or more.
    pub recall_50: f64,
    /// Items not matched.
    pub missed: usize,
    /// Predictions that match no item and do not lie mostly in an ignored region.
    pub invented: usize,
    /// Answers that do not read back, as text, as the items they are.
    pub invalid: usize,
    /// Mean time of the engine, without reading the photo and without these measurements.
    pub seconds_per_photo: f64,
}

/// What can stop a measurement: a photo, or the engine.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError<E: std::error::Error + 'static> {
    /// A labelled photo cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The engine failed on a photo.
    #[error("the engine failed on {photo}")]
    Engine {
        /// The photo's file.
        photo: String,
        /// What the engine says.
        source: E,
    },
}

/// Runs `engine` on every photo of `dataset` and compares. `progress` hears the number of photos
/// done after each.
///
/// # Errors
/// The first photo that cannot be read or that the engine fails on.
pub fn evaluate<E: std::error::Error + 'static>(
    dataset: &Dataset,
    engine: &mut dyn FnMut(&Frame) -> Result<Vec<Detection>, E>,
    progress: &mut dyn FnMut(usize),
) -> Result<Report, EvaluateError<E>> {
    let mut tally = Tally::default();
    for (index, sample) in dataset.samples.iter().enumerate() {
        let frame = sample.frame()?;
        let start = Instant::now();
        let detections = engine(&frame).map_err(|source| EvaluateError::Engine {
            photo: sample.photo.display().to_string(),
            source,
        })?;
        tally.time += start.elapsed();
        tally.add(Truth::new(sample, frame.width(), frame.height()), &detections);
        progress(index + 1);
    }
    Ok(tally.report())
}

/// A mask in a photo and what it is called.
#[derive(Debug, Clone)]
struct Item {
    label: Label,
    mask: BinaryMask,
}

/// What people outlined on one photo.
#[derive(Debug, Clone)]
struct Truth {
    width: usize,
    height: usize,
    items: Vec<Item>,
    ignored: BinaryMask,
}

impl Truth {
    fn new(sample: &Sample, width: usize, height: usize) -> Self {
        let item = |object: &crate::dataset::Object| Item {
            label: object.label.clone(),
            mask: object.mask(width, height),
        };
        // An outline thinner than a pixel covers none: nobody could find it.
        let items = sample.objects.iter().map(item).filter(|item| item.mask.area() > 0).collect();
        Self { width, height, items, ignored: sample.ignored_mask(width, height) }
    }
}

/// Everything counted so far.
#[derive(Debug, Default)]
struct Tally {
    /// Kept for the baseline, whose box is known only at the end.
    truths: Vec<Truth>,
    best_ious: Vec<f64>,
    matched: usize,
    right_labels: usize,
    invented: usize,
    invalid: usize,
    time: Duration,
}

impl Tally {
    fn add(&mut self, truth: Truth, detections: &[Detection]) {
        let predicted: Vec<Item> = detections
            .iter()
            .map(|detection| Item {
                label: detection.label.clone(),
                mask: paste(detection, truth.width, truth.height),
            })
            .collect();
        self.invalid += usize::from(!reads_back(detections));
        let ious: Vec<Vec<f64>> = truth
            .items
            .iter()
            .map(|item| predicted.iter().map(|other| item.mask.iou(&other.mask)).collect())
            .collect();
        self.best_ious.extend(ious.iter().map(|row| row.iter().copied().fold(0.0, f64::max)));
        let pairs = match_one_to_one(&ious);
        self.matched += pairs.len();
        let is_right = |&&(item, prediction): &&(usize, usize)| {
            truth.items[item].label == predicted[prediction].label
        };
        self.right_labels += pairs.iter().filter(is_right).count();
        let is_matched = |prediction| pairs.iter().any(|&(_, other)| other == prediction);
        let unmatched = predicted.iter().enumerate().filter(|(index, _)| !is_matched(*index));
        self.invented += unmatched.filter(|(_, item)| !lies_in(&item.mask, &truth.ignored)).count();
        self.truths.push(truth);
    }

    fn report(&self) -> Report {
        let items = self.best_ious.len();
        Report {
            photos: self.truths.len(),
            items,
            mean_iou: mean(self.best_ious.iter().copied()),
            mean_iou_baseline: centred_box_iou(&self.truths),
            class_accuracy: share(self.right_labels, self.matched),
            class_accuracy_baseline: share(most_frequent_label(&self.truths), items),
            recall_50: share(self.matched, items),
            missed: items - self.matched,
            invented: self.invented,
            invalid: self.invalid,
            seconds_per_photo: self.time.as_secs_f64() / self.truths.len().max(1) as f64,
        }
    }
}

/// Whether the items' text is well formed: box, codes and label of each come back.
fn reads_back(detections: &[Detection]) -> bool {
    let same = |(a, b): (&Detection, &Detection)| {
        (a.bbox.to_bins(), a.codes, &a.label) == (b.bbox.to_bins(), b.codes, &b.label)
    };
    detection::parse(&detection::write(detections))
        .is_ok_and(|read| read.len() == detections.len() && read.iter().zip(detections).all(same))
}

/// A detection in the photo; without a mask it is its box.
fn paste(detection: &Detection, width: usize, height: usize) -> BinaryMask {
    match &detection.mask {
        Some(mask) => mask.paste(&detection.bbox, width, height),
        None => Mask::from_fn(|_, _| 1.0).paste(&detection.bbox, width, height),
    }
}

/// Pairs (item, prediction) at [`MATCH_IOU`] or more, best first, none used twice.
fn match_one_to_one(ious: &[Vec<f64>]) -> Vec<(usize, usize)> {
    let mut candidates: Vec<(f64, usize, usize)> = ious
        .iter()
        .enumerate()
        .flat_map(|(item, row)| row.iter().enumerate().map(move |(other, &iou)| (iou, item, other)))
        .filter(|(iou, ..)| *iou >= MATCH_IOU)
        .collect();
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (_, item, other) in candidates {
        if !pairs.iter().any(|&(a, b)| a == item || b == other) {
            pairs.push((item, other));
        }
    }
    pairs
}

fn lies_in(mask: &BinaryMask, region: &BinaryMask) -> bool {
    2 * mask.intersection(region) > mask.area()
}

/// [`Report::mean_iou_baseline`].
fn centred_box_iou(truths: &[Truth]) -> f64 {
    let boxes = truths.iter().flat_map(|truth| &truth.items).filter_map(|item| item.mask.bbox());
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

fn median(values: &mut [f32]) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

/// How many items the most frequent class has.
fn most_frequent_label(truths: &[Truth]) -> usize {
    let labels: Vec<&Label> =
        truths.iter().flat_map(|truth| &truth.items).map(|item| &item.label).collect();
    let count = |label: &&Label| labels.iter().filter(|other| *other == label).count();
    labels.iter().map(count).max().unwrap_or(0)
}

pub(crate) fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

pub(crate) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
    sum / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 100;

    /// The pixels `[left, top, right, bottom]` of a photo of 100×100.
    fn bbox([left, top, right, bottom]: [usize; 4]) -> BBox {
        let edge = |pixel: usize| pixel as f32 / SIZE as f32;
        BBox { y1: edge(top), x1: edge(left), y2: edge(bottom), x2: edge(right) }
    }

    fn detection(label: &str, at: [usize; 4]) -> Detection {
        let label = Label::new(label).unwrap();
        Detection { label, bbox: bbox(at), codes: None, mask: None, confidence: 1.0 }
    }

    fn truth(items: &[(&str, [usize; 4])], ignored: [usize; 4]) -> Truth {
        let item = |&(label, at): &(&str, [usize; 4])| Item {
            label: Label::new(label).unwrap(),
            mask: paste(&detection(label, at), SIZE, SIZE),
        };
        let ignored = paste(&detection("crowd", ignored), SIZE, SIZE);
        Truth { width: SIZE, height: SIZE, items: items.iter().map(item).collect(), ignored }
    }

    fn report(photos: &[(Truth, Vec<Detection>)]) -> Report {
        let mut tally = Tally::default();
        photos.iter().for_each(|(truth, found)| tally.add(truth.clone(), found));
        tally.report()
    }

    const NOWHERE: [usize; 4] = [0, 0, 0, 0];

    #[test]
    fn finding_everything_scores_one() {
        let items = [("metal", [10, 10, 30, 40]), ("glass", [50, 50, 90, 90])];
        let found = items.map(|(label, at)| detection(label, at)).to_vec();
        let report = report(&[(truth(&items, NOWHERE), found)]);
        assert_eq!((report.photos, report.items, report.missed, report.invented), (1, 2, 0, 0));
        assert_eq!((report.mean_iou, report.class_accuracy, report.recall_50), (1.0, 1.0, 1.0));
        assert_eq!(report.class_accuracy_baseline, 0.5);
    }

    #[test]
    fn every_item_takes_its_best_iou_and_none_counts_as_zero() {
        // 20×20 against 10×20 of it: one half. The second item has nothing.
        let items = [("metal", [0, 0, 20, 20]), ("glass", [60, 60, 80, 80])];
        let found = vec![detection("metal", [0, 0, 10, 20]), detection("metal", [0, 0, 2, 20])];
        let report = report(&[(truth(&items, NOWHERE), found)]);
        assert_eq!(report.mean_iou, 0.25);
        assert_eq!((report.recall_50, report.missed, report.invented), (0.5, 1, 1));
        assert_eq!(report.class_accuracy, 1.0, "only matched items are asked for their label");
    }

    #[test]
    fn two_predictions_cannot_match_one_item_nor_one_prediction_two() {
        let one = truth(&[("metal", [0, 0, 20, 20])], NOWHERE);
        let twice = vec![detection("glass", [0, 0, 20, 19]), detection("metal", [0, 0, 20, 20])];
        let report_twice = report(&[(one, twice)]);
        assert_eq!((report_twice.recall_50, report_twice.invented), (1.0, 1));
        assert_eq!(report_twice.class_accuracy, 1.0, "the better match counts");
        let two = truth(&[("metal", [0, 0, 20, 20]), ("metal", [0, 0, 20, 22])], NOWHERE);
        let report_once = report(&[(two, vec![detection("metal", [0, 0, 20, 21])])]);
        assert_eq!((report_once.recall_50, report_once.missed), (0.5, 1));
    }

    #[test]
    fn crowds_are_neither_missed_nor_invented() {
        let crowd = [0, 0, 50, 50];
        let found = vec![detection("metal", [10, 10, 20, 20]), detection("metal", [45, 0, 95, 50])];
        let report = report(&[(truth(&[], crowd), found)]);
        assert_eq!((report.missed, report.invented), (0, 1));
    }

    #[test]
    fn a_prediction_without_a_pixel_is_invented() {
        let empty = Detection {
            mask: Some(Mask::from_fn(|_, _| 0.0)),
            ..detection("metal", [0, 0, 50, 50])
        };
        let report = report(&[(truth(&[("metal", [0, 0, 50, 50])], NOWHERE), vec![empty])]);
        assert_eq!((report.invalid, report.invented, report.missed), (0, 1, 1));
    }

    #[test]
    fn an_answer_that_does_not_read_back_is_invalid() {
        let inverted = Detection {
            bbox: BBox { y1: 0.6, x1: 0.1, y2: 0.4, x2: 0.9 },
            ..detection("metal", [0, 0, 50, 50])
        };
        let report = report(&[(truth(&[], NOWHERE), vec![inverted])]);
        assert_eq!(report.invalid, 1);
    }

    #[test]
    fn the_baseline_is_the_median_box_in_the_middle() {
        let centred = ("metal", [40, 30, 60, 70]);
        let aside = ("metal", [0, 0, 20, 40]);
        let report =
            report(&[(truth(&[centred], NOWHERE), vec![]), (truth(&[aside], NOWHERE), vec![])]);
        assert_eq!((report.mean_iou, report.mean_iou_baseline), (0.0, 0.5));
        assert_eq!(report.class_accuracy_baseline, 1.0);
    }

    #[test]
    fn nothing_measured_is_zero_everywhere() {
        let report = report(&[]);
        assert_eq!((report.mean_iou, report.recall_50, report.seconds_per_photo), (0.0, 0.0, 0.0));
    }

    #[test]
    fn an_engine_is_run_on_every_photo_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["images", "labels"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("classes.txt"), "metal").unwrap();
        for name in ["a", "b"] {
            let photo = image::RgbImage::new(40, 20);
            photo.save(folder.path().join("images").join(name).with_extension("png")).unwrap();
            let labels = folder.path().join("labels").join(name).with_extension("txt");
            std::fs::write(labels, "0 0 0 0.5 0 0.5 1 0 1").unwrap();
        }
        let dataset = Dataset::open(folder.path()).unwrap();
        let mut done = Vec::new();
        let report = evaluate(
            &dataset,
            &mut |frame| {
                assert_eq!((frame.width(), frame.height()), (40, 20));
                Ok::<_, std::io::Error>(vec![detection("metal", [0, 0, 50, 100])])
            },
            &mut |photos| done.push(photos),
        )
        .unwrap();
        assert_eq!((report.photos, report.mean_iou, done), (2, 1.0, vec![1, 2]));
        let failed: Result<Report, _> =
            evaluate(&dataset, &mut |_| Err(std::io::Error::other("no memory")), &mut |_| {});
        assert!(failed.unwrap_err().to_string().contains("a.png"));
    }
}
