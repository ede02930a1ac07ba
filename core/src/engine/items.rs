//! The items of one answer, as the grammar reports their parts.

use std::time::{Duration, Instant};

use super::SegmentEvent;
use crate::certainty::{Calibration, Evidence};
use crate::detection::{self, BBox, Detection, Label, SegCode};
use crate::generate::detection_grammar::DetectionProgress;
use crate::generate::generator::{Likelihood, Report};
use crate::mask::{Mask, MaskCodec};

/// An item as the model wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenItem {
    /// Its number in the answer, from 0.
    pub item: usize,
    /// All of it.
    pub detection: Detection,
    /// How probable the model held its parts.
    pub evidence: Evidence,
}

/// Keeps one item of each thing and reports the others as dropped.
pub(super) fn each_once(
    items: Vec<WrittenItem>,
    on_event: &mut dyn FnMut(SegmentEvent),
) -> Vec<WrittenItem> {
    let detections: Vec<Detection> = items.iter().map(|one| one.detection.clone()).collect();
    let kept = detection::distinct(&detections);
    for (index, WrittenItem { item, .. }) in items.iter().enumerate() {
        if kept.binary_search(&index).is_err() {
            on_event(SegmentEvent::Dropped { item: *item });
        }
    }
    kept.iter().map(|&index| items[index].clone()).collect()
}

/// The item being written, and those that are complete.
pub(super) struct Items<'a> {
    codec: Option<&'a MaskCodec>,
    labels: &'a [Label],
    calibration: &'a Calibration,
    begin: Instant,
    draft: Draft,
    /// Without those the calibration takes for noise.
    pub complete: Vec<WrittenItem>,
    pub mask_time: Duration,
    pub first_mask: Option<Duration>,
}

/// What is known of the item being written.
#[derive(Default)]
struct Draft {
    /// `y1, x1, y2, x2` in 1023rds.
    corners: [u16; 4],
    corners_likelihood: Likelihood,
    codes: Option<[SegCode; 16]>,
    mask: Option<Mask>,
}

impl<'a> Items<'a> {
    pub fn new(
        codec: Option<&'a MaskCodec>,
        labels: &'a [Label],
        calibration: &'a Calibration,
        begin: Instant,
    ) -> Self {
        Self {
            codec,
            labels,
            calibration,
            begin,
            draft: Draft::default(),
            complete: Vec::new(),
            mask_time: Duration::ZERO,
            first_mask: None,
        }
    }

    pub fn take(
        &mut self,
        report: Report<DetectionProgress>,
        on_event: &mut dyn FnMut(SegmentEvent),
    ) {
        match report.event {
            DetectionProgress::Box { item, corners } => {
                let corners_likelihood = report.likelihood;
                self.draft = Draft { corners, corners_likelihood, ..Draft::default() };
                let bbox = BBox::from_bins(corners).expect("the grammar keeps boxes upright");
                on_event(SegmentEvent::Box { item, bbox });
            }
            DetectionProgress::Codes { item, codes } => {
                let codes =
                    codes.map(|c| SegCode::new(c).expect("the grammar keeps codes below 128"));
                self.draft.codes = Some(codes);
                self.decode_mask(item, &report.weights, on_event);
            }
            DetectionProgress::Label { item, label } => {
                self.finish(item, label, report.likelihood, on_event);
            }
            DetectionProgress::Dropped { item } => on_event(SegmentEvent::Dropped { item }),
        }
    }

    fn decode_mask(
        &mut self,
        item: usize,
        weights: &[f32],
        on_event: &mut dyn FnMut(SegmentEvent),
    ) {
        let Some(codec) = self.codec else { return };
        let start = Instant::now();
        let mask = codec.decode_expected(weights);
        self.mask_time += start.elapsed();
        self.first_mask.get_or_insert_with(|| self.begin.elapsed());
        self.draft.mask = Some(mask.clone());
        on_event(SegmentEvent::Mask { item, mask });
    }

    fn finish(
        &mut self,
        item: usize,
        label: usize,
        likelihood: Likelihood,
        on_event: &mut dyn FnMut(SegmentEvent),
    ) {
        let Draft { corners, corners_likelihood, codes, mask } = std::mem::take(&mut self.draft);
        let detection = Detection::from_tokens(corners, codes, self.labels[label].clone())
            .expect("the grammar keeps boxes upright");
        let evidence = Evidence::new(corners_likelihood, likelihood, &detection.bbox);
        if self.calibration.is_noise(&evidence) {
            on_event(SegmentEvent::Dropped { item });
            return;
        }
        let confidence = self.calibration.chance(&evidence);
        let detection = Detection { mask, confidence, ..detection };
        self.complete.push(WrittenItem { item, detection: detection.clone(), evidence });
        on_event(SegmentEvent::Item { item, detection });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certainty::{LabelCurve, PlaceCurve};

    const BOX: DetectionProgress = DetectionProgress::Box { item: 3, corners: [10, 20, 30, 40] };
    const LABEL: DetectionProgress = DetectionProgress::Label { item: 3, label: 1 };

    /// The events and what is left of one item whose tokens have these probabilities.
    fn written(
        calibration: &Calibration,
        corners: f32,
        label: f32,
    ) -> (Vec<SegmentEvent>, Vec<WrittenItem>) {
        let labels = ["glass", "metal"].map(|name| Label::new(name).unwrap());
        let mut items = Items::new(None, &labels, calibration, Instant::now());
        let mut events = Vec::new();
        for (event, p, choices) in [(BOX, corners, 4), (LABEL, label, 1)] {
            let likelihood = Likelihood { log: p.ln() * choices as f32, choices };
            let report = Report { event, likelihood, weights: Vec::new() };
            items.take(report, &mut |event| events.push(event));
        }
        (events, items.complete)
    }

    #[test]
    fn an_item_carries_the_evidence_of_its_parts() {
        let (events, complete) = written(&Calibration::default(), 0.5, 0.9);
        let [item] = complete.as_slice() else { panic!("{complete:?}") };
        assert!((item.evidence.corners - 0.5).abs() < 1e-6);
        assert!((item.evidence.label - 0.9).abs() < 1e-6);
        assert!((item.evidence.area - 400.0 / (1023.0 * 1023.0)).abs() < 1e-6);
        assert_eq!(item.item, 3);
        assert!((item.detection.confidence - 0.45).abs() < 1e-4);
        assert_eq!(item.detection.label.as_str(), "metal");
        assert!(matches!(
            events.as_slice(),
            [SegmentEvent::Box { .. }, SegmentEvent::Item { item: 3, .. }]
        ));
    }

    #[test]
    fn the_calibration_says_how_sure_and_drops_noise() {
        let numbers = Calibration {
            place: PlaceCurve { bias: 0.0, corners: 1.0, area: 0.0 },
            label: LabelCurve { bias: 0.0, label: 0.0 },
            floor: 0.3,
        };
        let (_, complete) = written(&numbers, 0.8, 0.9);
        assert!((complete[0].detection.confidence - 0.4).abs() < 1e-4);
        let (events, complete) = written(&numbers, 0.2, 0.9);
        assert!(complete.is_empty());
        assert!(matches!(
            events.as_slice(),
            [SegmentEvent::Box { .. }, SegmentEvent::Dropped { item: 3 }]
        ));
    }
}
