//! `cargo xtask schedule`: when what is collected.

use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::schedule_import;

const USAGE: &str = schedule_import::USAGE;

/// Runs the task its first argument names.
///
/// # Errors
/// The usage, or what the task says.
pub fn run(mut args: Args) -> Result<()> {
    match args.next(USAGE)?.as_deref() {
        Some("import") => schedule_import::run(args),
        _ => Err(Failure::new(USAGE)),
    }
}
