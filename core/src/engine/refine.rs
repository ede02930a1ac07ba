//! A second look around what was found: what fills half of the model's square is outlined better
//! than what is one thing among others in the whole photo.

use super::items::{Numbered, each_once};
use super::{SegmentEvent, SegmentRequest, Session};
use crate::cancel::CancelToken;
use crate::detection::Detection;
use crate::error::Result;
use crate::looks;
use crate::photo::Frame;

/// Most finds that are looked at again, the surest first: a person waits for each.
const MOST: usize = 4;

/// Above this IoU of the boxes a second look shows the thing that the first had found.
const SAME_IOU: f32 = 0.4;

impl Session {
    /// Looks again at the surroundings of each item, enlarged to the model's whole square, and gives
    /// it the box, codes and mask that are seen there. Label and confidence stay those of the whole
    /// photo, where the calibration was measured. The session's photo is a crop afterwards.
    ///
    /// # Errors
    /// As [`Self::set_photo`] and [`Self::segment`].
    pub fn refine(
        &mut self,
        frame: &Frame,
        items: Vec<Detection>,
        request: &SegmentRequest,
        cancel: &CancelToken,
    ) -> Result<Vec<Detection>> {
        let items = items.into_iter().enumerate().collect();
        let refined = self.refine_numbered(frame, items, request, cancel, &mut |_| {})?;
        Ok(refined.into_iter().map(|(_, item)| item).collect())
    }

    /// [`Self::refine`], reporting what changes under the numbers that the items have.
    pub(crate) fn refine_numbered(
        &mut self,
        frame: &Frame,
        mut items: Vec<Numbered>,
        request: &SegmentRequest,
        cancel: &CancelToken,
        on_event: &mut dyn FnMut(SegmentEvent),
    ) -> Result<Vec<Numbered>> {
        let mut order: Vec<usize> = (0..items.len()).collect();
        let confidence = |index: usize| items[index].1.confidence;
        order.sort_by(|&a, &b| confidence(b).total_cmp(&confidence(a)));
        for index in order.into_iter().take(MOST) {
            let (item, detection) = &mut items[index];
            if let Some(better) = self.second_look(frame, detection, request, cancel)? {
                *detection = better;
                report(*item, detection, on_event);
            }
        }
        Ok(each_once(items, on_event))
    }

    /// The find as it is seen in its surroundings, if it is seen there.
    fn second_look(
        &mut self,
        frame: &Frame,
        find: &Detection,
        request: &SegmentRequest,
        cancel: &CancelToken,
    ) -> Result<Option<Detection>> {
        let Some((crop, region)) = looks::around_find(frame, &find.bbox) else { return Ok(None) };
        self.set_photo(&crop, cancel)?;
        let seen = self.segment(request, cancel, &mut |_| {})?;
        let seen = seen.into_iter().map(|item| item.from_crop(&region));
        let overlap = |item: &Detection| item.bbox.iou(&find.bbox);
        let nearest = seen.max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
        let same = nearest.filter(|item| overlap(item) > SAME_IOU);
        let Detection { label, confidence, .. } = find.clone();
        Ok(same.map(|item| Detection { label, confidence, ..item }))
    }
}

fn report(item: usize, detection: &Detection, on_event: &mut dyn FnMut(SegmentEvent)) {
    on_event(SegmentEvent::Box { item, bbox: detection.bbox });
    if let Some(mask) = detection.mask.clone() {
        on_event(SegmentEvent::Mask { item, mask });
    }
    on_event(SegmentEvent::Item { item, detection: detection.clone() });
}
