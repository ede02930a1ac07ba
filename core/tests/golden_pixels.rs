//! A camera's planes against Pillow's YCbCr conversion (`models/reference/make_pixels.py`).

#![allow(clippy::unwrap_used)]

use kerbside_core::photo::Frame;
use kerbside_core::pixels::{Pixels, Plane, Rotation};
use safetensors::SafeTensors;

const GOLDEN: &[u8] = include_bytes!("golden/pixels.safetensors");
const SIZE: (usize, usize) = (37, 23);
const ROW_STRIDE: usize = 40;

fn golden(name: &str) -> Vec<u8> {
    SafeTensors::deserialize(GOLDEN).unwrap().tensor(name).unwrap().data().to_vec()
}

/// Largest difference to Pillow's picture at a rotation.
fn difference(pixels: &Pixels<'_>, degrees: i32) -> u8 {
    let rotation = Rotation::from_degrees(degrees).unwrap();
    let frame = Frame::from_pixels(pixels, SIZE, rotation).unwrap();
    let expected = golden(&format!("rgb.{degrees}"));
    assert_eq!(frame.pixels().len(), expected.len());
    let turned = if degrees % 180 == 0 { SIZE } else { (SIZE.1, SIZE.0) };
    assert_eq!((frame.width(), frame.height()), turned);
    frame.pixels().iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

/// Pillow rounds its factors to 1/64: one step is allowed.
#[test]
fn planes_of_a_camera_become_pillows_pixels_at_every_rotation() {
    let (y, vu) = (golden("y"), golden("vu"));
    let plane = |bytes, pixel_stride| Plane { bytes, row_stride: ROW_STRIDE, pixel_stride };
    let camera = Pixels::Yuv420 { y: plane(&y, 1), u: plane(&vu[1..], 2), v: plane(&vu, 2) };
    for degrees in [0, 90, 180, 270] {
        assert!(difference(&camera, degrees) <= 1, "{degrees}");
    }
    let swapped = Pixels::Yuv420 { y: plane(&y, 1), u: plane(&vu, 2), v: plane(&vu[1..], 2) };
    assert!(difference(&swapped, 0) > 30, "the colours are told apart");
}

#[test]
fn an_nv21_buffer_is_the_same_picture() {
    let bytes = [golden("y"), golden("vu")].concat();
    let nv21 = Pixels::nv21(&bytes, SIZE.1, ROW_STRIDE).unwrap();
    assert!(difference(&nv21, 0) <= 1);
    assert!(difference(&nv21, 90) <= 1);
}

#[test]
fn a_bitmap_is_the_same_picture() {
    let rgb = golden("rgb.0");
    let rgba: Vec<u8> = rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 0]).collect();
    let plane = Plane { bytes: &rgba, row_stride: 4 * SIZE.0, pixel_stride: 4 };
    for degrees in [0, 90, 180, 270] {
        assert_eq!(difference(&Pixels::Rgba(plane), degrees), 0, "{degrees}");
    }
}
