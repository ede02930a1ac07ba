//! The sets of photos that are known here: what their licences ask for, and which of their photos
//! are held out.

use std::path::Path;

use xtask::held_out::{hundredth, is_photo_held_out};

use super::card::Source;
use super::sample::Split;

/// A known set.
struct Set {
    /// The folder's name, somewhere in its path.
    name: &'static str,
    licence: &'static str,
}

const SETS: [Set; 6] = [
    Set {
        name: "taco",
        licence: "annotations CC BY 4.0, TACO: Trash Annotations in Context (Proença & Simões, 2020); each photo \
                  under the licence that annotations.json gives for it (none given: CC BY 4.0; \"CC\", kind not \
                  told; ODbL © OpenLitterMap & Contributors)",
    },
    Set {
        name: "trashnet",
        licence: "photos MIT © 2017 Gary Thung; outlines CC BY 4.0, Roboflow thesis-ejjcj/waste-hsysm",
    },
    Set {
        name: "garbage-seg",
        licence: "CC BY 4.0, Roboflow projetannuel/garbage-segmentation-lt1hb",
    },
    Set { name: "food", licence: "CC BY 4.0, Roboflow sappia/hri-ra-mtc9l" },
    Set {
        name: "trash-bags",
        licence: "CC BY 4.0, Roboflow woosongvision/trashbags-segmentation-v1-v2",
    },
    Set { name: "textures-cc0", licence: "CC0, ambientCG and Poly Haven" },
];

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
    /// Those that the bundled model never saw: the rule of [`xtask::held_out`].
    Usual,
    /// Those of one folder: neighbouring photos of a batch share their scene.
    Batch(String),
    /// So many of a hundred, told by the photo's name.
    Percent(u32),
}

impl HeldOut {
    /// Where a photo belongs.
    pub fn split(&self, photo: &Path) -> Split {
        let is_held_out = match self {
            Self::Usual => is_photo_held_out(photo),
            Self::Batch(name) => photo.parent().is_some_and(|folder| folder.ends_with(name)),
            Self::Percent(share) => hundredth(photo) < *share,
        };
        if is_held_out { Split::HeldOut } else { Split::Train }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_told_by_the_name_and_altered_copies_stay_together() {
        let split = |share, name: &str| HeldOut::Percent(share).split(Path::new(name));
        // Python: zlib.crc32(name.split("_jpg")[0].encode()) % 100 is 5.
        assert_eq!(split(5, "cardboard100.jpg"), Split::Train);
        assert_eq!(split(6, "cardboard100.jpg"), Split::HeldOut);
        for share in [3, 10, 50] {
            let [one, copy] = ["food_7_jpg.rf.aa.jpg", "food_7_jpg.rf.bb.jpg"];
            assert_eq!(split(share, one), split(share, copy));
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
        assert!(source(Path::new("holiday")).licence.contains("not known"));
    }
}
