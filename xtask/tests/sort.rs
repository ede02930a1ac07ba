//! The main job on the bundled pack and photograph, as a person runs it, and what bad input gets.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kerbside_core::cancel::CancelToken;
use kerbside_core::detection::Detection;
use kerbside_core::engine::{CLASSES, Engine, EngineOptions, SegmentEvent, SegmentRequest};
use kerbside_core::error::Error;
use kerbside_core::photo::Frame;
use serde_json::Value;
use xtask::bundled;

fn sort(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).arg("sort").args(args).output().unwrap()
}

/// One clear line on stderr, exit code 2, nothing on stdout.
fn assert_refused(output: &Output, words: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    assert!(stderr.contains(words), "{words:?} is not in: {stderr}");
    assert!(output.stdout.is_empty());
}

fn engine() -> Engine {
    Engine::open(&bundled::pack(), &EngineOptions::default()).unwrap()
}

fn example() -> Frame {
    Frame::from_encoded(&fs::read(bundled::example_photo()).unwrap()).unwrap()
}

fn segment(engine: &Engine, frame: &Frame) -> Vec<Detection> {
    let (mut session, cancel) = (engine.session(), CancelToken::new());
    session.set_photo(frame, &cancel).unwrap();
    session.segment(&SegmentRequest::default(), &cancel, &mut |_| {}).unwrap()
}

#[test]
fn the_example_photograph_is_sorted() {
    let output = sort(&["--json", "--timings"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let items = json["items"].as_array().unwrap();
    let expected: Value = serde_json::from_slice(
        &fs::read(bundled::root().join("models/kerbside-nano/example/expected.json")).unwrap(),
    )
    .unwrap();
    for wanted in expected["items"].as_array().unwrap() {
        let found = items.iter().find(|item| item["label"] == wanted["label"]);
        let found = found.unwrap_or_else(|| panic!("no {} among {items:?}", wanted["label"]));
        for edge in ["y1", "x1", "y2", "x2"] {
            let off = found["box"][edge].as_f64().unwrap() - wanted["box"][edge].as_f64().unwrap();
            assert!(off.abs() < 0.1, "{} {edge} is off by {off}", wanted["label"]);
        }
        assert!(found["outline"][0]["outer"].as_array().unwrap().len() > 5);
        let instruction = &found["instructions"][0];
        assert!(
            instruction["verdict"].is_string()
                && !found["sentences"][0].as_str().unwrap().is_empty()
        );
    }
    assert!(json["seconds"]["vision"].as_f64().unwrap() > 0.0);
}

#[test]
fn the_overlay_is_a_picture_with_outlines() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("overlay.png");
    let output = sort(&["--overlay", out.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let drawn = Frame::from_encoded(&fs::read(&out).unwrap()).unwrap();
    assert!(drawn.width() >= example().width());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("1 glass"), "{text}");
    assert_eq!(text.matches("found glass").count(), 1, "what two looks tell alike: {text}");
}

#[test]
fn parts_are_reported_the_moment_they_are_complete() {
    let (engine, cancel) = (engine(), CancelToken::new());
    let mut session = engine.session();
    session.set_photo(&example(), &cancel).unwrap();
    let mut order = Vec::new();
    let items = session
        .segment(&SegmentRequest::default(), &cancel, &mut |event| {
            order.push(match event {
                SegmentEvent::Box { item, .. } => (item, "box"),
                SegmentEvent::Mask { item, .. } => (item, "mask"),
                SegmentEvent::Item { item, .. } => (item, "item"),
                SegmentEvent::Dropped { item } => (item, "dropped"),
            });
        })
        .unwrap();
    assert!(!items.is_empty());
    let wanted: Vec<_> =
        (0..items.len()).flat_map(|i| [(i, "box"), (i, "mask"), (i, "item")]).collect();
    assert_eq!(order, wanted);
    for item in &items {
        assert!(
            CLASSES.contains(&item.label.as_str()) && item.mask.is_some() && item.codes.is_some()
        );
        assert!(item.confidence > 0.0 && item.confidence <= 1.0);
    }
}

#[test]
fn the_same_photo_gives_the_same_items() {
    let engine = engine();
    let first = segment(&engine, &example());
    assert_eq!(first, segment(&engine, &example()));
    let (mut session, cancel) = (engine.session(), CancelToken::new());
    session.set_photo(&example(), &cancel).unwrap();
    for _ in 0..2 {
        let again = session.segment(&SegmentRequest::default(), &cancel, &mut |_| {}).unwrap();
        assert_eq!(first, again);
    }
}

#[test]
fn threads_share_one_engine() {
    let engine = engine();
    let wanted = segment(&engine, &example());
    std::thread::scope(|scope| {
        let handles: Vec<_> =
            (0..3).map(|_| scope.spawn(|| segment(&engine, &example()))).collect();
        for handle in handles {
            assert_eq!(handle.join().unwrap(), wanted);
        }
    });
}

#[test]
fn cancelling_anywhere_leaves_the_session_usable() {
    let (engine, frame) = (engine(), example());
    let wanted = segment(&engine, &frame);
    let mut session = engine.session();
    let cancelled = CancelToken::new();
    cancelled.cancel();
    assert!(matches!(session.set_photo(&frame, &cancelled), Err(Error::Cancelled(_))));
    let none = session.segment(&SegmentRequest::default(), &CancelToken::new(), &mut |_| {});
    assert!(matches!(none, Err(Error::NoPhoto)));

    session.set_photo(&frame, &CancelToken::new()).unwrap();
    let cancel = CancelToken::new();
    let during = session.segment(&SegmentRequest::default(), &cancel, &mut |event| {
        if matches!(event, SegmentEvent::Box { .. }) {
            cancel.cancel();
        }
    });
    assert!(matches!(during, Err(Error::Cancelled(_))));
    let again = session.segment(&SegmentRequest::default(), &CancelToken::new(), &mut |_| {});
    assert_eq!(again.unwrap(), wanted);
}

#[test]
fn a_tap_beside_the_items_looks_again() {
    let plain = sort(&["--json"]);
    let tapped = sort(&["--json", "--at", "2,2"]);
    assert!(plain.status.success() && tapped.status.success());
    let frame = example();
    let crops = |output: &Output| {
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        json["looks"].as_u64().unwrap()
    };
    assert_eq!((crops(&plain), crops(&tapped)), (1, 2));
    let centre = {
        let item = &segment(&engine(), &frame)[0];
        let x = (item.bbox.x1 + item.bbox.x2) / 2.0 * frame.width() as f32;
        let y = (item.bbox.y1 + item.bbox.y2) / 2.0 * frame.height() as f32;
        format!("{x},{y}")
    };
    assert_eq!(crops(&sort(&["--json", "--at", &centre])), 1, "a tap on an item is no new look");
    assert_eq!(crops(&sort(&["--json", "--crop"])), 5);
}

#[test]
fn bad_photos_are_refused_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let whole = fs::read(bundled::example_photo()).unwrap();
    assert_refused(&sort(&["nowhere.jpg"]), "nowhere.jpg");
    assert_refused(&sort(&[&file("empty.jpg", b"")]), "empty");
    assert_refused(&sort(&[&file("words.jpg", b"this is a letter, not a picture")]), "words.jpg");
    assert_refused(&sort(&[&file("cut.jpg", &whole[..whole.len() / 3])]), "cut.jpg");
    assert_refused(&sort(&[&file("large.png", &huge_png())]), "64");
    assert_refused(&sort(&["--at", "nine"]), "--at wants X,Y");
    assert_refused(&sort(&["--sideways"]), "unknown option --sideways");
    assert_refused(&sort(&["--community", "atlantis"]), "no community atlantis; there are");
}

/// The first bytes of a PNG of 10,000 × 10,000 pixels.
fn huge_png() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend([0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10, 8, 2, 0, 0, 0]);
    png.extend([0x35, 0x2c, 0xf5, 0x70]);
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    png
}

fn copy_pack(to: &Path) -> PathBuf {
    let from = bundled::pack();
    let pack = to.join("pack");
    for file in walk(&from) {
        let target = pack.join(file.strip_prefix(&from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        if !file.ends_with(".verified") {
            fs::copy(&file, &target).unwrap();
        }
    }
    pack
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    entries.flat_map(|p| if p.is_dir() { walk(&p) } else { vec![p] }).collect()
}

#[test]
fn bad_packs_are_refused_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |pack: &Path, words: &str| {
        assert_refused(&sort(&["--pack", pack.to_str().unwrap()]), words)
    };
    refused(&dir.path().join("none"), "none");

    let pack = copy_pack(&dir.path().join("flipped"));
    let weights = pack.join("weights.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&weights, &bytes).unwrap();
    refused(&pack, "weights.safetensors");

    let pack = copy_pack(&dir.path().join("short"));
    let weights = pack.join("weights.safetensors");
    fs::write(&weights, &bytes[..bytes.len() - 64]).unwrap();
    refused(&pack, "weights.safetensors");

    let pack = copy_pack(&dir.path().join("other-base"));
    let manifest = fs::read_to_string(pack.join("pack.json")).unwrap();
    let json: Value = serde_json::from_str(&manifest).unwrap();
    let base = json["base"]["id"].as_str().unwrap();
    fs::write(
        pack.join("pack.json"),
        manifest.replace(&format!("\"{base}\""), "\"somebody/else\""),
    )
    .unwrap();
    refused(&pack, "base");
}
