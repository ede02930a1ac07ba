//! An adapter, its optimiser, and one step of both.

use xtask::failure::{Failure, Result};

use super::dropout::Dropout;
use super::gradients::Gradients;
use super::lora::Adapter;
use super::loss::{Scale, Score};
use super::model::{Input, Model, Training};
use super::optimiser::AdamW;
use super::schedule::Schedule;
use super::tape::Memory;

/// What is trained.
pub struct Learner {
    /// The weights.
    pub adapter: Adapter,
    /// Their moments.
    pub optimiser: AdamW,
    /// The learning rate over the steps.
    pub schedule: Schedule,
    /// Most that the gradients' norm may be.
    pub clip: f64,
    /// Share of a pair's inputs that are left out.
    pub dropout: f32,
    /// Tokens whose neighbours are nearly right, while learning.
    pub scale: Option<Scale>,
    /// Where dropout's choices come from.
    pub seed: u64,
    /// Passes made so far: what dropout counts.
    pub passes: u64,
}

/// What one step was like.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// How well the step's samples were foretold, before it.
    pub score: Score,
    /// Norm of the gradients, before clipping.
    pub norm: f64,
    /// Learning rate.
    pub rate: f64,
}

impl Learner {
    /// Takes one step on the mean loss over all suffix tokens of `inputs`, which run one after the
    /// other.
    ///
    /// # Errors
    /// If it was cancelled, a tensor is not reached, or the loss is no number. Adapter, optimiser
    /// and counters are then as they were.
    pub fn step(&mut self, model: &Model, inputs: &[Input<'_>]) -> Result<Step> {
        let step = self.optimiser.steps() + 1;
        let tokens: usize = inputs.iter().flat_map(|i| &i.texts).map(|t| t.suffix.len()).sum();
        let (mut gradients, mut score) = (Gradients::zero(&self.adapter), Score::default());
        for (index, input) in inputs.iter().enumerate() {
            let pass = self.passes + index as u64;
            let training = Training {
                gradients: &mut gradients,
                weight: 1.0 / tokens as f64,
                dropout: self.dropout(pass),
                scale: self.scale.as_ref(),
                memory: memory(model),
            };
            score.add(model.learn(input, &self.adapter, training)?);
        }
        if !score.loss.is_finite() {
            let words = format!("step {step}: the loss is {}: lower --lr", score.loss);
            return Err(Failure::new(words));
        }
        gradients.check(step, &self.adapter)?;
        let norm = gradients.clip(self.clip)?;
        let rate = self.schedule.rate(step);
        self.optimiser.step(&self.adapter, &gradients, rate)?;
        self.passes += inputs.len() as u64;
        Ok(Step { score, norm, rate })
    }

    fn dropout(&self, pass: u64) -> Option<Dropout> {
        (self.dropout > 0.0).then_some(Dropout { rate: self.dropout, seed: self.seed, pass })
    }
}

fn memory(model: &Model) -> Memory {
    if model.base().is_large() { Memory::Recompute } else { Memory::Keep }
}
