//! Detections → instructions: the model perceives, the rules decide.

use crate::cancel::CancelToken;
use crate::detection::Detection;
use crate::engine::Session;
use crate::error::Result;
use crate::rules::{Context, Instruction, Perceived, RulePack};

/// One thing, perceived and looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct Sorted {
    /// What is known of it.
    pub perceived: Perceived,
    /// What is done with it, and then with each of its parts. Never empty.
    pub instructions: Vec<Instruction>,
}

impl Sorted {
    /// What the rule pack says about a thing of which this is known.
    pub fn of(perceived: Perceived, rules: &RulePack, context: &Context) -> Self {
        let instructions = rules.resolve(&perceived, context);
        Self { perceived, instructions }
    }
}

impl Session {
    /// What this community wants done with each detected thing, in their order. `on_sorted` hears
    /// of each the moment it is decided. The session's photo must be the one the things are on.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`].
    pub fn sort(
        &mut self,
        detections: &[Detection],
        rules: &RulePack,
        context: &Context,
        cancel: &CancelToken,
        on_sorted: &mut dyn FnMut(usize, &Sorted),
    ) -> Result<Vec<Sorted>> {
        let mut all = Vec::with_capacity(detections.len());
        let mut decide = |perceived| {
            let sorted = Sorted::of(perceived, rules, context);
            on_sorted(all.len(), &sorted);
            all.push(sorted);
        };
        for detection in detections {
            cancel.check()?;
            decide(Perceived::of_class(detection.label.as_str()));
        }
        Ok(all)
    }
}
