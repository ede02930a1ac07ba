//! The command line of `cargo xtask train`.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use xtask::args::Args;
use xtask::failure::{Failure, Result};

use super::settings::defaults;
use crate::data::sample::Task;

/// What `--help` says.
pub const USAGE: &str = "\
cargo xtask train TASK --pack PACK --data SAMPLES --out ADAPTER   train a LoRA adapter
TASK is segment, detect, dispose or highlight; SAMPLES a folder that cargo xtask data wrote

adapter    --rank 8  --alpha RANK  --rslora  --dropout 0.1
           --targets REGEX | name,name | all-linear   PEFT's target_modules; the decoder's
           --init ADAPTER                  begin with this adapter's weights
steps      --epochs 8 | --steps N  --batch 4  --accumulate 3 (2 for dispose and highlight)
           --lr 1e-4  --warm-up STEPS (3 %)  --min-lr 0 (share of --lr)  --clip 1
           --weight-decay 0  --beta2 0.999  --seed 1
           --loc-spread 0 (bins around a <loc> that are nearly right)
data       --max-tokens 768  --skip-long
meanwhile  --every STEPS (20 times a run)  look at held-out samples, and save
           --held-out 200                  how many of them
           --keep best | last              which weights end in ADAPTER
           --resume                        go on from ADAPTER.checkpoint
           --stop-after 90m | 40           end earlier, after a time or some steps, to resume later
machine    --device cpu | cuda | metal  --cache-mb 1024 (photos once seen)

Ctrl-C ends the run with a checkpoint. Weights stay packed in PACK's file; layers of a large base
are dequantised one at a time.";

/// When a run ends before its last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopAfter {
    /// After so long.
    Time(Duration),
    /// After so many steps of this run.
    Steps(usize),
}

/// Which weights end in the adapter's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Those with the least held-out loss.
    Best,
    /// Those of the last step.
    Last,
}

/// What is to be trained, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whose adapter.
    pub task: Task,
    /// The pack.
    pub pack: PathBuf,
    /// The samples.
    pub data: PathBuf,
    /// The adapter's folder.
    pub out: PathBuf,
    /// Rank of every pair.
    pub rank: usize,
    /// The rank, if nothing was said.
    pub alpha: Option<f32>,
    /// Divide by the root of the rank.
    pub rank_stabilised: bool,
    /// Share of a pair's inputs that are left out.
    pub dropout: f32,
    /// PEFT's `target_modules`.
    pub targets: Value,
    /// An adapter to begin with.
    pub initial: Option<PathBuf>,
    /// Times that every sample is shown.
    pub epochs: usize,
    /// Steps instead.
    pub steps: Option<usize>,
    /// Samples of one pass.
    pub batch: usize,
    /// Passes of one step.
    pub accumulate: usize,
    /// The highest learning rate.
    pub rate: f64,
    /// Steps of the way up; 3 % if nothing was said.
    pub warm_up: Option<usize>,
    /// Share of the highest rate that is left at the end.
    pub floor: f64,
    /// Most that the gradients' norm may be.
    pub clip: f64,
    /// See [`super::optimiser::AdamSettings`].
    pub weight_decay: f64,
    /// See [`super::optimiser::AdamSettings`].
    pub beta2: f64,
    /// Standard deviation of the bell around a `<loc>`, in bins; 0 for none.
    pub loc_spread: f32,
    /// Where all random choices come from.
    pub seed: u64,
    /// Most positions of prompt and answer.
    pub positions: usize,
    /// Leave longer samples out.
    pub skip_long: bool,
    /// Steps between two looks at the held-out samples, and between two checkpoints.
    pub every: Option<usize>,
    /// Held-out samples to look at.
    pub held_out: usize,
    /// Which weights are kept.
    pub keep: Keep,
    /// Go on from a checkpoint.
    pub resume: bool,
    /// End earlier.
    pub stop_after: Option<StopAfter>,
    /// `cpu`, `cuda` or `metal`.
    pub device: String,
    /// Bytes of photos that are remembered.
    pub cache: usize,
}

impl Options {
    /// Training with everything else as usual.
    pub fn new(
        task: Task,
        pack: impl Into<PathBuf>,
        data: impl Into<PathBuf>,
        out: impl Into<PathBuf>,
    ) -> Self {
        Self {
            task,
            pack: pack.into(),
            data: data.into(),
            out: out.into(),
            rank: defaults::RANK,
            alpha: None,
            rank_stabilised: false,
            dropout: defaults::DROPOUT,
            targets: json!(defaults::TARGETS),
            initial: None,
            epochs: defaults::EPOCHS,
            steps: None,
            batch: defaults::BATCH,
            accumulate: defaults::accumulate(task),
            rate: defaults::RATE,
            warm_up: None,
            floor: 0.0,
            clip: 1.0,
            weight_decay: 0.0,
            beta2: 0.999,
            loc_spread: 0.0,
            seed: 1,
            positions: defaults::POSITIONS,
            skip_long: false,
            every: None,
            held_out: defaults::HELD_OUT,
            keep: Keep::Best,
            resume: false,
            stop_after: None,
            device: "cpu".into(),
            cache: 1 << 30,
        }
    }

    /// Reads the command line.
    ///
    /// # Errors
    /// What is wrong with it, or the usage.
    pub fn parse(mut args: Args) -> Result<Self> {
        let missing = |what: &str| Failure::new(format!("{what} is missing\n{USAGE}"));
        let task = args.next(USAGE)?.ok_or_else(|| Failure::new(USAGE))?.parse()?;
        let mut options = Self::new(task, "", "", "");
        while let Some(arg) = args.next(USAGE)? {
            options.take(&arg, &mut args)?;
        }
        let places =
            [("--pack", &options.pack), ("--data", &options.data), ("--out", &options.out)];
        if let Some((what, _)) = places.iter().find(|(_, path)| path.as_os_str().is_empty()) {
            return Err(missing(what));
        }
        options.check()?;
        Ok(options)
    }

    fn take(&mut self, arg: &str, args: &mut Args) -> Result<()> {
        match arg {
            "--pack" => self.pack = args.path(arg)?,
            "--data" => self.data = args.path(arg)?,
            "--out" => self.out = args.path(arg)?,
            "--rank" => self.rank = args.number(arg)?,
            "--alpha" => self.alpha = Some(real(arg, args)? as f32),
            "--rslora" => self.rank_stabilised = true,
            "--dropout" => self.dropout = real(arg, args)? as f32,
            "--targets" => self.targets = targets(&args.text(arg)?),
            "--init" => self.initial = Some(args.path(arg)?),
            "--epochs" => self.epochs = args.number(arg)?,
            "--steps" => self.steps = Some(args.number(arg)?),
            "--batch" => self.batch = args.number(arg)?,
            "--accumulate" => self.accumulate = args.number(arg)?,
            "--lr" => self.rate = real(arg, args)?,
            "--warm-up" => self.warm_up = Some(args.number(arg)?),
            "--min-lr" => self.floor = real(arg, args)?,
            "--clip" => self.clip = real(arg, args)?,
            "--weight-decay" => self.weight_decay = real(arg, args)?,
            "--beta2" => self.beta2 = real(arg, args)?,
            "--loc-spread" => self.loc_spread = real(arg, args)? as f32,
            "--seed" => self.seed = args.number(arg)? as u64,
            "--max-tokens" => self.positions = args.number(arg)?,
            "--skip-long" => self.skip_long = true,
            "--every" => self.every = Some(args.number(arg)?),
            "--held-out" => self.held_out = args.number(arg)?,
            "--keep" => self.keep = keep(&args.text(arg)?)?,
            "--resume" => self.resume = true,
            "--stop-after" => self.stop_after = Some(stop_after(&args.text(arg)?)?),
            "--device" => self.device = args.text(arg)?,
            "--cache-mb" => self.cache = args.number(arg)? << 20,
            _ => return Err(Failure::new(format!("unknown option {arg}\n{USAGE}"))),
        }
        Ok(())
    }

    /// # Errors
    /// Naming the option whose value makes no sense.
    fn check(&self) -> Result<()> {
        let rules = [
            (self.rank == 0 || self.rank > 1024, "--rank is from 1 to 1024"),
            (!(0.0..1.0).contains(&self.dropout), "--dropout is from 0 to below 1"),
            (self.batch == 0, "--batch is at least 1"),
            (self.accumulate == 0, "--accumulate is at least 1"),
            (self.epochs == 0 || self.steps == Some(0), "there must be a step to take"),
            (!(self.rate.is_finite() && self.rate > 0.0), "--lr is above 0"),
            (!(0.0..=1.0).contains(&self.floor), "--min-lr is a share of --lr, from 0 to 1"),
            (self.clip.is_nan() || self.clip <= 0.0, "--clip is above 0"),
            (!(0.0..=256.0).contains(&self.loc_spread), "--loc-spread is from 0 to 256"),
            (!(0.0..1.0).contains(&self.beta2), "--beta2 is from 0 to below 1"),
            (self.every == Some(0), "--every is at least 1"),
            (self.held_out == 0, "--held-out is at least 1"),
        ];
        match rules.iter().find(|(broken, _)| *broken) {
            Some((_, words)) => Err(Failure::new(*words)),
            None => Ok(()),
        }
    }
}

/// Names with commas between, or PEFT's pattern.
fn targets(text: &str) -> Value {
    let is_name = |c: char| c.is_alphanumeric() || ['_', '.', ','].contains(&c);
    match text != "all-linear" && text.chars().all(is_name) {
        true => json!(text.split(',').collect::<Vec<_>>()),
        false => json!(text),
    }
}

fn keep(text: &str) -> Result<Keep> {
    match text {
        "best" => Ok(Keep::Best),
        "last" => Ok(Keep::Last),
        other => Err(Failure::new(format!("--keep is best or last, not {other:?}"))),
    }
}

fn stop_after(text: &str) -> Result<StopAfter> {
    let words = || {
        Failure::new(format!("--stop-after wants 90s, 90m, 2h or a number of steps, not {text:?}"))
    };
    let unit = text.chars().last().and_then(|unit| match unit {
        's' => Some(1.0),
        'm' => Some(60.0),
        'h' => Some(3600.0),
        _ => None,
    });
    match unit {
        None => text.parse().map(StopAfter::Steps).map_err(|_| words()),
        Some(seconds) => {
            let count: f64 = text[..text.len() - 1].parse().map_err(|_| words())?;
            Duration::try_from_secs_f64(count * seconds).map(StopAfter::Time).map_err(|_| words())
        }
    }
}

fn real(option: &str, args: &mut Args) -> Result<f64> {
    let text = args.text(option)?;
    text.parse().map_err(|_| Failure::new(format!("{option} wants a number, not {text:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        Options::parse(Args::new(line.split(' ').map(str::to_owned).collect()))
    }

    #[test]
    fn a_command_line_becomes_options() {
        let line = "segment --pack p --data d --out o --lr 1.5e-3 --targets q_proj,v_proj \
                    --stop-after 1.5h --keep last --cache-mb 2";
        let options = parse(line).unwrap();
        assert_eq!((options.task, options.rate), (Task::Segment, 1.5e-3));
        assert_eq!(options.targets, json!(["q_proj", "v_proj"]));
        assert_eq!(options.stop_after, Some(StopAfter::Time(Duration::from_secs(5400))));
        assert_eq!((options.keep, options.cache), (Keep::Last, 2 << 20));
        let line = "dispose --pack p --data d --out o --targets all-linear --stop-after 40";
        let options = parse(line).unwrap();
        assert_eq!(options.targets, json!("all-linear"));
        assert_eq!(options.stop_after, Some(StopAfter::Steps(40)));
        assert_eq!(targets(r".*\.q_proj"), json!(r".*\.q_proj"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (line, words) in [
            ("paint", "is no task"),
            ("segment --data d --out o", "--pack is missing"),
            ("segment --pack p --data d --out o --lr much", "--lr wants a number"),
            ("segment --pack p --data d --out o --dropout 1", "--dropout"),
            ("segment --pack p --data d --out o --rank 0", "--rank"),
            ("segment --pack p --data d --out o --stop-after 5d", "--stop-after"),
            ("segment --pack p --data d --out o --keep some", "--keep"),
            ("segment --pack p --data d --out o --speed 3", "unknown option --speed"),
            ("segment --help", "cargo xtask train TASK"),
        ] {
            let failure = parse(line).unwrap_err().to_string();
            assert!(failure.contains(words), "{line}: {failure}");
        }
    }
}
