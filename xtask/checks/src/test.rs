//! `cargo xtask test`: everything that must hold before a change lands.
//!
//! ```text
//! first lane:  format ─► lints ─► tests ─► documentation
//! second lane: threads ─► emulated ─► phone ─► fuzz ─► kotlin ─► swift
//! ```
//!
//! Compilers end, and tests wait, on one core: two lanes keep both busy. What cargo builds for one is
//! not what it builds for the other, so that neither waits; only Kotlin and Swift take the library
//! that the tests have been compiled with by then.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::args::Args;
use crate::bindgen::FEATURES;
use crate::failure::{Failure, Result};
use crate::not_run::List;
use crate::{emulated, fuzz, kotlin, phone, places, python, swift};

/// One check: what it is called and what runs it.
struct Check {
    name: &'static str,
    work: Work,
}

/// What runs a check.
enum Work {
    /// A program and its arguments.
    Command(&'static [&'static str]),
    /// A task that needs tools, and brings them where they can be had.
    Task(fn() -> Result<Ran>),
}

/// How far a task came.
pub enum Ran {
    /// It ran, and all is well.
    Passed,
    /// All is well with what ran; the others, each with its reason.
    But(Vec<String>),
    /// This machine lacks something it needs.
    NotRun(String),
}

impl Ran {
    /// For who asked for this and nothing else.
    pub fn done(self) -> Result<()> {
        match self {
            Self::Passed | Self::But(_) => Ok(()),
            Self::NotRun(why) => Err(Failure::new(why)),
        }
    }
}

/// In the order that finds mistakes soonest.
const FIRST_LANE: [Check; 4] = [
    Check { name: "format", work: Work::Command(&["cargo", "fmt", "--all", "--check"]) },
    Check {
        name: "lints",
        work: Work::Command(&[
            "cargo",
            "clippy",
            "--workspace",
            "--all-targets",
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
        // Of examples there are none; asked for, they make dependencies have the features that lints
        // and tests have compiled them with.
        work: Work::Command(&[
            "cargo",
            "doc",
            "--workspace",
            "--no-deps",
            "--lib",
            "--examples",
            "--locked",
            "--quiet",
        ]),
    },
];

const SECOND_LANE: [Check; 6] = [
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
    Check { name: "phone", work: Work::Task(phone::check) },
    Check { name: "fuzz", work: Work::Task(fuzz::check) },
    Check { name: "kotlin", work: Work::Task(kotlin::check) },
    Check { name: "swift", work: Work::Task(swift::check) },
];

const USAGE: &str = "cargo xtask test [CHECK…]
  runs every check there is, or only those named, one after the other";

/// Runs the task: all checks, or those that are named. A failed one does not keep the others from
/// running.
///
/// # Errors
/// The usage, when it was asked for; a check of an unknown name; a second lane that does not start.
pub fn run(mut args: Args) -> Result<ExitCode> {
    let mut named = Vec::new();
    while let Some(name) = args.next(USAGE)? {
        named.push(known(&name)?);
    }
    let all = named.is_empty();
    let beside = if all { Some(Beside::start()?) } else { None };
    let mut failed =
        if all { in_turn(&FIRST_LANE.iter().collect::<Vec<_>>()) } else { in_turn(&named) };
    if let Some(beside) = beside {
        failed.extend((!beside.wait()?).then_some("the second lane"));
    }
    if failed.is_empty() {
        eprintln!("== all checks passed");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("== failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

fn known(name: &str) -> Result<&'static Check> {
    let mut all = FIRST_LANE.iter().chain(&SECOND_LANE);
    all.find(|check| check.name == name).ok_or_else(|| {
        let names = FIRST_LANE.iter().chain(&SECOND_LANE).map(|check| check.name);
        Failure::new(format!("no check {name}; there are {}", names.collect::<Vec<_>>().join(", ")))
    })
}

/// Runs checks one after the other and returns the names of those that failed.
fn in_turn(checks: &[&'static Check]) -> Vec<&'static str> {
    let has = |name| checks.iter().any(|check| check.name == name);
    let mut preparation = has("tests").then(|| thread::spawn(prepare));
    let mut failed = Vec::new();
    for check in checks {
        if check.needs_tools() {
            // What it did not bring, the check tries again, and says why it cannot.
            preparation.take().map(JoinHandle::join);
        }
        eprintln!("== {}", check.name);
        let start = Instant::now();
        let result = check.run();
        let seconds = start.elapsed().as_secs_f32();
        match result {
            Ok(Ran::Passed) => eprintln!("== {}: passed in {seconds:.0} s", check.name),
            Ok(Ran::But(others)) => {
                eprintln!("== {}: passed in {seconds:.0} s, but for", check.name);
                others.iter().for_each(|other| eprintln!("==   not run: {other}"));
            }
            Ok(Ran::NotRun(why)) => eprintln!("== {}: not run: {why}", check.name),
            Err(failure) => {
                eprintln!("== {}: FAILED after {seconds:.0} s: {failure}", check.name);
                failed.push(check.name);
            }
        }
    }
    failed
}

/// Brings what a bare machine lacks: a network's work, done while the processor compiles, and long
/// before the second lane asks for it.
fn prepare() {
    let _ = python::python();
    kotlin::prepare();
    swift::prepare();
}

const LOG: &str = "second-lane.log";

/// The second lane: this program again, with what it prints kept until it has ended.
struct Beside(Child);

impl Beside {
    fn start() -> Result<Self> {
        let folder = places::target();
        fs::create_dir_all(&folder).map_err(|e| Failure::io(&folder, &e))?;
        let log = File::create(Self::log()).map_err(|e| Failure::io(&Self::log(), &e))?;
        let child = Command::new(std::env::current_exe()?)
            .arg("test")
            .args(SECOND_LANE.map(|check| check.name))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        eprintln!("== the second lane prints to {LOG} of the folder that cargo builds into");
        Ok(Self(child))
    }

    /// Whether all of its checks passed, after showing what they printed.
    fn wait(mut self) -> Result<bool> {
        let status = self.0.wait()?;
        let bytes = fs::read(Self::log()).map_err(|e| Failure::io(&Self::log(), &e))?;
        eprint!("== the second lane\n{}", String::from_utf8_lossy(&bytes));
        Ok(status.success())
    }

    fn log() -> PathBuf {
        places::target().join(LOG)
    }
}

impl Check {
    fn needs_tools(&self) -> bool {
        matches!(self.work, Work::Task(_))
    }

    fn run(&self) -> Result<Ran> {
        match self.work {
            Work::Task(task) => task(),
            Work::Command(words) => {
                let list = List::begin(&places::target(), self.name)?;
                let (name, path) = list.variable();
                let status = Command::new(words[0])
                    .args(&words[1..])
                    .current_dir(places::root())
                    .env(name, path)
                    .env("RUSTDOCFLAGS", "-D warnings")
                    .status()
                    .map_err(|e| Failure::from(e).during(words[0]))?;
                match (status.success(), list.lines()) {
                    (true, others) if others.is_empty() => Ok(Ran::Passed),
                    (true, others) => Ok(Ran::But(others)),
                    (false, _) => Err(Failure::new(format!("{} ({status})", words.join(" ")))),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(words: &'static [&'static str]) -> Result<Ran> {
        Check { name: "try", work: Work::Command(words) }.run()
    }

    #[cfg(unix)]
    #[test]
    fn what_did_not_run_is_told_apart_from_what_passed_and_what_failed() {
        assert!(matches!(ran(&["sh", "-c", "true"]), Ok(Ran::Passed)));
        let listed = ran(&["sh", "-c", "echo 'photos: no folder' >> \"$KERBSIDE_NOT_RUN\""]);
        assert!(matches!(listed, Ok(Ran::But(others)) if others == ["photos: no folder"]));
        assert!(ran(&["sh", "-c", "false"]).is_err());
    }

    #[test]
    fn each_check_is_in_one_lane_and_known_by_its_name() {
        let names: Vec<_> = FIRST_LANE.iter().chain(&SECOND_LANE).map(|check| check.name).collect();
        for name in &names {
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
            assert_eq!(known(name).unwrap().name, *name);
        }
        assert!(known("fuzzing").is_err_and(|why| why.to_string().contains("fuzz, kotlin")));
    }
}
