//! Tasks that need the engine live in crates of their own: `xtask`, and `kerbside-train` for who
//! trains, since only that takes candle and Parquet. Both are built when they are asked for.

use std::process::{Command, ExitCode};

use crate::places;

/// Runs a task of `package` with all the words of the command line, and passes on how it ended.
pub fn to(package: &str, words: impl Iterator<Item = String>) -> ExitCode {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let status = Command::new(cargo)
        .args(["run", "--quiet", "--release", "--package", package, "--manifest-path"])
        .arg(places::root().join("Cargo.toml"))
        .arg("--")
        .args(words)
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
