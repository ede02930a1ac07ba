//! Activations as rows of int8, quantised once per layer input and shared by every matrix that
//! reads it (q, k and v; gate and up).

use super::pack::BLOCK_COLS;

/// `rows` activation rows of `cols` columns, with one scale and one sum per block of 32.
///
/// The f32 rows stay at hand for float weights and adapters.
#[derive(Debug)]
pub struct Activations<'a> {
    /// `[rows, cols]` as given.
    pub floats: &'a [f32],
    /// Number of rows (tokens).
    pub rows: usize,
    /// Number of columns (features).
    pub cols: usize,
    /// `[rows, blocks × 32]`, padded with zeros.
    pub quants: Vec<i8>,
    /// `[rows, blocks]`.
    pub scales: Vec<f32>,
    /// `[rows, blocks]`: the sum of a block's quants, for the weights' zero point.
    pub sums: Vec<i32>,
}

impl<'a> Activations<'a> {
    /// Wraps `[rows, cols]` floats and quantises them if `packed` weights will read them.
    ///
    /// # Panics
    /// If the slice does not hold whole rows.
    pub fn new(floats: &'a [f32], cols: usize, packed: bool) -> Self {
        assert_eq!(floats.len() % cols, 0, "whole rows of {cols}");
        let rows = floats.len() / cols;
        let blocks = if packed { cols.div_ceil(BLOCK_COLS) } else { 0 };
        let mut this = Self {
            floats,
            rows,
            cols,
            quants: vec![0; rows * blocks * BLOCK_COLS],
            scales: vec![0.0; rows * blocks],
            sums: vec![0; rows * blocks],
        };
        if packed {
            this.quantise();
        }
        this
    }

    /// Blocks in a row; zero when nothing was quantised.
    pub fn blocks(&self) -> usize {
        self.scales.len() / self.rows.max(1)
    }

    fn quantise(&mut self) {
        let blocks = self.blocks();
        let padded = blocks * BLOCK_COLS;
        for (row, floats) in self.floats.chunks_exact(self.cols).enumerate() {
            for (block, values) in floats.chunks(BLOCK_COLS).enumerate() {
                let at = row * padded + block * BLOCK_COLS;
                let quants = &mut self.quants[at..at + values.len()];
                let (scale, sum) = quantise_block(values, quants);
                self.scales[row * blocks + block] = scale;
                self.sums[row * blocks + block] = sum;
            }
        }
    }
}

/// The largest magnitude becomes ±127. Returns the scale and the sum of the quants.
fn quantise_block(values: &[f32], quants: &mut [i8]) -> (f32, i32) {
    let largest = values.iter().fold(0f32, |m, v| m.max(v.abs()));
    let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    let mut sum = 0;
    for (quant, value) in quants.iter_mut().zip(values) {
        // Adding 1.5·2²³ rounds to the nearest integer without a call into libm.
        let rounded = (value * inverse + 12_582_912.0) - 12_582_912.0;
        *quant = rounded as i8;
        sum += i32::from(*quant);
    }
    (largest / 127.0, sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_back_within_half_a_step() {
        let floats: Vec<f32> = (0..70).map(|i| (i as f32 * 0.7).sin() * 3.0).collect();
        let acts = Activations::new(&floats, 35, true);
        assert_eq!((acts.rows, acts.blocks()), (2, 2));
        for row in 0..2 {
            for col in 0..35 {
                let scale = acts.scales[row * 2 + col / 32];
                let back = f32::from(acts.quants[row * 64 + col]) * scale;
                assert!((back - floats[row * 35 + col]).abs() <= scale * 0.5001);
            }
            let sum: i32 = acts.quants[row * 64..row * 64 + 32].iter().map(|&q| i32::from(q)).sum();
            assert_eq!(acts.sums[row * 2], sum);
        }
    }
}
