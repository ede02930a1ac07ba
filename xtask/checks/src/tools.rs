//! Programs that a check needs and a bare machine may lack.

use std::process::{Command, Stdio};

use crate::failure::{Failure, Result};
use crate::places;

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
            // Another may be installing at this moment.
            .args(["-o", "DPkg::Lock::Timeout=300"])
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
        .current_dir(places::root())
        .status()
        .map_err(|e| Failure::from(e).during(program))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("{program} {} ({status})", arguments.join(" "))))
}
