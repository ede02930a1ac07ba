//! SigLIP's image encoder (arXiv:2303.15343): patches in, one hidden state per patch out.
//!
//! `n` is the number of patches, `h` the hidden width.

use crate::attention::Attention;
use crate::cancel::{CancelToken, Cancelled};
use crate::language::kv_cache::HeadRows;
use crate::lora::{LoraAdapter, VisionLora};
use crate::ops;
use crate::pack::manifest::Architecture;
use crate::pack::{PackError, WeightMap};
use crate::quant::linear::forward_all;
use crate::quant::{Linear, Quants};

/// The vision tower of a pack.
#[derive(Debug)]
pub struct Siglip {
    image_size: usize,
    patch_size: usize,
    eps: f32,
    heads: usize,
    activation: crate::language::config::Activation,
    patch: Linear,
    /// `[n, h]`.
    position: Vec<f32>,
    layers: Vec<Layer>,
    norm: Norm,
}

/// A layer norm's weight and bias, `[h]` each.
#[derive(Debug)]
struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// One encoder layer.
#[derive(Debug)]
struct Layer {
    norm1: Norm,
    q: Linear,
    k: Linear,
    v: Linear,
    o: Linear,
    norm2: Norm,
    fc1: Linear,
    fc2: Linear,
}

/// Buffers of one photo's pass.
#[derive(Debug, Default)]
struct Scratch {
    normed: Vec<f32>,
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    mixed: Vec<f32>,
    inner: Vec<f32>,
    update: Vec<f32>,
    /// The quantised input of the layer at hand.
    quants: Quants,
}

impl Siglip {
    /// Finds the tower's tensors in the memory map.
    ///
    /// # Errors
    /// [`PackError`] if a tensor is missing or has another shape than the sizes ask for.
    pub fn load(weights: &WeightMap, sizes: &Architecture) -> Result<Self, PackError> {
        let layer = |i| Layer::load(weights, &format!("vision.layers.{i}"));
        Ok(Self {
            image_size: sizes.image_size,
            patch_size: sizes.patch_size,
            eps: sizes.vision.eps,
            heads: sizes.vision.heads,
            activation: sizes.vision.hidden_act,
            patch: linear(weights, "vision.patch")?,
            position: weights.floats("vision.position")?,
            layers: (0..sizes.vision.layers).map(layer).collect::<Result<_, _>>()?,
            norm: Norm::load(weights, "vision.norm")?,
        })
    }

    /// Patch states `[n, h]`, after the final norm, of `pixels: [3, size, size]` in -1..=1.
    ///
    /// # Errors
    /// [`Cancelled`], checked once a layer.
    ///
    /// # Panics
    /// If the picture has another size.
    pub fn forward(
        &self,
        pixels: &[f32],
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
    ) -> Result<Vec<f32>, Cancelled> {
        let patches = self.cut_patches(pixels);
        let (mut hidden, mut scratch) = (Vec::new(), Scratch::default());
        self.patch.forward(&self.patch.input(&patches, &mut scratch.quants), None, &mut hidden);
        ops::add(&mut hidden, &self.position);
        for (i, layer) in self.layers.iter().enumerate() {
            cancel.check()?;
            let lora = adapter.map(|a| a.vision(i));
            self.attend(layer, &mut hidden, lora, &mut scratch);
            self.mlp(layer, &mut hidden, lora, &mut scratch);
        }
        let mut out = Vec::new();
        self.norm.apply(&hidden, self.eps, &mut out);
        Ok(out)
    }

    /// `[3, size, size]` → `[n, 3·patch·patch]`: the patch convolution as one matrix product.
    fn cut_patches(&self, pixels: &[f32]) -> Vec<f32> {
        let (size, patch) = (self.image_size, self.patch_size);
        assert_eq!(pixels.len(), 3 * size * size, "a picture of {size}×{size}");
        let across = size / patch;
        let mut out = Vec::with_capacity(across * across * 3 * patch * patch);
        for (row, col) in (0..across * across).map(|i| (i / across, i % across)) {
            for (channel, y) in (0..3 * patch).map(|i| (i / patch, i % patch)) {
                let start = (channel * size + row * patch + y) * size + col * patch;
                out.extend_from_slice(&pixels[start..start + patch]);
            }
        }
        out
    }

    /// `hidden += o(attention(norm1(hidden)))`, every patch seeing every patch.
    fn attend(
        &self,
        layer: &Layer,
        hidden: &mut [f32],
        lora: Option<&VisionLora>,
        s: &mut Scratch,
    ) {
        let h = layer.q.inputs();
        let n = hidden.len() / h;
        layer.norm1.apply(hidden, self.eps, &mut s.normed);
        let x = layer.q.input(&s.normed, &mut s.quants);
        forward_all(
            &x,
            [
                (&layer.q, lora.and_then(VisionLora::q), &mut s.queries),
                (&layer.k, lora.and_then(VisionLora::k), &mut s.keys),
                (&layer.v, lora.and_then(VisionLora::v), &mut s.values),
            ],
        );
        let head_dim = h / self.heads;
        let attention = Attention {
            q_heads: self.heads,
            kv_heads: self.heads,
            head_dim,
            scale: (head_dim as f32).sqrt().recip(),
            soft_cap: None,
        };
        let rows = |data| HeadRows { data, head_stride: head_dim, row_stride: h };
        s.mixed.resize(hidden.len(), 0.0);
        let everything = vec![0..n; n];
        attention.attend(&s.queries, rows(&s.keys), rows(&s.values), &everything, &mut s.mixed);
        let mixed = layer.o.input(&s.mixed, &mut s.quants);
        layer.o.forward(&mixed, lora.and_then(VisionLora::o), &mut s.update);
        ops::add(hidden, &s.update);
    }

    /// `hidden += fc2(gelu(fc1(norm2(hidden))))`.
    fn mlp(&self, layer: &Layer, hidden: &mut [f32], lora: Option<&VisionLora>, s: &mut Scratch) {
        layer.norm2.apply(hidden, self.eps, &mut s.normed);
        let x = layer.fc1.input(&s.normed, &mut s.quants);
        layer.fc1.forward(&x, lora.and_then(VisionLora::fc1), &mut s.inner);
        ops::activate(&mut s.inner, self.activation);
        let inner = layer.fc2.input(&s.inner, &mut s.quants);
        layer.fc2.forward(&inner, lora.and_then(VisionLora::fc2), &mut s.update);
        ops::add(hidden, &s.update);
    }
}

/// `{at}.weight` and `{at}.bias`.
pub(crate) fn linear(weights: &WeightMap, at: &str) -> Result<Linear, PackError> {
    let bias = weights.floats(&format!("{at}.bias"))?;
    Ok(Linear::new(weights.matrix(&format!("{at}.weight"))?, Some(bias)))
}

impl Norm {
    fn load(weights: &WeightMap, at: &str) -> Result<Self, PackError> {
        let part = |name: &str| weights.floats(&format!("{at}.{name}"));
        Ok(Self { weight: part("weight")?, bias: part("bias")? })
    }

    fn apply(&self, x: &[f32], eps: f32, out: &mut Vec<f32>) {
        ops::layer_norm(x, &self.weight, &self.bias, eps, out);
    }
}

impl Layer {
    fn load(weights: &WeightMap, at: &str) -> Result<Self, PackError> {
        let linear = |name: &str| linear(weights, &format!("{at}.{name}"));
        Ok(Self {
            norm1: Norm::load(weights, &format!("{at}.norm1"))?,
            q: linear("q")?,
            k: linear("k")?,
            v: linear("v")?,
            o: linear("o")?,
            norm2: Norm::load(weights, &format!("{at}.norm2"))?,
            fc1: linear("fc1")?,
            fc2: linear("fc2")?,
        })
    }
}
