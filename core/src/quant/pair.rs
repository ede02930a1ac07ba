//! A pair of tiles with all panels of an input.
//!
//! Few panels take the tiles from end to end, as they come from memory. Many take a stretch of
//! columns after the other, whose weights stay in a near cache while all panels pass. Products are
//! the same bit for bit either way.

use super::activations::{Panel, Quants};
use super::kernel::{Kernel, PairOut};
use super::matrix::Matrix;
use super::pack::{PackedKind, TILE_ROWS};

/// Panels from which on stretches pay.
const MANY: usize = 4;
/// Blocks of a stretch; few where Miri runs, or the test of several stretches takes too long.
const STRETCH: usize = if cfg!(miri) { 2 } else { 64 };
/// Panels that a kernel is given at once.
const AT_ONCE: usize = 2;

/// Writes the products of the tiles `2 · pair` and the next to `out`, panel by panel.
pub(super) fn pair_products(
    kernel: Kernel,
    weight: &Matrix,
    kind: PackedKind,
    pair: usize,
    quants: &Quants,
    out: &mut [PairOut],
) {
    let first = pair * 2;
    // A matrix may end with a single tile: its products are computed twice and used once.
    let second = if (first + 1) * TILE_ROWS < weight.rows() { first + 1 } else { first };
    let tiles = [weight.tile(kind, first), weight.tile(kind, second)];
    out.fill(PairOut::default());
    if out.len() < MANY {
        for (panel, out) in out.iter_mut().enumerate() {
            kernel.pair_product(kind, tiles, &quants.panel(panel), out);
        }
    } else {
        in_stretches(kernel, kind, tiles, quants, out);
    }
}

fn in_stretches(
    kernel: Kernel,
    kind: PackedKind,
    tiles: [&[u8]; 2],
    quants: &Quants,
    out: &mut [PairOut],
) {
    let blocks = tiles[0].len() / kind.block_bytes();
    for start in (0..blocks).step_by(STRETCH) {
        let end = blocks.min(start + STRETCH);
        let tiles = tiles.map(|tile| &tile[start * kind.block_bytes()..end * kind.block_bytes()]);
        let last = out.len() - 1;
        for (index, out) in out.chunks_mut(AT_ONCE).enumerate() {
            let panels: [Panel<'_>; AT_ONCE] = std::array::from_fn(|i| {
                quants.panel((index * AT_ONCE + i).min(last)).part(start..end)
            });
            kernel.pair_products(kind, tiles, &panels[..out.len()], out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quant::activations::{Activations, PANEL};
    use crate::quant::matrix::WeightKind;

    #[test]
    fn stretches_give_the_same_bits() {
        // Of rows the second pair has a single tile, of columns the second stretch a part.
        let (rows, cols, tokens) = (48, 40 + 32 * STRETCH, MANY * PANEL + 1);
        let wave = |len: usize, step: f32| -> Vec<f32> {
            (0..len).map(|i| (i as f32 * step).sin()).collect()
        };
        let (x, mut memory) = (wave(tokens * cols, 0.23), Quants::default());
        let quants = Activations::quantised(&x, cols, &mut memory).quants();
        for kind in [PackedKind::Q4, PackedKind::Q8] {
            let weights = wave(rows * cols, 0.61);
            let weight = Matrix::from_floats(WeightKind::Packed(kind), rows, cols, &weights);
            for (kernel, pair) in Kernel::all().into_iter().flat_map(|k| [(k, 0), (k, 1)]) {
                let mut out = vec![[[f32::NAN; 32]; PANEL]; quants.panels()];
                pair_products(kernel, &weight, kind, pair, quants, &mut out);
                let tiles = [2 * pair, (2 * pair + 1).min(2)].map(|i| weight.tile(kind, i));
                for (panel, found) in out.iter().enumerate() {
                    let mut whole = PairOut::default();
                    kernel.pair_product(kind, tiles, &quants.panel(panel), &mut whole);
                    assert!(*found == whole, "{} {kind:?} {panel}", kernel.name);
                }
            }
        }
    }
}
