//! The VQ-VAE that turns a 64×64 mask into 16 codes and back.
//!
//! Architecture: Ning et al., *All in Tokens: Unifying Output Space of Visual Tasks via Soft Token*
//! (<https://arxiv.org/abs/2301.02229>), as PaliGemma uses it (big_vision,
//! `evaluators/proj/paligemma/transfers/segmentation.py` and `pp/proj/paligemma/segmentation.py`).
//! Widths come from the tensors; the depths are fixed.

use super::conv::{Conv2d, ConvTranspose2d, FeatureMap, Stride};
use super::guess::CodeTable;
use super::weights::{CodecError, CodecWeights, Tensor};
use super::{Mask, weights};
use crate::detection::{SEG_CODES, SegCode};

/// The codebook's name: `[128, embedding]`.
pub(super) const CODEBOOK: &str = "_vq_vae._embedding";

/// Codes form a 4×4 grid, row by row.
const GRID: usize = 4;

const POINTWISE: Stride = Stride { kernel: 1, step: 1, padding: 0 };
const SAME: Stride = Stride { kernel: 3, step: 1, padding: 1 };
/// Halves a side, or doubles it when transposed. TensorFlow's `SAME` and flax's `padding=2` of a
/// transposed kernel both come to a padding of one here.
const HALVING: Stride = Stride { kernel: 4, step: 2, padding: 1 };

/// The mask autoencoder. Decodes always; encodes where the pack has the encoder's weights.
#[derive(Debug, Clone)]
pub struct MaskCodec {
    /// `[128, embedding]`
    codebook: Tensor,
    decoder: Decoder,
    encoder: Option<Encoder>,
    guesses: Option<CodeTable>,
}

impl MaskCodec {
    /// From named weights: `_vq_vae._embedding`, `decoder.*` and, where present, `encoder.*`.
    ///
    /// # Errors
    /// [`CodecError::Missing`] and [`CodecError::Shape`] name the first tensor that does not fit;
    /// [`CodecError::Guesses`].
    pub fn new(weights: &CodecWeights) -> Result<Self, CodecError> {
        let codebook = weights.get(CODEBOOK)?.clone();
        let &[SegCode::COUNT, embedding] = codebook.shape.as_slice() else {
            return Err(CodecError::Shape {
                name: CODEBOOK.to_owned(),
                found: codebook.shape,
                expected: format!("[{}, embedding]", SegCode::COUNT),
            });
        };
        let decoder = Decoder::new(weights, embedding)?;
        let encoder =
            weights.contains("encoder.").then(|| Encoder::new(weights, embedding)).transpose()?;
        Ok(Self { codebook, decoder, encoder, guesses: weights.guesses()? })
    }

    /// From the bytes of a pack's `mask_codec.safetensors`.
    ///
    /// # Errors
    /// As [`CodecWeights::from_safetensors`] and [`Self::new`].
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, CodecError> {
        Self::new(&weights::CodecWeights::from_safetensors(bytes)?)
    }

    /// From the bytes of an npz like Google's `vae-oid.npz`. Whose bytes they are is checked by
    /// [`super::verify_vae_oid`], not here.
    ///
    /// # Errors
    /// As [`CodecWeights::from_npz`] and [`Self::new`].
    pub fn from_npz(bytes: &[u8]) -> Result<Self, CodecError> {
        Self::new(&weights::CodecWeights::from_npz(bytes)?)
    }

    /// Which code follows which, where the pack tells.
    pub fn guesses(&self) -> Option<&CodeTable> {
        self.guesses.as_ref()
    }

    /// The nearest code of each of the 4×4 cells.
    ///
    /// # Errors
    /// [`CodecError::NoEncoder`] where the pack left the encoder out.
    pub fn encode(&self, mask: &Mask) -> Result<[SegCode; SEG_CODES], CodecError> {
        let output = self.encoder_output(mask)?;
        let cells = GRID * GRID;
        Ok(std::array::from_fn(|cell| {
            let vector = output.data.iter().skip(cell).step_by(cells).copied();
            self.nearest(vector)
        }))
    }

    /// The encoder's output before quantisation, `[embedding, 4, 4]`.
    ///
    /// # Errors
    /// [`CodecError::NoEncoder`] where the pack left the encoder out.
    pub fn encoder_output(&self, mask: &Mask) -> Result<FeatureMap, CodecError> {
        Ok(self.encoder.as_ref().ok_or(CodecError::NoEncoder)?.forward(mask))
    }

    /// The mask that 16 codes stand for: `clip(output · 0.5 + 0.5, 0, 1)`.
    pub fn decode(&self, codes: &[SegCode; SEG_CODES]) -> Mask {
        to_mask(&self.decoder_output(codes))
    }

    /// The mask that 16 uncertain codes stand for. `weights`: `[16, 128]`, the probability of
    /// each code in each cell. Decoding their expected vector rather than the likeliest one draws
    /// an outline between those of the codes in question; of a certain code it is the same.
    ///
    /// # Panics
    /// If there are not 16 × 128 weights.
    pub fn decode_expected(&self, weights: &[f32]) -> Mask {
        assert_eq!(weights.len(), SEG_CODES * SegCode::COUNT, "16 cells of 128 weights");
        to_mask(&self.decoder.forward(self.quantized(|cell, vector| {
            for (code, &weight) in
                weights[cell * SegCode::COUNT..].iter().take(SegCode::COUNT).enumerate()
            {
                let row = self.vector(code);
                vector.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
            }
        })))
    }

    /// The decoder's output before it is brought to `0..=1`, `[1, 64, 64]`; inside is above zero.
    pub fn decoder_output(&self, codes: &[SegCode; SEG_CODES]) -> FeatureMap {
        let copy = |cell: usize, vector: &mut [f32]| {
            vector.copy_from_slice(self.vector(codes[cell].index()));
        };
        self.decoder.forward(self.quantized(copy))
    }

    /// The codebook's vector of a code, `[embedding]`.
    fn vector(&self, code: usize) -> &[f32] {
        let embedding = self.codebook.shape[1];
        &self.codebook.data[code * embedding..][..embedding]
    }

    /// What the decoder reads, `[embedding, 4, 4]`: `fill` writes each cell's vector over zeros.
    fn quantized(&self, fill: impl Fn(usize, &mut [f32])) -> FeatureMap {
        let channels = self.codebook.shape[1];
        let mut data = vec![0.0; channels * SEG_CODES];
        for cell in 0..SEG_CODES {
            let mut vector = vec![0.0; channels];
            fill(cell, &mut vector);
            for (channel, value) in vector.into_iter().enumerate() {
                data[channel * SEG_CODES + cell] = value;
            }
        }
        FeatureMap { channels, height: GRID, width: GRID, data }
    }

    /// The code whose vector lies nearest in squared distance; the first of equals.
    fn nearest(&self, vector: impl Iterator<Item = f32> + Clone) -> SegCode {
        let distance = |code: &SegCode| -> f32 {
            vector.clone().zip(self.vector(code.index())).map(|(a, b)| (a - b) * (a - b)).sum()
        };
        SegCode::all()
            .map(|code| (distance(&code), code))
            .min_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, code)| code)
            .expect("the codebook has 128 rows")
    }
}

/// `[1, 64, 64]` around zero → cover in `0..=1`.
fn to_mask(output: &FeatureMap) -> Mask {
    Mask::from_fn(|x, y| output.data[y * Mask::SIDE + x].mul_add(0.5, 0.5))
}

/// `[1, 64, 64]` → `[embedding, 4, 4]`.
#[derive(Debug, Clone)]
struct Encoder {
    down: [Conv2d; 4],
    residual: [ResidualBlock; 2],
    output: Conv2d,
}

impl Encoder {
    fn new(weights: &CodecWeights, embedding: usize) -> Result<Self, CodecError> {
        let (down0, width) = conv(weights, "encoder.0", 1, HALVING)?;
        let (down1, width) = conv(weights, "encoder.2", width, HALVING)?;
        let (down2, width) = conv(weights, "encoder.4", width, HALVING)?;
        let (down3, width) = conv(weights, "encoder.6", width, HALVING)?;
        let residual = [
            ResidualBlock::new(weights, "encoder.8.net", width)?,
            ResidualBlock::new(weights, "encoder.9.net", width)?,
        ];
        let output = conv_to(weights, "encoder.10", width, embedding, POINTWISE)?;
        Ok(Self { down: [down0, down1, down2, down3], residual, output })
    }

    fn forward(&self, mask: &Mask) -> FeatureMap {
        let data = mask.alpha().iter().map(|alpha| 2.0 * alpha - 1.0).collect();
        let mask = FeatureMap { channels: 1, height: Mask::SIDE, width: Mask::SIDE, data };
        let x = self.down.iter().fold(mask, |x, conv| conv.forward(&x).relu());
        let x = self.residual.iter().fold(x, |x, block| block.forward(&x));
        self.output.forward(&x)
    }
}

/// `[embedding, 4, 4]` → `[1, 64, 64]`.
#[derive(Debug, Clone)]
struct Decoder {
    input: Conv2d,
    residual: [ResidualBlock; 2],
    up: [ConvTranspose2d; 4],
    output: Conv2d,
}

impl Decoder {
    fn new(weights: &CodecWeights, embedding: usize) -> Result<Self, CodecError> {
        let (input, width) = conv(weights, "decoder.0", embedding, POINTWISE)?;
        let residual = [
            ResidualBlock::new(weights, "decoder.2.net", width)?,
            ResidualBlock::new(weights, "decoder.3.net", width)?,
        ];
        let (up0, width) = conv_transpose(weights, "decoder.4", width, HALVING)?;
        let (up1, width) = conv_transpose(weights, "decoder.6", width, HALVING)?;
        let (up2, width) = conv_transpose(weights, "decoder.8", width, HALVING)?;
        let (up3, width) = conv_transpose(weights, "decoder.10", width, HALVING)?;
        let output = conv_to(weights, "decoder.12", width, 1, POINTWISE)?;
        Ok(Self { input, residual, up: [up0, up1, up2, up3], output })
    }

    fn forward(&self, quantized: FeatureMap) -> FeatureMap {
        let x = self.input.forward(&quantized).relu();
        let x = self.residual.iter().fold(x, |x, block| block.forward(&x));
        let x = self.up.iter().fold(x, |x, conv| conv.forward(&x).relu());
        self.output.forward(&x)
    }
}

/// `x + conv1(relu(conv3(relu(conv3(x)))))`, width kept.
#[derive(Debug, Clone)]
struct ResidualBlock([Conv2d; 3]);

impl ResidualBlock {
    fn new(weights: &CodecWeights, name: &str, width: usize) -> Result<Self, CodecError> {
        let (first, inner) = conv(weights, &format!("{name}.0"), width, SAME)?;
        let (second, inner) = conv(weights, &format!("{name}.2"), inner, SAME)?;
        Ok(Self([first, second, conv_to(weights, &format!("{name}.4"), inner, width, POINTWISE)?]))
    }

    fn forward(&self, x: &FeatureMap) -> FeatureMap {
        let [first, second, third] = &self.0;
        third.forward(&second.forward(&first.forward(x).relu()).relu()).plus(x)
    }
}

/// The convolution `name` over `width` channels, and how many it gives.
fn conv(
    weights: &CodecWeights,
    name: &str,
    width: usize,
    stride: Stride,
) -> Result<(Conv2d, usize), CodecError> {
    let bias = weights.get(&format!("{name}.bias"))?.data.clone();
    let out = bias.len();
    let weight = shaped(weights, name, [out, width, stride.kernel, stride.kernel])?;
    Ok((Conv2d::new(&weight.data, bias, width, stride), out))
}

/// As [`conv`], where the next layer fixes the number of channels given.
fn conv_to(
    weights: &CodecWeights,
    name: &str,
    width: usize,
    out: usize,
    stride: Stride,
) -> Result<Conv2d, CodecError> {
    shaped(weights, name, [out, width, stride.kernel, stride.kernel])?;
    Ok(conv(weights, name, width, stride)?.0)
}

/// The transposed convolution `name` over `width` channels, and how many it gives.
fn conv_transpose(
    weights: &CodecWeights,
    name: &str,
    width: usize,
    stride: Stride,
) -> Result<(ConvTranspose2d, usize), CodecError> {
    let bias = weights.get(&format!("{name}.bias"))?.data.clone();
    let out = bias.len();
    let weight = shaped(weights, name, [width, out, stride.kernel, stride.kernel])?;
    Ok((ConvTranspose2d::new(&weight.data, bias, width, stride), out))
}

fn shaped<'a>(
    weights: &'a CodecWeights,
    name: &str,
    shape: [usize; 4],
) -> Result<&'a Tensor, CodecError> {
    let name = format!("{name}.weight");
    let tensor = weights.get(&name)?;
    if tensor.shape == shape && !tensor.data.is_empty() {
        return Ok(tensor);
    }
    let (expected, found) = (format!("{shape:?}"), tensor.shape.clone());
    Err(CodecError::Shape { name, found, expected })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Deterministic noise in `-scale..scale`.
    fn noise(seed: &mut u32, count: usize, scale: f32) -> Vec<f32> {
        let mut next = || {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (*seed >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next() * scale).collect()
    }

    /// Random weights of a codec `width` channels wide with vectors of `embedding`.
    pub(crate) fn random_weights(width: usize, embedding: usize) -> CodecWeights {
        let mut weights = CodecWeights::default();
        let seed = &mut 7;
        weights.insert(CODEBOOK, vec![128, embedding], noise(seed, 128 * embedding, 1.0));
        let mut layer = |name: &str, out: usize, shape: [usize; 4]| {
            // A doubling layer feeds each output from 4 taps of every input channel.
            let is_doubling = name.starts_with("decoder") && shape[2] == 4;
            let fan_in = if is_doubling { shape[0] * 4 } else { shape[1] * shape[2] * shape[3] };
            let scale = (6.0 / fan_in as f32).sqrt();
            let count = shape.iter().product();
            weights.insert(&format!("{name}.weight"), shape.to_vec(), noise(seed, count, scale));
            // Never below zero, so that no channel is dead behind its ReLU.
            let bias = noise(seed, out, 0.1).into_iter().map(f32::abs).collect();
            weights.insert(&format!("{name}.bias"), vec![out], bias);
        };
        let residual = |layer: &mut dyn FnMut(&str, usize, [usize; 4]), name: &str| {
            layer(&format!("{name}.0"), width, [width, width, 3, 3]);
            layer(&format!("{name}.2"), width, [width, width, 3, 3]);
            layer(&format!("{name}.4"), width, [width, width, 1, 1]);
        };
        let mut from = 1;
        for (index, shrink) in [8, 4, 2, 1].into_iter().enumerate() {
            let to = width / shrink;
            layer(&format!("encoder.{}", 2 * index), to, [to, from, 4, 4]);
            from = to;
        }
        residual(&mut layer, "encoder.8.net");
        residual(&mut layer, "encoder.9.net");
        layer("encoder.10", embedding, [embedding, width, 1, 1]);
        layer("decoder.0", width, [width, embedding, 1, 1]);
        residual(&mut layer, "decoder.2.net");
        residual(&mut layer, "decoder.3.net");
        for (index, shrink) in [1, 2, 4, 8].into_iter().enumerate() {
            let to = width / shrink;
            layer(&format!("decoder.{}", 4 + 2 * index), to, [from, to, 4, 4]);
            from = to;
        }
        layer("decoder.12", 1, [1, from, 1, 1]);
        weights
    }

    fn codes(step: usize) -> [SegCode; SEG_CODES] {
        std::array::from_fn(|cell| SegCode::new((cell * step % 128) as u8).unwrap())
    }

    #[test]
    fn the_first_code_moves_the_top_left_most() {
        let codec = MaskCodec::new(&random_weights(16, 8)).unwrap();
        let before = codec.decoder_output(&codes(5));
        assert_eq!((before.channels, before.height, before.width), (1, 64, 64));
        let mut changed = codes(5);
        changed[0] = SegCode::new(77).unwrap();
        let after = codec.decoder_output(&changed);
        let moved = |left: usize, top: usize| -> f32 {
            let pixels = (0..32 * 32).map(|at| (top + at / 32) * 64 + left + at % 32);
            pixels.map(|at| (after.data[at] - before.data[at]).abs()).sum()
        };
        let corners = [moved(0, 0), moved(32, 0), moved(0, 32), moved(32, 32)];
        assert!(corners[1..].iter().all(|&other| corners[0] > other), "{corners:?}");
        assert!(codec.decode(&changed).alpha().iter().all(|alpha| (0.0..=1.0).contains(alpha)));
    }

    #[test]
    fn certain_codes_decode_as_they_are_and_doubtful_ones_between() {
        let codec = MaskCodec::new(&random_weights(16, 8)).unwrap();
        let (one, other) = (codes(5), codes(11));
        let blend = |share: f32| {
            let mut weights = vec![0.0; SEG_CODES * SegCode::COUNT];
            for cell in 0..SEG_CODES {
                weights[cell * SegCode::COUNT + one[cell].index()] += share;
                weights[cell * SegCode::COUNT + other[cell].index()] += 1.0 - share;
            }
            codec.decode_expected(&weights)
        };
        assert_eq!(blend(1.0), codec.decode(&one));
        let away = |a: &Mask, b: &Mask| -> f32 {
            a.alpha().iter().zip(b.alpha()).map(|(a, b)| (a - b).abs()).sum()
        };
        let (near, far) = (blend(0.9), blend(0.1));
        assert!(away(&near, &codec.decode(&one)) < away(&near, &codec.decode(&other)));
        assert!(away(&far, &codec.decode(&other)) < away(&far, &codec.decode(&one)));
    }

    #[test]
    fn a_vector_of_the_codebook_is_nearest_to_its_own_code() {
        let codec = MaskCodec::new(&random_weights(8, 4)).unwrap();
        for code in SegCode::all() {
            let row = codec.codebook.data[code.index() * 4..][..4].to_vec();
            assert_eq!(codec.nearest(row.into_iter()), code);
        }
    }

    #[test]
    fn encoding_is_the_nearest_code_of_each_cell() {
        let codec = MaskCodec::new(&random_weights(8, 4)).unwrap();
        let mask = Mask::from_fn(|x, y| if x + y < 50 { 1.0 } else { 0.0 });
        let output = codec.encoder_output(&mask).unwrap();
        assert_eq!((output.channels, output.height, output.width), (4, 4, 4));
        let cell = 6;
        let vector: Vec<f32> = (0..4).map(|channel| output.data[channel * 16 + cell]).collect();
        assert_eq!(codec.encode(&mask).unwrap()[cell], codec.nearest(vector.into_iter()));
    }

    #[test]
    fn without_encoder_weights_decoding_still_works() {
        let full = random_weights(8, 4).to_safetensors();
        let stored = safetensors::SafeTensors::deserialize(&full).unwrap();
        let kept = stored.iter().filter(|(name, _)| !name.starts_with("encoder."));
        let bytes = safetensors::serialize(kept, None).unwrap();
        let codec = MaskCodec::from_safetensors(&bytes).unwrap();
        assert!(matches!(codec.encode(&codec.decode(&codes(3))), Err(CodecError::NoEncoder)));
    }

    #[test]
    fn tensors_that_do_not_fit_are_named() {
        let mut weights = random_weights(8, 4);
        weights.insert("decoder.6.weight", vec![8, 4, 3, 3], vec![0.0; 288]);
        let message = MaskCodec::new(&weights).unwrap_err().to_string();
        assert!(message.contains("decoder.6.weight"), "{message}");
        let mut weights = random_weights(8, 4);
        weights.insert(CODEBOOK, vec![64, 4], vec![0.0; 256]);
        let message = MaskCodec::new(&weights).unwrap_err().to_string();
        assert!(message.contains("[128, embedding]"), "{message}");
        let empty = CodecWeights::default();
        assert!(matches!(MaskCodec::new(&empty), Err(CodecError::Missing(_))));
    }

    /// Run with `--release -- --ignored --nocapture`: prints milliseconds at PaliGemma's size.
    #[test]
    #[ignore = "a measurement, not a check"]
    fn decode_time_at_full_size() {
        let codec = MaskCodec::new(&random_weights(128, 512)).unwrap();
        let runs = 50;
        let start = std::time::Instant::now();
        for step in 0..runs {
            std::hint::black_box(codec.decode(&codes(step)));
        }
        println!("decode: {:.2} ms", start.elapsed().as_secs_f64() * 1e3 / runs as f64);
        let mask = codec.decode(&codes(3));
        let start = std::time::Instant::now();
        for _ in 0..runs {
            std::hint::black_box(codec.encode(&mask).unwrap());
        }
        println!("encode: {:.2} ms", start.elapsed().as_secs_f64() * 1e3 / runs as f64);
    }
}
