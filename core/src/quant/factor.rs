//! An adapter's numbers, as wide as its file has them: 16 bits are half as much to keep and to read
//! for every token, and nothing is rounded.

use half::{bf16, f16};

use super::kernel::PAIR_ROWS;
use crate::simd::{prefetch, vectorised};

/// All numbers of one factor.
#[derive(Debug, Clone, PartialEq)]
pub enum Factor {
    /// 32 bits.
    F32(Vec<f32>),
    /// 16 bits, five of them the exponent.
    F16(Vec<f16>),
    /// 16 bits, eight of them the exponent.
    Bf16(Vec<bf16>),
}

/// Some of them.
#[derive(Debug, Clone, Copy)]
pub enum Numbers<'a> {
    /// See [`Factor::F32`].
    F32(&'a [f32]),
    /// See [`Factor::F16`].
    F16(&'a [f16]),
    /// See [`Factor::Bf16`].
    Bf16(&'a [bf16]),
}

/// The same for numbers of every width.
macro_rules! each {
    ($type:ident, $value:expr, $numbers:ident => $result:expr) => {
        match $value {
            $type::F32($numbers) => $result,
            $type::F16($numbers) => $result,
            $type::Bf16($numbers) => $result,
        }
    };
}

/// The same, and what comes of it is of that width again.
macro_rules! keep {
    ($type:ident, $value:expr, $numbers:ident => $result:expr) => {
        match $value {
            $type::F32($numbers) => $type::F32($result),
            $type::F16($numbers) => $type::F16($result),
            $type::Bf16($numbers) => $type::Bf16($result),
        }
    };
}

impl Factor {
    /// All numbers.
    pub fn numbers(&self) -> Numbers<'_> {
        match self {
            Self::F32(numbers) => Numbers::F32(numbers),
            Self::F16(numbers) => Numbers::F16(numbers),
            Self::Bf16(numbers) => Numbers::Bf16(numbers),
        }
    }

    /// Length in memory, in bytes.
    pub fn byte_len(&self) -> usize {
        each!(Self, self, numbers => size_of_val(numbers.as_slice()))
    }

    /// `[out, rank]` in the order of [`super::low_rank::LowRank::b`]; outputs that fill up the last
    /// block are zero.
    pub fn blocked(&self, rank: usize) -> Self {
        keep!(Self, self, numbers => blocked(numbers, rank))
    }

    /// The numbers in 32 bits.
    pub fn to_f32(&self) -> Vec<f32> {
        self.numbers().to_f32()
    }
}

impl<'a> Numbers<'a> {
    /// How many.
    pub fn len(self) -> usize {
        each!(Self, self, numbers => numbers.len())
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// `count` of them from `first` on.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn some(self, first: usize, count: usize) -> Self {
        keep!(Self, self, numbers => &numbers[first..][..count])
    }

    /// Rows of so many.
    pub fn rows(self, width: usize) -> impl Iterator<Item = Self> {
        (0..self.len() / width).map(move |row| self.some(row * width, width))
    }

    /// In 32 bits.
    pub fn to_f32(self) -> Vec<f32> {
        match self {
            Self::F32(numbers) => numbers.to_vec(),
            Self::F16(numbers) => numbers.iter().map(|number| number.to_f32()).collect(),
            Self::Bf16(numbers) => numbers.iter().map(|number| number.to_f32()).collect(),
        }
    }

    /// Asks for their memory: a short stretch.
    pub fn announce(self) {
        each!(Self, self, numbers => prefetch(numbers));
    }

    /// Σ self·x.
    pub fn dot(self, x: &[f32]) -> f32 {
        match self {
            Self::F32(numbers) => dot_f32(numbers, x),
            Self::F16(numbers) => dot_f16(numbers, x),
            Self::Bf16(numbers) => dot_bf16(numbers, x),
        }
    }

    /// `products += thin · B` for these blocks of B.
    pub fn add_widened(self, thin: &[f32], products: &mut [f32]) {
        match self {
            Self::F32(blocks) => add_f32(thin, blocks, products),
            Self::F16(blocks) => add_f16(thin, blocks, products),
            Self::Bf16(blocks) => add_bf16(thin, blocks, products),
        }
    }
}

fn blocked<T: Copy + Default>(b: &[T], rank: usize) -> Vec<T> {
    let outputs = b.len() / rank;
    let mut blocks = vec![T::default(); outputs.div_ceil(PAIR_ROWS) * rank * PAIR_ROWS];
    for (output, row) in b.chunks_exact(rank).enumerate() {
        let block = &mut blocks[output / PAIR_ROWS * rank * PAIR_ROWS..];
        for (k, value) in row.iter().enumerate() {
            block[k * PAIR_ROWS + output % PAIR_ROWS] = *value;
        }
    }
    blocks
}

/// A finite half in 32 bits, in steps that compilers do for a whole register at once: the exponent
/// moves to its place, and 2¹¹² takes it from one bias to the other.
#[inline(always)]
fn wide_f16(half: f16) -> f32 {
    let bits = u32::from(half.to_bits());
    let size = f32::from_bits((bits & 0x7fff) << 13) * f32::from_bits((112 + 127) << 23);
    f32::from_bits(size.to_bits() | (bits & 0x8000) << 16)
}

#[inline(always)]
fn wide_bf16(number: bf16) -> f32 {
    f32::from_bits(u32::from(number.to_bits()) << 16)
}

/// Both loops for numbers of one width.
macro_rules! loops {
    ($dot:ident, $add:ident, $number:ty, $wide:path) => {
        vectorised! {
            /// Σ a·b in 64 partial sums: four registers of sixteen, so that additions overlap.
            fn $dot(a: &[$number], b: &[f32]) -> f32 {
                let mut lanes = [0f32; 64];
                let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<64>(), b.as_chunks::<64>());
                for (a, b) in a.iter().zip(b) {
                    for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
                        *lane += $wide(*a) * b;
                    }
                }
                let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| $wide(*a) * b).sum();
                lanes.iter().sum::<f32>() + rest
            }

            /// `products += thin · B` for blocks of B as in `LowRank::b`.
            fn $add(thin: &[f32], blocks: &[$number], products: &mut [f32]) {
                let blocks = blocks.chunks_exact(thin.len() * PAIR_ROWS);
                for (products, block) in products.chunks_mut(PAIR_ROWS).zip(blocks) {
                    for (value, row) in thin.iter().zip(block.as_chunks::<PAIR_ROWS>().0) {
                        products.iter_mut().zip(row).for_each(|(p, b)| *p += value * $wide(*b));
                    }
                }
            }
        }
    };
}

loops!(dot_f32, add_f32, f32, std::convert::identity);
loops!(dot_f16, add_f16, f16, wide_f16);
loops!(dot_bf16, add_bf16, bf16, wide_bf16);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_number_is_widened_to_itself() {
        for bits in 0..=u16::MAX {
            let (half, brain) = (f16::from_bits(bits), bf16::from_bits(bits));
            if half.is_finite() {
                assert_eq!(wide_f16(half).to_bits(), half.to_f32().to_bits(), "{bits:#x}");
            }
            if brain.is_finite() {
                assert_eq!(wide_bf16(brain).to_bits(), brain.to_f32().to_bits(), "{bits:#x}");
            }
        }
    }

    #[test]
    fn both_loops_give_the_same_bits_at_every_width() {
        let (rank, outputs, cols) = (3, 64, 150);
        // Numbers that all three widths have.
        let wave = |len: usize| (0..len).map(|i| (i * 37 % 101) as f32 * 0.25 - 12.0);
        let x: Vec<f32> = (0..cols).map(|i| (i as f32 * 0.11).sin()).collect();
        let factors = |len: usize| {
            [
                Factor::F32(wave(len).collect()),
                Factor::F16(wave(len).map(f16::from_f32).collect()),
                Factor::Bf16(wave(len).map(bf16::from_f32).collect()),
            ]
        };
        let dots = factors(cols).map(|a| a.numbers().dot(&x));
        assert!(dots[0] != 0.0 && dots.iter().all(|dot| *dot == dots[0]), "{dots:?}");
        let sums = factors(outputs * rank).map(|b| {
            let mut products = vec![1.0; outputs];
            b.blocked(rank).numbers().add_widened(&x[..rank], &mut products);
            products
        });
        assert!(sums[0][40] != 1.0 && sums.iter().all(|sum| *sum == sums[0]), "{sums:?}");
        assert_eq!(factors(6).map(|a| a.byte_len()), [24, 12, 12]);
    }
}
