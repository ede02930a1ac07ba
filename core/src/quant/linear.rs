//! `y = x·Wᵀ + b` over whole matrices, spread over the threads of the current pool.
//!
//! Matrices that read the same input are multiplied in one sweep: the pool is called once, and its
//! threads walk through all of their rows, 32 (a pair of tiles) at a time.

use std::ops::Range;

use super::activations::{Activations, Quants};
use super::kernel::float::{View, multiply};
use super::kernel::{Kernel, PAIR_ROWS, PairOut};
use super::low_rank::{LowRank, Thin, shrink_all};
use super::matrix::{Matrix, WeightKind};
use super::pack::PackedKind;
use super::pair::pair_products;
use crate::threads;

/// Multiply-adds below which handing work to other threads costs more than it saves; for one
/// token, about as many bytes are read at a stretch.
const WORTH_SPREADING: usize = 1 << 18;

/// A weight matrix with its bias.
#[derive(Debug, Clone)]
pub struct Linear {
    weight: Matrix,
    bias: Option<Vec<f32>>,
}

impl Linear {
    /// A layer of `weight: [out, in]` and, if there is one, `bias: [out]`.
    pub fn new(weight: Matrix, bias: Option<Vec<f32>>) -> Self {
        assert!(bias.as_ref().is_none_or(|b| b.len() == weight.rows()), "bias and {weight:?}");
        Self { weight, bias }
    }

    /// Input features.
    pub fn inputs(&self) -> usize {
        self.weight.cols()
    }

    /// Output features.
    pub fn outputs(&self) -> usize {
        self.weight.rows()
    }

    /// The weights.
    pub fn weight(&self) -> &Matrix {
        &self.weight
    }

    /// Whether the layer wants its input quantised.
    pub fn is_packed(&self) -> bool {
        matches!(self.weight.kind(), WeightKind::Packed(_))
    }

    /// The layer's input, quantised into `quants` if this layer reads it so.
    pub fn input<'a>(&self, x: &'a [f32], quants: &'a mut Quants) -> Activations<'a> {
        if self.is_packed() {
            Activations::quantised(x, self.inputs(), quants)
        } else {
            Activations::floats(x, self.inputs())
        }
    }

    /// Writes `x·Wᵀ + b`, with an adapter's share if there is one, to `y: [n, out]`.
    pub fn forward(&self, x: &Activations<'_>, lora: Option<LowRank<'_>>, y: &mut Vec<f32>) {
        forward_all(x, [(self, lora, y)]);
    }
}

/// [`Linear::forward`] of several layers that read the same input, in one sweep.
///
/// # Panics
/// If one of them has other inputs.
pub fn forward_all<const N: usize>(
    x: &Activations<'_>,
    layers: [(&Linear, Option<LowRank<'_>>, &mut Vec<f32>); N],
) {
    let mut thin = shrink_all(layers.each_ref().map(|(_, lora, _)| *lora), x).into_iter();
    let sweeps = layers.map(|(layer, _, y)| {
        y.resize(x.rows * layer.outputs(), 0.0);
        let thin = thin.next().flatten();
        let bias = layer.bias.as_deref();
        Sweep { bias, thin, ..Sweep::new(&layer.weight, 0..layer.outputs(), x, y) }
    });
    run(&sweeps, x);
}

/// `y[n, range.len()] = x·Wᵀ` for the matrix rows in `range` only.
///
/// # Panics
/// If range, activations and `y` do not fit the matrix.
pub fn multiply_rows(weight: &Matrix, range: Range<usize>, x: &Activations<'_>, y: &mut [f32]) {
    run(&[Sweep::new(weight, range, x, y)], x);
}

/// [`multiply_rows`] with a kernel of the caller's choice: for who measures them.
pub fn multiply_rows_with(
    kernel: Kernel,
    weight: &Matrix,
    range: Range<usize>,
    x: &Activations<'_>,
    y: &mut [f32],
) {
    run(&[Sweep { kernel, ..Sweep::new(weight, range, x, y) }], x);
}

/// One matrix of a sweep, and where its products go.
struct Sweep<'a> {
    kernel: Kernel,
    weight: &'a Matrix,
    rows: Range<usize>,
    bias: Option<&'a [f32]>,
    thin: Option<Thin<'a>>,
    out: Columns,
}

impl<'a> Sweep<'a> {
    fn new(weight: &'a Matrix, rows: Range<usize>, x: &Activations<'_>, y: &mut [f32]) -> Self {
        assert!(
            rows.end <= weight.rows() && x.cols == weight.cols(),
            "{weight:?} and {} columns",
            x.cols
        );
        assert_eq!(y.len(), x.rows * rows.len(), "an output of {}×{}", x.rows, rows.len());
        let out = Columns { data: y.as_mut_ptr(), width: rows.len() };
        Self { kernel: Kernel::detect(), weight, rows, bias: None, thin: None, out }
    }

    /// Pairs of tiles, counted from the matrix's beginning, that have rows of this sweep.
    fn pairs(&self) -> Range<usize> {
        self.rows.start / PAIR_ROWS..self.rows.end.div_ceil(PAIR_ROWS)
    }

    /// The rows of `pairs` that belong to the sweep.
    fn rows_of(&self, pairs: &Range<usize>) -> Range<usize> {
        (pairs.start * PAIR_ROWS).max(self.rows.start)..(pairs.end * PAIR_ROWS).min(self.rows.end)
    }

    /// A stretch of pairs, for all activation rows.
    fn work(&self, pairs: Range<usize>, x: &Activations<'_>) {
        match self.weight.kind() {
            WeightKind::Packed(kind) => self.packed(kind, pairs, x),
            WeightKind::F32 | WeightKind::F16 => self.float(&pairs, x),
        }
    }

    fn packed(&self, kind: PackedKind, pairs: Range<usize>, x: &Activations<'_>) {
        let quants = x.quants();
        let mut products = vec![PairOut::default(); quants.panels()];
        for pair in pairs {
            let rows = self.rows_of(&(pair..pair + 1));
            let skipped = rows.start - pair * PAIR_ROWS;
            if let Some(thin) = &self.thin {
                thin.announce(pair * PAIR_ROWS);
            }
            pair_products(self.kernel, self.weight, kind, pair, quants, &mut products);
            for (panel, products) in products.iter_mut().enumerate() {
                let first = panel * quants.width();
                for (product, token) in products.iter_mut().take(quants.width()).zip(first..x.rows)
                {
                    self.finish(token, rows.start, &mut product[skipped..skipped + rows.len()]);
                }
            }
        }
    }

    fn float(&self, pairs: &Range<usize>, x: &Activations<'_>) {
        let rows = self.rows_of(pairs);
        let (n, cols, count) = (x.rows, self.weight.cols(), rows.len());
        let mut weights = vec![0.0; count * cols];
        for (row, values) in rows.clone().zip(weights.chunks_exact_mut(cols)) {
            self.weight.read_row(row, values);
        }
        let mut products = vec![0.0; n * count];
        multiply(
            (n, cols, count),
            &mut products,
            View::rows(count),
            false,
            x.floats,
            View::rows(cols),
            &weights,
            View::transposed(cols),
            1.0,
        );
        for (token, product) in products.chunks_exact_mut(count).enumerate() {
            self.finish(token, rows.start, product);
        }
    }

    /// Adds bias and adapter to one token's products with the rows from `first` on, and stores them.
    fn finish(&self, token: usize, first: usize, product: &mut [f32]) {
        if let Some(thin) = &self.thin {
            thin.add(token, first, product);
        }
        if let Some(bias) = self.bias {
            product.iter_mut().zip(&bias[first..]).for_each(|(v, b)| *v += b);
        }
        // SAFETY: a task has matrix rows of its own, and `y` has a place for each of the sweep's.
        unsafe { self.out.write(token, first - self.rows.start, product) };
    }
}

/// All pairs of all matrices, on the threads of the current pool.
fn run(sweeps: &[Sweep<'_>], x: &Activations<'_>) {
    let total = sweeps.iter().map(|sweep| sweep.pairs().len()).sum();
    let least = WORTH_SPREADING.div_ceil(x.rows.max(1) * x.cols * PAIR_ROWS);
    threads::spread(total, least, |range| {
        let mut first = 0;
        for sweep in sweeps {
            let pairs = sweep.pairs();
            let within = |at: usize| pairs.start + at.saturating_sub(first).min(pairs.len());
            let mine = within(range.start)..within(range.end);
            if !mine.is_empty() {
                sweep.work(mine, x);
            }
            first += pairs.len();
        }
    });
}

/// `y: [n, width]`, of which every task writes other columns.
struct Columns {
    data: *mut f32,
    width: usize,
}

// SAFETY: tasks write disjoint columns, and the exclusive borrow of `y` outlives them all.
unsafe impl Sync for Columns {}

impl Columns {
    /// # Safety
    /// `row` and the columns must lie inside `y`, and no other task may write them.
    unsafe fn write(&self, row: usize, column: usize, values: &[f32]) {
        // SAFETY: as the caller promises.
        unsafe {
            let target = self.data.add(row * self.width + column);
            std::ptr::copy_nonoverlapping(values.as_ptr(), target, values.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(len: usize, step: f32) -> Vec<f32> {
        (0..len).map(|i| (i as f32 * step).sin()).collect()
    }

    #[test]
    fn every_kind_multiplies_any_range_of_rows() {
        let (rows, cols, n) = (83, 45, 13);
        let (weights, x) = (wave(rows * cols, 0.61), wave(n * cols, 0.23));
        let kinds = [
            (WeightKind::F32, 1e-5),
            (WeightKind::F16, 1e-2),
            (WeightKind::Packed(PackedKind::Q8), 0.15),
            (WeightKind::Packed(PackedKind::Q4), 1.2),
        ];
        for (kind, bound) in kinds {
            let matrix = Matrix::from_floats(kind, rows, cols, &weights);
            let mut memory = Quants::default();
            let acts = Activations::quantised(&x, cols, &mut memory);
            for range in [0..83, 5..6, 16..32, 31..50, 80..83] {
                let mut y = vec![f32::NAN; n * range.len()];
                multiply_rows(&matrix, range.clone(), &acts, &mut y);
                for t in 0..n {
                    for (i, r) in range.clone().enumerate() {
                        let exact: f32 =
                            (0..cols).map(|c| weights[r * cols + c] * x[t * cols + c]).sum();
                        let found = y[t * range.len() + i];
                        assert!(
                            (found - exact).abs() <= bound,
                            "{kind:?} {range:?}: {found} for {exact}"
                        );
                    }
                }
            }
        }
    }
}
