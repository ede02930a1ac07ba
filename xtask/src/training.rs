//! `cargo xtask data` and `cargo xtask train` live in a crate of their own, `kerbside-train`: only
//! who trains builds candle and Parquet.

use std::process::{Command, ExitCode};

use crate::bundled;

/// Runs `task` of the training crate with the arguments that follow, and passes on how it ended.
pub fn run(task: &str, args: impl Iterator<Item = String>) -> ExitCode {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let status = Command::new(cargo)
        .args(["run", "--quiet", "--release", "--package", "kerbside-train", "--manifest-path"])
        .arg(bundled::root().join("Cargo.toml"))
        .args(["--", task])
        .args(args)
        .status();
    match status {
        // A signal has no code.
        Ok(status) => status.code().map_or(ExitCode::FAILURE, |code| ExitCode::from(code as u8)),
        Err(error) => {
            eprintln!("cargo cannot be started: {error}");
            ExitCode::from(2)
        }
    }
}
