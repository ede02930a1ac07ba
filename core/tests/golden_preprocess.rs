//! Reading and squashing photos against Hugging Face's SigLIP processor and Pillow
//! (`models/reference/make_preprocess.py`).

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use kerbside_core::photo::Frame;
use kerbside_core::vision::preprocess::{preprocess, squash};
use safetensors::SafeTensors;

const GOLDEN: &[u8] = include_bytes!("golden/preprocess/golden.safetensors");

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/preprocess").join(name)
}

fn frame(name: &str) -> Frame {
    Frame::from_encoded(&std::fs::read(path(name)).unwrap()).unwrap()
}

/// Squashed pixels are Pillow's, bit for bit: wide, tall, shrunk, grown, one pixel wide, grey, with
/// alpha, with a palette.
#[test]
fn squashed_pixels_are_pillows() {
    let golden = SafeTensors::deserialize(GOLDEN).unwrap();
    for name in ["landscape", "portrait", "large", "small", "line", "grey", "alpha", "palette"] {
        let expected = golden.tensor(&format!("{name}.resized")).unwrap();
        let found = squash(&frame(&format!("{name}.png")), 56);
        let different = found.iter().zip(expected.data()).filter(|(a, b)| a != b).count();
        assert_eq!((found.len(), different), (56 * 56 * 3, 0), "{name}");
    }
    assert!(squash(&frame("landscape.png"), 224) == frame("landscape.224.png").pixels());
}

#[test]
fn a_photo_of_the_packs_size_is_used_as_it_is() {
    let photo = frame("landscape.224.png");
    assert!(squash(&photo, 224) == photo.pixels());
}

#[test]
fn pixel_values_agree_with_the_processor() {
    let golden = SafeTensors::deserialize(GOLDEN).unwrap();
    let expected = golden.tensor("landscape.pixel_values").unwrap();
    assert_eq!(expected.shape(), [3, 56, 56]);
    let found = preprocess(&frame("landscape.png"), 56);
    for (found, expected) in found.iter().zip(expected.data().as_chunks::<4>().0) {
        assert!((found - f32::from_le_bytes(*expected)).abs() <= 1e-6);
    }
}

/// JPEG keeps the flat blocks to within a few levels; a wrong turn moves them by hundreds.
#[test]
fn every_exif_orientation_is_turned_upright() {
    let upright = frame("upright.png");
    for tag in ["1", "2", "3", "4", "5", "6", "7", "8", "9", "none"] {
        let turned = frame(&format!("orientation_{tag}.jpg"));
        assert_eq!((turned.width(), turned.height()), (upright.width(), upright.height()), "{tag}");
        let differences = turned.pixels().iter().zip(upright.pixels()).map(|(a, b)| a.abs_diff(*b));
        assert!(differences.max() <= Some(4), "orientation {tag}");
    }
}
