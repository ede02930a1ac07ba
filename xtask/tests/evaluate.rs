//! `cargo xtask evaluate` and `calibrate`, as a person runs them, on the bundled pack and photograph.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use xtask::bundled;

fn xtask(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(args).output().unwrap()
}

fn evaluate(data: &Path, more: &[&str]) -> Value {
    let args = ["evaluate", "segment", "--json", "--data", data.to_str().unwrap()];
    let output = xtask(&[&args, more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn assert_refused(args: &[&str], words: &str) {
    let output = xtask(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains(words), "{words:?} is not in: {stderr}");
}

/// The example photograph with its bottle as a box, and a thing of a thousandth of the photo that
/// nobody finds.
fn labelled_example(folder: &Path) {
    for name in ["images", "labels"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    fs::write(folder.join("classes.txt"), "glass\nmetal\n").unwrap();
    fs::copy(bundled::example_photo(), folder.join("images/example.jpg")).unwrap();
    let expected = bundled::root().join("models/kerbside-nano/example/expected.json");
    let expected: Value = serde_json::from_slice(&fs::read(expected).unwrap()).unwrap();
    let bottle = expected["items"].as_array().unwrap().iter().find(|i| i["label"] == "glass");
    let edge = |name: &str| bottle.unwrap()["box"][name].as_f64().unwrap();
    let (x, y) = ((edge("x1") + edge("x2")) / 2.0, (edge("y1") + edge("y2")) / 2.0);
    let (width, height) = (edge("x2") - edge("x1"), edge("y2") - edge("y1"));
    let labels = format!("0 {x} {y} {width} {height}\n1 0.05 0.95 0.03 0.03\n");
    fs::write(folder.join("labels/example.txt"), labels).unwrap();
}

#[test]
fn figures_pictures_and_what_is_too_small() {
    let dir = tempfile::tempdir().unwrap();
    labelled_example(dir.path());
    let pictures = dir.path().join("pictures");
    let all = evaluate(dir.path(), &["--pictures", pictures.to_str().unwrap()]);
    assert_eq!((&all["photos"], &all["items"], &all["invalid"]), (&json!(1), &json!(2), &json!(0)));
    assert_eq!(all["classes"]["metal"]["recall_50"], 0.0);
    assert!(all["mask_ap"]["ap_50"].as_f64().unwrap() <= 0.5, "half of the classes is not found");
    let words = all["reliability"]["words"].as_array().unwrap();
    assert_eq!(words.len(), 3);
    let counted: u64 = words.iter().map(|word| word["items"].as_u64().unwrap()).sum();
    assert_eq!(counted, all["predicted"].as_u64().unwrap());
    let drawn = image::open(pictures.join("images-example.jpg")).unwrap();
    assert!(drawn.width().max(drawn.height()) <= 1280);

    let large = evaluate(dir.path(), &["--min-area", "0.01"]);
    assert_eq!((&large["items"], &large["ignored_items"]), (&json!(1), &json!(1)));
    assert!(large["mean_iou"].as_f64() > all["mean_iou"].as_f64());
}

#[test]
fn the_base_alone_is_measured_without_the_packs_calibration() {
    let dir = tempfile::tempdir().unwrap();
    labelled_example(dir.path());
    let own = bundled::pack().join("adapters/segment");
    let with_own = evaluate(dir.path(), &["--adapter", own.to_str().unwrap()]);
    let alone = evaluate(dir.path(), &["--adapter", "none"]);
    let figures = |report: &Value| (report["mean_iou"].clone(), report["reliability"].clone());
    assert_ne!(figures(&with_own), figures(&alone));
}

#[test]
fn numbers_go_into_a_pack_only_if_they_make_sense() {
    let dir = tempfile::tempdir().unwrap();
    let (pack, file) = (dir.path().join("pack"), dir.path().join("numbers.json"));
    fs::create_dir(&pack).unwrap();
    fs::copy(bundled::pack().join("pack.json"), pack.join("pack.json")).unwrap();
    let numbers = |floor: f64| {
        json!({"segment": {
            "place": {"bias": 1.5, "corners": 2.0, "area": 0.5},
            "label": {"bias": -0.5, "label": 0.75},
            "floor": floor
        }})
    };
    let manifest =
        || -> Value { serde_json::from_slice(&fs::read(pack.join("pack.json")).unwrap()).unwrap() };
    let before = manifest();
    let args = ["calibrate", pack.to_str().unwrap(), file.to_str().unwrap()];
    fs::write(&file, numbers(7.0).to_string()).unwrap();
    assert_refused(&args, "floor");
    assert_eq!(manifest(), before);
    fs::write(&file, numbers(0.25).to_string()).unwrap();
    assert!(xtask(&args).status.success());
    assert_eq!(manifest()["calibration"], numbers(0.25));
    assert_eq!(manifest()["files"], before["files"]);
}

#[test]
fn nothing_is_tuned_on_what_is_measured_on() {
    let dir = tempfile::tempdir().unwrap();
    labelled_example(dir.path());
    let valid = dir.path().join("valid");
    fs::create_dir(&valid).unwrap();
    let at = |folder: &Path| folder.to_str().unwrap().to_owned();
    let (data, valid, out) = (at(dir.path()), at(&valid), at(&dir.path().join("out.json")));
    let words = "what is tuned on valid photos cannot be measured on them";
    assert_refused(&["evaluate", "segment", "--data", &data, "--calibrate", &out], words);
    let held_out = ["evaluate", "segment", "--held-out", "--calibrate", &out, "--data", &valid];
    assert_refused(&held_out, words);
    assert!(!Path::new(&out).exists());
}

#[test]
fn the_bundled_adapter_knows_the_rows_and_its_misses_are_listed() {
    let output = xtask(&["evaluate", "dispose", "--json", "--cases", "80"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let share = |of: &str, key: &str| report[of][key].as_f64().unwrap();
    assert!(share("model", "right") >= 0.9, "{report}");
    assert!(share("model", "wrong_shown") <= 0.02, "{report}");
    assert!(share("lookup", "right") < 0.5, "{report}");
    let mistyped = report["kinds"].as_array().unwrap().iter().find(|k| k["name"] == "mistyped");
    assert!(mistyped.unwrap()["right"].as_f64().unwrap() >= 0.85, "{report}");

    let output = xtask(&["evaluate", "dispose", "--misses", "--cases", "80"]);
    let misses = String::from_utf8(output.stdout).unwrap();
    assert!(misses.contains(" Asked: ") && misses.contains(", true "), "{misses}");
    assert!(misses.lines().count() < 60, "most come out right:\n{misses}");
}

#[test]
fn bad_arguments_are_refused_in_words() {
    assert_refused(&["evaluate", "segment"], "--data is missing");
    let empty = tempfile::tempdir().unwrap();
    let data = empty.path().to_str().unwrap();
    assert_refused(&["evaluate", "segment", "--data", data], "neither classes.txt");
    let small = ["evaluate", "segment", "--data", data, "--min-area", "2"];
    assert_refused(&small, "a share of the photo");
    assert_refused(&["evaluate", "segment", "--sharp"], "unknown option --sharp");
    assert_refused(&["evaluate"], "cargo xtask evaluate segment");
}
