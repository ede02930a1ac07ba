//! One layer of Gemma or Gemma 2 with its gradient: the arithmetic of
//! `kerbside_core::language::gemma`.

use candle_core::{Device, Tensor};
use kerbside_core::language::config::TextConfig;
use xtask::failure::Result;

use super::attention::{attend, split_heads};
use super::base::Base;
use super::functions::{Scores, activate, rms_norm, rotate};
use super::linear::{Linear, Run};
use super::lora::Adapter;
use super::mask::Masks;

/// One decoder layer, its matrices as floats.
pub struct DecoderLayer<'a> {
    config: &'a TextConfig,
    window: Option<usize>,
    attention_in: Tensor,
    q: Linear<'a>,
    k: Linear<'a>,
    v: Linear<'a>,
    o: Linear<'a>,
    /// Gemma 2 only.
    attention_out: Option<Tensor>,
    mlp_in: Tensor,
    gate: Linear<'a>,
    up: Linear<'a>,
    down: Linear<'a>,
    /// Gemma 2 only.
    mlp_out: Option<Tensor>,
}

/// A layer's rotated keys and its values, `[batch, kv_heads, positions, d]` each.
#[derive(Debug, Clone)]
pub struct KeyValues {
    /// Rotated.
    pub keys: Tensor,
    /// As they are.
    pub values: Tensor,
}

/// What a pass through a decoder layer depends on besides its input.
pub struct Pass<'a> {
    /// How the pairs take part.
    pub run: Run,
    /// Rotations of the input's positions.
    pub turns: &'a Turns,
    /// Who sees whom.
    pub masks: &'a Masks,
    /// Keys and values of the positions before the input's, which are not computed again.
    pub past: Option<&'a KeyValues>,
}

/// Rotations of some positions: `[positions, d / 2]` each.
pub struct Turns {
    cos: Tensor,
    sin: Tensor,
}

impl Turns {
    /// Of the positions `first..length`; PaliGemma counts from 1.
    pub fn new(config: &TextConfig, first: usize, length: usize, device: &Device) -> Result<Self> {
        let half = config.head_dim / 2;
        let frequency = |i: usize| {
            f64::from(config.rope_theta).powf(-2.0 * i as f64 / config.head_dim as f64) as f32
        };
        let places = (first..length).flat_map(|p| (0..half).map(move |i| (p, i)));
        let angles: Vec<f32> = places.map(|(p, i)| (p + 1) as f32 * frequency(i)).collect();
        let table = |turn: fn(f32) -> f32| {
            let values: Vec<f32> = angles.iter().copied().map(turn).collect();
            Tensor::from_vec(values, (length - first, half), device)
        };
        Ok(Self { cos: table(f32::cos)?, sin: table(f32::sin)? })
    }
}

impl<'a> DecoderLayer<'a> {
    /// Layer `index` of the base, dequantised where the base does not keep it.
    pub fn load(base: &'a Base, index: usize, adapter: &'a Adapter) -> Result<Self> {
        let config = &base.architecture().text;
        let at = format!("language.layers.{index}");
        let linear = |name: &str| Linear::load(base, &format!("{at}.{name}"), adapter);
        // Gemma's norms are stored less one.
        let norm = |name: &str| {
            Ok::<_, xtask::failure::Failure>((base.vector(&format!("{at}.norm.{name}"))? + 1.0)?)
        };
        let optional = |name: &str| {
            let weight = base.optional_vector(&format!("{at}.norm.{name}"))?;
            Ok::<_, xtask::failure::Failure>(weight.map(|weight| weight + 1.0).transpose()?)
        };
        Ok(Self {
            config,
            window: config.window(index),
            attention_in: norm("attention_in")?,
            q: linear("q")?,
            k: linear("k")?,
            v: linear("v")?,
            o: linear("o")?,
            attention_out: optional("attention_out")?,
            mlp_in: norm("mlp_in")?,
            gate: linear("gate")?,
            up: linear("up")?,
            down: linear("down")?,
            mlp_out: optional("mlp_out")?,
        })
    }

    /// `x: [batch, positions, H]` → the layer's output, of the same shape.
    pub fn forward(&self, x: &Tensor, pass: &Pass<'_>) -> Result<Tensor> {
        Ok(self.read(x, pass)?.0)
    }

    /// [`Self::forward`] that also hands out the keys and values of its positions.
    pub fn read(&self, x: &Tensor, pass: &Pass<'_>) -> Result<(Tensor, KeyValues)> {
        let normed = self.norm(x, &self.attention_in)?;
        let own = self.key_values(&normed, pass)?;
        let x = (x + self.attention(&normed, own.clone(), pass)?)?;
        let update = self.mlp(&self.norm(&x, &self.mlp_in)?, pass)?;
        Ok(((x + update)?, own))
    }

    fn norm(&self, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
        Ok(rms_norm(x, weight, self.config.eps)?)
    }

    fn key_values(&self, normed: &Tensor, pass: &Pass<'_>) -> Result<KeyValues> {
        let keys = split_heads(&self.k.forward(normed, &pass.run)?, self.config.kv_heads)?;
        let values = split_heads(&self.v.forward(normed, &pass.run)?, self.config.kv_heads)?;
        Ok(KeyValues { keys: rotate(&keys, &pass.turns.cos, &pass.turns.sin)?, values })
    }

    /// `norm(o(attention(normed)))`
    fn attention(&self, normed: &Tensor, own: KeyValues, pass: &Pass<'_>) -> Result<Tensor> {
        let queries = split_heads(&self.q.forward(normed, &pass.run)?, self.config.q_heads)?;
        let queries = rotate(&queries, &pass.turns.cos, &pass.turns.sin)?;
        let KeyValues { keys, values } = match pass.past {
            None => own,
            Some(past) => KeyValues {
                keys: Tensor::cat(&[&past.keys, &own.keys], 2)?,
                values: Tensor::cat(&[&past.values, &own.values], 2)?,
            },
        };
        let scores =
            Scores { scale: self.config.query_scale(), soft_cap: self.config.attn_softcap };
        let mixed = attend(&queries, &keys, &values, scores, pass.masks.of(self.window))?;
        self.finish(self.o.forward(&mixed, &pass.run)?, self.attention_out.as_ref())
    }

    /// `norm(down(gelu(gate(normed)) · up(normed)))` (GeGLU, arXiv:2002.05202)
    fn mlp(&self, normed: &Tensor, pass: &Pass<'_>) -> Result<Tensor> {
        let gate = activate(&self.gate.forward(normed, &pass.run)?, self.config.hidden_act)?;
        let gated = (gate * self.up.forward(normed, &pass.run)?)?;
        self.finish(self.down.forward(&gated, &pass.run)?, self.mlp_out.as_ref())
    }

    fn finish(&self, update: Tensor, norm: Option<&Tensor>) -> Result<Tensor> {
        norm.map_or(Ok(update.clone()), |weight| self.norm(&update, weight))
    }
}
