//! The library for phones, as far as a machine without Android's NDK and Apple's SDK can check it.

use std::process::{Command, Stdio};

use crate::failure::Result;
use crate::test::Ran;
use crate::tools;

/// The 64-bit ARM phones of the last ten years.
const TARGETS: [&str; 2] = ["aarch64-linux-android", "aarch64-apple-ios"];

/// Type-checks the bindings as they are built for a phone.
///
/// # Errors
/// If they do not compile.
pub fn check() -> Result<Ran> {
    let (there, missing): (Vec<&str>, Vec<&str>) =
        TARGETS.into_iter().partition(|target| has_target(target));
    if !there.is_empty() {
        // One call for all of them: cargo then keeps every core busy. In release, since another
        // lane builds without.
        let targets = there.into_iter().flat_map(|target| ["--target", target]);
        let check = ["check", "--release", "--package", "kerbside-ffi", "--locked"];
        tools::run("cargo", &check.into_iter().chain(targets).collect::<Vec<_>>())?;
    }
    if missing.is_empty() {
        return Ok(Ran::Passed);
    }
    Ok(Ran::NotRun(format!("rustup cannot add {missing:?}")))
}

/// Whether Rust can compile for `target`, which is fetched if need be. Silent: what rustup prints
/// names machines.
pub fn has_target(target: &str) -> bool {
    let added = Command::new("rustup")
        .args(["target", "add", target])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    added.is_ok_and(|status| status.success())
}
