//! `cargo xtask calibrate`: measured numbers into a pack that is already made.

use std::fs;
use std::path::PathBuf;

use kerbside_core::pack::manifest::{MANIFEST, Manifest};

use crate::args::Args;
use crate::convert::read_calibration;
use crate::failure::{Failure, Result};

const USAGE: &str = "\
cargo xtask calibrate PACK FILE   put what `evaluate segment --calibrate FILE` wrote into the pack";

/// Runs the task.
///
/// # Errors
/// If one of the two cannot be read, or the numbers make no sense; the pack is then as it was.
pub fn run(mut args: Args) -> Result<()> {
    let mut places = Vec::new();
    while let Some(arg) = args.next(USAGE)? {
        places.push(args.positional(&arg, USAGE)?);
    }
    let [pack, file] = <[PathBuf; 2]>::try_from(places).map_err(|_| Failure::new(USAGE))?;
    let path = pack.join(MANIFEST);
    let mut manifest =
        Manifest::parse(&fs::read(&path).map_err(|e| Failure::io(&path, &e))?, &path)?;
    manifest.calibration.extend(read_calibration(&file)?);
    let json = manifest.to_json();
    Manifest::parse(json.as_bytes(), &file)?;
    // Beside the manifest and moved over it: a pack is never without one.
    let growing = pack.join(format!(".{MANIFEST}.growing"));
    fs::write(&growing, json).map_err(|e| Failure::io(&growing, &e))?;
    fs::rename(&growing, &path).map_err(|e| Failure::io(&path, &e))?;
    println!("{}: {} {}", path.display(), manifest.name, manifest.version);
    Ok(())
}
