//! The model as the generator sees it, with guesses that ride along.
//!
//! A pass carries the new token and, within a mask, up to three guesses of the codes after it.
//! What the model says behind a right guess is what it would have said anyway, so the next pass is
//! saved; a wrong one, and all behind it, is taken back from the cache. The answer is the same.

use std::ops::Range;

use super::Engine;
use crate::cancel::{CancelToken, Cancelled};
use crate::detection::{SEG_CODES, SegCode};
use crate::generate::generator::Decoder;
use crate::lora::LoraAdapter;
use crate::mask::CodeTable;
use crate::paligemma::Sequence;
use crate::quant::PANEL;

/// One answer's way through the model, see [`Engine::writing`].
pub struct Writing<'a> {
    engine: &'a Engine,
    sequence: &'a mut Sequence,
    adapter: Option<&'a LoraAdapter>,
    cancel: &'a CancelToken,
    guesses: Option<Guesses<'a>>,
    /// Guesses in the cache, behind the answer's last token.
    ahead: Vec<u32>,
    passes: usize,
}

/// Where guesses come from.
struct Guesses<'a> {
    table: &'a CodeTable,
    /// Ids of the mask codes.
    ids: Range<u32>,
    /// The mask that is being written.
    mask: Vec<SegCode>,
}

impl Engine {
    /// The model as the generator sees it, behind the prompt that `sequence` holds. Afterwards the
    /// sequence may end with guesses that were not asked for.
    pub fn writing<'a>(
        &'a self,
        sequence: &'a mut Sequence,
        adapter: Option<&'a LoraAdapter>,
        cancel: &'a CancelToken,
    ) -> Writing<'a> {
        let (guesses, ahead) = (None, Vec::new());
        Writing { engine: self, sequence, adapter, cancel, guesses, ahead, passes: 0 }
    }
}

impl<'a> Writing<'a> {
    /// With guesses of the mask codes, whose ids are `ids`.
    pub fn guessing(mut self, table: Option<&'a CodeTable>, ids: Range<u32>) -> Self {
        self.guesses = table.map(|table| Guesses { table, ids, mask: Vec::new() });
        self
    }

    /// How often the model ran: what right guesses save.
    pub fn passes(&self) -> usize {
        self.passes
    }
}

impl Guesses<'_> {
    /// Takes note of what was written.
    fn note(&mut self, tokens: &[u32]) {
        for token in tokens {
            let code = token.checked_sub(self.ids.start).and_then(|code| u8::try_from(code).ok());
            match code.and_then(SegCode::new) {
                Some(code) if self.mask.len() < SEG_CODES => self.mask.push(code),
                _ => self.mask.clear(),
            }
        }
    }

    /// At most `count` tokens that may come next: none outside of a mask.
    fn next(&self, count: usize) -> Vec<u32> {
        let mut mask = self.mask.clone();
        while !mask.is_empty() && mask.len() < self.mask.len() + count {
            let Some(code) = self.table.after(&mask) else { break };
            mask.push(code);
        }
        mask[self.mask.len()..].iter().map(|code| self.ids.start + code.index() as u32).collect()
    }
}

impl Decoder for Writing<'_> {
    type Error = Cancelled;

    fn step(
        &mut self,
        tokens: &[u32],
        rows: &[Range<u32>],
        logits: &mut Vec<f32>,
    ) -> Result<(), Cancelled> {
        let right = tokens.iter().zip(&self.ahead).take_while(|(token, guess)| token == guess);
        let right = right.count();
        self.ahead.drain(..right);
        if let Some(guesses) = &mut self.guesses {
            guesses.note(tokens);
        }
        let (engine, model) = (self.engine, self.engine.model());
        if right < tokens.len() {
            self.sequence.forget(self.ahead.len());
            let mut batch = tokens[right..].to_vec();
            let room = self.sequence.capacity().saturating_sub(self.sequence.len() + batch.len());
            let count = PANEL.saturating_sub(batch.len()).min(room);
            self.ahead.clear();
            let ahead = self.guesses.as_ref().map_or(Vec::new(), |guesses| guesses.next(count));
            batch.extend(&ahead);
            let (adapter, cancel) = (self.adapter, self.cancel);
            engine.on_threads(|| model.step(self.sequence, &batch, adapter, cancel))?;
            self.ahead = ahead;
            self.passes += 1;
        }
        let behind = self.ahead.len();
        engine.on_threads(|| model.logits_before(self.sequence, behind, rows, logits));
        Ok(())
    }
}
