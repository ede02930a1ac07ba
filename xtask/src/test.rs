//! `cargo xtask test`: everything that must hold before a change lands, in the order that finds
//! mistakes soonest.

use std::process::{Command, ExitCode};
use std::time::Instant;

/// One check: what it is called and the command that runs it.
struct Check {
    name: &'static str,
    command: &'static [&'static str],
}

const CHECKS: [Check; 4] = [
    Check { name: "format", command: &["cargo", "fmt", "--all", "--check"] },
    Check {
        name: "lints",
        command: &[
            "cargo",
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
    },
    Check { name: "tests", command: &["cargo", "test", "--workspace", "--locked"] },
    Check {
        name: "documentation",
        command: &["cargo", "doc", "--workspace", "--no-deps", "--locked", "--quiet"],
    },
];

/// Runs all checks; a failed one does not keep the others from running.
pub fn run() -> ExitCode {
    let mut failed = Vec::new();
    for check in &CHECKS {
        eprintln!("== {}: {}", check.name, check.command.join(" "));
        let start = Instant::now();
        let status = Command::new(check.command[0])
            .args(&check.command[1..])
            .env("RUSTDOCFLAGS", "-D warnings")
            .status();
        let seconds = start.elapsed().as_secs_f32();
        match status {
            Ok(status) if status.success() => {
                eprintln!("== {}: passed in {seconds:.0} s", check.name)
            }
            Ok(status) => {
                eprintln!("== {}: FAILED ({status}) after {seconds:.0} s", check.name);
                failed.push(check.name);
            }
            Err(error) => {
                eprintln!("== {}: FAILED to start: {error}", check.name);
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
