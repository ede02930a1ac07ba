//! The reference kernel: plain loops that any processor runs and every other kernel must match.

use half::f16;

use super::PairOut;
use crate::quant::activations::Panel;
use crate::quant::pack::{GROUP_BYTES, GROUP_COLS, GROUPS, PackedKind, SCALE_BYTES, TILE_ROWS};

/// See [`super::Kernel::pair_product`].
pub fn pair_product(kind: PackedKind, tiles: [&[u8]; 2], panel: &Panel<'_>, out: &mut PairOut) {
    for (row, sums) in out[..panel.width].iter_mut().enumerate() {
        for (tile, sums) in tiles.into_iter().zip(sums.as_chunks_mut::<TILE_ROWS>().0) {
            tile_product(kind, tile, panel, row, sums);
        }
    }
}

/// One tile with one row of the panel.
fn tile_product(
    kind: PackedKind,
    tile: &[u8],
    panel: &Panel<'_>,
    row: usize,
    sums: &mut [f32; TILE_ROWS],
) {
    for (block, bytes) in tile.chunks_exact(kind.block_bytes()).enumerate() {
        let at = block * panel.width + row;
        let mut dots = [panel.offsets[at] * (kind.zero_point() / 8); TILE_ROWS];
        for group in 0..GROUPS {
            add_group(
                kind,
                &bytes[SCALE_BYTES..],
                group,
                panel.group(block, group, row),
                &mut dots,
            );
        }
        for (r, (sum, dot)) in sums.iter_mut().zip(dots).enumerate() {
            let scale = f16::from_le_bytes([bytes[2 * r], bytes[2 * r + 1]]).to_f32();
            *sum += dot as f32 * (scale * panel.scales[at]);
        }
    }
}

/// Adds the products of a group's unsigned quants with four activations.
fn add_group(kind: PackedKind, body: &[u8], group: usize, x: [i8; GROUP_COLS], dots: &mut [i32]) {
    let (start, shift, mask) = match kind {
        PackedKind::Q8 => (group * GROUP_BYTES, 0, 0xff),
        PackedKind::Q4 => (group / 2 * GROUP_BYTES, 4 * (group % 2), 0x0f),
    };
    let rows = body[start..start + GROUP_BYTES].chunks_exact(GROUP_COLS);
    for (dot, four) in dots.iter_mut().zip(rows) {
        for (byte, quant) in four.iter().zip(x) {
            *dot += i32::from(byte >> shift & mask) * i32::from(quant);
        }
    }
}

/// See [`super::Kernel::multiply_only`].
pub fn multiply_only(count: u64) -> u64 {
    let mut sum = 0i32;
    for i in 0..count {
        sum = sum.wrapping_add(std::hint::black_box(i as i32).wrapping_mul(3));
    }
    std::hint::black_box(sum);
    1
}
