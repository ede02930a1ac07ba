//! Detections → instructions: the model perceives, the rules decide.

use super::question::Question;
use crate::cancel::CancelToken;
use crate::detection::Detection;
use crate::engine::{Answer, DISPOSE, Session};
use crate::error::{Error, Result};
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
    /// [`crate::Error::Cancelled`]; with an adapter for the task also [`crate::Error::NoPhoto`].
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
        let Some(adapter) = self.engine().adapter_of(DISPOSE)? else {
            for detection in detections {
                cancel.check()?;
                decide(Perceived::of_class(detection.label.as_str()));
            }
            return Ok(all);
        };
        for question in Question::about(detections, rules) {
            let said = match self.perceive(&question, cancel) {
                // Names too long to be asked about: what the label says is still known.
                Err(Error::TooLong { .. }) => {
                    let labels = question.things().iter().map(|thing| thing.label.as_str());
                    labels.map(Perceived::of_class).for_each(&mut decide);
                    continue;
                }
                said => said?,
            };
            let readings = question.read(&said.value, &said.chances, adapter.sure());
            for (thing, said) in question.things().iter().zip(readings) {
                decide(said.perceived(&thing.label, &thing.candidates));
            }
        }
        Ok(all)
    }

    /// What the model says of the things of one question, sure or not: [`Question::read`] tells
    /// what of it is known.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`], [`crate::Error::NoPhoto`].
    pub fn perceive(&mut self, question: &Question<'_>, cancel: &CancelToken) -> Result<Answer> {
        self.ask_structured(DISPOSE, &question.prompt(), &question.schema(), cancel)
    }
}
