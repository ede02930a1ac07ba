//! The packed layout of 4- and 8-bit weights, the same bytes for every processor.
//!
//! Rows are taken in tiles of [`TILE_ROWS`], columns in blocks of [`BLOCK_COLS`]; both are padded
//! with zeros. A tile holds its blocks one after the other, a block is sixteen little-endian f16
//! scales (one a row) and then the quants:
//!
//! * **q8**: 8 groups of 4 columns; a group is 16 rows × 4 bytes, byte = quant + 128.
//! * **q4**: 4 pairs of such groups; the low nibble belongs to the pair's first group, the high
//!   nibble to its second; nibble = quant + 8.
//!
//! 64 bytes — 16 rows × 4 columns — are one AVX-512 VNNI operand, two of AVX2, four of NEON's
//! `sdot`. Quants are stored unsigned because `vpdpbusd` wants one unsigned operand; the zero
//! point then costs one sum of activations per block, the same for all sixteen rows.

use half::f16;

/// Rows in a tile.
pub const TILE_ROWS: usize = 16;
/// Columns in a block: the stretch that shares one scale per row.
pub const BLOCK_COLS: usize = 32;
/// Columns in a group: what one 32-bit lane of a dot-product instruction covers.
pub const GROUP_COLS: usize = 4;
/// Bytes of a block's scales.
pub const SCALE_BYTES: usize = TILE_ROWS * 2;
/// Bytes of one group of a whole tile: 16 rows × 4 columns, a byte each.
pub const GROUP_BYTES: usize = TILE_ROWS * GROUP_COLS;
/// Groups in a block.
pub const GROUPS: usize = BLOCK_COLS / GROUP_COLS;

/// How many bits a packed weight has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PackedKind {
    /// 8 bits and a sixteenth part of a block scale: 8.5 bits a weight.
    Q8,
    /// 4 bits likewise: 4.5 bits a weight.
    Q4,
}

impl PackedKind {
    /// Bytes of one block of a tile: scales and quants.
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::Q8 => SCALE_BYTES + GROUPS * GROUP_BYTES,
            Self::Q4 => SCALE_BYTES + GROUPS / 2 * GROUP_BYTES,
        }
    }

    /// What is added to a quant to store it unsigned.
    pub const fn zero_point(self) -> i32 {
        match self {
            Self::Q8 => 128,
            Self::Q4 => 8,
        }
    }

    /// Bytes of one tile of a matrix with `cols` columns.
    pub const fn tile_bytes(self, cols: usize) -> usize {
        cols.div_ceil(BLOCK_COLS) * self.block_bytes()
    }
}

/// Bytes of a packed `[rows, cols]` matrix, padding included.
pub const fn packed_len(kind: PackedKind, rows: usize, cols: usize) -> usize {
    rows.div_ceil(TILE_ROWS) * kind.tile_bytes(cols)
}

/// Packs a row-major `[rows, cols]` matrix. Rows beyond `rows` and columns beyond `cols` are zero.
///
/// A caller that streams a large matrix packs chunks whose row count is a multiple of
/// [`TILE_ROWS`] and concatenates the results.
///
/// # Panics
/// If `values` does not hold `rows × cols` numbers.
pub fn pack_rows(kind: PackedKind, rows: usize, cols: usize, values: &[f32]) -> Vec<u8> {
    assert_eq!(values.len(), rows * cols, "a matrix of {rows}×{cols}");
    let mut bytes = vec![0; packed_len(kind, rows, cols)];
    let blocks = cols.div_ceil(BLOCK_COLS);
    for (index, block) in bytes.chunks_exact_mut(kind.block_bytes()).enumerate() {
        let (tile, column) = (index / blocks, index % blocks * BLOCK_COLS);
        for row in 0..TILE_ROWS {
            let mut weights = [0f32; BLOCK_COLS];
            let source = tile * TILE_ROWS + row;
            if source < rows {
                let end = cols.min(column + BLOCK_COLS);
                let slice = &values[source * cols + column..source * cols + end];
                weights[..slice.len()].copy_from_slice(slice);
            }
            let (scale, quants) = match kind {
                PackedKind::Q8 => quantise_q8(&weights),
                PackedKind::Q4 => quantise_q4(&weights),
            };
            store_row(kind, block, row, scale, &quants);
        }
    }
    bytes
}

/// Writes one row of one block.
fn store_row(kind: PackedKind, block: &mut [u8], row: usize, scale: f16, quants: &[i32; 32]) {
    block[row * 2..row * 2 + 2].copy_from_slice(&scale.to_le_bytes());
    let body = &mut block[SCALE_BYTES..];
    for (column, &quant) in quants.iter().enumerate() {
        let (group, lane) = (column / GROUP_COLS, column % GROUP_COLS);
        let at = row * GROUP_COLS + lane;
        let stored = (quant + kind.zero_point()) as u8;
        match kind {
            PackedKind::Q8 => body[group * GROUP_BYTES + at] = stored,
            PackedKind::Q4 => {
                body[group / 2 * GROUP_BYTES + at] |= stored << (4 * (group % 2));
            }
        }
    }
}

/// Reads row `row` (0..16) of one block into 32 floats: `quant × scale`.
pub fn unpack_block_row(kind: PackedKind, block: &[u8], row: usize, out: &mut [f32; BLOCK_COLS]) {
    let scale = f16::from_le_bytes([block[row * 2], block[row * 2 + 1]]).to_f32();
    let body = &block[SCALE_BYTES..];
    for (column, value) in out.iter_mut().enumerate() {
        let (group, lane) = (column / GROUP_COLS, column % GROUP_COLS);
        let at = row * GROUP_COLS + lane;
        let stored = match kind {
            PackedKind::Q8 => body[group * GROUP_BYTES + at],
            PackedKind::Q4 => body[group / 2 * GROUP_BYTES + at] >> (4 * (group % 2)) & 15,
        };
        *value = (i32::from(stored) - kind.zero_point()) as f32 * scale;
    }
}

/// Symmetric 8 bits: the largest magnitude becomes ±127.
fn quantise_q8(weights: &[f32; BLOCK_COLS]) -> (f16, [i32; BLOCK_COLS]) {
    let largest = weights.iter().fold(0f32, |m, w| m.max(w.abs()));
    let scale = storable(largest / 127.0);
    (scale, round_to(weights, scale, -127, 127))
}

/// 4 bits, -8..=7. Of the scales around "largest magnitude becomes -8" the one with the least
/// squared error is kept: a smaller one cuts the extreme off, and all others lie closer.
fn quantise_q4(weights: &[f32; BLOCK_COLS]) -> (f16, [i32; BLOCK_COLS]) {
    let extreme = weights.iter().fold(0f32, |m, &w| if w.abs() > m.abs() { w } else { m });
    let mut best = (f16::ZERO, [0; BLOCK_COLS]);
    let mut least = f32::INFINITY;
    for step in 0..18 {
        // A signed scale lets the extreme weight land on -8, the range's larger end.
        let scale = storable(extreme / -(6.5 + 0.125 * step as f32));
        let quants = round_to(weights, scale, -8, 7);
        let error = squared_error(weights, scale, &quants);
        if error < least {
            least = error;
            best = (scale, quants);
        }
    }
    best
}

/// The nearest f16 that is finite: a scale out of range would poison the whole row.
fn storable(scale: f32) -> f16 {
    f16::from_f32(scale.clamp(-65504.0, 65504.0))
}

fn round_to(weights: &[f32; BLOCK_COLS], scale: f16, low: i32, high: i32) -> [i32; BLOCK_COLS] {
    let scale = scale.to_f32();
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    weights.map(|w| ((w * inverse).round() as i32).clamp(low, high))
}

fn squared_error(weights: &[f32; BLOCK_COLS], scale: f16, quants: &[i32; BLOCK_COLS]) -> f32 {
    let scale = scale.to_f32();
    let term = |(&w, &q): (&f32, &i32)| (w - q as f32 * scale).powi(2);
    weights.iter().zip(quants).map(term).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unpack(kind: PackedKind, rows: usize, cols: usize, bytes: &[u8]) -> Vec<f32> {
        let blocks = cols.div_ceil(BLOCK_COLS);
        let mut out = vec![0.0; rows * cols];
        for row in 0..rows {
            for block in 0..blocks {
                let at = (row / TILE_ROWS * blocks + block) * kind.block_bytes();
                let mut values = [0.0; BLOCK_COLS];
                unpack_block_row(
                    kind,
                    &bytes[at..at + kind.block_bytes()],
                    row % TILE_ROWS,
                    &mut values,
                );
                let column = block * BLOCK_COLS;
                let width = (cols - column).min(BLOCK_COLS);
                out[row * cols + column..][..width].copy_from_slice(&values[..width]);
            }
        }
        out
    }

    #[test]
    fn sizes_are_as_the_format_says() {
        assert_eq!(PackedKind::Q8.block_bytes(), 544);
        assert_eq!(PackedKind::Q4.block_bytes(), 288);
        assert_eq!(packed_len(PackedKind::Q4, 17, 33), 2 * 2 * 288);
    }

    /// What llama.cpp's Q4_0 makes of a block: the extreme weight becomes −8, no scale is searched
    /// (ggml's documented format: `d = max / −8`, quants rounded and clamped to 4 bits).
    fn plain_4_bits(weights: &[f32; BLOCK_COLS]) -> [f32; BLOCK_COLS] {
        let extreme = weights.iter().fold(0f32, |m, &w| if w.abs() > m.abs() { w } else { m });
        let scale = f16::from_f32(extreme / -8.0).to_f32();
        let inverse = if extreme == 0.0 { 0.0 } else { -8.0 / extreme };
        weights.map(|w| ((w * inverse + 8.5) as i32).clamp(0, 15).wrapping_sub(8) as f32 * scale)
    }

    #[test]
    fn searched_scales_lose_less_than_plain_ones() {
        // Gaussian weights, as trained ones nearly are, from pairs of uniform ones (Box and Muller).
        let mut state = 7u64;
        let mut uniform = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f32 / (1u64 << 53) as f32 + 1e-9
        };
        let (rows, cols) = (64, 512);
        let values: Vec<f32> = (0..rows * cols)
            .map(|_| (-2.0 * uniform().ln()).sqrt() * (std::f32::consts::TAU * uniform()).cos())
            .collect();
        let ours =
            unpack(PackedKind::Q4, rows, cols, &pack_rows(PackedKind::Q4, rows, cols, &values));
        let plain = values.as_chunks::<BLOCK_COLS>().0.iter().flat_map(plain_4_bits);
        let error = |found: &mut dyn Iterator<Item = f32>| {
            let squares: f32 = found.zip(&values).map(|(a, b)| (a - b).powi(2)).sum();
            (squares / values.iter().map(|v| v * v).sum::<f32>()).sqrt()
        };
        let (ours, plain) = (error(&mut ours.into_iter()), error(&mut plain.into_iter()));
        println!("relative RMS error: {ours:.4}, with plain scales {plain:.4}");
        assert!(ours < 0.95 * plain, "{ours} beside {plain}");
    }

    proptest! {
        #[test]
        fn packing_loses_at_most_half_a_step(rows in 1usize..40, cols in 1usize..80, seed in any::<u64>()) {
            let mut state = seed | 1;
            let values: Vec<f32> = (0..rows * cols).map(|_| {
                state ^= state << 13; state ^= state >> 7; state ^= state << 17;
                (state as i32 as f32) / i32::MAX as f32
            }).collect();
            for (kind, step) in [(PackedKind::Q8, 1.0 / 127.0), (PackedKind::Q4, 1.0 / 6.5)] {
                let back = unpack(kind, rows, cols, &pack_rows(kind, rows, cols, &values));
                for (a, b) in values.iter().zip(&back) {
                    // Clipping at the short end of -8..=7 may cost a whole step.
                    let bound = if kind == PackedKind::Q8 { 0.51 } else { 1.51 };
                    prop_assert!((a - b).abs() <= bound * step, "{a} came back as {b}");
                }
            }
        }
    }
}
