//! Small folders of labelled photos, and the tasks run on them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use image::{Rgb, RgbImage};
use kerbside_core::photo::Frame;
use kerbside_train::data::parquet::Samples;
use kerbside_train::data::sample::{Sample, Split};

/// Runs `cargo xtask data` with all words.
pub fn data(words: &[&[&str]]) -> Output {
    let words = words.iter().flat_map(|words| words.iter());
    Command::new(env!("CARGO_BIN_EXE_kerbside-train")).arg("data").args(words).output().unwrap()
}

/// The same; words in capitals stand for the paths of the last list, in order. Returns what was
/// printed.
pub fn data_ok(words: &[&[&str]]) -> String {
    let (paths, words) = words.split_last().unwrap();
    let mut paths = paths.iter();
    let is_path = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase());
    let words = words.iter().flat_map(|words| words.iter());
    let words = words.map(|&word| if is_path(word) { *paths.next().unwrap() } else { word });
    let output = data(&[&words.collect::<Vec<&str>>()]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// One clear line on stderr, exit code 2, nothing on stdout.
pub fn refused(output: &Output, words: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    assert!(stderr.contains(words), "{words:?} is not in: {stderr}");
    assert!(output.stdout.is_empty());
}

pub fn read(folder: &Path, split: Option<Split>) -> Vec<Sample> {
    Samples::open(folder, split).unwrap().iter().map(Result::unwrap).collect()
}

pub fn photo(sample: &Sample) -> RgbImage {
    let frame = Frame::from_encoded(&sample.image.as_ref().unwrap().bytes).unwrap();
    RgbImage::from_raw(frame.width() as u32, frame.height() as u32, frame.pixels().to_vec())
        .unwrap()
}

/// Pixels of the objects on a made photo: an L on its side, so that no turn looks like another.
fn shape([x1, y1, x2, y2]: [u32; 4]) -> [(u32, u32); 6] {
    let (x, y) = ((x1 + x2) / 2, y1 + (y2 - y1) / 3);
    [(x1, y1), (x2, y1), (x2, y), (x, y), (x, y2), (x1, y2)]
}

fn draw(width: u32, height: u32, at: [u32; 4]) -> RgbImage {
    let [_, (x2, y1), (_, y), (x, _), (_, y2), (x1, _)] = shape(at);
    RgbImage::from_fn(width, height, |column, row| {
        let in_bar = (x1..x2).contains(&column) && (y1..y).contains(&row);
        let in_stem = (x1..x).contains(&column) && (y1..y2).contains(&row);
        if in_bar || in_stem { Rgb([210, 30, 30]) } else { Rgb([60, 130, 70]) }
    })
}

/// Where the object of photo `number` lies: large and small ones.
fn place(number: u32) -> [u32; 4] {
    let side = 40 + 37 * number % 90;
    let (left, top) = (12 + 29 * number % 60, 8 + 17 * number % 40);
    [left, top, left + side, top + side * 4 / 5]
}

/// TACO's layout: two batches of `count` photos, each of one object.
pub fn taco(folder: &Path, count: u32) {
    let names = ["Drink can", "Glass bottle", "Normal paper", "Plastic film"];
    let (mut images, mut annotations) = (Vec::new(), Vec::new());
    for id in 0..2 * count {
        let name = format!("batch_{}/{:06}.jpg", 1 + id / count, id % count);
        let path = folder.join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let at = place(id);
        draw(240, 160, at).save(&path).unwrap();
        images.push(format!(
            r#"{{"id": {id}, "file_name": "{name}", "width": 2400, "height": 1600}}"#
        ));
        let points = shape(at).map(|(x, y)| format!("{}, {}", 10 * x, 10 * y)).join(", ");
        annotations.push(format!(
            r#"{{"image_id": {id}, "category_id": {}, "segmentation": [[{points}]],
                "bbox": [0, 0, 1, 1], "iscrowd": 0}}"#,
            id % 4
        ));
    }
    let categories =
        names.iter().enumerate().map(|(id, name)| format!(r#"{{"id": {id}, "name": "{name}"}}"#));
    let json = format!(
        r#"{{"images": [{}], "annotations": [{}], "categories": [{}]}}"#,
        images.join(", "),
        annotations.join(", "),
        categories.collect::<Vec<_>>().join(", ")
    );
    fs::write(folder.join("annotations.json"), json).unwrap();
}

/// YOLO's layout: photos of one object; every other one is an altered copy of the one before.
pub fn yolo(folder: &Path, classes: &[&str], count: u32) {
    for name in ["images", "labels"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    fs::write(folder.join("classes.txt"), classes.join("\n")).unwrap();
    for number in 0..count {
        let name = format!("thing_{}_jpg.rf.{number}", number / 2);
        let at = place(number);
        draw(240, 160, at).save(folder.join("images").join(format!("{name}.jpg"))).unwrap();
        let points =
            shape(at).map(|(x, y)| format!("{} {}", x as f32 / 240.0, y as f32 / 160.0)).join(" ");
        let class = number as usize % classes.len();
        let label = folder.join("labels").join(format!("{name}.txt"));
        fs::write(label, format!("{class} {points}\n")).unwrap();
    }
}
