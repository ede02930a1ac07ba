//! A photo from a file, or from a camera's planes: those begin with `P`, five numbers and a rotation.
#![no_main]

use kerbside_core::Frame;
use kerbside_core::mask::Point;
use kerbside_core::pixels::{Pixels, Plane, Rotation};
use kerbside_core::vision::preprocess::preprocess;
use libfuzzer_sys::fuzz_target;

/// No picture format begins with this byte.
const PLANES: u8 = b'P';
/// Photos of more pixels are not looked at any further: that is slow, and nothing new.
const FEW: usize = 1 << 16;

fuzz_target!(|data: &[u8]| {
    let frame = match data.split_first() {
        Some((&PLANES, rest)) => from_planes(rest),
        _ => Frame::from_encoded(data).ok(),
    };
    let Some(frame) = frame else { return };
    assert_eq!(frame.pixels().len(), 3 * frame.width() * frame.height());
    if frame.width() * frame.height() <= FEW {
        let (crop, _) = frame.crop_around(Point { x: 0.9, y: 0.1 }, 64);
        let square = preprocess(&crop, 28);
        assert_eq!(square.len(), 3 * 28 * 28);
        assert!(square.iter().all(|value| value.is_finite()));
    }
});

fn from_planes(data: &[u8]) -> Option<Frame> {
    let (numbers, bytes) = data.split_at_checked(11)?;
    let [width, height, row, pixel, split] = std::array::from_fn(|i| {
        usize::from(u16::from_le_bytes([numbers[2 * i], numbers[2 * i + 1]]))
    });
    let (rotation, kind) = (numbers[10] >> 2, numbers[10] % 3);
    let rotation = Rotation::from_degrees(i32::from(rotation) * 45).ok()?;
    let plane = |bytes, pixel_stride| Plane { bytes, row_stride: row, pixel_stride };
    let pixels = match kind {
        0 => Pixels::Rgba(plane(bytes, pixel)),
        1 => Pixels::nv21(bytes, height, row).ok()?,
        _ => {
            let (y, chroma) = bytes.split_at_checked(split)?;
            Pixels::Yuv420 { y: plane(y, 1), u: plane(chroma, pixel), v: plane(chroma, pixel) }
        }
    };
    Frame::from_pixels(&pixels, (width, height), rotation).ok()
}
