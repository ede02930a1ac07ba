//! The library for phones, as far as a machine without Android's NDK can check it.

use std::process::{Command, Stdio};

use crate::failure::Result;
use crate::test::Ran;
use crate::tools;

/// The 64-bit ARM phones of the last ten years.
const TARGET: &str = "aarch64-linux-android";

/// Type-checks the bindings as they are built for a phone.
///
/// # Errors
/// If they do not compile.
pub fn check() -> Result<Ran> {
    if !has_target() {
        return Ok(Ran::NotRun(format!("rustup cannot add {TARGET}")));
    }
    let check = ["check", "--release", "--target", TARGET, "--package", "kerbside-ffi", "--locked"];
    tools::run("cargo", &check)?;
    Ok(Ran::Passed)
}

/// Silent: what rustup prints names machines.
fn has_target() -> bool {
    let added = Command::new("rustup")
        .args(["target", "add", TARGET])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    added.is_ok_and(|status| status.success())
}
