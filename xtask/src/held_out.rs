//! Which photos of the training folders nothing is trained on: settings are chosen on them, so that
//! the `valid` folders stay untouched.
//!
//! The rule is that of `models/kerbside-nano/recipe/views.py`. It looks at names only, so that two
//! crops of one photo (`…_jpg.rf.<hash>.jpg`) fall on the same side.

use std::path::Path;

use crate::dataset::{Dataset, Sample};

/// Hundredths of garbage-seg that are held out, and of the larger sets in the same layout.
const OF_GARBAGE_SEG: u32 = 10;
const OF_OTHERS: u32 = 3;
/// The folder of TACO's photos that is held out.
const OF_TACO: &str = "batch_14";

/// The held-out photos of a training folder.
#[must_use]
pub fn held_out(dataset: Dataset) -> Dataset {
    Dataset { samples: dataset.samples.into_iter().filter(is_held_out).collect() }
}

/// Whether nothing may be trained on a sample's photo.
pub fn is_held_out(sample: &Sample) -> bool {
    is_photo_held_out(&sample.photo)
}

/// Whether nothing may be trained on a photo, told by its path.
pub fn is_photo_held_out(photo: &Path) -> bool {
    let folder = photo.parent().unwrap_or(Path::new(""));
    let batch = name(folder);
    if batch.starts_with("batch_") {
        return batch == OF_TACO;
    }
    let is_garbage_seg = folder.components().any(|part| part.as_os_str() == "garbage-seg");
    hundredth(photo) < if is_garbage_seg { OF_GARBAGE_SEG } else { OF_OTHERS }
}

/// In which hundredth of its set a photo falls, `0..100`: the checksum of its name up to `_jpg`.
pub fn hundredth(photo: &Path) -> u32 {
    let name = name(photo);
    crc32fast::hash(name.split("_jpg").next().unwrap_or_default().as_bytes()) % 100
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_out(photo: &str) -> bool {
        is_held_out(&Sample { photo: photo.into(), size: None, objects: vec![], ignored: vec![] })
    }

    #[test]
    fn the_rule_is_that_of_the_recipe() {
        // zlib.crc32 of "biological_113", "cardboard1", "biological_237", "cardboard100",
        // "cardboard116", modulo 100: 15, 68, below 10, 5, below 3.
        let garbage = |name: &str| is_out(&format!("../data/garbage-seg/train/images/{name}"));
        assert!(!garbage("biological_113_jpg.rf.c6e2823f51293629451f7494793d1c6a.jpg"));
        assert!(!garbage("cardboard1.jpg"));
        assert!(garbage("biological_237_jpg.rf.07954cfbcbfc8a969b6e7b0bd94a48d9.jpg"));
        assert!(garbage("cardboard100.jpg"));
        assert!(!is_out("../data/trashnet/images/cardboard100.jpg"));
        assert!(is_out("../data/trashnet/images/cardboard116.jpg"));
        assert!(is_out("../data/taco/train/batch_14/000001.jpg"));
        assert!(!is_out("../data/taco/train/batch_1/000001.jpg"));
    }

    #[test]
    fn two_crops_of_one_photo_fall_on_the_same_side() {
        for index in 0..200 {
            let crop =
                |hash: &str| is_out(&format!("garbage-seg/images/a{index}_jpg.rf.{hash}.jpg"));
            assert_eq!(crop("1"), crop("2"));
        }
    }
}
