//! Training against peft and torch: `core/tests/golden/training` says what they computed; and runs
//! from the command line's options to the adapter's folder.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod golden;
mod in_peft;
mod runs;
mod tiny;
