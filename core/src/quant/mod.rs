//! Packed weights, used where they lie, and the kernels that multiply with them.
//!
//! ```text
//! pack         the on-disk layout: 16-row tiles of 4- or 8-bit blocks
//! matrix       a weight matrix inside the memory map (f32, f16, q8, q4)
//! activations  the other operand: panels of four rows of int8, one scale a row and block
//! kernel       products of two tiles with a panel; the processor's best is picked at run time
//! pair         two tiles with all panels, a stretch of columns after the other
//! linear       y = x·Wᵀ + b over whole matrices, on several threads
//! geglu        gelu(x·Gᵀ) · (x·Uᵀ), quantised where it is made
//! factor       an adapter's numbers, as wide as its file has them
//! low_rank     y += scale·(x·Aᵀ)·Bᵀ, an adapter's share
//! embedding    rows on demand, and the tied head over chosen rows
//! ```
//!
//! Invariant: nothing here copies a weight matrix to the heap, in whole or repacked. The largest
//! private buffer is one tile's or one row's worth of floats per thread.

pub mod activations;
pub mod embedding;
pub mod factor;
pub mod geglu;
pub mod kernel;
pub mod linear;
pub mod low_rank;
pub mod matrix;
pub mod pack;
pub mod pair;

pub use activations::{Activations, PANEL, Quants};
pub use embedding::Embedding;
pub use linear::Linear;
pub use matrix::{Matrix, MatrixError, WeightKind};
pub use pack::PackedKind;
