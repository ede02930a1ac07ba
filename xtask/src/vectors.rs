//! What the command line says about the shared cases of `bindings/vectors/`: Kotlin and Swift have
//! to say the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use checks::places;

use crate::args::Args;
use crate::bundled;
use crate::failure::{Failure, Result};

const USAGE: &str =
    "vectors: what the command line says about bindings/vectors/cases.json, to target/vectors";

/// One case of `bindings/vectors/cases.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Name of the file that is written.
    name: String,
    /// The photo, from the repository's root.
    photo: PathBuf,
    community: String,
    zones: Vec<String>,
    language: String,
    /// The community's wall clock.
    now: String,
}

/// Runs the task: [`write()`].
///
/// # Errors
/// If a case does not run, or anything was said besides the task's name.
pub fn run(mut args: Args) -> Result<()> {
    match args.next(USAGE)? {
        Some(_) => Err(Failure::new(USAGE)),
        None => write(),
    }
}

/// Runs `cargo xtask sort --json` on each case and writes what it prints, less the photo's path, to
/// `target/vectors/<name>.json`: one line, the keys in the order in which the engine writes them.
///
/// # Errors
/// If a case does not run.
pub fn write() -> Result<()> {
    let folder = places::target().join("vectors");
    fs::create_dir_all(&folder).map_err(|e| Failure::io(&folder, &e))?;
    for case in cases()? {
        let path = folder.join(format!("{}.json", case.name));
        let json = case.run().map_err(|failure| failure.during(&case.name))?;
        fs::write(&path, json).map_err(|e| Failure::io(&path, &e))?;
    }
    Ok(())
}

fn cases() -> Result<Vec<Case>> {
    let path = bundled::root().join("bindings/vectors/cases.json");
    let json = fs::read(&path).map_err(|e| Failure::io(&path, &e))?;
    Ok(serde_json::from_slice(&json)?)
}

impl Case {
    fn run(&self) -> Result<String> {
        let photo = bundled::root().join(&self.photo);
        let mut sort = command(&photo);
        sort.args(["--community", &self.community, "--language", &self.language]);
        sort.args(["--now", &self.now]);
        for zone in &self.zones {
            sort.args(["--zone", zone]);
        }
        let output = sort.output()?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            return Err(Failure::new(words.trim()));
        }
        let mut value: Value = serde_json::from_slice(&output.stdout)?;
        if let Some(photo) = value["photo"].as_object_mut() {
            photo.shift_remove("path");
        }
        Ok(value.to_string())
    }
}

/// This very program again, as a person calls it.
fn command(photo: &Path) -> Command {
    let program = std::env::current_exe().expect("the system knows what it runs");
    // Linux says so where a build has replaced the file since; the new one does as well.
    let name = program.to_string_lossy();
    let mut command = Command::new(name.strip_suffix(" (deleted)").unwrap_or(&name));
    command.arg("sort").arg(photo).arg("--json");
    command
}
