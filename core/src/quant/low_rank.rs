//! An adapter's share of a layer: `y += scale · (x·Aᵀ)·Bᵀ`, two thin products beside the base.
//!
//! The first is made before the layer's sweep, the second inside it, on the products of each pair
//! of tiles while they are at hand.

use super::activations::Activations;
use super::kernel::float::{View, multiply};
use crate::simd::vectorised;
use crate::threads;

/// Multiply-adds below which handing work to other threads costs more than it saves.
const WORTH_SPREADING: usize = 1 << 15;

/// The two factors of one adapted matrix (LoRA, arXiv:2106.09685).
#[derive(Debug, Clone, Copy)]
pub struct LowRank<'a> {
    /// `[rank, in]`.
    pub a: &'a [f32],
    /// `[rank, out]`: B transposed, so that neighbouring outputs lie side by side.
    pub b: &'a [f32],
    /// `alpha / rank`, or `alpha / √rank` for rsLoRA.
    pub scale: f32,
    /// Rank.
    pub rank: usize,
}

/// `scale · x·Aᵀ` of all tokens, and the factor that widens it again.
#[derive(Debug)]
pub struct Thin<'a> {
    /// `[n, rank]`.
    values: Vec<f32>,
    lora: LowRank<'a>,
}

impl<'a> LowRank<'a> {
    /// The first product, for `x: [n, in]`.
    ///
    /// # Panics
    /// If the input has another width, or no floats.
    pub fn shrink(self, x: &Activations<'_>) -> Thin<'a> {
        let (cols, rank) = (x.cols, self.rank);
        assert!(self.a.len() == rank * cols && x.floats.len() == x.rows * cols);
        let mut values = vec![0.0; x.rows * rank];
        if x.rows == 1 {
            let rows = WORTH_SPREADING.div_ceil(cols).min(rank);
            threads::for_each_chunk(&mut values, rows, |index, values| {
                let a = self.a[index * rows * cols..].chunks_exact(cols);
                values.iter_mut().zip(a).for_each(|(value, row)| *value = dot(row, x.floats));
            });
        } else {
            // A product of few rows spends its time on arranging them.
            let tokens = WORTH_SPREADING.div_ceil(cols * rank).max(16);
            threads::for_each_chunk(&mut values, tokens * rank, |index, values| {
                let x = &x.floats[index * tokens * cols..];
                let (n, b) = (values.len() / rank, View::transposed(cols));
                let out = View::rows(rank);
                multiply((n, cols, rank), values, out, false, x, View::rows(cols), self.a, b, 1.0);
            });
        }
        values.iter_mut().for_each(|v| *v *= self.scale);
        Thin { values, lora: self }
    }
}

impl Thin<'_> {
    /// Adds one token's share of the outputs from `first` on; what lies beyond the last is left.
    pub fn add(&self, token: usize, first: usize, products: &mut [f32]) {
        let LowRank { rank, b, .. } = self.lora;
        let thin = &self.values[token * rank..(token + 1) * rank];
        add_widened(thin, b, b.len() / rank, first, products);
    }
}

vectorised! {
    /// `products += thin · b[.., first..]` for `b: [rank, outputs]`.
    fn add_widened(thin: &[f32], b: &[f32], outputs: usize, first: usize, products: &mut [f32]) {
        for (value, row) in thin.iter().zip(b.chunks_exact(outputs)) {
            products.iter_mut().zip(&row[first..]).for_each(|(p, b)| *p += value * b);
        }
    }

    /// Σ a·b in 64 partial sums: four registers of sixteen, so that additions overlap.
    fn dot(a: &[f32], b: &[f32]) -> f32 {
        let mut lanes = [0f32; 64];
        let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<64>(), b.as_chunks::<64>());
        for (a, b) in a.iter().zip(b) {
            for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
                *lane += a * b;
            }
        }
        let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
        lanes.iter().sum::<f32>() + rest
    }
}
