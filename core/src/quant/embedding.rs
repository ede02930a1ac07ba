//! The token embedding, which is also the head: one matrix, read by rows in both directions.

use std::ops::Range;

use super::activations::{Activations, Quants};
use super::linear::multiply_rows;
use super::matrix::{Matrix, WeightKind};

/// `[vocabulary, hidden]`, tied: rows embed tokens, and logits are products with rows.
#[derive(Debug, Clone)]
pub struct Embedding(Matrix);

impl Embedding {
    /// Wraps the table.
    pub fn new(table: Matrix) -> Self {
        Self(table)
    }

    /// Tokens in the vocabulary.
    pub fn vocabulary(&self) -> usize {
        self.0.rows()
    }

    /// Bytes that all rows take.
    pub fn byte_len(&self) -> usize {
        self.0.bytes().len()
    }

    /// Width of the hidden state.
    pub fn hidden(&self) -> usize {
        self.0.cols()
    }

    /// Dequantises one token's row into `out: [hidden]`, unscaled.
    pub fn embed(&self, token: u32, out: &mut [f32]) {
        self.0.read_row(token as usize, out);
    }

    /// Logits of the tokens in `ranges`, one after the other, for `hidden: [n, hidden]`:
    /// `out` becomes `[n, Σ range lengths]`. Only the rows asked for are read.
    ///
    /// # Panics
    /// If a range reaches beyond the vocabulary.
    pub fn logits(&self, hidden: &[f32], ranges: &[Range<u32>], out: &mut Vec<f32>) {
        let mut memory = Quants::default();
        let acts = match self.0.kind() {
            WeightKind::Packed(_) => Activations::quantised(hidden, self.hidden(), &mut memory),
            WeightKind::F32 | WeightKind::F16 => Activations::floats(hidden, self.hidden()),
        };
        let width: usize = ranges.iter().map(ExactSizeIterator::len).sum();
        out.clear();
        out.resize(acts.rows * width, 0.0);
        let mut column = 0;
        let mut part = Vec::new();
        for range in ranges {
            let rows = range.start as usize..range.end as usize;
            if acts.rows == 1 {
                multiply_rows(&self.0, rows.clone(), &acts, &mut out[column..column + rows.len()]);
            } else {
                part.resize(acts.rows * rows.len(), 0.0);
                multiply_rows(&self.0, rows.clone(), &acts, &mut part);
                for (line, values) in
                    out.chunks_exact_mut(width).zip(part.chunks_exact(rows.len().max(1)))
                {
                    line[column..column + rows.len()].copy_from_slice(values);
                }
            }
            column += rows.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quant::PackedKind;

    #[test]
    fn chosen_rows_equal_those_of_the_whole_head() {
        let values: Vec<f32> = (0..100 * 40).map(|i| (i as f32 * 0.17).sin()).collect();
        for kind in [WeightKind::F32, WeightKind::Packed(PackedKind::Q4)] {
            let table = Embedding::new(Matrix::from_floats(kind, 100, 40, &values));
            let hidden: Vec<f32> = (0..2 * 40).map(|i| (i as f32 * 0.3).cos()).collect();
            let (mut all, mut some) = (Vec::new(), Vec::new());
            table.logits(&hidden, std::slice::from_ref(&(0..100)), &mut all);
            table.logits(&hidden, &[3..4, 17..60], &mut some);
            for n in 0..2 {
                let wanted = [&all[n * 100 + 3..][..1], &all[n * 100 + 17..][..43]].concat();
                for (a, b) in some[n * 44..][..44].iter().zip(wanted) {
                    // Float products of another shape may add in another order.
                    assert!((a - b).abs() <= 1e-5, "{kind:?}: {a} for {b}");
                }
            }
        }
    }
}
