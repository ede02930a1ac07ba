//! `cargo xtask test`: everything that must hold before a change lands, in the order that finds
//! mistakes soonest.

use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::bindgen::FEATURES;
use crate::failure::{Failure, Result};
use crate::{bundled, emulated, fuzz, kotlin, phone, swift};

/// One check: what it is called and what runs it.
struct Check {
    name: &'static str,
    work: Work,
}

/// What runs a check.
enum Work {
    /// A program and its arguments.
    Command(&'static [&'static str]),
    /// A task that brings the tools it needs, where they can be had.
    Task(fn() -> Result<Ran>),
}

/// How far a task came.
pub enum Ran {
    /// It ran, and all is well.
    Passed,
    /// This machine lacks something it needs.
    NotRun(String),
}

const CHECKS: [Check; 10] = [
    Check { name: "format", work: Work::Command(&["cargo", "fmt", "--all", "--check"]) },
    Check {
        name: "lints",
        work: Work::Command(&[
            "cargo",
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            FEATURES,
            "--locked",
            "--",
            "-D",
            "warnings",
        ]),
    },
    Check {
        name: "tests",
        work: Work::Command(&["cargo", "test", "--workspace", "--features", FEATURES, "--locked"]),
    },
    Check {
        name: "documentation",
        work: Work::Command(&[
            "cargo",
            "doc",
            "--workspace",
            "--features",
            FEATURES,
            "--no-deps",
            "--locked",
            "--quiet",
        ]),
    },
    Check {
        name: "threads",
        work: Work::Command(&[
            "cargo",
            "test",
            "--release",
            "--quiet",
            "--locked",
            "--manifest-path",
            "core/loom/Cargo.toml",
            "--target-dir",
            "target/loom",
        ]),
    },
    Check { name: "emulated", work: Work::Task(emulated::check) },
    Check { name: "fuzz", work: Work::Task(fuzz::check) },
    Check { name: "kotlin", work: Work::Task(kotlin::check) },
    Check { name: "swift", work: Work::Task(swift::check) },
    Check { name: "phone", work: Work::Task(phone::check) },
];

/// Runs all checks; a failed one does not keep the others from running.
pub fn run() -> ExitCode {
    let mut failed = Vec::new();
    for check in &CHECKS {
        eprintln!("== {}", check.name);
        let start = Instant::now();
        let result = check.work.run();
        let seconds = start.elapsed().as_secs_f32();
        match result {
            Ok(Ran::Passed) => eprintln!("== {}: passed in {seconds:.0} s", check.name),
            Ok(Ran::NotRun(why)) => eprintln!("== {}: not run: {why}", check.name),
            Err(failure) => {
                eprintln!("== {}: FAILED after {seconds:.0} s: {failure}", check.name);
                failed.push(check.name);
            }
        }
    }
    if failed.is_empty() {
        eprintln!("== all checks passed");
        ExitCode::SUCCESS
    } else {
        eprintln!("== failed: {}", failed.join(", "));
        ExitCode::FAILURE
    }
}

impl Work {
    fn run(&self) -> Result<Ran> {
        match self {
            Self::Task(task) => task(),
            Self::Command(words) => {
                let status = Command::new(words[0])
                    .args(&words[1..])
                    .current_dir(bundled::root())
                    .env("RUSTDOCFLAGS", "-D warnings")
                    .status()
                    .map_err(|e| Failure::from(e).during(words[0]))?;
                if status.success() {
                    Ok(Ran::Passed)
                } else {
                    Err(Failure::new(format!("{} ({status})", words.join(" "))))
                }
            }
        }
    }
}
