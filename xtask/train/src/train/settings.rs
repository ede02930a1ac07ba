//! What a run is started with and must keep: a checkpoint of other settings is not taken up.

use serde::{Deserialize, Serialize};
use xtask::failure::{Failure, Result};

use super::lora::LoraSettings;
use super::optimiser::AdamSettings;
use super::schedule::Schedule;
use crate::data::sample::Task;

/// Everything that the weights after a step depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSettings {
    /// Whose adapter.
    pub task: String,
    /// sha256 of the base's weights.
    pub base: String,
    /// Of the samples, and how they were cut.
    pub data: String,
    /// sha256 of the adapter it began with; none begins as PEFT does.
    pub initial: Option<String>,
    /// The adapter's shape.
    pub lora: LoraSettings,
    /// The optimiser's constants.
    pub adam: AdamSettings,
    /// The learning rate over the steps.
    pub schedule: Schedule,
    /// Samples of one pass.
    pub batch: usize,
    /// Passes of one step.
    pub accumulate: usize,
    /// Most that the gradients' norm may be.
    pub clip: f64,
    /// Standard deviation of the bell that a `<loc>` is aimed at with, in bins; 0 for none.
    pub loc_spread: f32,
    /// Where all random choices come from.
    pub seed: u64,
}

impl RunSettings {
    /// Refuses to go on with a run that was started with other settings.
    ///
    /// # Errors
    /// Naming the first setting that differs.
    pub fn check_same(&self, started: &Self) -> Result<()> {
        let (here, there) = (flat(self)?, flat(started)?);
        let differs = here.iter().zip(&there).find(|(here, there)| here != there);
        match differs {
            None => Ok(()),
            Some(((key, here), (_, there))) => Err(Failure::new(format!(
                "the checkpoint was started with {key} = {there}, this run has {here}: \
                 choose another --out to start anew"
            ))),
        }
    }

    /// Samples of one step.
    pub fn samples_a_step(&self) -> usize {
        self.batch * self.accumulate
    }
}

/// `lora.rank → 8`, …
fn flat(settings: &RunSettings) -> Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    flatten("", &serde_json::to_value(settings)?, &mut pairs);
    Ok(pairs)
}

fn flatten(path: &str, value: &serde_json::Value, pairs: &mut Vec<(String, String)>) {
    match value.as_object() {
        None => pairs.push((path.to_owned(), value.to_string())),
        Some(object) => {
            for (key, value) in object {
                let dot = if path.is_empty() { "" } else { "." };
                flatten(&format!("{path}{dot}{key}"), value, pairs);
            }
        }
    }
}

/// What the article and common practice begin with.
pub mod defaults {
    use super::Task;

    /// Modules of the decoder: those that the isolated prefix can be adapted with, too.
    pub const TARGETS: &str =
        r".*language_model\..*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)";
    /// Rank.
    pub const RANK: usize = 8;
    /// Dropout.
    pub const DROPOUT: f32 = 0.1;
    /// The highest learning rate.
    pub const RATE: f64 = 1e-4;
    /// Times that every sample is shown.
    pub const EPOCHS: usize = 8;
    /// Samples of one pass.
    pub const BATCH: usize = 4;
    /// Positions of prompt and answer, as a session of the engine has them.
    pub const POSITIONS: usize = 768;
    /// Samples that held-out loss is measured on.
    pub const HELD_OUT: usize = 200;

    /// Passes of one step.
    pub fn accumulate(task: Task) -> usize {
        match task {
            Task::Segment | Task::Detect => 3,
            Task::Dispose | Task::Highlight => 2,
        }
    }
}
