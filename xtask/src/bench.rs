//! `cargo xtask bench`: how fast the engine is, against what the machine can do and against others
//! on the same machine in the same run.
//!
//! Machines drift, so what counts is a ratio: ours and theirs take turns, and medians are compared.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kerbside_core::engine::{Engine, EngineOptions};
use serde_json::{Value, json};

use crate::args::Args;
use crate::bundled;
use crate::failure::{Failure, Result};

mod adapter;
mod first_mask;
mod kernels;
mod limits;
mod peer;
mod scaling;
mod stages;
mod versus;

const USAGE: &str =
    "cargo xtask bench [--pack DIR] [--runs 5] [--threads 2] [--kernels] [--scaling] \
[--adapter RANK] [--vs llama|candle|torch] [--busy] [--json]
  --pack      a model pack; `cargo xtask synth-pack OUT --size 3b` writes one of true size
  --kernels   the product kernels against the machine's limits
  --scaling   time against tokens, threads, items and the model's size
  --adapter   what a random adapter of that rank costs
  --vs        take turns with another program on a model of the same shape; it is fetched and built
              in target/bench when first asked for. With llama and torch: photo to first mask, too
  --busy      with one other program that never rests";

/// What is measured.
struct Wish {
    pack: PathBuf,
    runs: usize,
    threads: usize,
    kernels: bool,
    scaling: bool,
    rank: Option<usize>,
    versus: Vec<String>,
    busy: bool,
    json: bool,
}

/// Runs the task.
///
/// # Errors
/// If the pack cannot be opened or a peer cannot be built.
pub fn run(args: Args) -> Result<()> {
    let wish = Wish::parse(args)?;
    let mut report = Report { json: wish.json, parts: Vec::new() };
    report.add("machine", limits::machine());
    report.add("limits", limits::measure(&wish)?);
    if wish.kernels {
        report.add("kernels", kernels::measure(&wish)?);
    }
    report.add("stages", stages::measure(&wish)?);
    if wish.scaling {
        report.add("scaling", scaling::measure(&wish)?);
    }
    if let Some(rank) = wish.rank {
        report.add("adapter", adapter::measure(&wish, rank)?);
    }
    for peer in &wish.versus {
        report.add("versus", versus::measure(&wish, peer)?);
    }
    if ["llama", "torch"].iter().all(|peer| wish.versus.iter().any(|name| name == peer)) {
        report.add("photo to first mask", first_mask::measure(&wish)?);
    }
    if wish.json {
        println!("{:#}", Value::Array(report.parts));
    }
    Ok(())
}

/// What was measured: a table as it comes, or one JSON value at the end.
struct Report {
    json: bool,
    parts: Vec<Value>,
}

impl Report {
    fn add(&mut self, name: &str, part: Value) {
        if self.json {
            self.parts.push(json!({name: part}));
        } else {
            println!("\n{name}");
            print_part(&part, 1);
        }
    }
}

impl Wish {
    fn parse(mut args: Args) -> Result<Self> {
        let mut wish = Self {
            pack: bundled::pack(),
            runs: 5,
            threads: 2,
            kernels: false,
            scaling: false,
            rank: None,
            versus: Vec::new(),
            busy: false,
            json: false,
        };
        while let Some(arg) = args.next(USAGE)? {
            match arg.as_str() {
                "--pack" => wish.pack = args.path("--pack")?,
                "--runs" => wish.runs = args.number("--runs")?.max(1),
                "--threads" => wish.threads = args.number("--threads")?.max(1),
                "--kernels" => wish.kernels = true,
                "--scaling" => wish.scaling = true,
                "--adapter" => wish.rank = Some(args.number("--adapter")?.max(1)),
                "--vs" => wish.versus.push(versus::known(args.text("--vs")?)?),
                "--busy" => wish.busy = true,
                "--json" => wish.json = true,
                _ => return Err(Failure::new(format!("unknown option {arg}; {USAGE}"))),
            }
        }
        Ok(wish)
    }

    fn engine(&self) -> Result<Engine> {
        self.engine_with(self.threads)
    }

    fn engine_with(&self, threads: usize) -> Result<Engine> {
        self.engine_of(&self.pack, threads)
    }

    fn engine_of(&self, pack: &Path, threads: usize) -> Result<Engine> {
        let options = EngineOptions { threads, ..EngineOptions::default() };
        Ok(Engine::open(pack, &options)?)
    }
}

/// How long something took.
fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

/// The median of some measurements.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Names and figures, one to a line.
fn print_part(part: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    for (name, value) in part.as_object().into_iter().flatten() {
        match value {
            Value::Object(_) => {
                println!("{indent}{name}");
                print_part(value, depth + 1);
            }
            Value::Number(number) => {
                println!("{indent}{name:<34} {:>12.3}", number.as_f64().unwrap_or(f64::NAN));
            }
            other => println!("{indent}{name:<34} {}", other.as_str().unwrap_or_default()),
        }
    }
}
