//! An adapter's share of a layer: `y += scale · (x·Aᵀ)·Bᵀ`, two thin products beside the base.

use super::kernel::float::{View, multiply};

/// The two factors of one adapted matrix (LoRA, arXiv:2106.09685).
#[derive(Debug, Clone, Copy)]
pub struct LowRank<'a> {
    /// `[rank, in]`.
    pub a: &'a [f32],
    /// `[out, rank]`.
    pub b: &'a [f32],
    /// `alpha / rank`, or `alpha / √rank` for rsLoRA.
    pub scale: f32,
    /// Rank.
    pub rank: usize,
}

impl LowRank<'_> {
    /// Adds the adapter's share for `x: [n, in]` to `y: [n, out]`; `thin` is scratch.
    ///
    /// # Panics
    /// If the slices do not hold `n` rows of the factors' widths.
    pub fn add(&self, x: &[f32], n: usize, y: &mut [f32], thin: &mut Vec<f32>) {
        let (inputs, outputs, r) = (self.a.len() / self.rank, self.b.len() / self.rank, self.rank);
        thin.resize(n * r, 0.0);
        multiply(
            (n, inputs, r),
            thin,
            View::rows(r),
            false,
            x,
            View::rows(inputs),
            self.a,
            View::transposed(inputs),
            1.0,
        );
        multiply(
            (n, r, outputs),
            y,
            View::rows(outputs),
            true,
            thin,
            View::rows(r),
            self.b,
            View::transposed(r),
            self.scale,
        );
    }
}
