//! `cargo xtask data`: training samples as Parquet files that Hugging Face `datasets` reads too.
//!
//! ```text
//! sample    one training sample: picture, prompt, what should be answered
//! parquet   samples ⇄ files
//! card      what a folder of samples says about itself
//! folder    a new folder that is there whole or not at all
//! ```

pub mod card;
pub mod folder;
pub mod parquet;
pub mod sample;

use xtask::args::Args;
use xtask::failure::{Failure, Result};

const USAGE: &str = "cargo xtask data: no source is known yet";

/// Runs the task.
///
/// # Errors
/// Whatever stopped it, as one line.
pub fn run(mut args: Args) -> Result<()> {
    args.next(USAGE)?;
    Err(Failure::new(USAGE))
}
