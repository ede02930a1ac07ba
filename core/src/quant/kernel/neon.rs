//! 64-bit ARM: `sdot` multiplies 4 rows × 4 columns with one activation row, `smmla` 2 rows × 8
//! columns with two.
//!
//! The panel's groups are 16 bytes, 4 rows × 4 columns, so that one load serves four `sdot` by
//! lane. Both instructions are written as assembly, since Rust has no stable name for them yet.
//! Weights are made signed on the way: a nibble is small enough to be either, and flipping the top
//! bit takes the zero point off an 8-bit quant.

use std::arch::aarch64::*;
use std::arch::{asm, is_aarch64_feature_detected};

use super::PairOut;
use crate::quant::activations::Panel;
use crate::quant::pack::{BLOCK_COLS, GROUP_BYTES, GROUPS, PackedKind, SCALE_BYTES, TILE_ROWS};

/// Rows that are multiplied at once: two registers of weights.
const ROWS: usize = 8;
const Q4: usize = PackedKind::Q4.block_bytes();
const Q8: usize = PackedKind::Q8.block_bytes();

/// Whether this processor has `sdot`.
pub fn has_dot() -> bool {
    is_aarch64_feature_detected!("dotprod")
}

/// Whether this processor has `smmla` as well.
pub fn has_matrix() -> bool {
    has_dot() && is_aarch64_feature_detected!("i8mm")
}

/// [`super::Kernel::pair_product`] with `sdot`.
pub fn dot_pair_product(kind: PackedKind, tiles: [&[u8]; 2], panel: &Panel<'_>, out: &mut PairOut) {
    // SAFETY: `Kernel::all` lists this kernel only where `has_dot`.
    unsafe {
        match (kind, panel.width) {
            (PackedKind::Q4, 1) => row_product::<Q4>(tiles, panel, out),
            (PackedKind::Q8, 1) => row_product::<Q8>(tiles, panel, out),
            (PackedKind::Q4, _) => dot_panel::<Q4>(tiles, panel, out),
            (PackedKind::Q8, _) => dot_panel::<Q8>(tiles, panel, out),
        }
    }
}

/// [`super::Kernel::pair_product`] with `smmla`; a single row has no use for it.
pub fn matrix_pair_product(
    kind: PackedKind,
    tiles: [&[u8]; 2],
    panel: &Panel<'_>,
    out: &mut PairOut,
) {
    // SAFETY: `Kernel::all` lists this kernel only where `has_matrix`.
    unsafe {
        match (kind, panel.width) {
            (PackedKind::Q4, 1) => row_product::<Q4>(tiles, panel, out),
            (PackedKind::Q8, 1) => row_product::<Q8>(tiles, panel, out),
            (PackedKind::Q4, _) => matrix_panel::<Q4>(tiles, panel, out),
            (PackedKind::Q8, _) => matrix_panel::<Q8>(tiles, panel, out),
        }
    }
}

/// `[token][half]`: integer products of eight rows with each row of a panel.
type Dots = [[int32x4_t; 2]; 4];

#[target_feature(enable = "neon,dotprod")]
fn dot_panel<const BLOCK: usize>(tiles: [&[u8]; 2], panel: &Panel<'_>, out: &mut PairOut) {
    panel_product::<BLOCK>(tiles, panel, out, |block, first, values, dots| {
        dot_block(block, first, values, dots);
    });
}

#[target_feature(enable = "neon,dotprod,i8mm")]
fn matrix_panel<const BLOCK: usize>(tiles: [&[u8]; 2], panel: &Panel<'_>, out: &mut PairOut) {
    panel_product::<BLOCK>(tiles, panel, out, |block, first, values, dots| {
        matrix_block(block, first, values, dots);
    });
}

/// Four rows of activations. `add_block` adds a block's products of eight rows, from one on;
/// always inlined, so that it becomes one loop with the instructions of the caller.
#[inline(always)]
fn panel_product<const BLOCK: usize>(
    tiles: [&[u8]; 2],
    panel: &Panel<'_>,
    out: &mut PairOut,
    add_block: impl Fn(&[u8; BLOCK], usize, &[[i8; 16]; GROUPS], &mut Dots),
) {
    let values = panel.values.as_chunks::<16>().0.as_chunks::<GROUPS>().0;
    let scales = panel.scales.as_chunks::<4>().0.iter().zip(panel.offsets.as_chunks::<4>().0);
    for part in 0..4 {
        let (tile, first) = (tiles[part / 2].as_chunks::<BLOCK>().0, part % 2 * ROWS);
        // SAFETY: every 64-bit ARM has NEON; loads and stores of sums are of four floats each.
        unsafe {
            let mut sums = out.each_ref().map(|out| {
                let out = out[part * ROWS..][..ROWS].as_chunks::<4>().0;
                [vld1q_f32(out[0].as_ptr()), vld1q_f32(out[1].as_ptr())]
            });
            for ((block, values), (scales, offsets)) in tile.iter().zip(values).zip(scales.clone())
            {
                let mut dots = offsets.map(|offset| [vdupq_n_s32(start::<BLOCK>(offset)); 2]);
                add_block(block, first, values, &mut dots);
                let rows = row_scales(block, first);
                for ((sums, dots), scale) in sums.iter_mut().zip(dots).zip(scales) {
                    for ((sum, dot), row) in sums.iter_mut().zip(dots).zip(rows) {
                        let scale = vmulq_n_f32(row, *scale);
                        *sum = vfmaq_f32(*sum, vcvtq_f32_s32(dot), scale);
                    }
                }
            }
            for (out, sums) in out.iter_mut().zip(sums) {
                let out = out[part * ROWS..][..ROWS].as_chunks_mut::<4>().0;
                out.iter_mut().zip(sums).for_each(|(out, sum)| vst1q_f32(out.as_mut_ptr(), sum));
            }
        }
    }
}

/// One row of activations: a block's 32 bytes are two registers, whose lanes are its groups.
#[target_feature(enable = "neon,dotprod")]
fn row_product<const BLOCK: usize>(tiles: [&[u8]; 2], panel: &Panel<'_>, out: &mut PairOut) {
    let values = panel.values.as_chunks::<BLOCK_COLS>().0;
    for (tile, out) in tiles.into_iter().zip(out[0].as_chunks_mut::<TILE_ROWS>().0) {
        let quarters = out.as_chunks_mut::<4>().0;
        // SAFETY: four floats each.
        let mut sums: [_; 4] =
            std::array::from_fn(|quarter| unsafe { vld1q_f32(quarters[quarter].as_ptr()) });
        let blocks = tile.as_chunks::<BLOCK>().0.iter().zip(values);
        for (index, (block, values)) in blocks.enumerate() {
            let mut dots = [vdupq_n_s32(start::<BLOCK>(panel.offsets[index])); 4];
            for (half, x) in values.as_chunks::<16>().0.iter().enumerate() {
                // SAFETY: sixteen bytes.
                let x = unsafe { vld1q_s8(x.as_ptr()) };
                for (quarter, dot) in dots.iter_mut().enumerate() {
                    let w = |group| weights(block, half * 4 + group, quarter);
                    *dot = dot_lane::<0>(*dot, w(0), x);
                    *dot = dot_lane::<1>(*dot, w(1), x);
                    *dot = dot_lane::<2>(*dot, w(2), x);
                    *dot = dot_lane::<3>(*dot, w(3), x);
                }
            }
            let rows = [row_scales(block, 0), row_scales(block, ROWS)];
            for ((sum, dot), row) in sums.iter_mut().zip(dots).zip(rows.as_flattened()) {
                let scale = vmulq_n_f32(*row, panel.scales[index]);
                *sum = vfmaq_f32(*sum, vcvtq_f32_s32(dot), scale);
            }
        }
        for (out, sum) in quarters.iter_mut().zip(sums) {
            // SAFETY: four floats.
            unsafe { vst1q_f32(out.as_mut_ptr(), sum) };
        }
    }
}

#[inline]
#[target_feature(enable = "neon,dotprod")]
fn dot_block<const BLOCK: usize>(
    block: &[u8; BLOCK],
    first: usize,
    values: &[[i8; 16]; GROUPS],
    dots: &mut Dots,
) {
    for (group, x) in values.iter().enumerate() {
        // SAFETY: sixteen bytes.
        let x = unsafe { vld1q_s8(x.as_ptr()) };
        for half in 0..2 {
            let w = weights(block, group, first / 4 + half);
            dots[0][half] = dot_lane::<0>(dots[0][half], w, x);
            dots[1][half] = dot_lane::<1>(dots[1][half], w, x);
            dots[2][half] = dot_lane::<2>(dots[2][half], w, x);
            dots[3][half] = dot_lane::<3>(dots[3][half], w, x);
        }
    }
}

/// Two groups at a time: `smmla` takes 8 columns, so rows of neighbouring groups are interleaved.
#[inline]
#[target_feature(enable = "neon,dotprod,i8mm")]
fn matrix_block<const BLOCK: usize>(
    block: &[u8; BLOCK],
    first: usize,
    values: &[[i8; 16]; GROUPS],
    dots: &mut Dots,
) {
    // `[half][rows 0–1 or 2–3][tokens 0–1 or 2–3]`, each `r0t0 r0t1 r1t0 r1t1`.
    let mut tiles = [[[vdupq_n_s32(0); 2]; 2]; 2];
    for (pair, [x, y]) in values.as_chunks::<2>().0.iter().enumerate() {
        // SAFETY: sixteen bytes each.
        let (x, y) = unsafe { (vld1q_s8(x.as_ptr()), vld1q_s8(y.as_ptr())) };
        let tokens = interleaved(x, y);
        for (half, tiles) in tiles.iter_mut().enumerate() {
            let [a, b] = [0, 1].map(|group| weights(block, pair * 2 + group, first / 4 + half));
            for (tiles, rows) in tiles.iter_mut().zip(interleaved(a, b)) {
                for (tile, tokens) in tiles.iter_mut().zip(tokens) {
                    *tile = matrix(*tile, rows, tokens);
                }
            }
        }
    }
    for (half, [upper, lower]) in tiles.into_iter().enumerate() {
        for (pair, (upper, lower)) in upper.into_iter().zip(lower).enumerate() {
            let (even, odd) = (vuzp1q_s32(upper, lower), vuzp2q_s32(upper, lower));
            dots[pair * 2][half] = vaddq_s32(dots[pair * 2][half], even);
            dots[pair * 2 + 1][half] = vaddq_s32(dots[pair * 2 + 1][half], odd);
        }
    }
}

/// `a0 b0 a1 b1` and `a2 b2 a3 b3`, of lanes of four bytes.
#[inline]
#[target_feature(enable = "neon")]
fn interleaved(a: int8x16_t, b: int8x16_t) -> [int8x16_t; 2] {
    let (a, b) = (vreinterpretq_s32_s8(a), vreinterpretq_s32_s8(b));
    [vreinterpretq_s8_s32(vzip1q_s32(a, b)), vreinterpretq_s8_s32(vzip2q_s32(a, b))]
}

/// What a block's sum starts at: 8-bit quants are made signed, so nothing is to be taken back.
const fn start<const BLOCK: usize>(offset: i32) -> i32 {
    if BLOCK == Q4 { offset } else { 0 }
}

/// Four rows × 4 columns of signed quants: `quarter` of a tile's sixteen rows.
#[inline]
#[target_feature(enable = "neon")]
fn weights<const BLOCK: usize>(block: &[u8; BLOCK], group: usize, quarter: usize) -> int8x16_t {
    let index = if BLOCK == Q4 { group / 2 } else { group };
    let bytes = &block[SCALE_BYTES + index * GROUP_BYTES + quarter * 16..][..16];
    // SAFETY: the slice above is 16 bytes long.
    let stored = unsafe { vld1q_u8(bytes.as_ptr()) };
    vreinterpretq_s8_u8(match (BLOCK == Q4, group % 2) {
        (false, _) => veorq_u8(stored, vdupq_n_u8(128)),
        (true, 0) => vandq_u8(stored, vdupq_n_u8(15)),
        (true, _) => vshrq_n_u8::<4>(stored),
    })
}

/// The scales of eight rows from `first` on, as floats.
#[inline]
#[target_feature(enable = "neon")]
fn row_scales<const BLOCK: usize>(block: &[u8; BLOCK], first: usize) -> [float32x4_t; 2] {
    let bytes = block[first * 2..][..ROWS * 2].as_chunks::<8>().0;
    [0, 1].map(|half| {
        // SAFETY: eight bytes, read as four halves; `fcvtl` touches no memory.
        unsafe {
            let halves = vreinterpret_u16_u8(vld1_u8(bytes[half].as_ptr()));
            let floats: float32x4_t;
            asm!("fcvtl {f:v}.4s, {h:v}.4h", f = lateout(vreg) floats, h = in(vreg) halves,
                options(pure, nomem, nostack, preserves_flags));
            floats
        }
    })
}

/// `sdot` by lane: each 32-bit lane of `sums` gains four products of its weights with lane `LANE`.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn dot_lane<const LANE: i32>(mut sums: int32x4_t, w: int8x16_t, x: int8x16_t) -> int32x4_t {
    // SAFETY: register to register.
    unsafe {
        asm!("sdot {s:v}.4s, {w:v}.16b, {x:v}.4b[{lane}]", s = inout(vreg) sums, w = in(vreg) w,
            x = in(vreg) x, lane = const LANE, options(pure, nomem, nostack, preserves_flags));
    }
    sums
}

/// `smmla`: a 2×2 tile gains the products of 2 rows × 8 columns with 2 tokens × 8 columns.
#[inline]
#[target_feature(enable = "neon,i8mm")]
fn matrix(mut tile: int32x4_t, rows: int8x16_t, tokens: int8x16_t) -> int32x4_t {
    // SAFETY: register to register.
    unsafe {
        asm!("smmla {s:v}.4s, {w:v}.16b, {x:v}.16b", s = inout(vreg) tile, w = in(vreg) rows,
            x = in(vreg) tokens, options(pure, nomem, nostack, preserves_flags));
    }
    tile
}

/// [`super::Kernel::multiply_only`] of `sdot`: 16 multiply-adds an instruction.
pub fn dot_only(count: u64) -> u64 {
    #[target_feature(enable = "neon,dotprod")]
    fn run(count: u64) {
        let mut sums = [vdupq_n_s32(0); 16];
        for _ in 0..count / 16 {
            let w = vdupq_n_s8(std::hint::black_box(3));
            for sum in &mut sums {
                *sum = dot_lane::<0>(*sum, w, w);
            }
        }
        std::hint::black_box(sums.into_iter().map(|sum| vgetq_lane_s32::<0>(sum)).max());
    }
    // SAFETY: `Kernel::all` lists this kernel only where `has_dot`.
    unsafe { run(count) };
    16
}

/// [`super::Kernel::multiply_only`] of `smmla`: 32 multiply-adds an instruction.
pub fn matrix_only(count: u64) -> u64 {
    #[target_feature(enable = "neon,i8mm")]
    fn run(count: u64) {
        let mut tiles = [vdupq_n_s32(0); 16];
        for _ in 0..count / 16 {
            let w = vdupq_n_s8(std::hint::black_box(3));
            for tile in &mut tiles {
                *tile = matrix(*tile, w, w);
            }
        }
        std::hint::black_box(tiles.into_iter().map(|tile| vgetq_lane_s32::<0>(tile)).max());
    }
    // SAFETY: `Kernel::all` lists this kernel only where `has_matrix`.
    unsafe { run(count) };
    32
}
