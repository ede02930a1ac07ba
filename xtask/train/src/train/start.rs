//! What a run begins with: places, data and settings, looked at before anything is computed.

use std::path::Path;

use candle_core::Device;
use kerbside_core::language::tokenizer::Tokenizer;
use kerbside_core::pack::{Manifest, PrefixMode, adapter_files, sha256};
use safetensors::SafeTensors;
use serde_json::Value;
use xtask::failure::{Failure, Result};

use super::checkpoint;
use super::examples::{Demands, Examples};
use super::lora::{Adapter, LoraSettings};
use super::loss::Scale;
use super::optimiser::AdamSettings;
use super::options::Options;
use super::schedule::Schedule;
use super::settings::RunSettings;
use crate::data::sample::Split;

/// Nothing that was trained before is overwritten unasked.
pub(super) fn check_places(options: &Options) -> Result<()> {
    let (out, checkpoint) = (&options.out, checkpoint::place(&options.out));
    if checkpoint.exists() && !options.resume {
        let (out, path) = (out.display(), checkpoint.display());
        let words =
            format!("{path}: a run of {out} was not finished: add --resume to go on, or remove it");
        return Err(Failure::new(words));
    }
    if out.exists() && !checkpoint.exists() {
        let words = format!("{} is there already: choose another --out", out.display());
        return Err(Failure::new(words));
    }
    match out.file_name() {
        Some(_) => Ok(()),
        None => Err(Failure::new(format!("{} is no name for a folder", out.display()))),
    }
}

/// Where the arithmetic is done.
pub(super) fn device(name: &str) -> Result<Device> {
    match name {
        "cpu" => Ok(Device::Cpu),
        "cuda" => Ok(Device::new_cuda(0)?),
        "metal" => Ok(Device::new_metal(0)?),
        other => Err(Failure::new(format!("--device is cpu, cuda or metal, not {other:?}"))),
    }
}

/// The samples to train on and, if there are any, those that are held out.
pub(super) fn read_data(
    options: &Options,
    tokenizer: &Tokenizer,
) -> Result<(Examples, Option<Examples>)> {
    let open = |split| {
        let Options { task, positions: most, skip_long, .. } = *options;
        Examples::open(&options.data, tokenizer, Demands { task, split, most, skip_long })
    };
    let (train, held_out) = (open(Split::Train)?, open(Split::HeldOut)?);
    if train.is_empty() {
        let (data, task) = (options.data.display(), options.task);
        return Err(Failure::new(format!("{data}: no train samples of task {task}")));
    }
    Ok((train, Some(held_out).filter(|examples| !examples.is_empty())))
}

/// Gives `adapter` the weights of another one of the same shape and base.
pub(super) fn begin_with(
    dir: &Path,
    adapter: &Adapter,
    lora: &LoraSettings,
    manifest: &Manifest,
) -> Result<String> {
    let files = adapter_files(dir)?;
    let load = || {
        let config: Value = serde_json::from_slice(&files.config)?;
        let mode: Option<PrefixMode> =
            serde_json::from_value(config["kerbside"]["prefix_mode"].clone()).unwrap_or_default();
        let here = manifest.architecture.prefix_mode;
        if mode.unwrap_or(PrefixMode::Joint) != here {
            return Err(Failure::new(format!("it was trained for another prefix than {here}")));
        }
        let scale = |of: &LoraSettings| (of.rank, of.scale());
        let stored = LoraSettings {
            rank: config["r"].as_u64().unwrap_or_default() as usize,
            alpha: config["lora_alpha"].as_f64().unwrap_or_default() as f32,
            rank_stabilised: config["use_rslora"].as_bool().unwrap_or_default(),
            ..lora.clone()
        };
        if scale(&stored) != scale(lora) {
            let (rank, alpha) = (stored.rank, stored.alpha);
            return Err(Failure::new(format!(
                "it has rank {rank} and alpha {alpha}: ask for the same"
            )));
        }
        adapter.load(&SafeTensors::deserialize(&files.tensors)?)
    };
    load().map_err(|e: Failure| e.during(dir.display()))?;
    Ok(sha256(&files.tensors))
}

/// Everything that the weights after a step depend on.
pub(super) fn settings(
    options: &Options,
    manifest: &Manifest,
    lora: &LoraSettings,
    train: &Examples,
    initial: Option<String>,
) -> RunSettings {
    let a_step = options.batch * options.accumulate;
    let steps = options.steps.unwrap_or((options.epochs * train.len()).div_ceil(a_step));
    RunSettings {
        task: options.task.to_string(),
        base: manifest.base.sha256.clone(),
        data: train.fingerprint(),
        initial,
        lora: lora.clone(),
        adam: AdamSettings {
            beta2: options.beta2,
            weight_decay: options.weight_decay,
            ..AdamSettings::default()
        },
        schedule: Schedule {
            peak: options.rate,
            floor: options.floor,
            warm_up: options.warm_up.unwrap_or(steps.div_ceil(33)),
            steps,
        },
        batch: options.batch,
        accumulate: options.accumulate,
        clip: options.clip,
        loc_spread: options.loc_spread,
        seed: options.seed,
    }
}

/// The `<loc>` tokens, if they are aimed at with a bell.
pub(super) fn scale(options: &Options, tokenizer: &Tokenizer) -> Option<Scale> {
    let (tokens, spread) = (tokenizer.locations(), options.loc_spread);
    (spread > 0.0).then_some(Scale { tokens, spread })
}
