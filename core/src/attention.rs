//! Scaled dot-product attention over any number of query heads per key head.
//!
//! Query rows that read the same keys are taken together: where one key head serves all query
//! heads (Gemma's 2B), all heads of several tokens are one matrix; nothing is repeated or copied.

use std::ops::Range;

use crate::language::kv_cache::HeadRows;
use crate::ops::{soft_cap, softmax};
use crate::quant::kernel::float::{View, multiply, multiply_into};
use crate::threads;

/// Scores that one piece of work has at once: what stays in a core's second-level cache beside
/// the keys.
const SCORES: usize = 1 << 14;

/// Sizes and constants of one attention layer.
#[derive(Debug, Clone, Copy)]
pub struct Attention {
    /// Query heads.
    pub q_heads: usize,
    /// Key and value heads; `q_heads` is a multiple.
    pub kv_heads: usize,
    /// Width of one head.
    pub head_dim: usize,
    /// What scores are multiplied by.
    pub scale: f32,
    /// Bound on scores, if there is one.
    pub soft_cap: Option<f32>,
}

/// Query rows that read the same keys, as a matrix inside `[n, q_heads × head_dim]`.
#[derive(Debug, Clone, Copy)]
struct Rows {
    /// Matrices like this one, side by side.
    matrices: usize,
    /// Elements from one matrix to the next.
    apart: usize,
    /// Rows of a matrix.
    count: usize,
    /// Elements from one row to the next.
    stride: usize,
    /// Neighbouring rows that belong to the same token.
    per_token: usize,
}

impl Attention {
    /// `out[n, q_heads × head_dim] = softmax(scale · q·Kᵀ) · V`, where query `i` sees the
    /// positions `visible[i]`. Keys are shared by `q_heads / kv_heads` query heads in place.
    ///
    /// # Panics
    /// If the slices do not hold what the sizes say.
    pub fn attend(
        &self,
        queries: &[f32],
        keys: HeadRows<'_>,
        values: HeadRows<'_>,
        visible: &[Range<usize>],
        out: &mut [f32],
    ) {
        let width = visible.len() * self.q_heads * self.head_dim;
        assert!(queries.len() == width && out.len() == width, "{width} queries");
        let rows = self.rows(visible.len());
        let reach = visible.iter().map(|v| v.end).max().unwrap_or(0);
        let most = (SCORES / reach.max(1)).max(1).next_multiple_of(rows.per_token);
        let pieces = rows.count.div_ceil(most);
        let out = Output(out.as_mut_ptr());
        threads::spread(rows.matrices * pieces, 1, |range| {
            for index in range {
                let (matrix, first) = (index / pieces, index % pieces * most);
                let part = first..rows.count.min(first + most);
                self.part(rows, matrix, part, queries, keys, values, visible, &out);
            }
        });
    }

    /// How the queries of `n` tokens fall into matrices.
    fn rows(&self, n: usize) -> Rows {
        let (d, group) = (self.head_dim, self.q_heads / self.kv_heads);
        if n == 1 || self.kv_heads == 1 {
            let (matrices, apart) = (self.kv_heads, group * d);
            Rows { matrices, apart, count: n * group, stride: d, per_token: group }
        } else {
            let stride = self.q_heads * d;
            Rows { matrices: self.q_heads, apart: d, count: n, stride, per_token: 1 }
        }
    }

    /// Some rows of one matrix.
    #[allow(clippy::too_many_arguments, reason = "the operands of attention")]
    fn part(
        &self,
        rows: Rows,
        matrix: usize,
        part: Range<usize>,
        queries: &[f32],
        keys: HeadRows<'_>,
        values: HeadRows<'_>,
        visible: &[Range<usize>],
        out: &Output,
    ) {
        let (n, d) = (part.len(), self.head_dim);
        let head = matrix * self.kv_heads / rows.matrices;
        let at = matrix * rows.apart + part.start * rows.stride;
        let q_view = View { offset: at, row: rows.stride, col: 1 };
        let seen = |row: usize| visible[(part.start + row) / rows.per_token].clone();
        let reach = (0..n).map(|row| seen(row).end).max().unwrap_or(0);
        let k_view = View::transposed(keys.row_stride).at(head * keys.head_stride);
        let v_view = View::rows(values.row_stride).at(head * values.head_stride);
        let mut scores = vec![0.0; n * reach];
        let s_view = View::rows(reach);
        multiply(
            (n, d, reach),
            &mut scores,
            s_view,
            false,
            queries,
            q_view,
            keys.data,
            k_view,
            self.scale,
        );
        for (row, scores) in scores.chunks_exact_mut(reach).enumerate() {
            let seen = seen(row);
            if let Some(cap) = self.soft_cap {
                soft_cap(&mut scores[seen.clone()], cap);
            }
            softmax(&mut scores[seen.clone()]);
            scores[..seen.start].fill(0.0);
            scores[seen.end..].fill(0.0);
        }
        // SAFETY: the rows of different parts are disjoint, and `out` is as large as `queries`,
        // in which `multiply` has checked the same view.
        unsafe {
            multiply_into(
                (n, reach, d),
                out.0,
                q_view,
                false,
                &scores,
                s_view,
                values.data,
                v_view,
                1.0,
            );
        }
    }
}

/// `[n, q_heads × head_dim]`, of which every piece of work writes other rows.
struct Output(*mut f32);

// SAFETY: pieces write disjoint rows.
unsafe impl Sync for Output {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Attention by its definition, one number at a time.
    fn slow(a: &Attention, q: &[f32], k: &[f32], v: &[f32], visible: &[Range<usize>]) -> Vec<f32> {
        let (d, kw) = (a.head_dim, a.kv_heads * a.head_dim);
        let mut out = vec![0.0; visible.len() * a.q_heads * d];
        for (i, seen) in visible.iter().enumerate() {
            for h in 0..a.q_heads {
                let g = h * a.kv_heads / a.q_heads;
                let score = |j: usize| {
                    let s: f32 = (0..d)
                        .map(|c| q[(i * a.q_heads + h) * d + c] * k[j * kw + g * d + c])
                        .sum();
                    let s = s * a.scale;
                    a.soft_cap.map_or(s, |c| c * (s / c).tanh()).exp()
                };
                let total: f32 = seen.clone().map(score).sum();
                for c in 0..d {
                    let sum: f32 = seen.clone().map(|j| score(j) * v[j * kw + g * d + c]).sum();
                    out[(i * a.q_heads + h) * d + c] = sum / total;
                }
            }
        }
        out
    }

    #[test]
    fn equals_its_definition_for_any_sharing_mask_and_cap() {
        let wave =
            |len: usize, f: f32| (0..len).map(|i| (i as f32 * f).sin()).collect::<Vec<f32>>();
        for (kv_heads, soft_cap) in [(1, None), (2, Some(0.3)), (4, None)] {
            let a = Attention { q_heads: 4, kv_heads, head_dim: 8, scale: 0.7, soft_cap };
            let visible = [0..5, 0..5, 2..6, 6..7];
            let (q, k, v) =
                (wave(4 * 32, 0.9), wave(7 * kv_heads * 8, 0.4), wave(7 * kv_heads * 8, 0.5));
            let rows = |data| HeadRows { data, head_stride: 8, row_stride: kv_heads * 8 };
            let mut out = vec![0.0; 4 * 32];
            a.attend(&q, rows(&k), rows(&v), &visible, &mut out);
            for (x, y) in out.iter().zip(slow(&a, &q, &k, &v, &visible)) {
                assert!((x - y).abs() < 1e-5, "{x} for {y}");
            }
        }
    }
}
