//! The seeds of `fuzz/` are accepted by what they are fed to: a fuzzer that begins outside stays there.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use kerbside_core::lora::AdapterTable;
use kerbside_core::pack::{AdapterFiles, Manifest, WeightMap};
use kerbside_core::schedule::ics::{ImportOptions, import};
use kerbside_core::{Frame, RulePack, detection, structured};
use xtask::bundled;

/// Every seed of a target, by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(bundled::root().join("fuzz/seeds").join(target)).unwrap();
    let seeds = entries.map(|entry| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())
    });
    seeds.collect()
}

fn parts(seed: &[u8]) -> (&[u8], &[u8]) {
    let at = seed.iter().position(|&byte| byte == 0).unwrap_or(seed.len());
    (&seed[..at], seed.get(at + 1..).unwrap_or_default())
}

fn sample() -> Manifest {
    let seed = fs::read(bundled::root().join("fuzz/seeds/pack/sample")).unwrap();
    Manifest::parse(parts(&seed).0, Path::new("pack.json")).unwrap()
}

#[test]
fn packs_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    for (name, seed) in seeds("pack") {
        let (manifest, header) = parts(&seed);
        if !manifest.is_empty() {
            Manifest::parse(manifest, Path::new("pack.json")).unwrap();
        }
        if let Some((length, header)) = header.split_first_chunk() {
            let path = folder.path().join(&name);
            // As in the target: the numbers are zeros.
            let numbers = vec![0; u32::from_le_bytes(*length) as usize];
            fs::write(&path, [header, &numbers].concat()).unwrap();
            let weights = WeightMap::open(&path, &sample().architecture);
            assert!(weights.is_ok(), "{name}: {}", weights.unwrap_err());
        }
    }
}

#[test]
fn adapters_are_taken() {
    for (name, seed) in seeds("adapter") {
        let (config, tensors) = parts(&seed);
        let files =
            AdapterFiles { config: config.to_vec(), tensors: tensors.to_vec(), prefix_mode: None };
        let loaded = AdapterTable::new(&sample(), 1 << 20).load("segment", &files);
        // Only one module is in the file: a target that means more must be refused for just that.
        let is_right = loaded.as_ref().map_or_else(
            |error| name == "all_linear" && error.to_string().contains("without tensors"),
            |_| name != "all_linear",
        );
        assert!(is_right, "{name}: {loaded:?}");
    }
}

#[test]
fn rules_are_taken() {
    for (name, seed) in seeds("rules") {
        let parts: Vec<_> = seed.split(|&byte| byte == 0).collect();
        let files = parts
            .chunks_exact(2)
            .map(|pair| (String::from_utf8(pair[0].to_vec()).unwrap(), pair[1]));
        let pack = RulePack::from_files(files);
        assert!(pack.is_ok(), "{name}: {}", pack.unwrap_err());
    }
}

#[test]
fn calendars_and_photos_are_read() {
    for (name, seed) in seeds("calendar") {
        let files: Vec<_> = seed.split(|&byte| byte == 0).collect();
        let found = import(&files, &ImportOptions::default()).unwrap();
        assert!(
            found.counts.taken > 0 && found.counts.unreadable == 0,
            "{name}: {:?}",
            found.warnings
        );
    }
    for (name, seed) in seeds("photo") {
        // The others are a camera's planes.
        if name.contains('.') {
            assert!(Frame::from_encoded(&seed).is_ok(), "{name}");
        }
    }
}

#[test]
fn what_a_model_writes_is_read() {
    for (name, seed) in seeds("detections") {
        assert!(
            !detection::parse(std::str::from_utf8(&seed).unwrap()).unwrap().is_empty(),
            "{name}"
        );
    }
    for (name, seed) in seeds("form") {
        let text = std::str::from_utf8(&seed).unwrap();
        let read = structured::read(text).is_ok()
            || serde_json::from_str::<serde_json::Value>(text).is_ok();
        assert!(read, "{name}");
    }
}
