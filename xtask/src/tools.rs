//! Programs that a check needs and a bare machine may lack.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::bundled;
use crate::failure::{Failure, Result};

/// Whether a program starts and says that all is well.
pub fn works(program: &str, argument: &str) -> bool {
    let quiet = Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    quiet.is_ok_and(|status| status.success())
}

/// Tries to install Debian packages; whether that went well. Silent: what it prints names machines.
pub fn apt_install(packages: &[&str]) -> bool {
    let apt = |arguments: &[&str]| {
        let status = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    };
    let install: Vec<_> =
        ["install", "--yes", "--no-install-recommends"].iter().chain(packages).copied().collect();
    apt(&install) || (apt(&["update"]) && apt(&install))
}

/// Runs a command in the repository's root, its output shown.
///
/// # Errors
/// If it does not start or does not end well.
pub fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let status = Command::new(program)
        .args(arguments)
        .current_dir(bundled::root())
        .status()
        .map_err(|e| Failure::from(e).during(program))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("{program} {} ({status})", arguments.join(" "))))
}

/// Where large tools that checks need are kept: outside the repository, so that a clean clone finds
/// them again.
pub fn cache() -> PathBuf {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or(home);
    cache.unwrap_or_else(std::env::temp_dir).join("kerbside")
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => bundled::root().join(folder),
        None => bundled::root().join("target"),
    }
}
