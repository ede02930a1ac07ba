//! The sets of photos that are known here: what their licences ask for, and which of their photos
//! are held out.

use std::path::Path;

use super::card::Source;
use super::sample::Split;

/// A known set.
struct Set {
    /// The folder's name, somewhere in its path.
    name: &'static str,
    licence: &'static str,
    /// Of a hundred photos, how many are held out.
    held_out: u32,
}

const SETS: [Set; 6] = [
    Set {
        name: "taco",
        licence: "annotations CC BY 4.0, TACO: Trash Annotations in Context (Proença & Simões, 2020); each photo \
                  under the licence that annotations.json gives for it (none given: CC BY 4.0; \"CC\", kind not \
                  told; ODbL © OpenLitterMap & Contributors)",
        held_out: 3,
    },
    Set {
        name: "trashnet",
        licence: "photos MIT © 2017 Gary Thung; outlines CC BY 4.0, Roboflow thesis-ejjcj/waste-hsysm",
        held_out: 3,
    },
    Set {
        name: "garbage-seg",
        licence: "CC BY 4.0, Roboflow projetannuel/garbage-segmentation-lt1hb",
        held_out: 10,
    },
    Set { name: "food", licence: "CC BY 4.0, Roboflow sappia/hri-ra-mtc9l", held_out: 3 },
    Set {
        name: "trash-bags",
        licence: "CC BY 4.0, Roboflow woosongvision/trashbags-segmentation-v1-v2",
        held_out: 3,
    },
    Set { name: "textures-cc0", licence: "CC0, ambientCG and Poly Haven", held_out: 0 },
];

/// What is held out of a set that is not known.
const HELD_OUT: u32 = 3;

fn known(folder: &Path) -> Option<&'static Set> {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let parts = folder.iter().rev().filter_map(|part| part.to_str());
    parts.filter_map(|part| SETS.iter().find(|set| set.name == part)).next()
}

/// Name and licence of the set in `folder`.
pub fn source(folder: &Path) -> Source {
    match known(folder) {
        Some(set) => Source { name: set.name.to_owned(), licence: set.licence.to_owned() },
        None => {
            let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or("a folder");
            let licence = "licence not known here: see where the photos come from".to_owned();
            Source { name: name.to_owned(), licence }
        }
    }
}

/// Which photos of a set are held out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldOut {
    /// Those of one folder: neighbouring photos of a batch share their scene.
    Batch(String),
    /// So many of a hundred, told by the photo's name.
    Percent(u32),
}

impl HeldOut {
    /// The share that is held out of the set in `folder`.
    pub fn share_of(folder: &Path) -> Self {
        Self::Percent(known(folder).map_or(HELD_OUT, |set| set.held_out))
    }

    /// Where a photo belongs.
    ///
    /// Told by the checksum of its name up to `_jpg`: Roboflow names the altered copies of one
    /// photo `name_jpg.rf.….jpg`, and they must stay together. `models/kerbside-nano/recipe` holds
    /// the same photos out.
    pub fn split(&self, photo: &Path) -> Split {
        let is_held_out = match self {
            Self::Batch(name) => photo.parent().is_some_and(|folder| folder.ends_with(name)),
            Self::Percent(share) => {
                let name = photo.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let stem = name.split("_jpg").next().unwrap_or_default();
                crc32(stem.as_bytes()) % 100 < *share
            }
        };
        if is_held_out { Split::HeldOut } else { Split::Train }
    }
}

/// The checksum of zip, PNG and Python's `zlib.crc32`.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc: u32, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_are_held_out_as_the_recipe_does() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        // Python: zlib.crc32(name.split("_jpg")[0].encode()) % 100 is 68, 5, 0 and 5.
        let split = |share, name: &str| HeldOut::Percent(share).split(Path::new(name));
        assert_eq!(split(68, "cardboard1.jpg"), Split::Train);
        assert_eq!(split(5, "cardboard100.jpg"), Split::Train);
        assert_eq!(split(6, "cardboard100.jpg"), Split::HeldOut);
        assert_eq!(split(1, "cardboard116.jpg"), Split::HeldOut);
        assert_eq!(split(6, "biological_237_jpg.rf.07954.jpg"), Split::HeldOut);
        assert_eq!(split(100, "a.jpg"), Split::HeldOut);
        assert_eq!(split(0, "a.jpg"), Split::Train);
        for share in [3, 10, 50] {
            let [one, copy] = ["food_7_jpg.rf.aa.jpg", "food_7_jpg.rf.bb.jpg"];
            assert_eq!(split(share, one), split(share, copy), "copies of one photo stay together");
        }
    }

    #[test]
    fn a_batch_is_a_whole_folder() {
        let rule = HeldOut::Batch("batch_14".to_owned());
        assert_eq!(rule.split(Path::new("taco/train/batch_14/000001.jpg")), Split::HeldOut);
        assert_eq!(rule.split(Path::new("taco/train/batch_1/000014.jpg")), Split::Train);
        assert_eq!(rule.split(Path::new("batch_14/batch_1/000014.jpg")), Split::Train);
    }

    #[test]
    fn sets_are_known_by_a_folder_in_their_path() {
        assert_eq!(source(Path::new("data/garbage-seg/train")).name, "garbage-seg");
        assert_eq!(HeldOut::share_of(Path::new("data/garbage-seg/train")), HeldOut::Percent(10));
        assert!(source(Path::new("holiday")).licence.contains("not known"));
    }
}
