//! Numbers of the command line that must lie in a range.

use std::ops::RangeInclusive;

use xtask::args::Args;
use xtask::failure::{Failure, Result};

/// The share, `0..=1`, that follows `option`.
///
/// # Errors
/// If there is none.
pub fn share(args: &mut Args, option: &str) -> Result<f64> {
    let text = args.text(option)?;
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| Failure::new(format!("{option} wants a share from 0 to 1, not {text:?}")))
}

/// The whole number in `range` that follows `option`.
///
/// # Errors
/// If there is none.
pub fn count(args: &mut Args, option: &str, range: RangeInclusive<usize>) -> Result<usize> {
    let number = args.number(option)?;
    if range.contains(&number) {
        return Ok(number);
    }
    let (least, most) = range.into_inner();
    Err(Failure::new(format!("{option} wants a number from {least} to {most}, not {number}")))
}
