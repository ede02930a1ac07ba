//! The mask codec against torch's convolutions and Pillow's resizing
//! (`models/reference/make_codec.py`).

#![allow(clippy::unwrap_used)]

use kerbside_core::detection::{BBox, SEG_CODES, SegCode};
use kerbside_core::mask::{BinaryMask, Mask, MaskCodec};
use safetensors::SafeTensors;

const WEIGHTS: &[u8] = include_bytes!("golden/codec/mask_codec.safetensors");
const NPZ: &[u8] = include_bytes!("golden/codec/mask_codec.npz");
const GOLDEN: &[u8] = include_bytes!("golden/codec/golden.safetensors");

/// Largest difference allowed at f32.
const TOLERANCE: f32 = 1e-5;

fn golden() -> SafeTensors<'static> {
    SafeTensors::deserialize(GOLDEN).unwrap()
}

fn floats(name: &str) -> Vec<f32> {
    let golden = golden();
    let bytes = golden.tensor(name).unwrap().data();
    bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

/// Tensors `[n, 16]` of codes.
fn codes(name: &str) -> Vec<[SegCode; SEG_CODES]> {
    let golden = golden();
    let numbers = golden.tensor(name).unwrap().data().as_chunks::<8>().0;
    let code = |bytes: &[u8; 8]| SegCode::new(u8::try_from(i64::from_le_bytes(*bytes)).unwrap());
    let (rows, _) = numbers.as_chunks::<SEG_CODES>();
    rows.iter().map(|row| row.map(|bytes| code(&bytes).unwrap())).collect()
}

/// The masks `[8, 64, 64]` that were encoded.
fn masks() -> Vec<Mask> {
    let golden = golden();
    let levels = golden.tensor("masks").unwrap().data();
    let mask = |levels: &[u8]| Mask::from_fn(|x, y| f32::from(levels[y * Mask::SIDE + x]) / 255.0);
    levels.chunks_exact(Mask::SIDE * Mask::SIDE).map(mask).collect()
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    let differences = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    let largest = differences.fold(0.0, f32::max);
    assert!(largest <= TOLERANCE, "largest difference {largest:e}");
}

#[test]
fn decoder_output_agrees_with_torch() {
    let codec = MaskCodec::from_safetensors(WEIGHTS).unwrap();
    for (inputs, outputs) in [("codes", "decoded"), ("random_codes", "random_decoded")] {
        let expected = floats(outputs);
        for (codes, expected) in codes(inputs).iter().zip(expected.chunks_exact(64 * 64)) {
            assert_close(&codec.decoder_output(codes).data, expected);
        }
    }
    assert_close(codec.decode(&codes("codes")[0]).alpha(), &floats("alpha.0"));
}

#[test]
fn encoder_output_and_codes_agree_with_torch() {
    let codec = MaskCodec::from_safetensors(WEIGHTS).unwrap();
    let (expected_codes, expected) = (codes("codes"), floats("encoded"));
    let width = expected.len() / masks().len() / SEG_CODES;
    for (index, mask) in masks().iter().enumerate() {
        // Torch's cells come with their channels side by side, ours plane by plane.
        let output = codec.encoder_output(mask).unwrap();
        let cells: Vec<f32> = (0..SEG_CODES * width)
            .map(|at| output.data[at % width * SEG_CODES + at / width])
            .collect();
        assert_close(&cells, &expected[index * SEG_CODES * width..][..SEG_CODES * width]);
        assert_eq!(codec.encode(mask).unwrap(), expected_codes[index]);
    }
}

#[test]
fn npz_and_safetensors_are_one_codec() {
    let stored = MaskCodec::from_safetensors(WEIGHTS).unwrap();
    let npz = MaskCodec::from_npz(NPZ).unwrap();
    for codes in codes("codes") {
        assert_eq!(npz.decode(&codes), stored.decode(&codes));
    }
}

/// The golden boxes are whole pixels of a photo, so pasting must be Pillow's resizing, cut at zero.
#[test]
fn pasting_agrees_with_pillows_resizing() {
    // Flattened, so that nothing is clipped at 0 or 1: Pillow resized what was not.
    let logits = floats("decoded");
    let mask = Mask::from_fn(|x, y| logits[y * Mask::SIDE + x] * 0.05 + 0.5);
    for (width, height) in [(40, 23), (91, 70)] {
        let (left, top, photo) = (16, 8, 128);
        let edge = |pixel: usize| pixel as f32 / photo as f32;
        let (y1, x1) = (edge(top), edge(left));
        let (y2, x2) = (edge(top + height), edge(left + width));
        let pasted = mask.paste(&BBox { y1, x1, y2, x2 }, photo, photo);
        let mut inside = 0;
        for (at, logit) in floats(&format!("in_box.{width}x{height}")).iter().enumerate() {
            let found = pasted.get(left + at % width, top + at / width);
            inside += usize::from(found);
            assert!(
                found == (*logit > 0.0) || logit.abs() < 1e-4,
                "pixel {at} of {width}×{height}"
            );
        }
        assert_eq!(pasted.area(), inside, "nothing outside the box");
    }
}

#[test]
fn cutting_out_agrees_with_pillows_resizing() {
    let golden = golden();
    let drawn = golden.tensor("drawn").unwrap();
    let &[height, width] = drawn.shape() else { panic!() };
    let mut mask = BinaryMask::new(width, height);
    for (at, &level) in drawn.data().iter().enumerate() {
        if level > 0 {
            mask.set(at % width, at / width);
        }
    }
    let expected: Vec<f32> = floats("drawn_64").iter().map(|level| level / 255.0).collect();
    assert_close(Mask::from_region(&mask, &BBox::WHOLE).alpha(), &expected);
}
