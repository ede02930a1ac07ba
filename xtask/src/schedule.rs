//! `cargo xtask schedule`: when what is collected.

use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::{schedule_import, schedule_plan};

/// Runs the task its first argument names.
///
/// # Errors
/// The usage, or what the task says.
pub fn run(mut args: Args) -> Result<()> {
    let usage = format!("{}\n{}", schedule_plan::USAGE, schedule_import::USAGE);
    match args.next(&usage)?.as_deref() {
        Some("import") => schedule_import::run(args),
        Some("--community") => schedule_plan::run(args),
        _ => Err(Failure::new(usage)),
    }
}
