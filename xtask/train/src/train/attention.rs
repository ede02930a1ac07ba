//! Scaled dot-product attention over any number of query heads per key head, with its gradient.

use candle_core::{Result, Tensor};

use super::functions::Scores;

/// `[batch, positions, heads · d]` → `[batch, heads, positions, d]`.
pub fn split_heads(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (batch, positions, width) = x.dims3()?;
    x.reshape((batch, positions, heads, width / heads))?.transpose(1, 2)?.contiguous()
}

/// `softmax(scores(q·Kᵀ) + mask)·V`, heads side by side: `[batch, positions, q_heads · d]`.
///
/// `queries: [batch, q_heads, positions, d]`, `keys` and `values: [batch, kv_heads, keys, d]`,
/// `mask: [batch, 1, positions, keys]`. Query heads that share a key head are read as more rows of
/// it, so no key is copied.
pub fn attend(
    queries: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    scores: Scores,
    mask: &Tensor,
) -> Result<Tensor> {
    let (batch, q_heads, positions, d) = queries.dims4()?;
    let kv_heads = keys.dim(1)?;
    let rows = (batch, kv_heads, q_heads / kv_heads * positions, d);
    let products = queries.reshape(rows)?.matmul(&keys.transpose(2, 3)?)?;
    let mixed = scores.probabilities(&products, mask)?.matmul(values)?;
    let by_position = mixed.reshape((batch, q_heads, positions, d))?.transpose(1, 2)?;
    by_position.reshape((batch, positions, q_heads * d))
}
