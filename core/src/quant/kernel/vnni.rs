//! AVX-512 VNNI: one `vpdpbusd` multiplies 16 rows × 4 columns with four broadcast activations.
//!
//! Two panels and two tiles have sixteen integer accumulators that do not wait for one another. The
//! float sums do not fit beside them, but are touched only once a block.

use std::arch::x86_64::*;

use super::PairOut;
use crate::quant::activations::{PANEL, Panel};
use crate::quant::pack::{GROUP_BYTES, GROUP_COLS, GROUPS, PackedKind, SCALE_BYTES, TILE_ROWS};

/// Bytes that are read ahead where tiles come from memory: some pages, which the processor does not
/// do by itself.
const DISTANCE: usize = 6144;

/// Whether this processor has every instruction the kernel uses.
pub fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vnni")
}

/// See [`super::Kernel::pair_products`], which has checked the lengths.
pub fn pair_products(
    kind: PackedKind,
    tiles: [&[u8]; 2],
    panels: &[Panel<'_>],
    out: &mut [PairOut],
) {
    const Q4: usize = PackedKind::Q4.block_bytes();
    const Q8: usize = PackedKind::Q8.block_bytes();
    let (twos, one) = panels.as_chunks::<2>();
    let (out_twos, out_one) = out.as_chunks_mut::<2>();
    // SAFETY: `Kernel::all` lists this kernel only where `is_available`.
    unsafe {
        for (panels, out) in twos.iter().zip(out_twos) {
            match kind {
                PackedKind::Q4 => product::<2, Q4>(tiles, panels, out),
                PackedKind::Q8 => product::<2, Q8>(tiles, panels, out),
            }
        }
        for (panel, out) in one.iter().zip(out_one) {
            match (kind, panel.width) {
                (PackedKind::Q4, 1) => row_product::<Q4>(tiles, panel, out),
                (PackedKind::Q8, 1) => row_product::<Q8>(tiles, panel, out),
                (PackedKind::Q4, _) => {
                    product::<1, Q4>(tiles, &[*panel], std::array::from_mut(out))
                }
                (PackedKind::Q8, _) => {
                    product::<1, Q8>(tiles, &[*panel], std::array::from_mut(out))
                }
            }
        }
    }
}

/// `P` panels with two tiles of blocks of `BLOCK` bytes, which are read ahead if they come from
/// memory.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn product<const P: usize, const BLOCK: usize>(
    tiles: [&[u8]; 2],
    panels: &[Panel<'_>; P],
    out: &mut [PairOut; P],
) {
    const GROUP: usize = PANEL * GROUP_COLS;
    let mut sums = [[[_mm512_setzero_ps(); 2]; PANEL]; P];
    for (sum, out) in sums.as_flattened_mut().iter_mut().zip(out.as_flattened()) {
        let tiles = out.as_chunks::<TILE_ROWS>().0;
        // SAFETY: sixteen floats each; the loads are unaligned.
        *sum = unsafe { [_mm512_loadu_ps(tiles[0].as_ptr()), _mm512_loadu_ps(tiles[1].as_ptr())] };
    }
    let (first, second) = (tiles[0].as_chunks::<BLOCK>().0, tiles[1].as_chunks::<BLOCK>().0);
    let count = first.len();
    let values = panels
        .each_ref()
        .map(|panel| &panel.values.as_chunks::<GROUP>().0.as_chunks::<GROUPS>().0[..count]);
    let scales = panels.each_ref().map(|panel| &panel.scales.as_chunks::<PANEL>().0[..count]);
    let offsets = panels.each_ref().map(|panel| &panel.offsets.as_chunks::<PANEL>().0[..count]);
    let ahead = panels[0].first;
    for (index, (a, b)) in first.iter().zip(second).enumerate() {
        if ahead {
            read_ahead(a);
            read_ahead(b);
        }
        // Starting at minus the zero point's share saves a subtraction at the end.
        let mut dots = [[[_mm512_setzero_si512(); 2]; PANEL]; P];
        for p in 0..P {
            for (dots, offset) in dots[p].iter_mut().zip(offsets[p][index]) {
                *dots = [start::<BLOCK>(offset); 2];
            }
        }
        #[expect(clippy::needless_range_loop, reason = "the same group of every panel")]
        for group in 0..GROUPS {
            let w = [group_weights(a, group), group_weights(b, group)];
            for p in 0..P {
                let x = values[p][index][group].as_chunks::<GROUP_COLS>().0;
                for (dots, four) in dots[p].iter_mut().zip(x) {
                    let four = _mm512_set1_epi32(i32::from_le_bytes(four.map(|v| v as u8)));
                    dots[0] = _mm512_dpbusd_epi32(dots[0], w[0], four);
                    dots[1] = _mm512_dpbusd_epi32(dots[1], w[1], four);
                }
            }
        }
        let rows = [row_scales(a), row_scales(b)];
        for p in 0..P {
            for ((sums, dots), scale) in sums[p].iter_mut().zip(dots[p]).zip(scales[p][index]) {
                for ((sum, dot), row) in sums.iter_mut().zip(dots).zip(rows) {
                    let scale = _mm512_mul_ps(row, _mm512_set1_ps(scale));
                    *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale, *sum);
                }
            }
        }
    }
    for (out, sums) in out.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
        for (out, sum) in out.as_chunks_mut::<TILE_ROWS>().0.iter_mut().zip(sums) {
            // SAFETY: sixteen floats; the store is unaligned.
            unsafe { _mm512_storeu_ps(out.as_mut_ptr(), *sum) };
        }
    }
}

/// A single row: bound by memory, so one tile after the other, as they lie, with the next pages
/// asked for in time.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn row_product<const BLOCK: usize>(tiles: [&[u8]; 2], panel: &Panel<'_>, out: &mut PairOut) {
    for (tile, out) in tiles.into_iter().zip(out[0].as_chunks_mut::<TILE_ROWS>().0) {
        // SAFETY: sixteen floats; the load is unaligned.
        let mut sums = unsafe { _mm512_loadu_ps(out.as_ptr()) };
        let values = panel.values.as_chunks::<GROUP_COLS>().0.as_chunks::<GROUPS>().0;
        let scales = panel.scales.iter().zip(panel.offsets);
        for ((block, values), (scale, offset)) in
            tile.as_chunks::<BLOCK>().0.iter().zip(values).zip(scales)
        {
            read_ahead(block);
            // Two chains: one would take as long as the memory does.
            let mut dots = [start::<BLOCK>(*offset), _mm512_setzero_si512()];
            for (group, four) in values.iter().enumerate() {
                let four = _mm512_set1_epi32(i32::from_le_bytes(four.map(|v| v as u8)));
                let dot = &mut dots[group % 2];
                *dot = _mm512_dpbusd_epi32(*dot, group_weights(block, group), four);
            }
            let dot = _mm512_cvtepi32_ps(_mm512_add_epi32(dots[0], dots[1]));
            let scale = _mm512_mul_ps(row_scales(block), _mm512_set1_ps(*scale));
            sums = _mm512_fmadd_ps(dot, scale, sums);
        }
        // SAFETY: sixteen floats; the store is unaligned.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), sums) };
    }
}

/// Asks for a block that lies [`DISTANCE`] further on.
#[target_feature(enable = "avx512f")]
fn read_ahead<const BLOCK: usize>(block: &[u8; BLOCK]) {
    for line in (0..BLOCK).step_by(64) {
        // A hint: beyond the matrix it does nothing.
        let ahead = block.as_ptr().wrapping_add(DISTANCE + line);
        _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
    }
}

/// What a block's sum starts at: the stored offset is that of 4 bits, see [`Panel::offsets`].
#[target_feature(enable = "avx512f")]
fn start<const BLOCK: usize>(offset: i32) -> __m512i {
    let offset = _mm512_set1_epi32(offset);
    if is_q4::<BLOCK>() { offset } else { _mm512_slli_epi32::<4>(offset) }
}

/// 16 rows × 4 columns of unsigned quants.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn group_weights<const BLOCK: usize>(block: &[u8; BLOCK], group: usize) -> __m512i {
    let index = if is_q4::<BLOCK>() { group / 2 } else { group };
    let bytes = &block[SCALE_BYTES + index * GROUP_BYTES..][..GROUP_BYTES];
    // SAFETY: the slice above is 64 bytes long; the load is unaligned.
    let stored = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
    match (is_q4::<BLOCK>(), group % 2) {
        (false, _) => stored,
        (true, 0) => _mm512_and_si512(stored, _mm512_set1_epi8(15)),
        (true, _) => _mm512_and_si512(_mm512_srli_epi16::<4>(stored), _mm512_set1_epi8(15)),
    }
}

const fn is_q4<const BLOCK: usize>() -> bool {
    BLOCK == PackedKind::Q4.block_bytes()
}

/// A block's sixteen scales as floats.
#[target_feature(enable = "avx512f")]
fn row_scales<const BLOCK: usize>(block: &[u8; BLOCK]) -> __m512 {
    let bytes = &block[..SCALE_BYTES];
    // SAFETY: the slice above is 32 bytes long; the load is unaligned.
    _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) })
}

/// See [`super::Kernel::multiply_only`]: 64 multiply-adds an instruction.
pub fn multiply_only(count: u64) -> u64 {
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn run(count: u64) {
        let mut dots = [_mm512_setzero_si512(); 16];
        let x = _mm512_set1_epi32(0x0101_0101);
        for _ in 0..count / 16 {
            // Another operand each time, as far as the compiler knows.
            let w = std::hint::black_box(0x0102_0304);
            let w = _mm512_set1_epi32(w);
            for dot in &mut dots {
                *dot = _mm512_dpbusd_epi32(*dot, w, x);
            }
        }
        let sum = dots.into_iter().fold(x, |a, b| _mm512_add_epi32(a, b));
        std::hint::black_box(_mm512_reduce_add_epi32(sum));
    }
    // SAFETY: `Kernel::all` lists this kernel only where `is_available`.
    unsafe { run(count) };
    64
}
