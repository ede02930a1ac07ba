//! An adapter's share of a layer: `y += scale · (x·Aᵀ)·Bᵀ`, two thin products beside the base.
//!
//! The first is made before the layer's sweep, the second inside it, on the products of each pair
//! of tiles while they are at hand.

use super::activations::Activations;
use super::kernel::PAIR_ROWS;
use super::kernel::float::{View, multiply};
use crate::simd::{prefetch, vectorised};
use crate::threads;

/// Multiply-adds below which handing work to other threads costs more than it saves.
const WORTH_SPREADING: usize = 1 << 15;

/// The two factors of one adapted matrix (LoRA, arXiv:2106.09685).
#[derive(Debug, Clone, Copy)]
pub struct LowRank<'a> {
    /// `[rank, in]`.
    pub a: &'a [f32],
    /// `[⌈out / 32⌉, rank, 32]`: what a pair of tiles needs of B lies together. See [`blocked`].
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

/// B as it comes, `[out, rank]`, in the order of [`LowRank::b`]; outputs that fill up the last
/// block are zero.
pub fn blocked(b: &[f32], rank: usize) -> Vec<f32> {
    let outputs = b.len() / rank;
    let mut blocks = vec![0.0; outputs.div_ceil(PAIR_ROWS) * rank * PAIR_ROWS];
    for (output, row) in b.chunks_exact(rank).enumerate() {
        let block = &mut blocks[output / PAIR_ROWS * rank * PAIR_ROWS..];
        for (k, value) in row.iter().enumerate() {
            block[k * PAIR_ROWS + output % PAIR_ROWS] = *value;
        }
    }
    blocks
}

/// The first product of several adapted matrices that read the same `x: [n, in]`.
///
/// # Panics
/// If the input has another width, or no floats.
pub fn shrink_all<'a, const N: usize>(
    loras: [Option<LowRank<'a>>; N],
    x: &Activations<'_>,
) -> [Option<Thin<'a>>; N] {
    let mut thin = loras.map(|lora| {
        let lora = lora?;
        assert!(lora.a.len() == lora.rank * x.cols && x.floats.len() == x.rows * x.cols);
        Some(Thin { values: vec![0.0; x.rows * lora.rank], lora })
    });
    if x.rows == 1 {
        shrink_row(thin.iter_mut().flatten(), x);
    } else {
        thin.iter_mut().flatten().for_each(|thin| thin.shrink(x));
    }
    thin
}

/// All rows of all factors with one token, in one loop of the pool.
fn shrink_row<'t, 'a: 't>(thin: impl Iterator<Item = &'t mut Thin<'a>>, x: &Activations<'_>) {
    let mut rows: Vec<(&mut f32, &[f32], f32)> = Vec::new();
    for Thin { values, lora } in thin {
        let factors = lora.a.chunks_exact(x.cols);
        rows.extend(values.iter_mut().zip(factors).map(|(value, a)| (value, a, lora.scale)));
    }
    threads::for_each_chunk(&mut rows, WORTH_SPREADING.div_ceil(x.cols), |_, rows| {
        rows.iter_mut().for_each(|(value, a, scale)| **value = dot(a, x.floats) * *scale);
    });
}

impl<'a> Thin<'a> {
    /// A first product that was made elsewhere, `[n, rank]`.
    pub fn of(values: Vec<f32>, lora: LowRank<'a>) -> Self {
        Self { values, lora }
    }

    /// The first product with many tokens, on several threads.
    fn shrink(&mut self, x: &Activations<'_>) {
        let (cols, LowRank { a, rank, scale, .. }) = (x.cols, self.lora);
        // A product of few rows spends its time on arranging them.
        let tokens = WORTH_SPREADING.div_ceil(cols * rank).max(16);
        threads::for_each_chunk(&mut self.values, tokens * rank, |index, values| {
            let x = &x.floats[index * tokens * cols..];
            let (n, b) = (values.len() / rank, View::transposed(cols));
            let out = View::rows(rank);
            multiply((n, cols, rank), values, out, false, x, View::rows(cols), a, b, scale);
        });
    }

    /// Asks for the memory that the 32 outputs from `first` on will need.
    pub fn announce(&self, first: usize) {
        let (block, rank) = (PAIR_ROWS * self.lora.rank, self.lora.rank);
        prefetch(&self.lora.b[first * rank..][..block]);
    }

    /// Adds one token's share of the outputs from `first` on, a multiple of 32; what lies beyond
    /// the last is left.
    pub fn add(&self, token: usize, first: usize, products: &mut [f32]) {
        let rank = self.lora.rank;
        let thin = &self.values[token * rank..(token + 1) * rank];
        add_widened(thin, &self.lora.b[first * rank..], products);
    }
}

vectorised! {
    /// `products += thin · B` for blocks of B as in [`LowRank::b`].
    fn add_widened(thin: &[f32], blocks: &[f32], products: &mut [f32]) {
        let blocks = blocks.chunks_exact(thin.len() * PAIR_ROWS);
        for (products, block) in products.chunks_mut(PAIR_ROWS).zip(blocks) {
            for (value, row) in thin.iter().zip(block.as_chunks::<PAIR_ROWS>().0) {
                products.iter_mut().zip(row).for_each(|(p, b)| *p += value * b);
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_products_equal_their_definition_for_one_token_and_for_many() {
        let (cols, outputs, rank, scale) = (70, 45, 3, 0.5);
        let wave = |len: usize, step: f32| -> Vec<f32> {
            (0..len).map(|i| (i as f32 * step).sin()).collect()
        };
        let (a, b) = (wave(rank * cols, 0.3), wave(outputs * rank, 0.7));
        let blocks = blocked(&b, rank);
        let lora = LowRank { a: &a, b: &blocks, scale, rank };
        for n in [1, 5] {
            let floats = wave(n * cols, 0.11);
            let x = Activations::floats(&floats, cols);
            let [Some(thin), None] = shrink_all([Some(lora), None], &x) else { panic!() };
            for token in 0..n {
                let x = &floats[token * cols..][..cols];
                let mut products = vec![1.0; outputs];
                thin.add(token, 0, &mut products);
                let mut last = vec![1.0; outputs - 32];
                thin.add(token, 32, &mut last);
                assert_eq!(last, products[32..]);
                for (output, found) in products.into_iter().enumerate() {
                    let inner = |k: usize| {
                        a[k * cols..][..cols].iter().zip(x).map(|(a, x)| a * x).sum::<f32>()
                    };
                    let exact: f32 = (0..rank).map(|k| inner(k) * b[output * rank + k]).sum();
                    assert!((found - 1.0 - scale * exact).abs() < 1e-4, "{found} for {exact}");
                }
            }
        }
    }
}
