//! `cargo xtask data taco|yolo|compose` as a person runs them, on small folders made here and, where
//! it is there, on the real one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use checks::not_run::not_run;
use image::{Rgb, RgbImage};
use kerbside_core::detection;
use kerbside_core::mask::{BinaryMask, MaskCodec};
use kerbside_train::data::parquet::Samples;
use kerbside_train::data::sample::{Sample, Split, Task};
use support::{data, data_ok, photo, read, refused, taco, yolo};
use xtask::bundled;
use xtask::dataset::Dataset;

fn codec() -> MaskCodec {
    let file = bundled::pack().join("mask_codec.safetensors");
    MaskCodec::from_safetensors(&fs::read(file).unwrap()).unwrap()
}

/// The pixels of a sample's answer: each mask pasted into the picture.
fn masks(sample: &Sample, codec: &MaskCodec) -> Vec<BinaryMask> {
    let picture = photo(sample);
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let items = detection::parse(&sample.suffix).unwrap();
    let paste = |item: &detection::Detection| {
        codec.decode(&item.codes.unwrap()).paste(&item.bbox, width, height)
    };
    items.iter().map(paste).collect()
}

/// Objects of the made photos are red, their ground is not.
fn is_red(Rgb([r, g, b]): &Rgb<u8>) -> bool {
    i32::from(*r) > i32::from(*g) + 60 && i32::from(*r) > i32::from(*b) + 60
}

fn red(picture: &RgbImage) -> BinaryMask {
    let mut mask = BinaryMask::new(picture.width() as usize, picture.height() as usize);
    for (x, y, _) in picture.enumerate_pixels().filter(|(.., pixel)| is_red(pixel)) {
        mask.set(x as usize, y as usize);
    }
    mask
}

/// Whatever was done to a picture, its answer's masks lie on its red pixels.
fn assert_aligned(samples: &[Sample], codec: &MaskCodec) {
    let mut ious = Vec::new();
    for sample in samples.iter().filter(|sample| sample.labels.len() == 1) {
        let [mask] = masks(sample, codec).try_into().unwrap();
        ious.push(mask.iou(&red(&photo(sample))));
    }
    let mean = ious.iter().sum::<f64>() / ious.len() as f64;
    let worst = ious.iter().copied().fold(1.0, f64::min);
    assert!(ious.len() > 20 && mean > 0.9 && worst > 0.6, "{} {mean} {worst}", ious.len());
}

#[test]
fn a_taco_folder_becomes_samples_whose_answers_lie_on_their_pictures() {
    let folder = tempfile::tempdir().unwrap();
    taco(folder.path(), 8);
    let (out, sheet) = (folder.path().join("out"), folder.path().join("sheet.png"));
    let printed = data_ok(&[
        &["taco", "TACO", "--out", "OUT", "--sheet", "SHEET", "--some", "0", "--empty", "50"],
        &[folder.path().to_str().unwrap(), out.to_str().unwrap(), sheet.to_str().unwrap()],
    ]);
    assert!(printed.contains("held out"), "{printed}");
    let samples = read(&out, None);
    assert_aligned(&samples, &codec());
    for sample in &samples {
        assert_eq!(sample.task, Task::Segment);
        assert!(!sample.prompt.contains('\n') && sample.prompt.starts_with("segment plastic ; "));
        let words: Vec<String> =
            detection::parse(&sample.suffix).unwrap().iter().map(|i| i.label.to_string()).collect();
        assert_eq!(words, sample.labels);
    }
    assert!(samples.iter().any(|sample| sample.labels.is_empty()), "ground without objects");
    let sheet = image::open(&sheet).unwrap();
    assert_eq!((sheet.width(), sheet.height()), (6 * 456 + 8, 4 * 456 + 8));
    let card = fs::read_to_string(out.join("README.md")).unwrap();
    assert!(card.contains("--seed 0") && card.contains("| train |"), "{card}");
    assert!(!card.contains(folder.path().to_str().unwrap()), "no path of this machine");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let folder = tempfile::tempdir().unwrap();
    taco(folder.path(), 3);
    let run = |name: &str, seed: &str| {
        let out = folder.path().join(name);
        data_ok(&[
            &["taco", "TACO", "--out", "OUT", "--per-photo", "4", "--seed", seed],
            &[folder.path().to_str().unwrap(), out.to_str().unwrap()],
        ]);
        fs::read(out.join("train-00000-of-00001.parquet")).unwrap()
    };
    let first = run("a", "1");
    assert!(first == run("b", "1"));
    assert!(first != run("c", "2"));
}

#[test]
fn no_photo_is_in_both_splits() {
    let folder = tempfile::tempdir().unwrap();
    taco(folder.path(), 4);
    let out = folder.path().join("out");
    data_ok(&[
        &["taco", "TACO", "--out", "OUT", "--held-out", "batch_2"],
        &[folder.path().to_str().unwrap(), out.to_str().unwrap()],
    ]);
    for split in Split::ALL {
        let batches: HashSet<String> = read(&out, Some(split)).iter().map(batch).collect();
        let expected = if split == Split::Train { "batch_1" } else { "batch_2" };
        assert_eq!(batches, HashSet::from([expected.to_owned()]));
    }
}

fn batch(sample: &Sample) -> String {
    let path = sample.image.as_ref().unwrap().path.as_ref().unwrap();
    path.split('/').next().unwrap().to_owned()
}

#[test]
fn a_yolo_folder_becomes_samples_and_altered_copies_stay_together() {
    let folder = tempfile::tempdir().unwrap();
    yolo(folder.path(), &["cardboard", "food"], 30);
    let out = folder.path().join("out");
    data_ok(&[
        &["yolo", "YOLO", "--out", "OUT", "--held-out", "50", "--some", "0"],
        &[folder.path().to_str().unwrap(), out.to_str().unwrap()],
    ]);
    let [train, held_out] = Split::ALL.map(|split| read(&out, Some(split)));
    assert_aligned(&train, &codec());
    let photos = |samples: &[Sample]| -> HashSet<String> {
        let path = |sample: &Sample| sample.image.as_ref().unwrap().path.clone().unwrap();
        samples.iter().map(|s| path(s).split("_jpg").next().unwrap().to_owned()).collect()
    };
    assert!(photos(&train).is_disjoint(&photos(&held_out)));
    assert!(!held_out.is_empty());
    let words: HashSet<&str> =
        train.iter().flat_map(|sample| &sample.labels).map(String::as_str).collect();
    assert_eq!(words, HashSet::from(["carton", "food"]));
}

#[test]
fn scenes_are_composed_of_things_on_other_grounds() {
    let folder = tempfile::tempdir().unwrap();
    let (things, grounds) = (folder.path().join("things"), folder.path().join("grounds"));
    yolo(&things, &["metal", "glass"], 40);
    fs::create_dir(&grounds).unwrap();
    RgbImage::from_pixel(64, 64, Rgb([60, 130, 70])).save(grounds.join("a.png")).unwrap();
    let out = folder.path().join("out");
    let paths = [things.to_str().unwrap(), grounds.to_str().unwrap(), out.to_str().unwrap()];
    data_ok(&[
        &["compose", "--cutouts", "THINGS", "--backgrounds", "GROUNDS", "--out", "OUT"],
        &["--count", "40", "--items", "1-3", "--some", "0", "--longest", "256", "--empty", "0.1"],
        &paths,
    ]);
    let samples = read(&out, Some(Split::Train));
    assert_eq!(samples.len(), 40);
    assert!(samples.iter().any(|sample| sample.labels.is_empty()));
    assert!(samples.iter().any(|sample| sample.labels.len() > 1));
    let codec = codec();
    let one = samples.iter().filter(|sample| sample.labels.len() == 1);
    let ious: Vec<f64> = one.map(|s| masks(s, &codec)[0].iou(&red(&photo(s)))).collect();
    let mean = ious.iter().sum::<f64>() / ious.len() as f64;
    assert!(ious.len() > 5 && mean > 0.85, "{ious:?}");
}

#[test]
fn composed_scenes_can_be_measured_on_and_hold_only_things_that_are_held_out() {
    let folder = tempfile::tempdir().unwrap();
    let (things, grounds) = (folder.path().join("things"), folder.path().join("grounds"));
    yolo(&things, &["metal"], 120);
    fs::create_dir(&grounds).unwrap();
    RgbImage::from_pixel(300, 300, Rgb([60, 130, 70])).save(grounds.join("a.png")).unwrap();
    let compose = |name: &str, objects: &str| {
        let out = folder.path().join(name);
        let paths = [things.to_str().unwrap(), grounds.to_str().unwrap(), out.to_str().unwrap()];
        let printed = data_ok(&[
            &["compose", "--cutouts", "THINGS", "--backgrounds", "GROUNDS", "--out", "OUT"],
            &["--count", "5", "--items", "3", "--as", "yolo", "--objects", objects],
            &paths,
        ]);
        (out, printed)
    };
    let (out, held_out) = compose("valid", "held-out");
    let (_, train) = compose("train", "train");
    let count = |printed: &str| -> usize {
        let line = printed.lines().find(|line| line.contains("to cut out")).unwrap();
        line.split("metal ").nth(1).unwrap().split(';').next().unwrap().parse().unwrap()
    };
    assert_eq!(count(&held_out) + count(&train), 120);
    assert!((1..12).contains(&count(&held_out)), "about 3 of 100: {}", count(&held_out));

    let dataset = Dataset::open(&out).unwrap();
    assert_eq!(dataset.samples.len(), 5);
    for sample in &dataset.samples {
        let frame = sample.frame().unwrap();
        assert!(sample.objects.len() >= 3);
        let picture = RgbImage::from_raw(
            frame.width() as u32,
            frame.height() as u32,
            frame.pixels().to_vec(),
        );
        let mut all = BinaryMask::new(frame.width(), frame.height());
        for object in &sample.objects {
            let mask = object.mask(frame.width(), frame.height());
            assert_eq!(all.intersection(&mask), 0, "what is covered belongs to one thing only");
            all.add(&mask);
        }
        let red = red(&picture.unwrap());
        assert!(all.iou(&red) > 0.85, "{}", all.iou(&red));
    }
}

#[test]
fn bad_input_gets_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let run = |source: &Path, kind: &str| {
        let out = at("out");
        let output = data(&[&[kind, source.to_str().unwrap(), "--out", out.to_str().unwrap()]]);
        assert!(!out.exists(), "nothing half done is left");
        output
    };
    refused(&run(&at("nowhere"), "taco"), "nowhere");

    let broken = at("broken");
    taco(&broken, 2);
    fs::write(broken.join("annotations.json"), "{\"images\": [").unwrap();
    refused(&run(&broken, "taco"), "annotations.json");

    let missing = at("missing");
    taco(&missing, 2);
    fs::remove_file(missing.join("batch_1/000001.jpg")).unwrap();
    refused(&run(&missing, "taco"), "000001.jpg");
    let out = at("less");
    let args = ["taco", missing.to_str().unwrap(), "--out", out.to_str().unwrap(), "--skip-bad"];
    let printed = String::from_utf8(data(&[&args]).stdout).unwrap();
    assert!(printed.contains("1 photos that cannot be used were left out"), "{printed}");

    let turned = at("turned");
    taco(&turned, 2);
    RgbImage::new(60, 300).save(turned.join("batch_1/000000.jpg")).unwrap();
    refused(&run(&turned, "taco"), "its outlines were drawn on");

    let unknown = at("unknown");
    yolo(&unknown, &["metal", "elephant"], 2);
    refused(&run(&unknown, "yolo"), "elephant");

    let nowhere = at("nan");
    yolo(&nowhere, &["metal"], 2);
    let label = fs::read_dir(nowhere.join("labels")).unwrap().next().unwrap().unwrap().path();
    fs::write(&label, "0 0.1 0.1 nan 0.5 0.5 0.5").unwrap();
    refused(&run(&nowhere, "yolo"), "nowhere");

    let valid = at("valid");
    yolo(&valid, &["metal"], 2);
    refused(&run(&valid, "yolo"), "measure");

    let empty = at("empty");
    fs::create_dir(&empty).unwrap();
    refused(&run(&empty, "yolo"), "classes.txt");
}

#[test]
fn real_photos_become_samples() {
    let folder = bundled::root().join("../shared/data/taco/train");
    if !folder.exists() {
        return not_run(format_args!("no {}", folder.display()));
    }
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    data_ok(&[
        &["taco", "TACO", "--out", "OUT", "--per-photo", "0", "--whole", "0", "--empty", "0"],
        &[folder.to_str().unwrap(), out.to_str().unwrap()],
    ]);
    // Only what is held out: each photo of batch 14 with something large enough on it.
    let samples = Samples::open(&out, Some(Split::HeldOut)).unwrap();
    assert!((50..=98).contains(&samples.len()), "{}", samples.len());
    let codec = codec();
    for sample in samples.iter().map(Result::unwrap) {
        assert_eq!(batch(&sample), "batch_14");
        assert!(masks(&sample, &codec).iter().all(|mask| mask.area() > 0), "{}", sample.suffix);
    }
}
