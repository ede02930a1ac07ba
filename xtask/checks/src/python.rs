//! A Python with what `models/recipes` asks for: torch, transformers, peft, datasets.
//!
//! It takes about a minute and 5 GB, since the wheels of torch that PyPI has for Linux bring CUDA along. So it
//! lies outside the repository, where the next clean clone finds it again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::failure::{Failure, Result};
use crate::places;

/// The interpreter, or why there is none on this machine. Who calls while another makes it waits.
///
/// # Errors
/// If the packages cannot be installed although pip works, or the disk refuses.
pub fn python() -> Result<std::result::Result<PathBuf, String>> {
    let requirements = places::root().join("models/recipes/requirements.txt");
    let wanted = fs::read(&requirements).map_err(|e| Failure::io(&requirements, &e))?;
    let venv = places::cache().join("recipes-venv");
    fs::create_dir_all(places::cache()).map_err(|e| Failure::io(&venv, &e))?;
    let lock = File::create(venv.with_extension("lock"))?;
    lock.lock()?;
    let (python, made_for) = (venv.join("bin/python"), venv.join("requirements.txt"));
    if fs::read(&made_for).is_ok_and(|found| found == wanted) {
        return Ok(Ok(python));
    }
    if let Err(why) = bare(&venv, &python) {
        return Ok(Err(why));
    }
    install(&venv, &python, &requirements)?;
    fs::write(&made_for, wanted).map_err(|e| Failure::io(&made_for, &e))?;
    Ok(Ok(python))
}

/// An environment with nothing in it but what installs quickly: pip itself would take several minutes.
fn bare(venv: &Path, python: &Path) -> std::result::Result<(), String> {
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv))?;
    run(Command::new(python).args(["-m", "pip", "install", "--quiet", "uv==0.13.9"]))
}

fn install(venv: &Path, python: &Path, requirements: &Path) -> Result<()> {
    // A compiler for GPU kernels, a gigabyte large, that nothing here asks for.
    let without = venv.join("without.txt");
    fs::write(&without, "triton; sys_platform == 'none'\n")
        .map_err(|e| Failure::io(&without, &e))?;
    let mut uv = Command::new(venv.join("bin/uv"));
    uv.args(["pip", "install", "--quiet", "--no-cache", "--python"]).arg(python);
    uv.arg("--override").arg(&without).arg("--requirements").arg(requirements);
    run(&mut uv).map_err(Failure::new)
}

fn run(command: &mut Command) -> std::result::Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(words(&output)),
        Err(error) => Err(error.to_string()),
    }
}

/// What a program complained of.
pub fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}
