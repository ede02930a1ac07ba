//! AVX2: eight rows at a time, products of bytes in two steps.
//!
//! `vpmaddubsw` multiplies unsigned with signed bytes and adds neighbours in 16 bits, where they
//! must fit. Those of 4-bit weights do for a whole block: 8 groups × 2 × 15 × 127 < 2¹⁵. Those of
//! 8-bit weights do once the sign is moved to the other operand: 2 × 127 × 127 < 2¹⁵.

use std::arch::x86_64::*;

use super::PairOut;
use crate::quant::activations::{PANEL, Panel};
use crate::quant::pack::{GROUP_BYTES, GROUP_COLS, GROUPS, PackedKind, SCALE_BYTES};

/// Rows that one register of products covers.
const ROWS: usize = 8;
/// Bytes of a group that belong to as many rows.
const BYTES: usize = ROWS * GROUP_COLS;

/// Whether this processor has every instruction the kernel uses.
pub fn is_available() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c")
}

/// See [`super::Kernel::pair_product`], which has checked the lengths.
pub fn pair_product(kind: PackedKind, tiles: [&[u8]; 2], panel: &Panel<'_>, out: &mut PairOut) {
    const Q4: usize = PackedKind::Q4.block_bytes();
    const Q8: usize = PackedKind::Q8.block_bytes();
    // SAFETY: `Kernel::all` lists this kernel only where `is_available`.
    unsafe {
        match (kind, panel.width) {
            (PackedKind::Q4, 1) => product::<1, 4, Q4>(tiles, panel, out),
            (PackedKind::Q4, _) => product::<PANEL, 16, Q4>(tiles, panel, out),
            (PackedKind::Q8, 1) => product::<1, 4, Q8>(tiles, panel, out),
            (PackedKind::Q8, _) => product::<PANEL, 16, Q8>(tiles, panel, out),
        }
    }
}

/// A panel of `N` rows, whose groups have `GROUP` bytes, with two tiles of blocks of `BLOCK` bytes.
#[target_feature(enable = "avx2,fma,f16c")]
fn product<const N: usize, const GROUP: usize, const BLOCK: usize>(
    tiles: [&[u8]; 2],
    panel: &Panel<'_>,
    out: &mut PairOut,
) {
    const { assert!(GROUP == N * GROUP_COLS) };
    let values = panel.values.as_chunks::<GROUP>().0.as_chunks::<GROUPS>().0;
    for part in 0..4 {
        let (tile, first) = (tiles[part / 2].as_chunks::<BLOCK>().0, part % 2 * ROWS);
        // SAFETY: the slice is eight floats long; the load is unaligned.
        let mut sums: [_; N] = std::array::from_fn(|n| unsafe {
            _mm256_loadu_ps(out[n][part * ROWS..][..ROWS].as_ptr())
        });
        for (index, (block, values)) in tile.iter().zip(values).enumerate() {
            let dots = if BLOCK == PackedKind::Q4.block_bytes() {
                q4_dots::<N, GROUP, BLOCK>(block, first, values, &panel.offsets[index * N..])
            } else {
                q8_dots::<N, GROUP, BLOCK>(block, first, values)
            };
            let rows = row_scales(block, first);
            let scales = &panel.scales[index * N..][..N];
            for ((sum, dot), scale) in sums.iter_mut().zip(dots).zip(scales) {
                let scale = _mm256_mul_ps(rows, _mm256_set1_ps(*scale));
                *sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), scale, *sum);
            }
        }
        for (out, sum) in out.iter_mut().zip(sums) {
            let out = &mut out[part * ROWS..][..ROWS];
            // SAFETY: the slice above is eight floats long; the store is unaligned.
            unsafe { _mm256_storeu_ps(out.as_mut_ptr(), sum) };
        }
    }
}

/// Integer products of eight rows of 4-bit weights.
#[target_feature(enable = "avx2")]
fn q4_dots<const N: usize, const GROUP: usize, const BLOCK: usize>(
    block: &[u8; BLOCK],
    first: usize,
    values: &[[i8; GROUP]; GROUPS],
    offsets: &[i32],
) -> [__m256i; N] {
    let low = _mm256_set1_epi8(15);
    let mut halves = [_mm256_setzero_si256(); N];
    for (pair, [x, y]) in values.as_chunks::<2>().0.iter().enumerate() {
        let stored = load(block, pair, first);
        let even = _mm256_and_si256(stored, low);
        let odd = _mm256_and_si256(_mm256_srli_epi16::<4>(stored), low);
        for (n, half) in halves.iter_mut().enumerate() {
            *half = _mm256_add_epi16(*half, _mm256_maddubs_epi16(even, four(x, n)));
            *half = _mm256_add_epi16(*half, _mm256_maddubs_epi16(odd, four(y, n)));
        }
    }
    std::array::from_fn(|n| _mm256_add_epi32(_mm256_set1_epi32(offsets[n]), in_pairs(halves[n])))
}

/// Integer products of eight rows of 8-bit weights.
#[target_feature(enable = "avx2")]
fn q8_dots<const N: usize, const GROUP: usize, const BLOCK: usize>(
    block: &[u8; BLOCK],
    first: usize,
    values: &[[i8; GROUP]; GROUPS],
) -> [__m256i; N] {
    let mut dots = [_mm256_setzero_si256(); N];
    for (group, x) in values.iter().enumerate() {
        // Taking the zero point away leaves the signed quant.
        let signed = _mm256_xor_si256(load(block, group, first), _mm256_set1_epi8(-128));
        let magnitude = _mm256_abs_epi8(signed);
        for (n, dot) in dots.iter_mut().enumerate() {
            let products = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(four(x, n), signed));
            *dot = _mm256_add_epi32(*dot, in_pairs(products));
        }
    }
    dots
}

/// Sums of neighbours, in 32 bits.
#[target_feature(enable = "avx2")]
fn in_pairs(halves: __m256i) -> __m256i {
    _mm256_madd_epi16(halves, _mm256_set1_epi16(1))
}

/// The four activations of row `n` of a group, for every row of weights.
#[target_feature(enable = "avx2")]
fn four<const GROUP: usize>(group: &[i8; GROUP], n: usize) -> __m256i {
    let bytes = group.as_chunks::<GROUP_COLS>().0[n];
    _mm256_set1_epi32(i32::from_le_bytes(bytes.map(|v| v as u8)))
}

/// Stored group `index`, of eight rows from `first` on.
#[target_feature(enable = "avx2")]
fn load<const BLOCK: usize>(block: &[u8; BLOCK], index: usize, first: usize) -> __m256i {
    let bytes = &block[SCALE_BYTES + index * GROUP_BYTES + first * GROUP_COLS..][..BYTES];
    // SAFETY: the slice above is 32 bytes long; the load is unaligned.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// The scales of eight rows from `first` on, as floats.
#[target_feature(enable = "avx2,f16c")]
fn row_scales<const BLOCK: usize>(block: &[u8; BLOCK], first: usize) -> __m256 {
    let bytes = &block[first * 2..][..ROWS * 2];
    // SAFETY: the slice above is 16 bytes long; the load is unaligned.
    _mm256_cvtph_ps(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
}

/// See [`super::Kernel::multiply_only`]: 32 multiply-adds an instruction.
pub fn multiply_only(count: u64) -> u64 {
    #[target_feature(enable = "avx2")]
    fn run(count: u64) {
        let mut sums = [_mm256_setzero_si256(); 8];
        let x = _mm256_set1_epi8(1);
        for _ in 0..count / 8 {
            // Another operand each time, as far as the compiler knows.
            let w = _mm256_set1_epi32(std::hint::black_box(0x0102_0304));
            for sum in &mut sums {
                *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(w, x));
            }
        }
        let sum = sums.into_iter().fold(x, |a, b| _mm256_add_epi16(a, b));
        std::hint::black_box(_mm256_extract_epi16::<0>(sum));
    }
    // SAFETY: `Kernel::all` lists this kernel only where `is_available`.
    unsafe { run(count) };
    32
}
