//! The sizes of the vision tower, as `pack.json` gives them.

use serde::{Deserialize, Serialize};

use crate::language::config::Activation;

/// SigLIP's image encoder (arXiv:2303.15343), without its pooling head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisionConfig {
    /// Width of a patch's hidden state.
    pub hidden: usize,
    /// Encoder layers.
    pub layers: usize,
    /// Attention heads; `hidden` is a multiple of it.
    pub heads: usize,
    /// Inner width of the MLP.
    pub mlp: usize,
    /// Activation inside the MLP.
    pub hidden_act: Activation,
    /// Added to the variance inside layer norm.
    pub eps: f32,
}

impl VisionConfig {
    /// Width of one attention head.
    pub fn head_dim(&self) -> usize {
        self.hidden / self.heads
    }
}
