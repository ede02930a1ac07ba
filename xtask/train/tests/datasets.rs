//! Samples as Hugging Face `datasets` reads them, with pictures and streaming.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use checks::not_run::not_run;
use checks::python;
use image::RgbImage;
use kerbside_train::data::card::Card;
use kerbside_train::data::parquet::{SampleWriter, Samples};
use kerbside_train::data::sample::{Picture, Sample, Split, Task};

/// Prints what `datasets` says of a folder of samples, and writes it anew.
const SCRIPT: &str = r#"
import sys, datasets
folder = sys.argv[1]
files = {"train": folder + "/train-*.parquet", "held_out": folder + "/held-out-*.parquet"}
samples = datasets.load_dataset("parquet", data_files=files, cache_dir=folder + "/../cache")
print(type(samples["train"].features["image"]).__name__, samples["train"].features["label"])
for split in ("train", "held_out"):
    for row in samples[split]:
        size = row["image"] and row["image"].size
        print(split, size, row["task"], row["prompt"], row["suffix"], row["label"], row["split"])
stream = datasets.load_dataset("parquet", data_files=files, split="train", streaming=True)
print("streamed", sum(1 for _ in stream), next(iter(stream))["image"].size)
print("folder", sorted(datasets.load_dataset(folder, cache_dir=folder + "/../cache").keys()))
samples["train"].to_parquet(folder + "/../anew.parquet")
"#;

fn sample(label: &str, split: Split, size: Option<(u32, u32)>) -> Sample {
    let picture = |(width, height)| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        RgbImage::new(width, height).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        Picture { bytes: bytes.into_inner(), path: Some("a/b.jpg".to_owned()) }
    };
    Sample {
        image: size.map(picture),
        task: if size.is_some() { Task::Segment } else { Task::Dispose },
        prompt: format!("segment {label}"),
        suffix: format!("<loc0001><seg127> {label}"),
        labels: vec![label.to_owned(), "Öl".to_owned()],
        split,
    }
}

#[test]
fn datasets_reads_pictures_texts_and_lists() {
    let python = match python::python().unwrap() {
        Ok(python) => python,
        Err(why) => return not_run(why),
    };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("samples");
    let samples = [
        sample("glass", Split::Train, Some((40, 30))),
        sample("food", Split::Train, None),
        Sample { labels: vec![], ..sample("", Split::Train, Some((16, 24))) },
        sample("metal", Split::HeldOut, Some((8, 8))),
    ];
    let mut writer = SampleWriter::create(&out).unwrap();
    samples.iter().for_each(|sample| writer.push(sample.clone()).unwrap());
    writer.finish(&Card::default()).unwrap();

    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(&out)
        .envs([("HF_HUB_OFFLINE", "1"), ("HF_DATASETS_OFFLINE", "1")])
        .env("HF_HOME", folder.path().join("home"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines[0].starts_with("Image List(Value('string'))"), "{printed}");
    assert_eq!(
        lines[1..],
        [
            "train (40, 30) segment segment glass <loc0001><seg127> glass ['glass', 'Öl'] train",
            "train None dispose segment food <loc0001><seg127> food ['food', 'Öl'] train",
            "train (16, 24) segment segment  <loc0001><seg127>  [] train",
            "held_out (8, 8) segment segment metal <loc0001><seg127> metal ['metal', 'Öl'] held-out",
            "streamed 3 (40, 30)",
            "folder ['held_out', 'train']",
        ]
    );
    // What another program wrote is read as well; it may have encoded the picture anew.
    let anew = Samples::open(&folder.path().join("anew.parquet"), None).unwrap();
    let anew: Vec<Sample> = anew.iter().map(Result::unwrap).collect();
    assert_eq!(anew.len(), 3);
    for (anew, sample) in anew.iter().zip(&samples) {
        assert_eq!(anew.image.is_some(), sample.image.is_some());
        assert_eq!(
            Sample { image: None, ..anew.clone() },
            Sample { image: None, ..sample.clone() }
        );
    }
}
