//! A second look at what was found. What fills half of the model's square is outlined better than
//! what is one thing among others in the whole photo, and what the model mistakes in one view it
//! may know in another.

use super::items::{WrittenItem, each_once};
use super::{SegmentEvent, SegmentRequest, Session};
use crate::cancel::CancelToken;
use crate::detection::{BBox, Detection};
use crate::error::Result;
use crate::looks;
use crate::photo::Frame;

/// Most finds that are looked at again, the surest first: a person waits for each.
const MOST: usize = 4;

/// Above this IoU of the boxes a second look shows the thing that the first had found.
const SAME_IOU: f32 = 0.4;

impl Session {
    /// Outlines a photo's items as the app does with a small pack: a look at the whole, then a
    /// second one at each find. The session's photo is that of the last look afterwards.
    ///
    /// # Errors
    /// As [`Self::set_photo`] and [`Self::segment`].
    pub fn look_twice(
        &mut self,
        frame: &Frame,
        request: &SegmentRequest,
        cancel: &CancelToken,
    ) -> Result<Vec<Detection>> {
        let items = self.look_at(frame, request, cancel)?;
        let items = self.refine(frame, items, request, cancel, &mut |_| {})?;
        Ok(items.into_iter().map(|item| item.detection).collect())
    }

    /// Looks again at the surroundings of each item, enlarged to the model's whole square, and gives
    /// it the box, codes and mask that are seen there. What fills the photo cannot be enlarged: it
    /// is looked at in the mirror. Of the two looks, the one whose label is more probable names the
    /// item and says how sure it is. Reports what changes under the numbers that the items have.
    pub(crate) fn refine(
        &mut self,
        frame: &Frame,
        mut items: Vec<WrittenItem>,
        request: &SegmentRequest,
        cancel: &CancelToken,
        on_event: &mut dyn FnMut(SegmentEvent),
    ) -> Result<Vec<WrittenItem>> {
        let mut order: Vec<usize> = (0..items.len()).collect();
        let confidence = |index: usize| items[index].detection.confidence;
        order.sort_by(|&a, &b| confidence(b).total_cmp(&confidence(a)));
        let mut mirror = None;
        for index in order.into_iter().take(MOST) {
            let first = items[index].clone();
            if let Some(second) = self.second_look(frame, &first, &mut mirror, request, cancel)?
                && second != first
            {
                report(&first, &second, on_event);
                items[index] = second;
            }
        }
        Ok(each_once(items, on_event))
    }

    /// The find as another look shows it, if it is seen there. `mirror` is what the mirror shows,
    /// once somebody has looked.
    fn second_look(
        &mut self,
        frame: &Frame,
        first: &WrittenItem,
        mirror: &mut Option<Vec<WrittenItem>>,
        request: &SegmentRequest,
        cancel: &CancelToken,
    ) -> Result<Option<WrittenItem>> {
        if let Some((crop, region)) = looks::around_find(frame, &first.detection.bbox) {
            let seen = self.look_at(&crop, request, cancel)?;
            let again = same(first, &seen, |bbox| bbox.from_crop(&region));
            return Ok(again.map(|again| {
                let outline = again.detection.clone().from_crop(&region);
                named_by_the_surer(first, again, outline)
            }));
        }
        let seen = match mirror.take() {
            Some(seen) => seen,
            None => self.look_at(&frame.mirrored(), request, cancel)?,
        };
        let again = same(first, mirror.insert(seen), BBox::mirrored);
        Ok(again.map(|again| named_by_the_surer(first, again, first.detection.clone())))
    }

    fn look_at(
        &mut self,
        frame: &Frame,
        request: &SegmentRequest,
        cancel: &CancelToken,
    ) -> Result<Vec<WrittenItem>> {
        self.set_photo(frame, cancel)?;
        self.segment_staged(request, cancel, &mut |_| {})
    }
}

/// What another look shows where the first had found something.
fn same<'a>(
    first: &WrittenItem,
    seen: &'a [WrittenItem],
    in_photo: impl Fn(&BBox) -> BBox,
) -> Option<&'a WrittenItem> {
    let overlap = |item: &WrittenItem| in_photo(&item.detection.bbox).iou(&first.detection.bbox);
    let nearest = seen.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
    nearest.filter(|item| overlap(item) > SAME_IOU)
}

/// A thing of this outline under the name that the surer of two looks gives it: surer what it is,
/// however sure it is where.
fn named_by_the_surer(first: &WrittenItem, again: &WrittenItem, outline: Detection) -> WrittenItem {
    let surer = if again.evidence.label > first.evidence.label { again } else { first };
    let Detection { label, confidence, .. } = surer.detection.clone();
    let detection = Detection { label, confidence, ..outline };
    WrittenItem { item: first.item, detection, evidence: surer.evidence }
}

/// Tells what another look has changed: the outline, if it did, and then the whole item.
fn report(first: &WrittenItem, second: &WrittenItem, on_event: &mut dyn FnMut(SegmentEvent)) {
    let WrittenItem { item, detection, .. } = second.clone();
    if detection.bbox != first.detection.bbox || detection.mask != first.detection.mask {
        on_event(SegmentEvent::Box { item, bbox: detection.bbox });
        if let Some(mask) = detection.mask.clone() {
            on_event(SegmentEvent::Mask { item, mask });
        }
    }
    on_event(SegmentEvent::Item { item, detection });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certainty::Evidence;
    use crate::detection::tests::item;

    fn seen(label: &str, bbox: [f32; 4], chance: f32) -> WrittenItem {
        let evidence = Evidence { corners: 0.5, label: chance, area: 0.2 };
        WrittenItem { item: 7, detection: item(label, bbox, chance / 2.0), evidence }
    }

    #[test]
    fn the_surer_look_names_a_thing_and_the_closer_one_outlines_it() {
        let first = seen("glass", [0.1, 0.1, 0.5, 0.5], 0.4);
        let outline = item("foam", [0.1, 0.2, 0.5, 0.5], 0.9);
        for (chance, label) in [(0.8, "plastic"), (0.3, "glass"), (0.4, "glass")] {
            let again = WrittenItem { item: 0, ..seen("plastic", [0.0, 0.0, 1.0, 1.0], chance) };
            let named = named_by_the_surer(&first, &again, outline.clone());
            assert_eq!(named.detection.label.as_str(), label);
            assert_eq!(named.detection.confidence, chance.max(0.4) / 2.0);
            assert_eq!((named.item, named.detection.bbox), (7, outline.bbox));
        }
    }

    #[test]
    fn the_nearest_of_the_other_look_is_the_same_thing_if_it_is_near() {
        let first = seen("glass", [0.1, 0.1, 0.5, 0.5], 0.4);
        let mirror = [
            seen("metal", [0.1, 0.1, 0.5, 0.5], 0.9),
            seen("paper", [0.1, 0.55, 0.5, 0.85], 0.9),
            seen("plastic", [0.1, 0.5, 0.45, 0.9], 0.9),
        ];
        let label = |mirror: &[WrittenItem]| {
            let again = same(&first, mirror, BBox::mirrored);
            again.map(|item| item.detection.label.as_str().to_owned())
        };
        assert_eq!(label(&mirror).as_deref(), Some("plastic"));
        assert_eq!(label(&mirror[..1]), None);
        assert_eq!(label(&[]), None);
    }
}
