//! Every product kernel this processor runs, on a matrix of Gemma 2B's MLP, one thread: operations
//! a second for a whole prefix of tokens, bytes a second for one token.

use kerbside_core::quant::kernel::Kernel;
use kerbside_core::quant::linear::multiply_rows_with;
use kerbside_core::quant::{Activations, Matrix, PackedKind, Quants, WeightKind};
use serde_json::{Map, Value, json};

use super::{Wish, limits, median, time};
use crate::failure::Result;

/// Rows and columns of the matrix.
const SHAPE: (usize, usize) = (8192, 2048);
/// Image and prompt.
const TOKENS: usize = 276;

/// The section of the report.
///
/// # Errors
/// If the limits cannot be measured.
pub fn measure(wish: &Wish) -> Result<Value> {
    let limits = limits::find(1, wish.runs)?;
    let (rows, cols) = SHAPE;
    let wave = |len: usize| (0..len).map(|i| (i as f32 * 0.37).sin()).collect::<Vec<f32>>();
    let (weights, x) = (wave(rows * cols), wave(TOKENS * cols));
    let mut report = Map::new();
    for (kind, bits) in [(PackedKind::Q4, 4), (PackedKind::Q8, 8)] {
        let matrix = Matrix::from_floats(WeightKind::Packed(kind), rows, cols, &weights);
        for kernel in Kernel::all() {
            let seconds = |tokens: usize| {
                let mut memory = Quants::default();
                let x = Activations::quantised(&x[..tokens * cols], cols, &mut memory);
                let mut y = vec![0.0; tokens * rows];
                // The reference takes too long for many tokens and many runs.
                let runs = if kernel.name == "portable" { 1 } else { wish.runs };
                let once = || multiply_rows_with(kernel, &matrix, 0..rows, &x, &mut y);
                let mut once = once;
                median((0..runs).map(|_| time(&mut once).0.as_secs_f64()).collect())
            };
            let operations = 2.0 * (rows * cols * TOKENS) as f64 / seconds(TOKENS);
            let bytes = matrix.bytes().len() as f64 / seconds(1);
            report.insert(
                format!("{}, {bits} bits", kernel.name),
                json!({
                    "GOP/s, 276 tokens": operations / 1e9,
                    "of the int8 limit": operations / limits.int8,
                    "GB/s, 1 token": bytes / 1e9,
                }),
            );
        }
    }
    Ok(Value::Object(report))
}
