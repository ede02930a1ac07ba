//! Layers run forwards and remembered, then backwards: gradient checkpointing layer by layer
//! (arXiv:1604.06174).
//!
//! Each layer's graph ends at its input, so that one layer at a time goes backwards. A large base
//! remembers only the inputs and computes a layer again for its gradient: the floats of one layer
//! and what it leaves behind are all that is ever in memory.

use candle_core::backprop::GradStore;
use candle_core::{Tensor, Var};
use kerbside_core::CancelToken;
use xtask::failure::Result;

use super::gradients::Gradients;
use super::linked::seeded;
use super::lora::Adapter;

/// What becomes of the layers that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// Nothing: there will be no way back.
    Forget,
    /// All: for the fastest way back.
    Keep,
    /// Their inputs: for the way back that takes the least memory.
    Recompute,
}

/// One layer: input, and whether the graph shall lead to the trainable tensors → output.
type Layer<'a> = Box<dyn Fn(&Tensor, bool) -> Result<Tensor> + 'a>;

/// The layers that ran so far.
pub struct Tape<'a> {
    memory: Memory,
    cancel: &'a CancelToken,
    segments: Vec<Segment<'a>>,
}

struct Segment<'a> {
    input: Var,
    /// With the graph to the input, if it was kept.
    output: Option<Tensor>,
    layer: Layer<'a>,
}

impl<'a> Tape<'a> {
    /// An empty tape. `cancel` is asked once a layer, both ways.
    pub fn new(memory: Memory, cancel: &'a CancelToken) -> Self {
        Self { memory, cancel, segments: Vec::new() }
    }

    /// Whether no layer is remembered.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Runs a layer and remembers it.
    pub fn run(
        &mut self,
        input: &Tensor,
        layer: impl Fn(&Tensor, bool) -> Result<Tensor> + 'a,
    ) -> Result<Tensor> {
        self.cancel.check()?;
        if self.memory == Memory::Forget {
            return layer(&input.detach(), false);
        }
        let input = Var::from_tensor(&input.detach())?;
        let (value, output) = match self.memory {
            Memory::Keep => {
                let output = layer(&input, true)?;
                (output.detach(), Some(output))
            }
            _ => (layer(&input.as_detached_tensor(), false)?, None),
        };
        self.segments.push(Segment { input, output, layer: Box::new(layer) });
        Ok(value)
    }

    /// Brings the last output's gradient back through all layers. The trainable tensors' gradients
    /// are added to `gradients`; the first input's is returned.
    pub fn backward(
        self,
        mut gradient: Tensor,
        adapter: &Adapter,
        gradients: &mut Gradients,
    ) -> Result<Tensor> {
        for Segment { input, output, layer } in self.segments.into_iter().rev() {
            self.cancel.check()?;
            let output = output.map_or_else(|| layer(&input, true), Ok)?;
            let mut found: GradStore = seeded(&output, gradient)?.backward()?;
            gradients.take(&mut found, adapter)?;
            // Detached, or the gradient would hold on to the graph it came through.
            gradient = match found.remove(&input) {
                Some(gradient) => gradient.detach(),
                None => input.zeros_like()?.detach(),
            };
        }
        Ok(gradient)
    }
}
