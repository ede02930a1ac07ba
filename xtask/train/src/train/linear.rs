//! `y = x·Wᵀ + b`, frozen, and a trainable pair's share beside it.

use candle_core::Tensor;
use xtask::failure::Result;

use super::base::Base;
use super::dropout::Dropout;
use super::linked::frozen_product;
use super::lora::{Adapter, Pair};

/// How adapted layers run in one pass.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// The first position that the pairs add to: those before pass through the base alone. `None`
    /// leaves all of them to the base.
    pub adapted_from: Option<usize>,
    /// Random choices, while training.
    pub dropout: Option<Dropout>,
    /// Whether the graph leads to the pairs.
    pub track: bool,
}

/// One matrix of the base in use.
pub struct Linear<'a> {
    weight: Tensor,
    bias: Option<Tensor>,
    pair: Option<&'a Pair>,
}

impl<'a> Linear<'a> {
    /// The matrix `{at}.weight`, its `{at}.bias` if it has one, and the pair beside it.
    pub fn load(base: &Base, at: &str, adapter: &'a Adapter) -> Result<Self> {
        let weight = format!("{at}.weight");
        Ok(Self {
            bias: base.optional_vector(&format!("{at}.bias"))?,
            pair: adapter.beside(&weight),
            weight: base.matrix(&weight)?,
        })
    }

    /// `x: [batch, positions, in]` → `[batch, positions, out]`.
    pub fn forward(&self, x: &Tensor, run: &Run) -> Result<Tensor> {
        let (batch, positions, inputs) = x.dims3()?;
        let outputs = self.weight.dim(0)?;
        let rows = x.reshape((batch * positions, inputs))?;
        let mut y = frozen_product(&rows, &self.weight)?;
        if let Some(bias) = &self.bias {
            y = y.broadcast_add(bias)?;
        }
        let y = y.reshape((batch, positions, outputs))?;
        let (Some(pair), Some(first)) = (self.pair, run.adapted_from) else { return Ok(y) };
        let adapted = positions - first;
        let rows = match first {
            0 => rows,
            _ => x.narrow(1, first, adapted)?.reshape((batch * adapted, inputs))?,
        };
        let share = pair.share(&rows, run.dropout.as_ref(), run.track)?;
        let share = share.reshape((batch, adapted, outputs))?;
        Ok((y + share.pad_with_zeros(1, first, 0)?)?)
    }
}
