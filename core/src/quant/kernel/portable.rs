//! The reference kernel: plain loops that any processor runs and every other kernel must match.

use std::ops::Range;

use half::f16;

use super::TileOut;
use crate::quant::activations::Activations;
use crate::quant::pack::{
    BLOCK_COLS, GROUP_BYTES, GROUP_COLS, GROUPS, PackedKind, SCALE_BYTES, TILE_ROWS,
};

/// See [`super::Kernel::tile_product`].
pub fn tile_product(
    kind: PackedKind,
    tile: &[u8],
    acts: &Activations<'_>,
    rows: Range<usize>,
    out: &mut [TileOut],
) {
    let blocks = acts.blocks();
    for (row, sums) in rows.zip(out) {
        *sums = [0.0; TILE_ROWS];
        for (block, bytes) in tile.chunks_exact(kind.block_bytes()).enumerate() {
            let at = row * blocks + block;
            let quants = &acts.quants[at * BLOCK_COLS..(at + 1) * BLOCK_COLS];
            let mut dots = block_dots(kind, &bytes[SCALE_BYTES..], quants);
            let correction = kind.zero_point() * acts.sums[at];
            for (r, dot) in dots.iter_mut().enumerate() {
                let scale = f16::from_le_bytes([bytes[2 * r], bytes[2 * r + 1]]).to_f32();
                sums[r] += (*dot - correction) as f32 * (scale * acts.scales[at]);
            }
        }
    }
}

/// Integer products of a block's unsigned quants with one row's activations.
fn block_dots(kind: PackedKind, body: &[u8], quants: &[i8]) -> [i32; TILE_ROWS] {
    let mut dots = [0; TILE_ROWS];
    for group in 0..GROUPS {
        let (start, shift, mask) = match kind {
            PackedKind::Q8 => (group * GROUP_BYTES, 0, 0xff),
            PackedKind::Q4 => (group / 2 * GROUP_BYTES, 4 * (group % 2), 0x0f),
        };
        let bytes = &body[start..start + GROUP_BYTES];
        let x = &quants[group * GROUP_COLS..(group + 1) * GROUP_COLS];
        for (dot, four) in dots.iter_mut().zip(bytes.chunks_exact(GROUP_COLS)) {
            for (byte, quant) in four.iter().zip(x) {
                *dot += i32::from(byte >> shift & mask) * i32::from(*quant);
            }
        }
    }
    dots
}
