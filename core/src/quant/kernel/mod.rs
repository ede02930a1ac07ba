//! Pair products: two tiles — 32 rows — of packed weights times a panel of activations.
//!
//! A kernel multiplies integers exactly and scales once per block, so every kernel gives the
//! reference's integers bit for bit. [`Kernel::detect`] picks the fastest one the processor runs;
//! a new one is added there and to [`Kernel::all`], which the tests walk.

#[cfg(target_arch = "x86_64")]
mod avx2;
pub mod float;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(target_arch = "x86_64")]
mod vnni;

use std::sync::OnceLock;

use super::activations::{PANEL, Panel};
use super::pack::{PackedKind, TILE_ROWS};

/// Matrix rows in a pair of tiles: as many as an activation block has columns, so that a pair's
/// products are one block of the next layer's input.
pub const PAIR_ROWS: usize = 2 * TILE_ROWS;

/// Products of a pair of tiles with each row of a panel.
pub type PairOut = [[f32; PAIR_ROWS]; PANEL];

/// `(kind, tiles, panel, out)`: `out[i][r] += Σ_c w[r][c] · x[i][c]` for the panel's rows.
type OfOne = fn(PackedKind, [&[u8]; 2], &Panel<'_>, &mut PairOut);
/// The same for several panels.
type OfSeveral = fn(PackedKind, [&[u8]; 2], &[Panel<'_>], &mut [PairOut]);

/// How many panels a kernel takes at once.
#[derive(Clone, Copy)]
enum Product {
    One(OfOne),
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "only VNNI gains by it"))]
    Several(OfSeveral),
}

/// One implementation of the pair product.
#[derive(Clone, Copy)]
pub struct Kernel {
    /// What benchmarks and `--timings` call it.
    pub name: &'static str,
    product: Product,
    multiply_only: fn(u64) -> u64,
}

impl Kernel {
    /// The reference that every other kernel is held to.
    pub const PORTABLE: Self = Self {
        name: "portable",
        product: Product::One(portable::pair_product),
        multiply_only: portable::multiply_only,
    };

    /// All kernels that this processor can run, the reference first, the fastest last.
    pub fn all() -> Vec<Self> {
        let mut kernels = vec![Self::PORTABLE];
        let mut offer = |available: bool, name, product, multiply_only| {
            if available {
                kernels.push(Self { name, product, multiply_only });
            }
        };
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = Product::One(avx2::pair_product);
            let vnni = Product::Several(vnni::pair_products);
            offer(avx2::is_available(), "avx2", avx2, avx2::multiply_only);
            offer(vnni::is_available(), "avx512-vnni", vnni, vnni::multiply_only);
        }
        #[cfg(target_arch = "aarch64")]
        {
            let [dot, matrix] =
                [neon::dot_pair_product, neon::matrix_pair_product].map(Product::One);
            offer(neon::has_dot(), "neon-dotprod", dot, neon::dot_only);
            offer(neon::has_matrix(), "neon-i8mm", matrix, neon::matrix_only);
        }
        kernels
    }

    /// The fastest kernel of this processor, found once.
    pub fn detect() -> Self {
        static FASTEST: OnceLock<Kernel> = OnceLock::new();
        *FASTEST.get_or_init(|| *Self::all().last().expect("the reference is always there"))
    }

    /// Runs the kernel's multiply instruction about `count` times on registers alone, and returns
    /// how many multiply-adds one of them is: the machine's limit, for who measures.
    pub fn multiply_only(self, count: u64) -> u64 {
        (self.multiply_only)(count)
    }

    /// Adds the products of two tiles with some panels; a matrix that ends in a single tile gives
    /// it twice.
    ///
    /// # Panics
    /// If the lengths of tiles and panels do not belong together.
    pub fn pair_products(
        self,
        kind: PackedKind,
        tiles: [&[u8]; 2],
        panels: &[Panel<'_>],
        out: &mut [PairOut],
    ) {
        assert_eq!(panels.len(), out.len());
        for panel in panels {
            let (blocks, width) = (panel.blocks(), panel.width);
            let fits = |tile: &[u8]| tile.len() == blocks * kind.block_bytes();
            assert!(tiles.into_iter().all(fits), "tiles and activations differ in width");
            assert!(width == PANEL || (width == 1 && panels.len() == 1), "a panel of {width} rows");
            assert_eq!(panel.values.len(), blocks * width * super::pack::BLOCK_COLS);
            assert_eq!(panel.offsets.len(), blocks * width);
        }
        match self.product {
            Product::Several(product) => product(kind, tiles, panels, out),
            Product::One(product) => {
                panels.iter().zip(out).for_each(|(panel, out)| product(kind, tiles, panel, out));
            }
        }
    }

    /// [`Self::pair_products`] with one panel.
    pub fn pair_product(
        self,
        kind: PackedKind,
        tiles: [&[u8]; 2],
        panel: &Panel<'_>,
        out: &mut PairOut,
    ) {
        self.pair_products(kind, tiles, std::slice::from_ref(panel), std::slice::from_mut(out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quant::activations::{Activations, Quants};
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

    /// `[tokens][32]` products of noise by every kernel of this processor.
    fn products(kind: PackedKind, cols: usize, tokens: usize, seed: u64) -> Vec<(Kernel, PairOut)> {
        let tiles = pack_rows(kind, PAIR_ROWS, cols, &noise(seed, PAIR_ROWS * cols));
        let (first, second) = tiles.split_at(tiles.len() / 2);
        let floats = noise(!seed, tokens * cols);
        let mut memory = Quants::default();
        let quants = Activations::quantised(&floats, cols, &mut memory).quants();
        let all = Kernel::all().into_iter();
        all.map(|kernel| {
            let mut out = PairOut::default();
            kernel.pair_product(kind, [first, second], &quants.panel(0), &mut out);
            (kernel, out)
        })
        .collect()
    }

    proptest! {
        #[test]
        fn every_kernel_agrees_with_the_reference(
            cols in 1usize..200, tokens in 1usize..=PANEL, q4 in any::<bool>(), seed in any::<u64>()
        ) {
            let kind = if q4 { PackedKind::Q4 } else { PackedKind::Q8 };
            let products = products(kind, cols, tokens, seed);
            let (_, wanted) = products[0];
            for (kernel, found) in &products {
                for (a, b) in found.iter().zip(wanted).take(tokens).flat_map(|(a, b)| a.iter().zip(b)) {
                    // The integers are equal; only the rounding of at most seven sums differs.
                    prop_assert!((a - b).abs() <= 1e-4, "{}: {a} for {b}", kernel.name);
                }
            }
        }

        #[test]
        fn integers_are_equal_bit_for_bit(tokens in 1usize..=PANEL, q4 in any::<bool>(), seed in any::<u64>()) {
            // One block has one scale and no sum of floats: whatever differs is an integer.
            let kind = if q4 { PackedKind::Q4 } else { PackedKind::Q8 };
            let products = products(kind, 32, tokens, seed);
            for (kernel, found) in &products {
                prop_assert_eq!(&found[..tokens], &products[0].1[..tokens], "{}", kernel.name);
            }
        }
    }

    #[test]
    fn stretches_of_columns_add_up_to_the_whole() {
        let (cols, middle) = (7 * 32, 3);
        for kind in [PackedKind::Q4, PackedKind::Q8] {
            let tiles = pack_rows(kind, PAIR_ROWS, cols, &noise(5, PAIR_ROWS * cols));
            let (first, second) = tiles.split_at(tiles.len() / 2);
            for tokens in [1, PANEL] {
                let (floats, mut memory) = (noise(6, tokens * cols), Quants::default());
                let quants = Activations::quantised(&floats, cols, &mut memory).quants();
                let panel = quants.panel(0);
                for kernel in Kernel::all() {
                    let [mut whole, mut parts] = [PairOut::default(); 2];
                    kernel.pair_product(kind, [first, second], &panel, &mut whole);
                    for blocks in [0..middle, middle..panel.blocks()] {
                        let bytes =
                            blocks.start * kind.block_bytes()..blocks.end * kind.block_bytes();
                        let tiles = [first, second].map(|tile| &tile[bytes.clone()]);
                        kernel.pair_product(kind, tiles, &panel.part(blocks), &mut parts);
                    }
                    assert!(whole[0][0] != 0.0 && whole == parts, "{} {tokens}", kernel.name);
                }
            }
        }
    }

    /// In an emulator of another processor: the kernels that must be among those tested.
    #[test]
    fn the_kernels_expected_are_there() {
        let names: Vec<_> = Kernel::all().iter().map(|kernel| kernel.name).collect();
        for name in std::env::var("KERBSIDE_KERNELS").unwrap_or_default().split_terminator(',') {
            assert!(names.contains(&name), "{name} is not among {names:?}");
        }
        assert!(Kernel::all().iter().all(|kernel| kernel.multiply_only(100) > 0));
    }

    #[test]
    fn the_extremes_do_not_overflow() {
        for kind in [PackedKind::Q4, PackedKind::Q8] {
            for (weight, x) in [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)] {
                let tiles = pack_rows(kind, PAIR_ROWS, 64, &[weight; PAIR_ROWS * 64]);
                let (first, second) = tiles.split_at(tiles.len() / 2);
                let mut memory = Quants::default();
                let floats = [x; PANEL * 64];
                let quants = Activations::quantised(&floats, 64, &mut memory).quants();
                for kernel in Kernel::all() {
                    let mut out = [[0.0; PAIR_ROWS]; PANEL];
                    kernel.pair_product(kind, [first, second], &quants.panel(0), &mut out);
                    let right = |v: &f32| (v - 64.0 * weight * x).abs() < 0.1;
                    assert!(out.iter().flatten().all(right), "{}: {out:?}", kernel.name);
                }
            }
        }
    }

    #[test]
    fn the_reference_multiplies_matrices() {
        let (cols, weights, x) = (70, noise(3, PAIR_ROWS * 70), noise(4, 70));
        let mut memory = Quants::default();
        let quants = Activations::quantised(&x, cols, &mut memory).quants();
        let tiles = pack_rows(PackedKind::Q8, PAIR_ROWS, cols, &weights);
        let (first, second) = tiles.split_at(tiles.len() / 2);
        let mut out = [[0.0; PAIR_ROWS]; PANEL];
        Kernel::PORTABLE.pair_product(PackedKind::Q8, [first, second], &quants.panel(0), &mut out);
        for row in 0..PAIR_ROWS {
            let exact: f32 = (0..cols).map(|c| weights[row * cols + c] * x[c]).sum();
            assert!((out[0][row] - exact).abs() < 0.06, "{} for {exact}", out[0][row]);
        }
    }
}
