//! An adapter's share of a layer: `y += scale · (x·Aᵀ)·Bᵀ`, two thin products beside the base.
//!
//! The first is made before the layer's sweep, the second inside it, on the products of each pair
//! of tiles while they are at hand. Both factors are kept in 16 bits: one token reads all of them,
//! so an adapter costs what its bytes cost.

use half::f16;

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
    pub a: &'a [f16],
    /// `[⌈out / 32⌉, rank, 32]`: what a pair of tiles needs of B lies together. See [`blocked`].
    pub b: &'a [f16],
    /// `alpha / rank`, or `alpha / √rank` for rsLoRA, times what [`halved`] took from the factors.
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
pub fn blocked(b: &[f16], rank: usize) -> Vec<f16> {
    let outputs = b.len() / rank;
    let mut blocks = vec![f16::ZERO; outputs.div_ceil(PAIR_ROWS) * rank * PAIR_ROWS];
    for (output, row) in b.chunks_exact(rank).enumerate() {
        let block = &mut blocks[output / PAIR_ROWS * rank * PAIR_ROWS..];
        for (k, value) in row.iter().enumerate() {
            block[k * PAIR_ROWS + output % PAIR_ROWS] = *value;
        }
    }
    blocks
}

/// A factor in 16 bits, and what its product must be multiplied with: a power of two, so that the
/// largest number is near 1. Small factors would lose digits otherwise, and large ones overflow.
///
/// A factor of zeros comes back as it is.
pub fn halved(factor: &[f32]) -> (Vec<f16>, f32) {
    let largest = factor.iter().fold(0f32, |most, v| most.max(v.abs()));
    // Subnormal numbers are as good as zero here, and 2¹²⁷ is the largest power that f32 knows.
    let power = largest.max(f32::MIN_POSITIVE).log2().floor().clamp(-126.0, 126.0);
    let (up, down) = ((-power).exp2(), power.exp2());
    (factor.iter().map(|v| f16::from_f32(v * up)).collect(), down)
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
    let mut rows: Vec<(&mut f32, &[f16], f32)> = Vec::new();
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
        let mut wide = vec![0.0; a.len()];
        widen(a, &mut wide);
        // A product of few rows spends its time on arranging them.
        let tokens = WORTH_SPREADING.div_ceil(cols * rank).max(16);
        threads::for_each_chunk(&mut self.values, tokens * rank, |index, values| {
            let x = &x.floats[index * tokens * cols..];
            let (n, b) = (values.len() / rank, View::transposed(cols));
            let out = View::rows(rank);
            multiply((n, cols, rank), values, out, false, x, View::rows(cols), &wide, b, scale);
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
    fn add_widened(thin: &[f32], blocks: &[f16], products: &mut [f32]) {
        let blocks = blocks.chunks_exact(thin.len() * PAIR_ROWS);
        for (products, block) in products.chunks_mut(PAIR_ROWS).zip(blocks) {
            for (value, row) in thin.iter().zip(block.as_chunks::<PAIR_ROWS>().0) {
                products.iter_mut().zip(row).for_each(|(p, b)| *p += value * single(*b));
            }
        }
    }

    /// `to = from` in 32 bits.
    fn widen(from: &[f16], to: &mut [f32]) {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = single(*from));
    }

    /// Σ a·b in 64 partial sums: four registers of sixteen, so that additions overlap.
    fn dot(a: &[f16], b: &[f32]) -> f32 {
        let mut lanes = [0f32; 64];
        let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<64>(), b.as_chunks::<64>());
        for (a, b) in a.iter().zip(b) {
            for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
                *lane += single(*a) * b;
            }
        }
        let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| single(*a) * b).sum();
        lanes.iter().sum::<f32>() + rest
    }
}

/// A finite half as f32, in arithmetic that compilers turn into wide registers: the exponent's
/// bias is put right by a product with 2¹¹².
#[inline(always)]
fn single(half: f16) -> f32 {
    let bits = u32::from(half.to_bits());
    let sign = (bits & 0x8000) << 16;
    let magnitude = f32::from_bits((bits & 0x7fff) << 13) * f32::from_bits(0x7780_0000);
    f32::from_bits(magnitude.to_bits() | sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_half_is_read_exactly() {
        let finite = (0..=u16::MAX).map(f16::from_bits).filter(|half| half.is_finite());
        finite.for_each(|half| assert_eq!(single(half).to_bits(), half.to_f32().to_bits()));
    }

    #[test]
    fn a_factor_of_any_size_keeps_eleven_digits_of_its_bits() {
        for size in [1e-38, 1e-9, 0.02, 1.0, 7e4, 3e38] {
            let factor: Vec<f32> = [1.0, -0.37, 0.011, 0.0].map(|v: f32| v * size).into();
            let (halves, scale) = halved(&factor);
            for (value, half) in factor.iter().zip(halves) {
                let error = (half.to_f32() * scale - value).abs();
                assert!(error <= value.abs() / 2048.0, "{value}: {half} · {scale}");
            }
        }
        let (zeros, scale) = halved(&[0.0; 3]);
        assert!(zeros == [f16::ZERO; 3] && scale.is_finite());
    }

    #[test]
    fn both_products_equal_their_definition_for_one_token_and_for_many() {
        let (cols, outputs, rank, scale) = (70, 45, 3, 0.5);
        let wave = |len: usize, step: f32| -> Vec<f32> {
            (0..len).map(|i| (i as f32 * step).sin()).collect()
        };
        let half = |values: Vec<f32>| values.into_iter().map(f16::from_f32).collect::<Vec<_>>();
        let (a, b) = (half(wave(rank * cols, 0.3)), half(wave(outputs * rank, 0.7)));
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
                        let a = a[k * cols..][..cols].iter();
                        a.zip(x).map(|(a, x)| a.to_f32() * x).sum::<f32>()
                    };
                    let b = |k: usize| b[output * rank + k].to_f32();
                    let exact: f32 = (0..rank).map(|k| inner(k) * b(k)).sum();
                    assert!((found - 1.0 - scale * exact).abs() < 1e-4, "{found} for {exact}");
                }
            }
        }
    }
}
