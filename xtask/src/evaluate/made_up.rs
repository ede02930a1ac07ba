//! The command line of measurements on made-up scenes.

use std::path::PathBuf;

use kerbside_core::engine::{Engine, EngineOptions};

use crate::args::Args;
use crate::bundled;
use crate::failure::{Failure, Result};
use crate::scenes::part::Part;

const USAGE: &str = "\
cargo xtask evaluate dispose|highlight [--pack DIR] [--json]
  --adapter DIR       a PEFT folder instead of the pack's own adapter
  --cases N           scenes to measure on: 400
  --seed N            which scenes: 7
  --community NAME    only this one; may be given more than once
  --photo FILE        the picture before every prompt; the bundled example
  --threshold P       the probability from which on a value counts as known
  --choose            measure thresholds on the validation scenes instead (dispose)
  --misses            list what did not come out right on the validation scenes (dispose)";

/// What the person asked for.
pub(super) struct MadeUp {
    /// The adapter's task.
    task: &'static str,
    pack: PathBuf,
    adapter: Option<PathBuf>,
    /// How many scenes.
    pub cases: usize,
    /// Which scenes.
    pub seed: u64,
    /// Their communities; all of them if empty.
    pub communities: Vec<String>,
    /// The picture before every prompt.
    pub photo: PathBuf,
    /// Instead of the adapter's own.
    pub threshold: Option<f32>,
    /// Whether a threshold is to be chosen, on other scenes.
    pub choose: bool,
    /// Whether to list what went wrong, on other scenes.
    pub misses: bool,
    /// Whether the report is JSON.
    pub json: bool,
}

impl MadeUp {
    pub fn parse(mut args: Args, task: &'static str) -> Result<Self> {
        let mut wish = Self {
            task,
            pack: bundled::pack(),
            adapter: None,
            cases: 400,
            seed: 7,
            communities: Vec::new(),
            photo: bundled::example_photo(),
            threshold: None,
            choose: false,
            misses: false,
            json: false,
        };
        while let Some(arg) = args.next(USAGE)? {
            match arg.as_str() {
                "--pack" => wish.pack = args.path(&arg)?,
                "--adapter" => wish.adapter = Some(args.path(&arg)?),
                "--cases" => wish.cases = args.number(&arg)?,
                "--seed" => wish.seed = args.number(&arg)? as u64,
                "--community" => wish.communities.push(args.text(&arg)?),
                "--photo" => wish.photo = args.path(&arg)?,
                "--threshold" => wish.threshold = Some(probability(&args.text(&arg)?)?),
                "--choose" => wish.choose = true,
                "--misses" => wish.misses = true,
                "--json" => wish.json = true,
                _ => return Err(Failure::new(format!("unknown option {arg}; {USAGE}"))),
            }
        }
        Ok(wish)
    }

    /// The scenes to measure on; those that one looks into or chooses by are others.
    pub fn part(&self) -> Part {
        if self.choose || self.misses { Part::Validation } else { Part::Test }
    }

    /// The engine, the task assigned to the adapter that was named.
    pub fn engine(&self) -> Result<Engine> {
        let engine = Engine::open(&self.pack, &EngineOptions::default())?;
        if let Some(dir) = &self.adapter {
            let adapter = engine.load_adapter(self.task, dir)?;
            engine.assign(self.task, Some(adapter.id()))?;
        }
        Ok(engine)
    }
}

fn probability(text: &str) -> Result<f32> {
    let number = text.parse::<f32>().ok().filter(|p| (0.0..=1.0).contains(p));
    number.ok_or_else(|| Failure::new(format!("a probability lies between 0 and 1: {text:?}")))
}
