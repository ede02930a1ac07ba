//! `y = x·Wᵀ + b` over a whole matrix, spread over the threads of the current rayon pool.

use std::ops::Range;

use rayon::prelude::*;

use super::activations::Activations;
use super::kernel::float::{View, multiply_into};
use super::kernel::{Kernel, MAX_TOKENS, TileOut};
use super::low_rank::LowRank;
use super::matrix::{Matrix, WeightKind};
use super::pack::{PackedKind, TILE_ROWS};

/// Rows of a float matrix that one task multiplies: its f16 rows become this many f32 rows.
const FLOAT_ROWS: usize = 64;
/// Multiply-adds below which handing work to other threads costs more than it saves.
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

    /// Whether the layer wants its input quantised.
    pub fn is_packed(&self) -> bool {
        matches!(self.weight.kind(), WeightKind::Packed(_))
    }

    /// The layer's input, quantised if this layer reads it so.
    pub fn input<'a>(&self, x: &'a [f32]) -> Activations<'a> {
        Activations::new(x, self.inputs(), self.is_packed())
    }

    /// Writes `x·Wᵀ + b` to `y: [n, out]`.
    pub fn forward(&self, x: &Activations<'_>, y: &mut [f32]) {
        multiply_rows(&self.weight, 0..self.weight.rows(), x, y);
        if let Some(bias) = &self.bias {
            for row in y.chunks_exact_mut(bias.len()) {
                row.iter_mut().zip(bias).for_each(|(v, b)| *v += b);
            }
        }
    }

    /// [`Self::forward`] with an adapter's share added; `thin` is scratch.
    pub fn forward_adapted(
        &self,
        x: &Activations<'_>,
        lora: Option<LowRank<'_>>,
        y: &mut [f32],
        thin: &mut Vec<f32>,
    ) {
        self.forward(x, y);
        if let Some(lora) = lora {
            lora.add(x.floats, x.rows, y, thin);
        }
    }
}

/// `y[n, range.len()] = x·Wᵀ` for the matrix rows in `range` only.
///
/// # Panics
/// If range, activations and `y` do not fit the matrix.
pub fn multiply_rows(weight: &Matrix, range: Range<usize>, x: &Activations<'_>, y: &mut [f32]) {
    assert!(
        range.end <= weight.rows() && x.cols == weight.cols(),
        "{weight:?} and {} columns",
        x.cols
    );
    assert_eq!(y.len(), x.rows * range.len(), "an output of {}×{}", x.rows, range.len());
    let step = match weight.kind() {
        WeightKind::Packed(_) => TILE_ROWS,
        WeightKind::F32 | WeightKind::F16 => FLOAT_ROWS,
    };
    let out = Columns { data: y.as_mut_ptr(), width: range.len() };
    let first = range.start / step;
    let task = |index: usize| {
        let rows = (index * step).max(range.start)..((index + 1) * step).min(range.end);
        match weight.kind() {
            WeightKind::Packed(kind) => {
                packed_rows(weight, kind, index, rows, range.start, x, &out)
            }
            WeightKind::F32 | WeightKind::F16 => float_rows(weight, rows, range.start, x, &out),
        }
    };
    let tasks = first..range.end.div_ceil(step);
    if x.rows * range.len() * x.cols < WORTH_SPREADING {
        tasks.for_each(task);
    } else {
        tasks.into_par_iter().for_each(task);
    }
}

/// One tile, for all activation rows.
fn packed_rows(
    weight: &Matrix,
    kind: PackedKind,
    tile: usize,
    rows: Range<usize>,
    start: usize,
    x: &Activations<'_>,
    out: &Columns,
) {
    let bytes = weight.tile(kind, tile);
    let kernel = Kernel::detect();
    let mut products: [TileOut; MAX_TOKENS] = [[0.0; TILE_ROWS]; MAX_TOKENS];
    let within = rows.start - tile * TILE_ROWS..rows.end - tile * TILE_ROWS;
    let mut token = 0;
    while token < x.rows {
        // 8, 4 or 1 at a time: the counts that kernels unroll for.
        let count = [8, 4, 1].into_iter().find(|&c| token + c <= x.rows).expect("one always fits");
        kernel.tile_product(kind, bytes, x, token..token + count, &mut products[..count]);
        for (i, product) in products[..count].iter().enumerate() {
            // SAFETY: a task writes only its own matrix rows, and `y` has a place for each.
            unsafe { out.write(token + i, rows.start - start, &product[within.clone()]) };
        }
        token += count;
    }
}

/// Up to [`FLOAT_ROWS`] rows, for all activation rows.
fn float_rows(
    weight: &Matrix,
    rows: Range<usize>,
    start: usize,
    x: &Activations<'_>,
    out: &Columns,
) {
    let cols = weight.cols();
    let mut scratch = vec![0.0; rows.len() * cols];
    for (row, values) in rows.clone().zip(scratch.chunks_exact_mut(cols)) {
        weight.read_row(row, values);
    }
    let view = View { offset: rows.start - start, row: out.width, col: 1 };
    // SAFETY: the view is this task's columns of `y` alone.
    unsafe {
        multiply_into(
            (x.rows, cols, rows.len()),
            out.data,
            view,
            false,
            x.floats,
            View::rows(cols),
            &scratch,
            View::transposed(cols),
            1.0,
        );
    }
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
            let acts = Activations::new(&x, cols, true);
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
