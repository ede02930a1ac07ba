//! `cargo xtask train`: samples → a LoRA adapter.

use xtask::args::Args;
use xtask::failure::{Failure, Result};

/// Runs the task.
///
/// # Errors
/// Always: the trainer is not here yet.
pub fn run(_args: Args) -> Result<()> {
    Err(Failure::new("cargo xtask train is not here yet"))
}
