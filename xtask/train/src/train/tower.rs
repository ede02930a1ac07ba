//! One layer of SigLIP's image encoder with its gradient: the arithmetic of
//! `kerbside_core::vision::siglip`. Only runs where the tower itself is trained; the engine's own
//! tower serves all else.

use candle_core::Tensor;
use kerbside_core::vision::config::VisionConfig;
use xtask::failure::Result;

use super::attention::{attend, split_heads};
use super::base::Base;
use super::functions::{Scores, activate, layer_norm};
use super::linear::{Linear, Run};
use super::linked::frozen_product;
use super::lora::Adapter;

/// One encoder layer, its matrices as floats.
pub struct TowerLayer<'a> {
    config: &'a VisionConfig,
    norm1: Norm,
    q: Linear<'a>,
    k: Linear<'a>,
    v: Linear<'a>,
    o: Linear<'a>,
    norm2: Norm,
    fc1: Linear<'a>,
    fc2: Linear<'a>,
}

/// A layer norm's weight and bias.
pub struct Norm {
    weight: Tensor,
    bias: Tensor,
    eps: f32,
}

impl Norm {
    /// `{at}.weight` and `{at}.bias`.
    pub fn load(base: &Base, at: &str) -> Result<Self> {
        let part = |name: &str| base.vector(&format!("{at}.{name}"));
        Ok(Self {
            weight: part("weight")?,
            bias: part("bias")?,
            eps: base.architecture().vision.eps,
        })
    }

    /// Norms the last axis.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(layer_norm(x, &self.weight, &self.bias, self.eps)?)
    }
}

impl<'a> TowerLayer<'a> {
    /// Layer `index` of the base, dequantised where the base does not keep it.
    pub fn load(base: &'a Base, index: usize, adapter: &'a Adapter) -> Result<Self> {
        let at = format!("vision.layers.{index}");
        let linear = |name: &str| Linear::load(base, &format!("{at}.{name}"), adapter);
        Ok(Self {
            config: &base.architecture().vision,
            norm1: Norm::load(base, &format!("{at}.norm1"))?,
            q: linear("q")?,
            k: linear("k")?,
            v: linear("v")?,
            o: linear("o")?,
            norm2: Norm::load(base, &format!("{at}.norm2"))?,
            fc1: linear("fc1")?,
            fc2: linear("fc2")?,
        })
    }

    /// `x: [batch, patches, h]` → the layer's output, of the same shape; every patch sees every
    /// patch.
    pub fn forward(&self, x: &Tensor, run: &Run) -> Result<Tensor> {
        let (batch, patches, width) = x.dims3()?;
        let heads = self.config.heads;
        let normed = self.norm1.forward(x)?;
        let project = |layer: &Linear<'_>| {
            Ok::<_, xtask::failure::Failure>(split_heads(&layer.forward(&normed, run)?, heads)?)
        };
        let (q, k, v) = (project(&self.q)?, project(&self.k)?, project(&self.v)?);
        let scale = ((width / heads) as f32).sqrt().recip();
        let open = Tensor::zeros((batch, 1, patches, patches), x.dtype(), x.device())?;
        let mixed = attend(&q, &k, &v, Scores { scale, soft_cap: None }, &open)?;
        let x = (x + self.o.forward(&mixed, run)?)?;
        let inner = self.fc1.forward(&self.norm2.forward(&x)?, run)?;
        let update = self.fc2.forward(&activate(&inner, self.config.hidden_act)?, run)?;
        Ok((x + update)?)
    }
}

/// Patches as they enter the first layer, `[batch, patches, h]`, of pictures `[3, size, size]`.
pub fn embed_patches(base: &Base, pictures: &[Vec<f32>]) -> Result<Tensor> {
    let arch = base.architecture();
    let (patches, values) = (arch.patches(), arch.patch_values());
    let mut cut = Vec::with_capacity(pictures.len() * patches * values);
    for picture in pictures {
        cut_patches(picture, arch.image_size, arch.patch_size, &mut cut);
    }
    let cut = Tensor::from_vec(cut, (pictures.len() * patches, values), base.device())?;
    let embedded = frozen_product(&cut, &base.matrix("vision.patch.weight")?)?
        .broadcast_add(&base.vector("vision.patch.bias")?)?
        .reshape((pictures.len(), patches, arch.vision.hidden))?;
    let position = base.vector("vision.position")?.reshape((patches, arch.vision.hidden))?;
    Ok(embedded.broadcast_add(&position)?)
}

/// Appends `[patches, 3·patch·patch]`: the patch convolution as one matrix product.
fn cut_patches(picture: &[f32], size: usize, patch: usize, out: &mut Vec<f32>) {
    let across = size / patch;
    for (row, col) in (0..across * across).map(|i| (i / across, i % across)) {
        for (channel, y) in (0..3 * patch).map(|i| (i / patch, i % patch)) {
            let start = (channel * size + row * patch + y) * size + col * patch;
            out.extend_from_slice(&picture[start..start + patch]);
        }
    }
}
