//! Scaled dot-product attention over any number of query heads per key head.

use std::ops::Range;

use rayon::prelude::*;

use crate::language::kv_cache::HeadRows;
use crate::ops::{soft_cap, softmax};
use crate::quant::kernel::float::{View, multiply};

/// Multiply-adds below which handing heads to other threads costs more than it saves.
const WORTH_SPREADING: usize = 1 << 18;

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

impl Attention {
    /// `out[n, q_heads × head_dim] = softmax(scale · q·Kᵀ) · V`, where query `i` sees the
    /// positions `visible[i]`. Keys are shared by `q_heads / kv_heads` query heads in place.
    ///
    /// `by_head` is scratch.
    pub fn attend(
        &self,
        queries: &[f32],
        keys: HeadRows<'_>,
        values: HeadRows<'_>,
        visible: &[Range<usize>],
        by_head: &mut Vec<f32>,
        out: &mut [f32],
    ) {
        let (n, d) = (visible.len(), self.head_dim);
        let reach = visible.iter().map(|v| v.end).max().unwrap_or(0);
        by_head.resize(self.q_heads * n * d, 0.0);
        let head = |(head, out): (usize, &mut [f32])| {
            self.attend_head(head, queries, keys, values, visible, reach, out);
        };
        if self.q_heads * n * reach * d < WORTH_SPREADING {
            by_head.chunks_exact_mut(n * d).enumerate().for_each(head);
        } else {
            by_head.par_chunks_exact_mut(n * d).enumerate().for_each(head);
        }
        for (h, rows) in by_head.chunks_exact(n * d).enumerate() {
            for (row, part) in out.chunks_exact_mut(self.q_heads * d).zip(rows.chunks_exact(d)) {
                row[h * d..(h + 1) * d].copy_from_slice(part);
            }
        }
    }

    /// One query head; `out: [n, head_dim]`.
    #[allow(clippy::too_many_arguments, reason = "the operands of attention")]
    fn attend_head(
        &self,
        head: usize,
        queries: &[f32],
        keys: HeadRows<'_>,
        values: HeadRows<'_>,
        visible: &[Range<usize>],
        reach: usize,
        out: &mut [f32],
    ) {
        let (n, d) = (visible.len(), self.head_dim);
        let shared = head / (self.q_heads / self.kv_heads);
        let q_view = View::rows(self.q_heads * d).at(head * d);
        let k_view = View::transposed(keys.row_stride).at(shared * keys.head_stride);
        let v_view = View::rows(values.row_stride).at(shared * values.head_stride);
        let mut scores = vec![0.0; n * reach];
        multiply(
            (n, d, reach),
            &mut scores,
            View::rows(reach),
            false,
            queries,
            q_view,
            keys.data,
            k_view,
            self.scale,
        );
        for (row, seen) in scores.chunks_exact_mut(reach).zip(visible) {
            if let Some(cap) = self.soft_cap {
                soft_cap(&mut row[seen.clone()], cap);
            }
            softmax(&mut row[seen.clone()]);
            row[..seen.start].fill(0.0);
            row[seen.end..].fill(0.0);
        }
        multiply(
            (n, reach, d),
            out,
            View::rows(d),
            false,
            &scores,
            View::rows(reach),
            values.data,
            v_view,
            1.0,
        );
    }
}

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
            a.attend(&q, rows(&k), rows(&v), &visible, &mut Vec::new(), &mut out);
            for (x, y) in out.iter().zip(slow(&a, &q, &k, &v, &visible)) {
                assert!((x - y).abs() < 1e-5, "{x} for {y}");
            }
        }
    }
}
