//! `cargo xtask data`: training samples as Parquet files that Hugging Face `datasets` reads too.
//!
//! ```text
//! photos    labelled photos → samples of the task `segment`
//! compose   things cut out of photos, laid on other grounds → more of them
//! sheet     samples as a picture to look at
//!
//! sample    one training sample: picture, prompt, what should be answered
//! parquet   samples ⇄ files
//! card      what a folder of samples says about itself
//! folder    a new folder that is there whole or not at all
//! dispose   made-up scenes of the rule packs, for the adapters `dispose` and `highlight`
//! ```
//!
//! What both ways to `segment` share: `sets` (which photos are held out), `parts` (whole things),
//! `outline`, `view` and `seen` (geometry), `colour` (light), `answer` (tokens), `codec`, `chance`,
//! `produce` (jobs on all cores) and `numbers`.

mod answer;
pub mod card;
mod chance;
mod codec;
mod colour;
mod compose;
pub mod dispose;
pub mod folder;
mod numbers;
mod outline;
pub mod parquet;
mod parts;
mod photos;
mod produce;
pub mod sample;
mod seen;
mod sets;
mod sheet;
mod view;

use xtask::args::Args;
use xtask::failure::{Failure, Result};

use self::photos::Layout;

const USAGE: &str = "\
cargo xtask data taco     photos in TACO's layout → samples of the task segment
cargo xtask data yolo     the same of photos in YOLO's layout
cargo xtask data compose  things cut out of photos, laid on other grounds
cargo xtask data dispose  made-up scenes of the rule packs, for dispose and highlight
Each explains itself with --help.";

/// Runs the task.
///
/// # Errors
/// Whatever stopped it, as one line.
pub fn run(mut args: Args) -> Result<()> {
    match args.next(USAGE)?.unwrap_or_default().as_str() {
        "taco" => photos::run(Layout::Taco, args),
        "yolo" => photos::run(Layout::Yolo, args),
        "compose" => compose::run(args),
        "dispose" => dispose::run(args),
        _ => Err(Failure::new(USAGE)),
    }
}
