//! The kernels of 64-bit ARM, run in an emulator of such a processor.

use std::process::Command;

use crate::failure::{Failure, Result};
use crate::places;
use crate::test::Ran;
use crate::{phone, tools};

const TARGET: &str = "aarch64-unknown-linux-gnu";
const LINKER: &str = "aarch64-linux-gnu-gcc";
const EMULATOR: &str = "qemu-aarch64";
/// What must be among the kernels that the emulated processor offers.
const KERNELS: &str = "neon-dotprod,neon-i8mm";
/// The crate that has them without the rest of the engine.
const MANIFEST: &str = "core/emulated/Cargo.toml";

/// Runs the tests of the kernels and of what lies around them.
///
/// # Errors
/// If one fails, or they do not compile.
pub fn check() -> Result<Ran> {
    if !prepare() {
        return Ok(Ran::NotRun(format!("{LINKER} and {EMULATOR} are not here")));
    }
    if !phone::has_target(TARGET) {
        return Ok(Ran::NotRun(format!("rustup cannot add {TARGET}")));
    }
    let status = Command::new("cargo")
        .args(["test", "--lib", "--quiet", "--locked", "--target", TARGET])
        .args(["--manifest-path", MANIFEST])
        .arg("--target-dir")
        .arg(places::target().join("emulated"))
        .current_dir(places::root())
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER)
        .env(
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER",
            format!("{EMULATOR} -cpu max -L /usr/aarch64-linux-gnu"),
        )
        .env("KERBSIDE_KERNELS", KERNELS)
        .status()?;
    if status.success() {
        return Ok(Ran::Passed);
    }
    Err(Failure::new(format!("the tests of {MANIFEST} ({status})")))
}

/// Whether compiler and emulator are there, after trying to install them.
pub fn prepare() -> bool {
    [LINKER, EMULATOR].into_iter().all(|tool| tools::works(tool, "--version"))
        || tools::apt_install(&["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user"])
}
