//! A run from its first step or its checkpoint to the adapter's folder.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use candle_core::Device;
use kerbside_core::CancelToken;
use kerbside_core::language::tokenizer::Tokenizer;
use kerbside_core::lora::trainable_matrices;
use kerbside_core::pack::{Manifest, Pack, PrefixMode, adapter_files, sha256};
use kerbside_core::paligemma::PaliGemma;
use safetensors::SafeTensors;
use serde_json::Value;
use xtask::failure::{Failure, Result};

use super::base::Base;
use super::checkpoint::{self, Progress};
use super::examples::{Demands, Examples, Order};
use super::feed::Feed;
use super::learner::Learner;
use super::lora::{Adapter, LoraSettings};
use super::loss::Score;
use super::model::Model;
use super::optimiser::{AdamSettings, AdamW};
use super::options::{Keep, Options, StopAfter};
use super::peft_out;
use super::photos::{Photos, Sight};
use super::report::Report;
use super::schedule::Schedule;
use super::settings::RunSettings;
use crate::data::sample::Split;

/// A checkpoint is written at least this often.
const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(600);

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Steps taken, those of earlier runs included.
    pub steps: usize,
    /// All steps there are.
    pub of: usize,
    /// Mean loss of the last step's suffix tokens, before it.
    pub loss: f64,
    /// The least held-out loss.
    pub best: Option<f64>,
}

impl Outcome {
    /// Whether it was the last step.
    pub fn is_finished(&self) -> bool {
        self.steps == self.of
    }
}

/// Trains an adapter.
///
/// # Errors
/// What is wrong with pack, data or options; what was trained up to then is in the checkpoint.
pub fn train(options: &Options, cancel: &CancelToken) -> Result<Outcome> {
    check_places(options)?;
    let pack = Pack::open(&options.pack)?;
    let device = device(&options.device)?;
    let mut run = Run::prepare(options, &pack, &device, cancel)?;
    run.go()
}

/// Everything a run consists of.
struct Run<'a> {
    options: &'a Options,
    manifest: &'a Manifest,
    cancel: &'a CancelToken,
    model: Model,
    learner: Learner,
    lora: LoraSettings,
    train: Feed,
    held_out: Option<Feed>,
    order: Order,
    progress: Progress,
}

impl<'a> Run<'a> {
    fn prepare(
        options: &'a Options,
        pack: &'a Pack,
        device: &Device,
        cancel: &'a CancelToken,
    ) -> Result<Self> {
        let manifest = pack.manifest();
        let lora = LoraSettings {
            rank: options.rank,
            alpha: options.alpha.unwrap_or(options.rank as f32),
            rank_stabilised: options.rank_stabilised,
            dropout: options.dropout,
            targets: options.targets.clone(),
        };
        let matrices = trainable_matrices(&manifest.architecture, &lora.targets)?;
        let adapter = Adapter::new(matrices, &lora, options.seed, device)?;
        let initial = options.initial.as_deref();
        let initial = initial.map(|dir| begin_with(dir, &adapter, &lora, manifest)).transpose()?;
        let (train, held_out) = read_data(options, pack)?;
        let settings = settings(options, manifest, &lora, &train, initial);
        let adam = settings.adam;
        let path = checkpoint::place(&options.out);
        let (progress, optimiser) = match options.resume && path.exists() {
            true => {
                // Settings first: they say more than a tensor of another shape does.
                settings.check_same(&checkpoint::peek(&path)?.settings)?;
                checkpoint::load(&path, &adapter, adam)?
            }
            false => {
                let progress = Progress { settings, steps: 0, shown: 0, passes: 0, best: None };
                (progress, AdamW::new(adam, &adapter)?)
            }
        };

        let arch = &manifest.architecture;
        let engine = Arc::new(PaliGemma::load(pack.weights(), arch)?);
        let sight = Sight::of(&adapter);
        let room = options.cache / 4;
        let eyes = |room| Photos::new(&engine, arch, sight, room, (device, cancel));
        let learner = Learner {
            adapter,
            optimiser,
            schedule: progress.settings.schedule,
            clip: options.clip,
            dropout: options.dropout,
            seed: options.seed,
            passes: progress.passes,
        };
        Ok(Self {
            options,
            manifest,
            cancel,
            model: Model::new(Base::new(pack.weights(), arch, device), cancel.clone()),
            order: Order::new(train.len(), options.seed),
            train: Feed::new(train, eyes(3 * room)),
            held_out: held_out.map(|examples| Feed::new(examples, eyes(room))),
            learner,
            lora,
            progress,
        })
    }

    fn go(&mut self) -> Result<Outcome> {
        let all = self.progress.settings.schedule.steps;
        let a_step = self.progress.settings.samples_a_step();
        let every = self.options.every.unwrap_or(all.div_ceil(20));
        let mut report = Report::new(all, self.progress.steps, a_step);
        report.say(&self.words());
        let (began, begin) = (Instant::now(), self.progress.steps);
        let (mut saved, mut loss) = (Instant::now(), f64::NAN);
        while self.progress.steps < all && !self.is_over(began, begin) {
            let step = match self.step() {
                // What was begun of this step is dropped; the last whole one counts.
                Err(_) if self.cancel.is_cancelled() => break,
                other => other.map_err(|failure| self.rescue(failure))?,
            };
            loss = step.score.mean_loss();
            let number = self.progress.steps;
            report.step(number, &step, all - number);
            let due = number.is_multiple_of(every) || number == all;
            if due && !self.look_at_held_out(&report)? {
                break;
            }
            if due || saved.elapsed() >= BETWEEN_CHECKPOINTS {
                self.save()?;
                saved = Instant::now();
            }
        }
        self.save()?;
        if self.progress.steps == all {
            self.finish()?;
        }
        report.finish();
        let Progress { steps, best, .. } = self.progress;
        Ok(Outcome { steps, of: all, loss, best })
    }

    fn step(&mut self) -> Result<super::learner::Step> {
        let RunSettings { batch, .. } = self.progress.settings;
        let count = self.progress.settings.samples_a_step();
        let batches = self.train.batches(&mut self.order, self.progress.shown, count, batch)?;
        let inputs: Vec<_> = batches.iter().map(|batch| batch.input()).collect();
        let step = self.learner.step(&self.model, &inputs)?;
        self.progress.steps += 1;
        self.progress.shown += count;
        self.progress.passes = self.learner.passes;
        Ok(step)
    }

    fn is_over(&self, began: Instant, begin: usize) -> bool {
        let time_is_up = match self.options.stop_after {
            None => false,
            Some(StopAfter::Time(time)) => began.elapsed() >= time,
            Some(StopAfter::Steps(steps)) => self.progress.steps - begin >= steps,
        };
        time_is_up || self.cancel.is_cancelled()
    }

    /// Keeps what there is before a failure is told, if any step was taken.
    fn rescue(&self, failure: Failure) -> Failure {
        match self.progress.steps > 0 {
            true => self.save().err().unwrap_or(failure),
            false => failure,
        }
    }

    fn save(&self) -> Result<()> {
        let path = checkpoint::place(&self.options.out);
        checkpoint::save(&path, &self.progress, &self.learner.adapter, &self.learner.optimiser)
    }

    /// Measures, and writes the adapter if it is the best so far. `false` if it was cancelled.
    fn look_at_held_out(&mut self, report: &Report) -> Result<bool> {
        let Some(feed) = &mut self.held_out else { return Ok(true) };
        let (adapter, batch) = (&self.learner.adapter, self.progress.settings.batch);
        let score = match score(&self.model, adapter, feed, self.options.held_out, batch) {
            Err(_) if self.cancel.is_cancelled() => return Ok(false),
            other => other?,
        };
        let best = self.progress.best.is_none_or(|best| score.mean_loss() < best);
        report.held_out(self.progress.steps, &score, best);
        if best {
            self.progress.best = Some(score.mean_loss());
            if self.options.keep == Keep::Best {
                self.write_adapter()?;
            }
        }
        Ok(true)
    }

    /// The folder has its weights, the checkpoint is of no more use.
    fn finish(&self) -> Result<()> {
        if self.options.keep == Keep::Last || self.held_out.is_none() {
            self.write_adapter()?;
        }
        let path = checkpoint::place(&self.options.out);
        std::fs::remove_file(&path).map_err(|e| Failure::io(&path, &e))
    }

    fn write_adapter(&self) -> Result<()> {
        peft_out::write(&self.options.out, &self.learner.adapter, &self.lora, self.manifest)
    }

    /// What is about to happen, in a line.
    fn words(&self) -> String {
        let adapter = &self.learner.adapter;
        let held_out = self.held_out.as_ref().map_or(0, |feed| feed.examples().len());
        let left_out = match self.train.examples().left_out() {
            0 => String::new(),
            count => format!(", {count} too long"),
        };
        let mode = self.manifest.architecture.prefix_mode;
        let large = if self.model.base().is_large() { ", layer by layer" } else { "" };
        format!(
            "{}: {} numbers beside {} matrices of {} ({mode} prefix{large}); {} samples{left_out}, \
             {held_out} held out; step {} of {}",
            self.options.task,
            adapter.numbers(),
            adapter.pairs().len(),
            self.manifest.base.id,
            self.train.examples().len(),
            self.progress.steps,
            self.progress.settings.schedule.steps,
        )
    }
}

/// How well an adapter foretells held-out samples: the same first `most` of them every time.
fn score(
    model: &Model,
    adapter: &Adapter,
    feed: &mut Feed,
    most: usize,
    batch: usize,
) -> Result<Score> {
    let count = feed.examples().len().min(most);
    let mut order = Order::new(feed.examples().len(), 0);
    let mut score = Score::default();
    for start in (0..count).step_by(batch) {
        for batch in feed.batches(&mut order, start, batch.min(count - start), batch)? {
            score.add(model.score(&batch.input(), adapter)?);
        }
    }
    Ok(score)
}

/// Nothing that was trained before is overwritten unasked.
fn check_places(options: &Options) -> Result<()> {
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

fn device(name: &str) -> Result<Device> {
    match name {
        "cpu" => Ok(Device::Cpu),
        "cuda" => Ok(Device::new_cuda(0)?),
        "metal" => Ok(Device::new_metal(0)?),
        other => Err(Failure::new(format!("--device is cpu, cuda or metal, not {other:?}"))),
    }
}

fn read_data(options: &Options, pack: &Pack) -> Result<(Examples, Option<Examples>)> {
    let tokenizer = Tokenizer::from_bytes(&pack.tokenizer()?)?;
    tokenizer.check_rows(pack.manifest().architecture.text.vocab)?;
    let open = |split| {
        let Options { task, positions: most, skip_long, .. } = *options;
        Examples::open(&options.data, &tokenizer, Demands { task, split, most, skip_long })
    };
    let (train, held_out) = (open(Split::Train)?, open(Split::HeldOut)?);
    if train.is_empty() {
        let (data, task) = (options.data.display(), options.task);
        return Err(Failure::new(format!("{data}: no train samples of task {task}")));
    }
    Ok((train, Some(held_out).filter(|examples| !examples.is_empty())))
}

/// Gives `adapter` the weights of another one of the same shape and base.
fn begin_with(
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

fn settings(
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
        seed: options.seed,
    }
}
