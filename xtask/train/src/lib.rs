//! From labelled photos and rule packs to training samples, and from those to LoRA adapters.
//!
//! ```text
//! data    photos and rule packs → samples, in Parquet files
//! train   samples → a LoRA adapter
//! peer    candle's quantised products, for `cargo xtask bench` to be compared with
//! ```
//!
//! A crate of its own, so that `cargo xtask sort` needs neither candle nor Parquet.

pub mod data;
mod peer;
pub mod train;

use xtask::args::Args;
use xtask::failure::{Failure, Result};

const USAGE: &str = "\
cargo xtask data   make training samples
cargo xtask train  train an adapter on them
Each explains itself with --help.";

/// Runs a task by its name.
///
/// # Errors
/// Whatever stopped it, as one line.
pub fn run(task: &str, args: Args) -> Result<()> {
    match task {
        "data" => data::run(args),
        "train" => train::run(args),
        "peer" => peer::run(),
        _ => Err(Failure::new(USAGE)),
    }
}
