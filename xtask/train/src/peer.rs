//! candle's own quantised products measuring themselves, for `cargo xtask bench --vs candle`: the
//! matrices of Gemma 2B in Q4_0, one after the other, and nothing between them. Reads `prefill N`,
//! `decode N`, `anon` and `file`, answers seconds or bytes.

use std::io::BufRead;
use std::time::Instant;

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Tensor};
use xtask::failure::{Failure, Result};
use xtask::memory;

const LAYERS: usize = 18;
/// `(out, in)` of a layer's matrices.
const SHAPES: [(usize, usize); 7] = [
    (2048, 2048),
    (256, 2048),
    (256, 2048),
    (2048, 2048),
    (16384, 2048),
    (16384, 2048),
    (2048, 16384),
];
const VOCABULARY: usize = 257_216;

struct Matrices {
    layers: Vec<Vec<QMatMul>>,
    head: QMatMul,
}

/// Answers until standard input ends.
///
/// # Errors
/// candle's own.
pub fn run() -> Result<()> {
    let matrices = Matrices::new()?;
    matrices.pass(1)?;
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (what, count) = line.split_once(' ').unwrap_or((&line, "0"));
        let count: usize = count.parse()?;
        let answer = match what {
            "prefill" => matrices.pass(count)?,
            "decode" => (0..count).map(|_| matrices.pass(1)).sum::<Result<f64>>()?,
            "anon" => figure("RssAnon"),
            "file" => figure("RssFile"),
            other => return Err(Failure::new(format!("no question {other:?}"))),
        };
        println!("{answer}");
    }
    Ok(())
}

fn figure(name: &str) -> f64 {
    memory::figures().into_iter().find(|(n, _)| *n == name).map_or(0.0, |(_, bytes)| bytes as f64)
}

impl Matrices {
    fn new() -> Result<Self> {
        let pack = |(out, input): (usize, usize)| -> Result<QMatMul> {
            let weights = Tensor::randn(0f32, 0.02, (out, input), &Device::Cpu)?;
            Ok(QMatMul::from_qtensor(QTensor::quantize(&weights, GgmlDType::Q4_0)?)?)
        };
        let layer = |_| SHAPES.into_iter().map(pack).collect::<Result<Vec<_>>>();
        let layers = (0..LAYERS).map(layer).collect::<Result<_>>()?;
        Ok(Self { layers, head: pack((VOCABULARY, 2048))? })
    }

    /// Seconds of all products with `count` rows, and of the head with the last one.
    fn pass(&self, count: usize) -> Result<f64> {
        let narrow = Tensor::randn(0f32, 1.0, (1, count, 2048), &Device::Cpu)?;
        let wide = Tensor::randn(0f32, 1.0, (1, count, 16384), &Device::Cpu)?;
        let last = narrow.narrow(1, count - 1, 1)?;
        let start = Instant::now();
        for layer in &self.layers {
            for (matrix, (_, inputs)) in layer.iter().zip(SHAPES) {
                matrix.forward(if inputs == 2048 { &narrow } else { &wide })?;
            }
        }
        self.head.forward(&last)?;
        Ok(start.elapsed().as_secs_f64())
    }
}
