//! A run from its first step or its checkpoint to the adapter's folder.

use std::sync::Arc;
use std::time::{Duration, Instant};

use candle_core::Device;
use kerbside_core::CancelToken;
use kerbside_core::language::tokenizer::Tokenizer;
use kerbside_core::lora::trainable_matrices;
use kerbside_core::pack::{Manifest, Pack};
use kerbside_core::paligemma::PaliGemma;
use xtask::failure::{Failure, Result};

use super::base::Base;
use super::checkpoint::{self, Progress};
use super::examples::Order;
use super::feed::Feed;
use super::learner::Learner;
use super::lora::{Adapter, LoraSettings};
use super::loss::Score;
use super::model::Model;
use super::optimiser::AdamW;
use super::options::{Keep, Options, StopAfter};
use super::peft_out;
use super::photos::{Photos, Sight};
use super::report::Report;
use super::settings::RunSettings;
use super::start::{begin_with, check_places, device, read_data, scale, settings};

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
        let tokenizer = Tokenizer::from_bytes(&pack.tokenizer()?)?;
        tokenizer.check_rows(manifest.architecture.text.vocab)?;
        let (train, held_out) = read_data(options, &tokenizer)?;
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
            scale: scale(options, &tokenizer),
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
