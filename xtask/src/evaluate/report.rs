//! Everything measured, as numbers with names.

use std::collections::BTreeMap;
use std::time::Duration;

use kerbside_core::detection::{self, Detection, Label};
use serde::Serialize;

use super::average_precision::AveragePrecision;
use super::baseline;
use super::matching::{Fate, Matches};
use super::reliability::{Claim, Reliability};
use super::scene::{Scene, Truth};
use super::{mean, share};

/// What is measured. Shares and means are `0..=1`, and 0 where there is nothing to share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Photos looked at.
    pub photos: usize,
    /// Items outlined on them by people, without those that are too small.
    pub items: usize,
    /// Items too small to be asked for.
    pub ignored_items: usize,
    /// Items found, right or not, without those on what is ignored.
    pub predicted: usize,
    /// Mean over items of the best IoU any predicted mask has with it, 0 if there is none.
    pub mean_iou: f64,
    /// The same for one guess per photo that looks at nothing: a box in the middle, as wide and as
    /// high as the median item of this dataset.
    pub mean_iou_baseline: f64,
    /// Mean IoU of the matched items with what was found for them.
    pub mean_iou_matched: f64,
    /// Share of the matched items whose label is right.
    pub class_accuracy: f64,
    /// Share of all items that the dataset's most frequent class is right for.
    pub class_accuracy_baseline: f64,
    /// Share of items matched, each by a prediction of its own, at an IoU of one half or more.
    pub recall_50: f64,
    /// Share of predictions that match an item.
    pub precision_50: f64,
    /// Items not matched.
    pub missed: usize,
    /// Predictions that match no item and do not stand for something ignored.
    pub invented: usize,
    /// Share of photos on which as many items were found as there are, give or take one.
    pub count_within_one: f64,
    /// COCO's average precision of masks, in the mean over the classes.
    pub mask_ap: AveragePrecision,
    /// The same, whatever the items are called.
    pub mask_ap_any_class: AveragePrecision,
    /// Answers that do not read back, as text, as the items they are.
    pub invalid: usize,
    /// What the words of confidence are worth.
    pub reliability: Reliability,
    /// By the class that people gave.
    pub classes: BTreeMap<String, ClassReport>,
    /// Mean time of the engine, without reading the photo and without these measurements.
    pub seconds_per_photo: f64,
}

/// What is measured of the items of one class.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ClassReport {
    /// Items of this class.
    pub items: usize,
    /// Share of them matched.
    pub recall_50: f64,
    /// Share of the matched ones whose label is right.
    pub class_accuracy: f64,
    /// Mean over them of the best IoU any predicted mask has with it.
    pub mean_iou: f64,
    /// Average precision of masks of this class at an IoU of one half.
    pub ap_50: f64,
    /// What the matched ones were called, and how often.
    pub called: BTreeMap<String, usize>,
    /// Predictions of this class that are nothing that is there.
    pub invented: usize,
}

/// Everything counted so far.
#[derive(Debug, Default)]
pub struct Tally {
    /// Kept for the baseline, whose box is known only at the end.
    truths: Vec<Truth>,
    scenes: Vec<Scene>,
    matches: Vec<Matches>,
    invalid: usize,
    time: Duration,
}

impl Tally {
    /// Counts one photo. Items below `min_area` of it are small. Says what became of each
    /// detection.
    pub fn add(
        &mut self,
        truth: Truth,
        detections: &[Detection],
        min_area: f64,
        time: Duration,
    ) -> &[Fate] {
        let scene = Scene::new(&truth, detections, min_area);
        self.invalid += usize::from(!reads_back(detections));
        self.time += time;
        self.truths.push(truth);
        self.matches.push(Matches::of(&scene));
        self.scenes.push(scene);
        self.matches.last().map_or(&[], |matches| &matches.of_found)
    }

    /// The figures of all photos counted.
    pub fn report(&self) -> Report {
        let items: usize = self.scenes.iter().map(|scene| scene.items.len()).sum();
        let matched: usize = self.pairs().count();
        let invented: usize = self.matches.iter().map(Matches::invented).sum();
        let right = self.pairs().filter(|pair| pair.truth == pair.said).count();
        let within_one = self.photos().filter(|(_, matches)| counts_agree(matches)).count();
        Report {
            photos: self.truths.len(),
            items,
            ignored_items: self.scenes.iter().map(|scene| scene.small.len()).sum(),
            predicted: matched + invented,
            mean_iou: mean(self.best_ious(None)),
            mean_iou_baseline: baseline::centred_box_iou(&self.truths),
            mean_iou_matched: mean(self.pairs().map(|pair| pair.iou)),
            class_accuracy: share(right, matched),
            class_accuracy_baseline: share(baseline::most_frequent_label(&self.truths), items),
            recall_50: share(matched, items),
            precision_50: share(matched, matched + invented),
            missed: items - matched,
            invented,
            count_within_one: share(within_one, self.truths.len()),
            mask_ap: AveragePrecision::by_class(&self.scenes),
            mask_ap_any_class: AveragePrecision::of_any_class(&self.scenes),
            invalid: self.invalid,
            reliability: Reliability::of(&self.claims()),
            classes: self.classes(),
            seconds_per_photo: self.time.as_secs_f64() / self.truths.len().max(1) as f64,
        }
    }

    fn photos(&self) -> impl Iterator<Item = (&Scene, &Matches)> {
        self.scenes.iter().zip(&self.matches)
    }

    fn pairs(&self) -> impl Iterator<Item = Pair<'_>> {
        self.photos().flat_map(|(scene, matches)| {
            let pair = |(item, found): (usize, &Option<usize>)| {
                let found = (*found)?;
                let (truth, said) = (&scene.items[item], &scene.found[found].label);
                Some(Pair { truth, said, iou: scene.ious[item][found] })
            };
            matches.of_items.iter().enumerate().filter_map(pair)
        })
    }

    /// Of every item, or of every item of a class, the best IoU that anything found has with it.
    fn best_ious(&self, class: Option<&Label>) -> impl Iterator<Item = f64> {
        self.scenes.iter().flat_map(move |scene| {
            let items = scene.items.iter().zip(&scene.ious);
            let fitting = items.filter(move |(label, _)| class.is_none_or(|class| class == *label));
            fitting.map(|(_, row)| row.iter().copied().fold(0.0, f64::max))
        })
    }

    /// What the engine claimed of its items; of what is ignored nobody knows whether it is right.
    fn claims(&self) -> Vec<Claim> {
        let of_photo = |(scene, matches): (&Scene, &Matches)| -> Vec<Claim> {
            let found = scene.found.iter().zip(&matches.of_found);
            let claim = |(found, fate): (&super::scene::Found, &Fate)| match fate {
                Fate::Ignored => None,
                Fate::Invented => Some(Claim { confidence: found.confidence, is_right: false }),
                Fate::Matched(item) => {
                    let is_right = scene.items[*item] == found.label;
                    Some(Claim { confidence: found.confidence, is_right })
                }
            };
            found.filter_map(claim).collect()
        };
        self.photos().flat_map(of_photo).collect()
    }

    fn classes(&self) -> BTreeMap<String, ClassReport> {
        let mut reports: BTreeMap<&Label, ClassReport> = BTreeMap::new();
        for (scene, matches) in self.photos() {
            for label in &scene.items {
                reports.entry(label).or_default().items += 1;
            }
            for (found, fate) in scene.found.iter().zip(&matches.of_found) {
                let invented = usize::from(*fate == Fate::Invented);
                reports.entry(&found.label).or_default().invented += invented;
            }
        }
        for pair in self.pairs() {
            let called = &mut reports.entry(pair.truth).or_default().called;
            *called.entry(pair.said.to_string()).or_default() += 1;
        }
        for (label, report) in &mut reports {
            let matched = report.called.values().sum();
            let right = report.called.get(label.as_str()).copied().unwrap_or(0);
            report.recall_50 = share(matched, report.items);
            report.class_accuracy = share(right, matched);
            report.mean_iou = mean(self.best_ious(Some(label)));
            report.ap_50 = AveragePrecision::of_class(&self.scenes, label).ap_50;
        }
        reports.into_iter().map(|(label, report)| (label.to_string(), report)).collect()
    }
}

/// A true item and what was found for it.
struct Pair<'a> {
    truth: &'a Label,
    said: &'a Label,
    iou: f64,
}

fn counts_agree(matches: &Matches) -> bool {
    let found = matches.of_found.iter().filter(|fate| **fate != Fate::Ignored).count();
    found.abs_diff(matches.of_items.len()) <= 1
}

/// Whether the items' text is well formed: box, codes and label of each come back.
fn reads_back(detections: &[Detection]) -> bool {
    let same = |(a, b): (&Detection, &Detection)| {
        (a.bbox.to_bins(), a.codes, &a.label) == (b.bbox.to_bins(), b.codes, &b.label)
    };
    detection::parse(&detection::write(detections))
        .is_ok_and(|read| read.len() == detections.len() && read.iter().zip(detections).all(same))
}
