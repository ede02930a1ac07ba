//! Photo → the pack's square of pixels, as Hugging Face's SigLIP processor makes it.
//!
//! The photo is squashed, not cropped: width and height are scaled each on its own, bicubic with
//! antialias. The arithmetic is Pillow's 8-bit one (`src/libImaging/Resample.c`), rounding between
//! the two passes included, so that a photo gives the very pixels the models were trained on.

use crate::photo::Frame;

/// Bits behind the point of a fixed-point weight: 32, less 8 of the pixel and 2 for the overshoot
/// of a cubic.
const PRECISION: u32 = 32 - 8 - 2;

/// `[3, size, size]` values in `-1..=1`: `x / 127.5 − 1` of the squashed photo.
pub fn preprocess(frame: &Frame, size: usize) -> Vec<f32> {
    let squashed = squash(frame, size);
    let plane = size * size;
    let mut values = vec![0.0; 3 * plane];
    for (at, pixel) in squashed.as_chunks::<3>().0.iter().enumerate() {
        for (channel, &level) in pixel.iter().enumerate() {
            values[channel * plane + at] = f32::from(level) / 127.5 - 1.0;
        }
    }
    values
}

/// `[size, size, 3]` pixels of the squashed photo; a photo of that size already is used as it is.
pub fn squash(frame: &Frame, size: usize) -> Vec<u8> {
    let (width, height) = (frame.width(), frame.height());
    let rows = |pixels: Vec<u8>| {
        if width == size { pixels } else { resize_rows(&pixels, width, size) }
    };
    let columns = |pixels: Vec<u8>, width: usize| {
        if height == size { pixels } else { resize_columns(&pixels, width, height, size) }
    };
    let pixels = frame.pixels().to_vec();
    if shrinks_tall(width, height, size) {
        rows(columns(pixels, width))
    } else {
        columns(rows(pixels), size)
    }
}

/// Whether columns are resized before rows: since version 13 Pillow does so where it loses more
/// than twice as many rows as columns (<https://github.com/python-pillow/Pillow/pull/9549>). The
/// order shows where the first pass clips a cubic's overshoot.
fn shrinks_tall(width: usize, height: usize, size: usize) -> bool {
    height.saturating_sub(size) > 2 * width.saturating_sub(size)
}

/// `[height, width, 3]` → `[height, size, 3]`.
fn resize_rows(pixels: &[u8], width: usize, size: usize) -> Vec<u8> {
    let taps = taps(width, size);
    let mut output = Vec::with_capacity(pixels.len() / width * size);
    for row in pixels.as_chunks::<3>().0.chunks_exact(width) {
        for (first, weights) in &taps {
            let mut sums = [HALF; 3];
            for (pixel, weight) in row[*first..].iter().zip(weights) {
                for (sum, &level) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(level) * weight;
                }
            }
            output.extend(sums.map(level));
        }
    }
    output
}

/// `[height, width, 3]` → `[size, width, 3]`.
fn resize_columns(pixels: &[u8], width: usize, height: usize, size: usize) -> Vec<u8> {
    let row = 3 * width;
    let mut output = Vec::with_capacity(size * row);
    let mut sums = vec![0; row];
    for (first, weights) in taps(height, size) {
        sums.fill(HALF);
        for (line, weight) in pixels[first * row..].chunks_exact(row).zip(weights) {
            for (sum, &level) in sums.iter_mut().zip(line) {
                *sum += i32::from(level) * weight;
            }
        }
        output.extend(sums.iter().map(|&sum| level(sum)));
    }
    output
}

/// One half, so that dropping the fraction rounds.
const HALF: i32 = 1 << (PRECISION - 1);

/// A fixed-point sum as a pixel's level.
fn level(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

/// For every output position, the first input position and the fixed-point weights from there on.
fn taps(length: usize, size: usize) -> Vec<(usize, Vec<i32>)> {
    let scale = length as f64 / size as f64;
    let widening = scale.max(1.0);
    let narrowing = 1.0 / widening;
    let support = CUBIC_SUPPORT * widening;
    (0..size)
        .map(|index| {
            let centre = (index as f64 + 0.5) * scale;
            // Casts cut off towards zero, as Pillow's do.
            let first = (centre - support + 0.5).max(0.0) as usize;
            let last = ((centre + support + 0.5) as usize).min(length);
            let weights: Vec<f64> =
                (first..last).map(|at| cubic((at as f64 - centre + 0.5) * narrowing)).collect();
            let sum: f64 = weights.iter().sum();
            (first, weights.into_iter().map(|weight| fixed(weight / sum)).collect())
        })
        .collect()
}

fn fixed(weight: f64) -> i32 {
    // `round` goes away from zero at halves, as Pillow's `±0.5` and cut does.
    (weight * f64::from(1 << PRECISION)).round() as i32
}

const CUBIC_SUPPORT: f64 = 2.0;

/// Keys' cubic with a = −1/2 (<https://doi.org/10.1109/TASSP.1981.1163711>).
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < CUBIC_SUPPORT {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}
