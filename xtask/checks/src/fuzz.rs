//! `cargo xtask fuzz`: libFuzzer makes up what comes from outside, and looks for what the engine
//! does not survive.
//!
//! ```text
//! fuzz/fuzz_targets ─► cargo, with coverage and the address sanitizer ─► target/fuzz
//! fuzz/seeds ─► two targets at a time ─► target/fuzz/{corpus,found,logs}
//! ```
//!
//! The toolchain of the repository is enough: what it calls unstable is allowed for this one build.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::test::Ran;
use crate::{places, tools};

const USAGE: &str = "cargo xtask fuzz [--seconds N] [TARGET…]
  fuzzes the targets, all of them if none is named, each for N seconds (60)";

/// What is fuzzed: the programs of `fuzz/Cargo.toml`.
pub const TARGETS: [&str; 7] =
    ["pack", "adapter", "rules", "calendar", "photo", "form", "detections"];

/// Of each target where nobody says otherwise.
const SECONDS: usize = 60;

/// Targets that run at the same time.
const AT_ONCE: usize = 2;

/// As `cargo fuzz` builds: libFuzzer needs counters on every edge and sees the operands of
/// comparisons, the address sanitizer watches memory.
const FLAGS: [&str; 8] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Zsanitizer=address",
    "--cfg=fuzzing",
    "-Cforce-frame-pointers=yes",
];

/// Runs the task.
///
/// # Errors
/// If something was found, a target does not build, or this machine cannot.
pub fn run(mut args: Args) -> Result<()> {
    let (mut seconds, mut targets) = (SECONDS, Vec::new());
    while let Some(arg) = args.next(USAGE)? {
        match arg.as_str() {
            "--seconds" => seconds = args.number("--seconds")?,
            name => targets.push(known(name)?),
        }
    }
    if targets.is_empty() {
        targets = TARGETS.to_vec();
    }
    fuzz(&targets, seconds)?.done()
}

/// All targets, each for a minute, as a check.
///
/// # Errors
/// As [`run`].
pub fn check() -> Result<Ran> {
    fuzz(&TARGETS, SECONDS)
}

fn known(name: &str) -> Result<&'static str> {
    let unknown = || Failure::new(format!("no target {name}; there are {}", TARGETS.join(", ")));
    TARGETS.into_iter().find(|target| *target == name).ok_or_else(unknown)
}

fn fuzz(targets: &[&str], seconds: usize) -> Result<Ran> {
    if let Some(why) = lacks() {
        return Ok(Ran::NotRun(why));
    }
    build()?;
    let mut failures = Vec::new();
    for few in targets.chunks(AT_ONCE) {
        let started: Vec<Running> =
            few.iter().map(|target| Running::start(target, seconds)).collect::<Result<_>>()?;
        for running in started {
            match running.wait()? {
                Ok(sum) => println!("{sum}"),
                Err(words) => failures.push(words),
            }
        }
    }
    match failures.is_empty() {
        true => Ok(Ran::Passed),
        false => Err(Failure::new(failures.join("; "))),
    }
}

/// What this machine has not, in words.
fn lacks() -> Option<String> {
    if triple().is_none() {
        return Some("the address sanitizer is not made for this system".to_owned());
    }
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    (!tools::works(&compiler, "--version"))
        .then(|| format!("{compiler}, a C++ compiler, is missing"))
}

/// The system that targets are built for: the one they run on. Naming it keeps the flags away from
/// what runs while building.
fn triple() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("x86_64-unknown-linux-gnu"),
        ("linux", "aarch64") => Some("aarch64-unknown-linux-gnu"),
        ("macos", "aarch64") => Some("aarch64-apple-darwin"),
        ("macos", "x86_64") => Some("x86_64-apple-darwin"),
        _ => None,
    }
}

fn build() -> Result<()> {
    let triple = triple().expect("it was asked what is lacking");
    let status = Command::new("cargo")
        // Not `--locked`: what the engine is made of changes with the main workspace.
        .args(["build", "--quiet", "--release", "--bins", "--target", triple])
        .arg("--manifest-path")
        .arg(source().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(place())
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f"))
        .status()?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("the targets ({status})"))) }
}

fn source() -> PathBuf {
    places::root().join("fuzz")
}

fn place() -> PathBuf {
    places::target().join("fuzz")
}

/// One target at work.
struct Running {
    target: String,
    child: Child,
    log: PathBuf,
}

impl Running {
    fn start(target: &str, seconds: usize) -> Result<Self> {
        let [corpus, found, logs] =
            [format!("corpus/{target}"), format!("found/{target}"), "logs".into()]
                .map(|folder| place().join(folder));
        for folder in [&corpus, &found, &logs] {
            fs::create_dir_all(folder).map_err(|e| Failure::io(folder, &e))?;
        }
        let log = logs.join(format!("{target}.log"));
        let output = File::create(&log).map_err(|e| Failure::io(&log, &e))?;
        let triple = triple().expect("it was asked what is lacking");
        let mut command = Command::new(place().join(triple).join("release").join(target));
        command
            .args([format!("-max_total_time={seconds}"), "-timeout=60".into()])
            .args(["-print_final_stats=1", "-detect_leaks=0"])
            .arg(format!("-artifact_prefix={}/", found.display()))
            // Leaks are looked for by tracing the process, which containers forbid.
            .env("ASAN_OPTIONS", "detect_odr_violation=0:detect_leaks=0");
        let words = source().join("dictionaries").join(format!("{target}.txt"));
        if words.exists() {
            command.arg(format!("-dict={}", words.display()));
        }
        // What is new goes into the first folder.
        command.arg(corpus).arg(source().join("seeds").join(target));
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|e| Failure::from(e).during(target))?;
        Ok(Self { target: target.to_owned(), child, log })
    }

    /// What it did, or what it found.
    fn wait(mut self) -> Result<std::result::Result<String, String>> {
        let status = self.child.wait()?;
        let log = read_lossy(&self.log)?;
        Ok(if status.success() {
            Ok(format!("{}: {}, nothing found", self.target, sum(&log)))
        } else {
            Err(format!("{} ({status}): {}; {}", self.target, finding(&log), self.log.display()))
        })
    }
}

/// What a target prints may hold the made-up bytes.
fn read_lossy(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(|e| Failure::io(path, &e))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Runs and covered edges, from the last lines of libFuzzer.
fn sum(log: &str) -> String {
    let behind = |line: &str, key: &str| {
        line.split_once(key).and_then(|(_, rest)| rest.split_whitespace().next()).map(str::to_owned)
    };
    let last = |key| log.lines().rev().find_map(|line| behind(line, key)).unwrap_or_default();
    format!("{} runs, {} edges", last("stat::number_of_executed_units:"), last("cov:"))
}

/// The line that says what is wrong: a panic's words, or the sanitizer's.
fn finding(log: &str) -> String {
    let mut lines = log.lines();
    if let Some(panic) = lines.find(|line| line.contains("panicked at")) {
        return format!("{panic} {}", lines.next().unwrap_or_default());
    }
    let error = log.lines().find(|line| line.contains("ERROR:"));
    error.unwrap_or("it ended without a word").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_program_and_seeds() {
        let manifest = fs::read_to_string(source().join("Cargo.toml")).unwrap();
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
        for target in TARGETS {
            assert!(manifest.contains(&format!("\"fuzz_targets/{target}.rs\"")), "{target}");
            let seeds = fs::read_dir(source().join("seeds").join(target)).unwrap();
            assert!(seeds.count() > 2 || target == "rules", "{target}");
        }
        assert!(known("pack").is_ok() && known("parcel").is_err());
    }

    #[test]
    fn a_log_is_read_for_its_sum_and_for_what_is_wrong() {
        let log = "#2\tINITED cov: 10 ft: 11\n#512\tpulse  cov: 812 ft: 9 corp: 3/4b\n\
                   stat::number_of_executed_units: 91234\nstat::peak_rss_mb: 70\n";
        assert_eq!(sum(log), "91234 runs, 812 edges");
        let panic = "x\nthread '<unnamed>' panicked at core/src/a.rs:1:2:\nindex out of bounds\n==7== ERROR: y";
        assert!(finding(panic).ends_with("a.rs:1:2: index out of bounds"));
        assert_eq!(finding("==7== ERROR: libFuzzer: timeout\n"), "==7== ERROR: libFuzzer: timeout");
    }
}
