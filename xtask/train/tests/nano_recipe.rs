//! The recipe of `models/kerbside-nano` on the bundled pack: its own tests, with written tasks made here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use checks::not_run::not_run;
use checks::python;

#[test]
fn the_recipe_reads_the_pack_and_learns() {
    let python = match python::python().unwrap() {
        Ok(python) => python,
        Err(why) => return not_run(why),
    };
    let folder = tempfile::tempdir().unwrap();
    let texts = folder.path().join("texts.jsonl");
    let made = Command::new(env!("CARGO_BIN_EXE_kerbside-train"))
        .args(["data", "dispose", "--samples", "120", "--seed", "3", "--jsonl"])
        .arg(&texts)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", python::words(&made));
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/kerbside-nano/recipe");
    let tested = Command::new(python)
        .args(["-m", "unittest", "test_recipe"])
        .current_dir(recipe)
        .env("KERBSIDE_TEXTS", texts)
        .env("HF_HUB_OFFLINE", "1")
        .output()
        .unwrap();
    let said = python::words(&tested);
    assert!(tested.status.success() && said.contains("\nOK"), "{said}");
}
