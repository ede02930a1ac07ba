//! An adapter's share of a layer: `y += scale · (x·Aᵀ)·Bᵀ`, two thin products beside the base.
//!
//! The first is made before the layer's sweep, the second inside it, on the products of each pair
//! of tiles while they are at hand.

use super::activations::Activations;
use super::factor::Numbers;
use super::kernel::PAIR_ROWS;
use super::kernel::float::{View, multiply};
use crate::threads;

/// Multiply-adds below which handing work to other threads costs more than it saves.
const WORTH_SPREADING: usize = 1 << 15;
/// Most tokens whose first product is made row by row: what a product of matrices spends on
/// arranging its operands pays only for more.
const FEW: usize = 8;

/// The two factors of one adapted matrix (LoRA, arXiv:2106.09685).
#[derive(Debug, Clone, Copy)]
pub struct LowRank<'a> {
    /// `[rank, in]`.
    pub a: Numbers<'a>,
    /// `[⌈out / 32⌉, rank, 32]`: what a pair of tiles needs of B lies together.
    pub b: Numbers<'a>,
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
    if x.rows <= FEW {
        shrink_few(thin.iter_mut().flatten(), x);
    } else {
        thin.iter_mut().flatten().for_each(|thin| thin.shrink(x));
    }
    thin
}

/// A row of a factor, and its products with a few tokens.
struct Row<'a> {
    a: Numbers<'a>,
    scale: f32,
    products: [f32; FEW],
}

/// All rows of all factors with a few tokens, in one loop of the pool.
fn shrink_few<'t, 'a: 't>(thin: impl Iterator<Item = &'t mut Thin<'a>>, x: &Activations<'_>) {
    let mut thin: Vec<_> = thin.collect();
    let rows_of = |lora: LowRank<'a>| {
        let row = move |a| Row { a, scale: lora.scale, products: [0.0; FEW] };
        lora.a.rows(x.cols).map(row)
    };
    let mut rows: Vec<_> = thin.iter().flat_map(|thin| rows_of(thin.lora)).collect();
    threads::for_each_chunk(&mut rows, WORTH_SPREADING.div_ceil(x.cols * x.rows), |_, rows| {
        for Row { a, scale, products } in rows {
            let tokens = x.floats.chunks_exact(x.cols);
            products.iter_mut().zip(tokens).for_each(|(p, x)| *p = a.dot(x) * *scale);
        }
    });
    let mut rows = rows.into_iter();
    for Thin { values, lora } in &mut thin {
        for (k, row) in rows.by_ref().take(lora.rank).enumerate() {
            let places = values.iter_mut().skip(k).step_by(lora.rank);
            places.zip(row.products).for_each(|(value, product)| *value = product);
        }
    }
}

impl<'a> Thin<'a> {
    /// A first product that was made elsewhere, `[n, rank]`.
    pub fn of(values: Vec<f32>, lora: LowRank<'a>) -> Self {
        Self { values, lora }
    }

    /// The first product with many tokens, on several threads.
    fn shrink(&mut self, x: &Activations<'_>) {
        let (cols, LowRank { a, rank, scale, .. }) = (x.cols, self.lora);
        let a = &a.to_f32();
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
        let rank = self.lora.rank;
        self.lora.b.some(first * rank, PAIR_ROWS * rank).announce();
    }

    /// Adds one token's share of the outputs from `first` on, a multiple of 32; what lies beyond
    /// the last is left.
    pub fn add(&self, token: usize, first: usize, products: &mut [f32]) {
        let rank = self.lora.rank;
        let thin = &self.values[token * rank..(token + 1) * rank];
        let blocks = products.len().div_ceil(PAIR_ROWS) * PAIR_ROWS;
        self.lora.b.some(first * rank, blocks * rank).add_widened(thin, products);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quant::factor::Factor;

    #[test]
    fn both_products_equal_their_definition_for_one_token_and_for_many() {
        let (cols, outputs, rank, scale) = (70, 45, 3, 0.5);
        let wave = |len: usize, step: f32| -> Vec<f32> {
            (0..len).map(|i| (i as f32 * step).sin()).collect()
        };
        let (a, b) = (wave(rank * cols, 0.3), wave(outputs * rank, 0.7));
        let [factor_a, blocks] = [Factor::F32(a.clone()), Factor::F32(b.clone()).blocked(rank)];
        let lora = LowRank { a: factor_a.numbers(), b: blocks.numbers(), scale, rank };
        for n in [1, 5, 13] {
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
