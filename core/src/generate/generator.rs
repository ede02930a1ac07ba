//! Drives a model through a grammar, token by token.
//!
//! 1. Ask for cancellation.
//! 2. Ask the grammar which rows may come next. None: the answer is complete.
//! 3. One row: the token is determined. It joins the batch of tokens the model has not seen yet.
//! 4. Several rows: feed the model that batch in one call, get the logits of these rows only, and
//!    let the sampler choose.
//! 5. Advance the grammar and report what became complete, with how likely it was.
//! 6. Go on with 1 until the limit, where the unfinished part is given up.
//!
//! So a determined token never costs a model call by itself, and what is determined at the end
//! (`<eos>`, closing tags) is never fed at all.

use std::ops::Range;

use super::grammar::{Grammar, GrammarError};
use super::sampler::{Sampler, SamplerError};
use crate::cancel::{CancelToken, Cancelled};

/// What the generator needs of a model.
pub trait Decoder {
    /// Why a step failed.
    type Error: std::error::Error + 'static;

    /// Appends `tokens` to the sequence and replaces `logits` by those at its last position, of
    /// `rows` only, packed in their order.
    ///
    /// The first call of a generation has no tokens unless the answer begins with determined
    /// ones: the last position is then the end of the prompt, whose prefill is not the
    /// generator's business.
    ///
    /// # Errors
    /// The model's own.
    fn step(
        &mut self,
        tokens: &[u32],
        rows: &[Range<u32>],
        logits: &mut Vec<f32>,
    ) -> Result<(), Self::Error>;
}

/// Why a generation was abandoned.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError<E: std::error::Error + 'static> {
    /// The person asked for it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The model failed.
    #[error("the model failed")]
    Model(#[source] E),
    /// The model's logits cannot be chosen from.
    #[error("the model's logits are unusable")]
    Sampler(#[from] SamplerError),
    /// The grammar contradicts its own rows.
    #[error(transparent)]
    Grammar(#[from] GrammarError),
}

/// How likely the model held a part of the answer, given what was allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Likelihood {
    /// Sum of the natural logarithms of the chosen tokens' probabilities.
    pub log: f32,
    /// How many tokens were chosen.
    pub choices: usize,
}

impl Likelihood {
    /// Geometric mean of the chosen tokens' probabilities, in `0..=1`; 1 without a choice.
    pub fn mean(&self) -> f32 {
        (self.log / self.choices.max(1) as f32).exp()
    }

    /// Product of the chosen tokens' probabilities, in `0..=1`: the probability of the part as a
    /// whole; 1 without a choice.
    pub fn product(&self) -> f32 {
        self.log.exp()
    }
}

/// A part of the answer that became complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Report<E> {
    /// What the grammar says about it.
    pub event: E,
    /// Of the choices made since the report before.
    pub likelihood: Likelihood,
    /// Of the choices made since the report before among exactly [`Generator::weighed`]: the
    /// probability of every one of these tokens, choice by choice, `[choices, tokens]`.
    pub weights: Vec<f32>,
}

/// How a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// With `<eos>`.
    Complete,
    /// At the limit of tokens: what was unfinished is given up.
    Limit,
}

/// What a generation cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Tokens the sampler chose.
    pub chosen: usize,
    /// Tokens the grammar determined.
    pub forced: usize,
    /// Calls of [`Decoder::step`].
    pub model_calls: usize,
}

/// A finished generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub finish: Finish,
    /// Everything written, `<eos>` included.
    pub tokens: Vec<u32>,
    /// What it cost.
    pub statistics: Statistics,
}

/// Generates answers.
#[derive(Debug, Clone)]
pub struct Generator {
    /// Chooses where there is a choice.
    pub sampler: Sampler,
    /// Most tokens of an answer, `<eos>` included: the smaller of the caller's budget and the
    /// room left in the KV cache.
    pub max_tokens: usize,
    /// Tokens that blend: of a choice among them, all probabilities are reported. Empty: none do.
    pub weighed: Range<u32>,
}

impl Generator {
    /// Generates one answer; `report` hears of each part the moment it is complete.
    ///
    /// # Errors
    /// [`GenerateError`]. The decoder has then seen a part of the answer.
    pub fn run<D: Decoder, G: Grammar>(
        &mut self,
        decoder: &mut D,
        grammar: &mut G,
        cancel: &CancelToken,
        report: &mut dyn FnMut(Report<G::Event>),
    ) -> Result<Outcome, GenerateError<D::Error>> {
        let mut draft = Draft::default();
        let finish = loop {
            cancel.check()?;
            if grammar.is_finished() {
                break Finish::Complete;
            }
            if draft.tokens.len() >= self.max_tokens {
                break Finish::Limit;
            }
            let token = match grammar.forced() {
                Some(token) => draft.force(token),
                None => self.choose(decoder, grammar.rows(), &mut draft)?,
            };
            draft.tokens.push(token);
            if let Some(event) = grammar.advance(token)? {
                report(draft.report(event));
            }
        };
        if finish == Finish::Limit
            && let Some(event) = grammar.cut()
        {
            report(draft.report(event));
        }
        Ok(Outcome { finish, tokens: draft.tokens, statistics: draft.statistics })
    }

    fn choose<D: Decoder>(
        &mut self,
        decoder: &mut D,
        rows: &[Range<u32>],
        draft: &mut Draft,
    ) -> Result<u32, GenerateError<D::Error>> {
        let unseen = &draft.tokens[draft.seen..];
        decoder.step(unseen, rows, &mut draft.logits).map_err(GenerateError::Model)?;
        draft.seen = draft.tokens.len();
        draft.statistics.model_calls += 1;
        let choice = self.sampler.choose(rows, &draft.logits)?;
        if rows == std::slice::from_ref(&self.weighed) {
            draft.weights.extend(softmax(&draft.logits));
        }
        draft.statistics.chosen += 1;
        draft.likelihood.log += choice.probability.ln();
        draft.likelihood.choices += 1;
        Ok(choice.token)
    }
}

/// The answer being written.
#[derive(Default)]
struct Draft {
    tokens: Vec<u32>,
    /// How many of the tokens the model was fed.
    seen: usize,
    /// Of the last choice. Kept for its memory.
    logits: Vec<f32>,
    statistics: Statistics,
    /// Of the choices since the last report.
    likelihood: Likelihood,
    /// Of the same choices, as [`Report::weights`].
    weights: Vec<f32>,
}

/// Probabilities of logits among which at least one is finite.
fn softmax(logits: &[f32]) -> impl Iterator<Item = f32> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f32 = logits.iter().map(|logit| (logit - highest).exp()).sum();
    logits.iter().map(move |logit| (logit - highest).exp() / total)
}

impl Draft {
    fn force(&mut self, token: u32) -> u32 {
        self.statistics.forced += 1;
        token
    }

    fn report<E>(&mut self, event: E) -> Report<E> {
        let likelihood = std::mem::take(&mut self.likelihood);
        Report { event, likelihood, weights: std::mem::take(&mut self.weights) }
    }
}

#[cfg(test)]
mod tests;
