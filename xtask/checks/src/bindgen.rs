//! The library for this machine, and the program that writes Kotlin and Swift from it.

use std::path::PathBuf;

use crate::failure::Result;
use crate::{places, tools};

/// Both, as cargo built them.
pub struct Bindgen {
    /// Writes sources.
    pub program: PathBuf,
    /// What it reads them from.
    pub library: PathBuf,
}

impl Bindgen {
    /// Builds both in one call: the library must not be stripped, and a debug build never is. The
    /// whole workspace, with the examples that it could have, as the tests build it: otherwise what
    /// the two are made of would have other features and be compiled a second time.
    ///
    /// # Errors
    /// If something does not compile.
    pub fn build() -> Result<Self> {
        let whole = ["--workspace", "--lib", "--bins", "--examples", "--features", FEATURES];
        tools::run("cargo", &[&["build", "--locked"], &whole[..]].concat())?;
        Ok(Self { program: program("bindgen"), library: library() })
    }

    /// Runs the program on the library.
    ///
    /// # Errors
    /// If it does not do well.
    pub fn run(&self, arguments: &[&str]) -> Result<()> {
        tools::run(&self.program.display().to_string(), arguments)
    }
}

/// With what the workspace is built wherever sources are written from it, or everything is checked.
pub const FEATURES: &str = "kerbside-ffi/bindgen";

/// A program of the workspace, as [`Bindgen::build`] leaves it.
pub fn program(name: &str) -> PathBuf {
    debug().join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn library() -> PathBuf {
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    debug().join(format!("{prefix}kerbside_ffi{suffix}"))
}

fn debug() -> PathBuf {
    places::target().join("debug")
}
