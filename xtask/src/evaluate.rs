//! How well an engine finds what people outlined, as numbers a stranger can check.
//!
//! ```text
//! scene              one photo: what is outlined, what was found, how much each covers the other
//! matching           which found item is which true one
//! average_precision  as COCO measures it
//! reliability        whether the words of confidence keep what they promise
//! baseline           what a guess that looks at nothing would score
//! report, table      all of it, as numbers with names and as text
//! fit                the numbers of a calibration, from held-out photos
//! pictures           the photos with truth and prediction drawn on them
//! segment            `cargo xtask evaluate segment`
//! made_up            what the two below share: their command line
//! dispose            `cargo xtask evaluate dispose`
//! highlight          `cargo xtask evaluate highlight`
//! ```

pub mod average_precision;
pub mod baseline;
pub mod dispose;
pub mod fit;
pub mod highlight;
mod made_up;
pub mod matching;
pub mod pictures;
pub mod reliability;
pub mod report;
pub mod scene;
pub mod segment;
pub mod table;

use std::time::Instant;

use kerbside_core::detection::Detection;
use kerbside_core::photo::Frame;

use self::matching::Fate;
pub use self::report::Report;
use self::report::Tally;
use self::scene::Truth;
use crate::dataset::{Dataset, DatasetError, Sample};

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

/// A photo that was compared.
#[derive(Debug)]
pub struct Judged<'a> {
    /// How many photos are done with this one.
    pub done: usize,
    /// Its file and labels.
    pub sample: &'a Sample,
    /// Its pixels.
    pub frame: &'a Frame,
    /// What the engine found.
    pub detections: &'a [Detection],
    /// What became of each.
    pub fates: &'a [Fate],
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
    evaluate_photos(dataset, 0.0, engine, &mut |judged| progress(judged.done))
}

/// [`evaluate`], with items below `min_area` of their photo (`0..=1`) neither missed where they are
/// not found nor invented where they are; `on_photo` sees what became of each.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_photos<E: std::error::Error + 'static>(
    dataset: &Dataset,
    min_area: f64,
    engine: &mut dyn FnMut(&Frame) -> Result<Vec<Detection>, E>,
    on_photo: &mut dyn FnMut(&Judged<'_>),
) -> Result<Report, EvaluateError<E>> {
    let mut tally = Tally::default();
    for (index, sample) in dataset.samples.iter().enumerate() {
        let frame = sample.frame()?;
        let start = Instant::now();
        let detections = engine(&frame).map_err(|source| EvaluateError::Engine {
            photo: sample.photo.display().to_string(),
            source,
        })?;
        let time = start.elapsed();
        let truth = Truth::new(sample, (frame.width(), frame.height()), min_area);
        let fates = tally.add(truth, &detections, min_area, time);
        let done = index + 1;
        on_photo(&Judged { done, sample, frame: &frame, detections: &detections, fates });
    }
    Ok(tally.report())
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
    use std::time::Duration;

    use kerbside_core::detection::{BBox, Label};
    use kerbside_core::mask::{BinaryMask, Mask};

    use super::scene::{Item, paste};
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

    fn mask(at: [usize; 4]) -> BinaryMask {
        paste(&detection("any", at), SIZE, SIZE)
    }

    fn truth(items: &[(&str, [usize; 4])], crowd: [usize; 4]) -> Truth {
        let item = |&(label, at): &(&str, [usize; 4])| Item {
            label: Label::new(label).unwrap(),
            mask: mask(at),
        };
        let items = items.iter().map(item).collect();
        Truth { width: SIZE, height: SIZE, items, small: vec![], crowd: mask(crowd) }
    }

    fn report(photos: &[(Truth, Vec<Detection>)]) -> Report {
        let mut tally = Tally::default();
        for (truth, found) in photos {
            tally.add(truth.clone(), found, 0.0, Duration::ZERO);
        }
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
