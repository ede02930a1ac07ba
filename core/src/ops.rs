//! The small operations between matrices, on rows of f32.

use crate::language::config::Activation;
use crate::simd::vectorised;
use crate::threads;

/// Numbers below which handing work to other threads costs more than it saves.
const WORTH_SPREADING: usize = 1 << 14;

/// Runs `f` on every row of `width` numbers, on several threads where there are many.
pub fn for_each_row(data: &mut [f32], width: usize, f: impl Fn(&mut [f32]) + Sync) {
    let rows = WORTH_SPREADING.div_ceil(4 * width);
    if data.len() < WORTH_SPREADING {
        data.chunks_exact_mut(width).for_each(f);
    } else {
        threads::for_each_chunk(data, rows * width, |_, rows| {
            rows.chunks_exact_mut(width).for_each(&f);
        });
    }
}

/// `out = (x - mean) / √(variance + eps) · weight + bias` (arXiv:1607.06450), row by row.
pub fn layer_norm(x: &[f32], weight: &[f32], bias: &[f32], eps: f32, out: &mut Vec<f32>) {
    out.clear();
    out.extend_from_slice(x);
    for_each_row(out, weight.len(), |row| layer_norm_row(row, weight, bias, eps));
}

/// Gemma's RMS norm: `out = x / √(mean(x²) + eps) · (1 + weight)` (arXiv:1910.07467), row by row.
pub fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut Vec<f32>) {
    out.clear();
    out.extend_from_slice(x);
    rms_norm_in_place(out, weight, eps);
}

/// [`rms_norm`] over the input itself.
pub fn rms_norm_in_place(x: &mut [f32], weight: &[f32], eps: f32) {
    for_each_row(x, weight.len(), |row| rms_norm_row(row, weight, eps));
}

vectorised! {
    fn layer_norm_row(row: &mut [f32], weight: &[f32], bias: &[f32], eps: f32) {
        let width = weight.len() as f32;
        let mean = sum(row, |v| v) / width;
        let variance = sum(row, |v| (v - mean) * (v - mean)) / width;
        let scale = (variance + eps).sqrt().recip();
        for ((v, w), b) in row.iter_mut().zip(weight).zip(bias) {
            *v = (*v - mean) * scale * w + b;
        }
    }

    fn rms_norm_row(row: &mut [f32], weight: &[f32], eps: f32) {
        let scale = rms_scale(row, eps);
        for (v, w) in row.iter_mut().zip(weight) {
            *v *= scale * (1.0 + w);
        }
    }

    /// `x += y`.
    pub fn add(x: &mut [f32], y: &[f32]) {
        x.iter_mut().zip(y).for_each(|(a, b)| *a += b);
    }

    /// `x *= factor`.
    pub fn scale(x: &mut [f32], factor: f32) {
        x.iter_mut().for_each(|v| *v *= factor);
    }

    /// `gate = activation(gate) · up`.
    pub fn gate(gate: &mut [f32], up: &[f32], activation: Activation) {
        match activation {
            Activation::GeluPytorchTanh => {
                gate.iter_mut().zip(up).for_each(|(g, u)| *g = gelu_tanh(*g) * u);
            }
            Activation::Gelu => gate.iter_mut().zip(up).for_each(|(g, u)| *g = gelu_erf(*g) * u),
        }
    }

    fn activate_row(row: &mut [f32], activation: Activation) {
        match activation {
            Activation::GeluPytorchTanh => row.iter_mut().for_each(|v| *v = gelu_tanh(*v)),
            Activation::Gelu => row.iter_mut().for_each(|v| *v = gelu_erf(*v)),
        }
    }

    /// Softmax of one row, in place.
    pub fn softmax(row: &mut [f32]) {
        let largest = largest(row);
        row.iter_mut().for_each(|v| *v = exp(*v - largest));
        let scale = 1.0 / sum(row, |v| v);
        row.iter_mut().for_each(|v| *v *= scale);
    }

    /// `cap · tanh(x / cap)`: Gemma 2's bound on scores and logits (arXiv:2408.00118, section 2).
    pub fn soft_cap(x: &mut [f32], cap: f32) {
        x.iter_mut().for_each(|v| *v = cap * tanh(*v / cap));
    }
}

/// Applies the activation of an MLP in place.
pub fn activate(x: &mut [f32], activation: Activation) {
    if x.len() < WORTH_SPREADING {
        activate_row(x, activation);
    } else {
        threads::for_each_chunk(x, WORTH_SPREADING / 4, |_, row| activate_row(row, activation));
    }
}

/// What [`rms_norm`] multiplies a row with, before its weights.
#[inline(always)]
pub fn rms_scale(row: &[f32], eps: f32) -> f32 {
    let square = sum(row, |v| v * v) / row.len() as f32;
    (square + eps).sqrt().recip()
}

/// `Σ f(v)` in sixteen partial sums: what a compiler vectorises, and rounds better than one.
#[inline(always)]
fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; 16];
    let (chunks, rest) = row.as_chunks::<16>();
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane += f(v);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|&v| f(v)).sum::<f32>()
}

/// The largest of a row.
#[inline(always)]
fn largest(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; 16];
    let (chunks, rest) = row.as_chunks::<16>();
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane = if v > *lane { v } else { *lane };
        }
    }
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max)
}

/// GELU by its tanh approximation (arXiv:1606.08415, section 2).
#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
    // ½·(1 + tanh z) = 1 − 1 / (e^2z + 1), with z = √(2/π)·(x + 0.044715·x³).
    const TWO_SQRT_2_OVER_PI: f32 = 1.595_769_2;
    let twice = TWO_SQRT_2_OVER_PI * (x + 0.044_715 * x * x * x);
    x - x / (exp(twice) + 1.0)
}

/// GELU by the error function, which is Abramowitz and Stegun's 7.1.26 (error below 1.5e-7).
#[inline(always)]
fn gelu_erf(x: f32) -> f32 {
    let z = (x * std::f32::consts::FRAC_1_SQRT_2).abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let poly = t
        * (0.254_829_6
            + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    let erf = 1.0 - poly * exp(-z * z);
    0.5 * x * (1.0 + erf.copysign(x))
}

/// `tanh` by way of `exp`; exact to about 1e-7.
#[inline(always)]
fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// `eˣ` in arithmetic that compilers vectorise: x = n·ln 2 + r, a polynomial for eʳ (Cephes'
/// `expf`), and n added to the exponent's bits. Relative error below 2e-7; clamped to ±87.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Not `clamp`, `min` or `max`: these are one instruction each, and NaN stays NaN.
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 87.0 { 87.0 } else { x };
    // Adding 1.5·2²³ rounds to the nearest integer and leaves it in the low bits.
    let shifted = x * std::f32::consts::LOG2_E + 12_582_912.0;
    let n = shifted - 12_582_912.0;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let poly = ((((1.987_569_1e-4 * r + 1.398_199_9e-3) * r + 8.333_452e-3) * r + 4.166_579_6e-2)
        * r
        + 0.166_666_66)
        * r
        + 0.5;
    let e = poly * r * r + r + 1.0;
    e * f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_and_tanh_are_as_good_as_the_library() {
        for i in -8000..8000 {
            let x = i as f32 * 0.01;
            let (exact, found) = (f64::from(x).exp(), f64::from(exp(x)));
            assert!((found / exact - 1.0).abs() < 3e-7, "exp({x}) = {found}");
            assert!((f64::from(tanh(x)) - f64::from(x).tanh()).abs() < 3e-7, "tanh({x})");
        }
    }

    #[test]
    fn activations_match_known_values() {
        // torch.nn.functional.gelu(torch.tensor([-2., -.5, 1., 3.]), approximate=…)
        let input = [-2.0, -0.5, 1.0, 3.0];
        let wanted = [
            (Activation::GeluPytorchTanh, [-0.045402, -0.154286, 0.841192, 2.996363]),
            (Activation::Gelu, [-0.0455, -0.154269, 0.841345, 2.99595]),
        ];
        for (activation, wanted) in wanted {
            let mut x = input;
            activate(&mut x, activation);
            for (a, b) in x.iter().zip(wanted) {
                assert!((a - b).abs() < 2e-6, "{activation:?}: {a} for {b}");
            }
        }
    }

    #[test]
    fn activation_reaches_every_element() {
        let mut x = vec![1.0; 5000];
        activate(&mut x, Activation::GeluPytorchTanh);
        assert!(x.iter().all(|v| (v - 0.841192).abs() < 1e-5));
    }

    #[test]
    fn softmax_of_a_row_sums_to_one() {
        let mut row = [1000.0, 1001.0, 990.0];
        softmax(&mut row);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6 && row[1] > row[0] && row[0] > row[2]);
    }
}
