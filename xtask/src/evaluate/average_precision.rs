//! Average precision of masks as COCO measures it (`pycocotools/cocoeval.py`, Lin et al. 2014,
//! <https://arxiv.org/abs/1405.0312>): found items in the order of their confidence, matched greedily at
//! ten IoUs, precision made monotonous and read off at 101 recalls.
//!
//! What is found on small items or in a crowd counts as neither right nor wrong, as COCO's areas and
//! crowds do. `models/reference/make_coco.py` makes the figures that this must reproduce.

use kerbside_core::detection::Label;
use serde::Serialize;

use super::scene::Scene;

/// Most items found on one photo that count, of one class.
const MOST: usize = 100;

/// IoUs that are asked for: 0.50, 0.55 … 0.95.
const IOUS: usize = 10;
/// Recalls at which precision is read: 0, 0.01 … 1.
const RECALLS: usize = 101;

/// Averages of precision, `0..=1`; 0 where there is nothing to find.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct AveragePrecision {
    /// At an IoU of one half.
    pub ap_50: f64,
    /// Mean over the ten IoUs 0.50, 0.55 … 0.95.
    pub ap_50_95: f64,
}

impl AveragePrecision {
    /// Mean over the classes that there are true items of.
    pub fn by_class(scenes: &[Scene]) -> Self {
        let mut classes: Vec<&Label> = scenes.iter().flat_map(|scene| &scene.items).collect();
        classes.sort();
        classes.dedup();
        let each = classes.iter().filter_map(|class| at_each_iou(scenes, Some(class)));
        Self::mean(&each.collect::<Vec<_>>())
    }

    /// Whatever the items are called.
    pub fn of_any_class(scenes: &[Scene]) -> Self {
        Self::mean(&at_each_iou(scenes, None).into_iter().collect::<Vec<_>>())
    }

    /// Of the items of one class.
    pub fn of_class(scenes: &[Scene], class: &Label) -> Self {
        Self::mean(&at_each_iou(scenes, Some(class)).into_iter().collect::<Vec<_>>())
    }

    fn mean(classes: &[[f64; IOUS]]) -> Self {
        let count = classes.len().max(1) as f64;
        let at = |index: usize| classes.iter().map(|each| each[index]).sum::<f64>() / count;
        let all = (0..IOUS).map(at).sum::<f64>() / IOUS as f64;
        Self { ap_50: at(0), ap_50_95: all }
    }
}

/// Average precision at each IoU, of one class or of whatever there is; `None` without a true item.
fn at_each_iou(scenes: &[Scene], class: Option<&Label>) -> Option<[f64; IOUS]> {
    let views: Vec<View<'_>> = scenes.iter().map(|scene| View::new(scene, class)).collect();
    let wanted: usize = views.iter().map(|view| view.items.len()).sum();
    (wanted > 0).then(|| {
        std::array::from_fn(|index| {
            let mut found: Vec<Ranked> =
                views.iter().flat_map(|view| view.judge(iou_threshold(index))).collect();
            // A stable order, so that equals stay in the order of the photos.
            found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
            interpolated(&found, wanted)
        })
    })
}

/// As `numpy.linspace(0.5, 0.95, 10)` computes it.
fn iou_threshold(index: usize) -> f64 {
    if index == IOUS - 1 { 0.95 } else { 0.5 + index as f64 * ((0.95 - 0.5) / (IOUS - 1) as f64) }
}

/// A found item that counts.
struct Ranked {
    confidence: f32,
    is_right: bool,
}

/// What one photo has of a class: indices into the scene.
struct View<'a> {
    scene: &'a Scene,
    items: Vec<usize>,
    small: Vec<usize>,
    /// Surest first.
    found: Vec<usize>,
}

impl<'a> View<'a> {
    fn new(scene: &'a Scene, class: Option<&Label>) -> Self {
        let fits = |label: &Label| class.is_none_or(|class| class == label);
        let of = |labels: &[Label], first: usize| -> Vec<usize> {
            let fitting = labels.iter().enumerate().filter(|(_, label)| fits(label));
            fitting.map(|(index, _)| first + index).collect()
        };
        let mut found: Vec<usize> =
            (0..scene.found.len()).filter(|&index| fits(&scene.found[index].label)).collect();
        let confidence = |index: usize| scene.found[index].confidence;
        found.sort_by(|&a, &b| confidence(b).total_cmp(&confidence(a)));
        found.truncate(MOST);
        let small = of(&scene.small, scene.items.len());
        Self { scene, items: of(&scene.items, 0), small, found }
    }

    /// Every found item takes the best true one that is left, the surest first. Those that take a
    /// small one or lie in the crowd do not count, nor those that are small and take none.
    fn judge(&self, threshold: f64) -> Vec<Ranked> {
        let mut taken = vec![false; self.scene.ious.len()];
        let mut counted = Vec::new();
        for &index in &self.found {
            let found = &self.scene.found[index];
            let right = self.best(&self.items, index, threshold, &taken);
            let small = self.best(&self.small, index, threshold, &taken);
            // A crowd is never taken: it may be found any number of times.
            let is_in_crowd = found.in_crowd >= threshold;
            let small_one = small.filter(|(iou, _)| !is_in_crowd || *iou > found.in_crowd);
            if let Some((_, item)) = right.or(small_one) {
                taken[item] = true;
            }
            if right.is_some() || (small.is_none() && !is_in_crowd && !found.is_small) {
                counted.push(Ranked { confidence: found.confidence, is_right: right.is_some() });
            }
        }
        counted
    }

    /// The free one of `among` that covers the found item best, of equals the last, and its IoU.
    fn best(
        &self,
        among: &[usize],
        found: usize,
        threshold: f64,
        taken: &[bool],
    ) -> Option<(f64, usize)> {
        let free = among.iter().filter(|&&item| !taken[item]);
        let overlaps = free.map(|&item| (self.scene.ious[item][found], item));
        let enough = overlaps.filter(|(iou, _)| *iou >= threshold);
        enough.max_by(|a, b| a.0.total_cmp(&b.0))
    }
}

/// Mean precision at the 101 recalls; where a recall is not reached, precision is 0.
fn interpolated(found: &[Ranked], wanted: usize) -> f64 {
    let (mut right, mut recalls, mut precisions) = (0usize, Vec::new(), Vec::new());
    for (index, item) in found.iter().enumerate() {
        right += usize::from(item.is_right);
        recalls.push(right as f64 / wanted as f64);
        precisions.push(right as f64 / ((index + 1) as f64 + f64::EPSILON));
    }
    let mut best = 0.0;
    for precision in precisions.iter_mut().rev() {
        best = f64::max(best, *precision);
        *precision = best;
    }
    let at = |recall: f64| {
        let reached = recalls.partition_point(|&r| r < recall);
        precisions.get(reached).copied().unwrap_or(0.0)
    };
    (0..RECALLS).map(|step| at(recall_at(step))).sum::<f64>() / RECALLS as f64
}

/// As `numpy.linspace(0, 1, 101)` computes it.
fn recall_at(step: usize) -> f64 {
    if step == RECALLS - 1 { 1.0 } else { step as f64 * 0.01 }
}

#[cfg(test)]
mod tests {
    use kerbside_core::mask::BinaryMask;
    use serde::Deserialize;

    use super::*;
    use crate::evaluate::scene::{Item, Truth};

    const GOLDEN: &str = include_str!("../../tests/golden/coco/average_precision.json");

    #[derive(Deserialize)]
    struct Golden {
        width: usize,
        height: usize,
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        photos: Vec<Photo>,
        figures: Vec<Figure>,
    }

    #[derive(Deserialize)]
    struct Photo {
        items: Vec<Shape>,
        crowd: Option<String>,
        found: Vec<Shape>,
    }

    #[derive(Deserialize)]
    struct Shape {
        label: String,
        #[serde(default)]
        confidence: f32,
        runs: String,
    }

    #[derive(Deserialize)]
    struct Figure {
        min_area: f64,
        by_class: bool,
        /// AP50, AP50:95.
        ap: [f64; 2],
    }

    /// Lengths of runs of zeros and ones in turn, column by column.
    fn mask(runs: &str, (width, height): (usize, usize)) -> BinaryMask {
        let mut mask = BinaryMask::new(width, height);
        let mut at = 0;
        for (index, run) in runs.split(' ').enumerate() {
            let end = at + run.parse::<usize>().unwrap();
            for pixel in (at..end).filter(|_| index % 2 == 1) {
                mask.set(pixel / height, pixel % height);
            }
            at = end;
        }
        assert_eq!(at, width * height);
        mask
    }

    fn scene(photo: &Photo, size: (usize, usize), min_area: f64) -> Scene {
        let item = |shape: &Shape| Item {
            label: Label::new(&shape.label).unwrap(),
            mask: mask(&shape.runs, size),
        };
        let empty = BinaryMask::new(size.0, size.1);
        let crowd = photo.crowd.as_ref().map_or(empty, |runs| mask(runs, size));
        let truth = Truth::of_items(photo.items.iter().map(item).collect(), crowd, min_area);
        let found: Vec<(Item, f32)> =
            photo.found.iter().map(|shape| (item(shape), shape.confidence)).collect();
        Scene::compare(&truth, &found, min_area)
    }

    #[test]
    fn the_figures_are_those_of_pycocotools() {
        let golden: Golden = serde_json::from_str(GOLDEN).unwrap();
        for (index, case) in golden.cases.iter().enumerate() {
            for figure in &case.figures {
                let scene = |photo| scene(photo, (golden.width, golden.height), figure.min_area);
                let scenes: Vec<Scene> = case.photos.iter().map(scene).collect();
                let ap = match figure.by_class {
                    true => AveragePrecision::by_class(&scenes),
                    false => AveragePrecision::of_any_class(&scenes),
                };
                for (ours, theirs) in [ap.ap_50, ap.ap_50_95].iter().zip(figure.ap) {
                    let (min_area, by_class) = (figure.min_area, figure.by_class);
                    let off = (ours - theirs).abs();
                    assert!(off < 1e-6, "{index} {min_area} {by_class}: {ours}, not {theirs}");
                }
            }
        }
    }

    #[test]
    fn nothing_to_find_is_zero() {
        assert_eq!(AveragePrecision::by_class(&[]), AveragePrecision::default());
        assert_eq!(AveragePrecision::of_any_class(&[]), AveragePrecision::default());
    }
}
