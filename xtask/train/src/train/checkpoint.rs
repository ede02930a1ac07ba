//! A run that can be taken up again to the bit: one file, replaced whole.
//!
//! Weights and moments are its tensors; counters and the run's settings stand in its header. All
//! random choices hang on seed and counters, so there is no generator's state to keep.

use std::fs;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use xtask::failure::{Failure, Result};

use super::files::write_whole;
use super::lora::{Adapter, stored};
use super::optimiser::{AdamSettings, AdamW, Moments};
use super::peft_out::{Stored, bytes_of, to_safetensors};
use super::settings::RunSettings;

/// Key of the header under which [`Progress`] stands.
const PROGRESS: &str = "progress";
const FIRST: &str = "first.";
const SECOND: &str = "second.";

/// How far a run has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What the run was started with.
    pub settings: RunSettings,
    /// Steps taken.
    pub steps: usize,
    /// Samples shown.
    pub shown: usize,
    /// Passes made: what dropout counts.
    pub passes: u64,
    /// The least held-out loss so far, whose adapter lies in the run's folder.
    pub best: Option<f64>,
}

/// Where the checkpoint of an adapter's folder lies: beside it, so that the folder holds what PEFT
/// would write and nothing else.
pub fn place(out: &Path) -> PathBuf {
    out.with_added_extension("checkpoint")
}

/// Replaces the checkpoint.
///
/// # Errors
/// What the system says; the checkpoint before is then untouched.
pub fn save(path: &Path, progress: &Progress, adapter: &Adapter, optimiser: &AdamW) -> Result<()> {
    let mut tensors: Vec<(String, Stored)> = Vec::new();
    for ((name, variable), moments) in adapter.variables().zip(optimiser.moments()) {
        tensors.push((format!("{FIRST}{name}"), bytes_of(&moments.first)?));
        tensors.push((format!("{SECOND}{name}"), bytes_of(&moments.second)?));
        tensors.push((name, bytes_of(variable)?));
    }
    let json = serde_json::to_string(progress)?;
    write_whole(path, &to_safetensors(&tensors, &[(PROGRESS, &json)])?)
}

/// How far the run of a checkpoint has come, without its tensors.
///
/// # Errors
/// If the file is none, or cannot be read.
pub fn peek(path: &Path) -> Result<Progress> {
    let bytes = read(path)?;
    progress(&bytes).map_err(|e| e.during(path.display()))
}

/// Takes a run up: the adapter gets the checkpoint's weights.
///
/// # Errors
/// If the file cannot be read or is not of this adapter.
pub fn load(path: &Path, adapter: &Adapter, settings: AdamSettings) -> Result<(Progress, AdamW)> {
    let bytes = read(path)?;
    let take_up = || {
        let progress = progress(&bytes)?;
        let tensors = SafeTensors::deserialize(&bytes)?;
        let mut moments = Vec::new();
        for (name, variable) in adapter.variables() {
            variable.set(&stored(&tensors, &name, variable)?)?;
            moments.push(Moments {
                first: stored(&tensors, &format!("{FIRST}{name}"), variable)?,
                second: stored(&tensors, &format!("{SECOND}{name}"), variable)?,
            });
        }
        let optimiser = AdamW::resume(settings, moments, progress.steps);
        Ok((progress, optimiser))
    };
    take_up().map_err(|e: Failure| e.during(path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| Failure::io(path, &e))
}

fn progress(bytes: &[u8]) -> Result<Progress> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let notes = header.metadata().as_ref();
    let json = notes.and_then(|notes| notes.get(PROGRESS));
    let json = json.ok_or_else(|| Failure::new("this is no checkpoint"))?;
    Ok(serde_json::from_str(json)?)
}
