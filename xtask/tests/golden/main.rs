//! The engine against transformers, peft and torch: `core/tests/golden` says what they computed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::single_range_in_vec_init, reason = "logits are asked for by ranges of rows")]

mod adapters;
mod paligemma;
mod tiny;
