//! Tile products: sixteen rows of packed weights times a few rows of activations.
//!
//! A kernel multiplies integers exactly and scales once per block, so every kernel gives the
//! reference's integers bit for bit. [`Kernel::detect`] picks the fastest one the processor runs;
//! a new one is added there and to [`Kernel::all`], which the tests walk.

pub mod float;
mod portable;
#[cfg(target_arch = "x86_64")]
mod vnni;

use std::ops::Range;
use std::sync::OnceLock;

use super::activations::Activations;
use super::pack::{PackedKind, TILE_ROWS};

/// Activation rows that one kernel call takes at most: what fits the registers of AVX-512.
pub const MAX_TOKENS: usize = 8;

/// Products of one tile with one activation row.
pub type TileOut = [f32; TILE_ROWS];

/// `(kind, tile bytes, activations, their rows, out)`: `out[i][r] = Σ_c w[r][c] · x[rows.start + i][c]`.
type TileProduct = fn(PackedKind, &[u8], &Activations<'_>, Range<usize>, &mut [TileOut]);

/// One implementation of the tile product.
#[derive(Clone, Copy)]
pub struct Kernel {
    /// What benchmarks and `--timings` call it.
    pub name: &'static str,
    product: TileProduct,
}

impl Kernel {
    /// The reference that every other kernel is held to.
    pub const PORTABLE: Self = Self { name: "portable", product: portable::tile_product };

    /// All kernels that this processor can run, the reference first, the fastest last.
    pub fn all() -> Vec<Self> {
        #[allow(unused_mut, reason = "other processors have only the reference so far")]
        let mut kernels = vec![Self::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        if vnni::is_available() {
            kernels.push(Self { name: "avx512-vnni", product: vnni::tile_product });
        }
        kernels
    }

    /// The fastest kernel of this processor, found once.
    pub fn detect() -> Self {
        static FASTEST: OnceLock<Kernel> = OnceLock::new();
        *FASTEST.get_or_init(|| *Self::all().last().expect("the reference is always there"))
    }

    /// Multiplies one tile with activation rows `rows` (at most [`MAX_TOKENS`]).
    ///
    /// # Panics
    /// If the tile's length, the rows or `out` do not belong together.
    pub fn tile_product(
        self,
        kind: PackedKind,
        tile: &[u8],
        acts: &Activations<'_>,
        rows: Range<usize>,
        out: &mut [TileOut],
    ) {
        assert_eq!(
            tile.len(),
            acts.blocks() * kind.block_bytes(),
            "tile and activations differ in width"
        );
        assert!(rows.len() <= MAX_TOKENS && rows.end <= acts.rows && out.len() == rows.len());
        (self.product)(kind, tile, acts, rows, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quant::pack::pack_rows;
    use proptest::prelude::*;

    fn noise(seed: u64, len: usize) -> Vec<f32> {
        let mut state = seed | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as i32 as f32 / i32::MAX as f32
        };
        (0..len).map(|_| next()).collect()
    }

    proptest! {
        #[test]
        fn every_kernel_agrees_with_the_reference(
            cols in 1usize..200, tokens in 1usize..=MAX_TOKENS, q4 in any::<bool>(), seed in any::<u64>()
        ) {
            let kind = if q4 { PackedKind::Q4 } else { PackedKind::Q8 };
            let tile = pack_rows(kind, 16, cols, &noise(seed, 16 * cols));
            let floats = noise(!seed, tokens * cols);
            let acts = Activations::new(&floats, cols, true);
            let mut wanted = [[0.0; 16]; MAX_TOKENS];
            Kernel::PORTABLE.tile_product(kind, &tile, &acts, 0..tokens, &mut wanted[..tokens]);
            for kernel in Kernel::all() {
                let mut found = [[0.0; 16]; MAX_TOKENS];
                kernel.tile_product(kind, &tile, &acts, 0..tokens, &mut found[..tokens]);
                for (a, b) in found.iter().flatten().zip(wanted.iter().flatten()) {
                    // The integers are equal; only the order of at most seven float sums differs.
                    prop_assert!((a - b).abs() <= 1e-4, "{}: {a} for {b}", kernel.name);
                }
            }
        }
    }

    #[test]
    fn the_reference_multiplies_matrices() {
        let (cols, weights, x) = (70, noise(3, 16 * 70), noise(4, 70));
        let acts = Activations::new(&x, cols, true);
        let tile = pack_rows(PackedKind::Q8, 16, cols, &weights);
        let mut out = [[0.0; 16]; 1];
        Kernel::PORTABLE.tile_product(PackedKind::Q8, &tile, &acts, 0..1, &mut out);
        for row in 0..16 {
            let exact: f32 = (0..cols).map(|c| weights[row * cols + c] * x[c]).sum();
            assert!((out[0][row] - exact).abs() < 0.06, "{} for {exact}", out[0][row]);
        }
    }
}
