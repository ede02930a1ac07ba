//! A Python with what `models/recipes` asks for: torch, transformers, peft, datasets.
//!
//! It takes about a minute and 5 GB, since the wheels of torch that PyPI has for Linux bring CUDA along. So it
//! lies outside the repository, where the next clean clone finds it again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use xtask::tools;

/// The interpreter, or why there is none on this machine.
///
/// # Panics
/// If the packages cannot be installed although pip works.
pub fn python() -> Result<PathBuf, String> {
    let requirements =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/recipes/requirements.txt");
    let venv = tools::cache().join("recipes-venv");
    let (python, made_for) = (venv.join("bin/python"), venv.join("requirements.txt"));
    let wanted = fs::read(&requirements).unwrap();
    if fs::read(&made_for).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    // pip would take several minutes for what uv installs in one.
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "uv==0.13.9"]))?;
    install(&venv, &python, &requirements);
    fs::write(&made_for, wanted).unwrap();
    Ok(python)
}

fn install(venv: &Path, python: &Path, requirements: &Path) {
    // A compiler for GPU kernels, a gigabyte large, that nothing here asks for.
    let without = venv.join("without.txt");
    fs::write(&without, "triton; sys_platform == 'none'\n").unwrap();
    let mut uv = Command::new(venv.join("bin/uv"));
    uv.args(["pip", "install", "--quiet", "--no-cache", "--python"]).arg(python);
    uv.arg("--override").arg(&without).arg("--requirements").arg(requirements);
    run(&mut uv).unwrap();
}

fn run(command: &mut Command) -> Result<(), String> {
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
