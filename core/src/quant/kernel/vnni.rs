//! AVX-512 VNNI: one `vpdpbusd` multiplies 16 rows × 4 columns with four broadcast activations.

use std::arch::x86_64::*;
use std::ops::Range;

use super::TileOut;
use crate::quant::activations::Activations;
use crate::quant::pack::{BLOCK_COLS, GROUP_BYTES, GROUP_COLS, GROUPS, PackedKind, SCALE_BYTES};

/// Whether this processor has every instruction the kernel uses.
pub fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vnni")
}

/// See [`super::Kernel::tile_product`], which has checked the lengths.
pub fn tile_product(
    kind: PackedKind,
    tile: &[u8],
    acts: &Activations<'_>,
    rows: Range<usize>,
    out: &mut [TileOut],
) {
    // SAFETY: `Kernel::all` lists this kernel only where `is_available`.
    unsafe {
        match rows.len() {
            8 => product::<8>(kind, tile, acts, rows.start, out),
            4 => product::<4>(kind, tile, acts, rows.start, out),
            1 => product::<1>(kind, tile, acts, rows.start, out),
            _ => {
                for (row, one) in rows.zip(out) {
                    product::<1>(kind, tile, acts, row, std::slice::from_mut(one));
                }
            }
        }
    }
}

/// `N` activation rows at once: each 64 bytes of weights are loaded once and used `N` times.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn product<const N: usize>(
    kind: PackedKind,
    tile: &[u8],
    acts: &Activations<'_>,
    first: usize,
    out: &mut [TileOut],
) {
    let blocks = acts.blocks();
    let mut sums = [_mm512_setzero_ps(); N];
    for (block, bytes) in tile.chunks_exact(kind.block_bytes()).enumerate() {
        let at = |n: usize| (first + n) * blocks + block;
        // Starting at minus the zero point's share saves a subtraction at the end.
        let mut dots = [_mm512_setzero_si512(); N];
        for (n, dot) in dots.iter_mut().enumerate() {
            *dot = _mm512_set1_epi32(-kind.zero_point() * acts.sums[at(n)]);
        }
        for group in 0..GROUPS {
            let weights = group_weights(kind, &bytes[SCALE_BYTES..], group);
            for (n, dot) in dots.iter_mut().enumerate() {
                let x = &acts.quants[at(n) * BLOCK_COLS + group * GROUP_COLS..][..GROUP_COLS];
                let four = i32::from_le_bytes([x[0] as u8, x[1] as u8, x[2] as u8, x[3] as u8]);
                *dot = _mm512_dpbusd_epi32(*dot, weights, _mm512_set1_epi32(four));
            }
        }
        let scales = row_scales(bytes);
        for (n, (sum, dot)) in sums.iter_mut().zip(dots).enumerate() {
            let scale = _mm512_mul_ps(scales, _mm512_set1_ps(acts.scales[at(n)]));
            *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale, *sum);
        }
    }
    for (one, sum) in out.iter_mut().zip(sums) {
        // SAFETY: a `TileOut` is sixteen floats; the store is unaligned.
        unsafe { _mm512_storeu_ps(one.as_mut_ptr(), sum) };
    }
}

/// 16 rows × 4 columns of unsigned quants.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn group_weights(kind: PackedKind, body: &[u8], group: usize) -> __m512i {
    let load = |index: usize| {
        let bytes = &body[index * GROUP_BYTES..(index + 1) * GROUP_BYTES];
        // SAFETY: the slice above is 64 bytes long; the load is unaligned.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    };
    match kind {
        PackedKind::Q8 => load(group),
        PackedKind::Q4 => {
            let pair = load(group / 2);
            let nibbles = if group.is_multiple_of(2) { pair } else { _mm512_srli_epi16::<4>(pair) };
            _mm512_and_si512(nibbles, _mm512_set1_epi8(15))
        }
    }
}

/// A block's sixteen scales as floats.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn row_scales(block: &[u8]) -> __m512 {
    let bytes = &block[..SCALE_BYTES];
    // SAFETY: the slice above is 32 bytes long; the load is unaligned.
    _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) })
}
