//! Rotary position embedding (arXiv:2104.09864), in the half-split form of Gemma.

/// Rotates queries and keys by their position.
#[derive(Debug)]
pub struct Rope {
    /// `[head_dim / 2]`: θ^(-2i/d).
    frequencies: Vec<f32>,
}

impl Rope {
    /// Frequencies for heads of width `head_dim`.
    pub fn new(theta: f32, head_dim: usize) -> Self {
        let frequency =
            |i: usize| (f64::from(theta)).powf(-2.0 * i as f64 / head_dim as f64) as f32;
        Self { frequencies: (0..head_dim / 2).map(frequency).collect() }
    }

    /// Rotates `rows: [n, heads × head_dim]`, whose first row is at cache position `first`.
    ///
    /// PaliGemma counts positions from 1.
    pub fn rotate(&self, rows: &mut [f32], heads: usize, first: usize) {
        let half = self.frequencies.len();
        let mut turns = vec![(0.0, 0.0); half];
        for (i, row) in rows.chunks_exact_mut(heads * 2 * half).enumerate() {
            let position = (first + i + 1) as f32;
            for (turn, f) in turns.iter_mut().zip(&self.frequencies) {
                *turn = (position * f).sin_cos();
            }
            for head in row.chunks_exact_mut(2 * half) {
                let (left, right) = head.split_at_mut(half);
                for ((a, b), (sin, cos)) in left.iter_mut().zip(right).zip(&turns) {
                    (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_position_turns_by_one_radian() {
        let rope = Rope::new(10_000.0, 4);
        let mut row = [1.0, 1.0, 0.0, 0.0];
        rope.rotate(&mut row, 1, 0);
        let wanted = [1f32.cos(), 0.01f32.cos(), 1f32.sin(), 0.01f32.sin()];
        for (a, b) in row.iter().zip(wanted) {
            assert!((a - b).abs() < 1e-6, "{row:?}");
        }
    }
}
