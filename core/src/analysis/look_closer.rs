//! A closer look at a photo that is analysed already: a person taps where nothing is outlined.

use super::{AnalysedItem, Analysis, AnalysisEvent};
use crate::cancel::CancelToken;
use crate::detection::Detection;
use crate::dispose::Sorted;
use crate::engine::{SegmentRequest, Session};
use crate::error::Result;
use crate::highlight;
use crate::looks;
use crate::mask::Point;
use crate::photo::Frame;
use crate::rules::RulePack;

impl Session {
    /// Looks again at the square around a tap (`0..=1` from the left and from the top) and adds what
    /// it finds. Items of `known` come first and in their order, with what a person said about
    /// them, unless a closer look shows the same thing better. Where something outlined lies under
    /// the tap, only the rules are asked again.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`].
    pub fn look_closer(
        &mut self,
        frame: &Frame,
        known: &Analysis,
        tap: Point,
        rules: &RulePack,
        cancel: &CancelToken,
        on_event: &mut dyn FnMut(AnalysisEvent),
    ) -> Result<Analysis> {
        let (found, looks) = self.find_closer(frame, known, tap, cancel, on_event)?;
        on_event(AnalysisEvent::Items(found.clone()));
        if !self.has_photo() {
            self.set_photo(frame, cancel)?;
        }
        let items = self.sort_new(known, found, rules, cancel)?;
        for (item, AnalysedItem { perceived, instructions, .. }) in items.iter().enumerate() {
            let (perceived, instructions) = (perceived.clone(), instructions.clone());
            on_event(AnalysisEvent::Instruction { item, perceived, instructions });
        }
        let instructions: Vec<_> = items.iter().map(|item| item.instructions.as_slice()).collect();
        let facts = highlight::facts(&instructions, rules, &known.context, known.now);
        let highlights = self.highlight(facts, &known.context, cancel)?;
        on_event(AnalysisEvent::Highlights(highlights.clone()));
        Ok(Analysis { items, highlights, looks, ..known.clone() })
    }

    /// All items, and how many looks there were.
    fn find_closer(
        &self,
        frame: &Frame,
        known: &Analysis,
        tap: Point,
        cancel: &CancelToken,
        on_event: &mut dyn FnMut(AnalysisEvent),
    ) -> Result<(Vec<Detection>, usize)> {
        let before: Vec<_> = known.items.iter().map(|item| item.detection.clone()).collect();
        let Some((crop, region)) = looks::around_tap(frame, tap, &before) else {
            return Ok((before, known.looks));
        };
        // The session keeps the whole photo: a closer look has a session of its own.
        let merged = self.engine().session().look_again_staged(
            (&crop, &region),
            before.clone(),
            &SegmentRequest::default(),
            cancel,
            &mut |stage| on_event(AnalysisEvent::of_stage(known.looks, stage)),
        )?;
        let (stayed, new): (Vec<_>, Vec<_>) =
            merged.into_iter().partition(|item| before.contains(item));
        let in_order = before.into_iter().filter(|item| stayed.contains(item));
        Ok((in_order.chain(new).collect(), known.looks + 1))
    }

    /// The model looks at what is new; of the others it is known what they are.
    fn sort_new(
        &mut self,
        known: &Analysis,
        found: Vec<Detection>,
        rules: &RulePack,
        cancel: &CancelToken,
    ) -> Result<Vec<AnalysedItem>> {
        let earlier =
            |detection: &Detection| known.items.iter().find(|item| item.detection == *detection);
        let new: Vec<_> = found.iter().filter(|one| earlier(one).is_none()).cloned().collect();
        let mut sorted =
            self.sort(&new, rules, &known.context, cancel, &mut |_, _| {})?.into_iter();
        let analysed = |detection: Detection| {
            let again =
                |item: &AnalysedItem| Sorted::of(item.perceived.clone(), rules, &known.context);
            let one = earlier(&detection).map(again).or_else(|| sorted.next());
            let Sorted { perceived, instructions } = one.expect("each new thing was sorted");
            AnalysedItem { detection, perceived, instructions }
        };
        Ok(found.into_iter().map(analysed).collect())
    }
}
