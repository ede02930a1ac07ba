//! Gemma and Gemma 2: the decoder, over a KV cache, with an adapter beside the base.
//!
//! Gemma: arXiv:2403.08295. Gemma 2 (four norms a layer, soft-capping, sliding windows):
//! arXiv:2408.00118. `n` below is the number of tokens in one pass, `H` the hidden width.

use std::ops::Range;

use crate::attention::Attention;
use crate::cancel::{CancelToken, Cancelled};
use crate::language::config::TextConfig;
use crate::language::kv_cache::KvCache;
use crate::language::mask::PrefixMask;
use crate::language::rope::Rope;
use crate::lora::{LayerLora, LoraAdapter};
use crate::ops;
use crate::pack::{PackError, WeightMap};
use crate::quant::geglu::{Gated, Geglu};
use crate::quant::linear::forward_all;
use crate::quant::low_rank::LowRank;
use crate::quant::{Activations, Embedding, Linear, Quants};

/// The language model of a pack.
#[derive(Debug)]
pub struct Gemma {
    config: TextConfig,
    embedding: Embedding,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    rope: Rope,
}

/// Picks one matrix's share of an adapter.
type Pick = for<'a> fn(&'a LayerLora) -> Option<LowRank<'a>>;

/// One decoder layer. Norm weights are `[H]`.
#[derive(Debug)]
struct Layer {
    attention_in: Vec<f32>,
    q: Linear,
    k: Linear,
    v: Linear,
    o: Linear,
    /// Gemma 2 only.
    attention_out: Option<Vec<f32>>,
    mlp_in: Vec<f32>,
    gate: Linear,
    up: Linear,
    down: Linear,
    /// Gemma 2 only.
    mlp_out: Option<Vec<f32>>,
}

/// Buffers of one pass, kept between passes.
#[derive(Debug, Default)]
pub struct Scratch {
    normed: Vec<f32>,
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    mixed: Vec<f32>,
    gated: Gated,
    update: Vec<f32>,
    /// The quantised input of the layer at hand.
    quants: Quants,
    visible: Vec<Range<usize>>,
}

/// What one pass over the decoder depends on besides its input.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'a> {
    /// Who sees whom.
    pub mask: PrefixMask,
    /// The adapter, if the base does not run alone.
    pub adapter: Option<&'a LoraAdapter>,
    /// Checked once a layer.
    pub cancel: &'a CancelToken,
}

impl Gemma {
    /// Finds the model's tensors in the memory map.
    ///
    /// # Errors
    /// [`PackError`] if a tensor is missing or has another shape than the sizes ask for.
    pub fn load(weights: &WeightMap, config: &TextConfig) -> Result<Self, PackError> {
        let layer = |i| Layer::load(weights, &format!("language.layers.{i}"));
        Ok(Self {
            config: config.clone(),
            embedding: Embedding::new(weights.matrix("language.embed")?),
            layers: (0..config.layers).map(layer).collect::<Result<_, _>>()?,
            norm: weights.floats("language.norm")?,
            rope: Rope::new(config.rope_theta, config.head_dim),
        })
    }

    /// The sizes.
    pub fn config(&self) -> &TextConfig {
        &self.config
    }

    /// Bytes of weights that a token is multiplied with before the head.
    pub fn layer_bytes(&self) -> usize {
        let of = |layer: &Layer| {
            let matrices =
                [&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down];
            matrices.map(|matrix| matrix.weight().bytes().len()).iter().sum::<usize>()
        };
        self.layers.iter().map(of).sum()
    }

    /// Bytes of the embedding, which is also the head.
    pub fn embedding_bytes(&self) -> usize {
        self.embedding.byte_len()
    }

    /// An empty cache for `capacity` positions.
    pub fn cache(&self, capacity: usize) -> KvCache {
        let c = &self.config;
        KvCache::new(c.layers, c.kv_heads, c.head_dim, capacity)
    }

    /// Appends the tokens' embeddings, times √H, to `hidden: [n, H]`.
    ///
    /// # Panics
    /// If a token lies outside the vocabulary.
    pub fn embed(&self, tokens: &[u32], hidden: &mut Vec<f32>) {
        let scale = (self.config.hidden as f32).sqrt();
        for &token in tokens {
            let start = hidden.len();
            hidden.resize(start + self.config.hidden, 0.0);
            self.embedding.embed(token, &mut hidden[start..]);
            ops::scale(&mut hidden[start..], scale);
        }
    }

    /// Sends `hidden: [n, H]` through all layers, behind what the cache holds, and leaves the
    /// normed output in it. The `n` new positions are in the cache afterwards.
    ///
    /// # Errors
    /// [`Cancelled`]; the cache then holds what it held before.
    pub fn forward(
        &self,
        hidden: &mut [f32],
        cache: &mut KvCache,
        pass: Pass<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), Cancelled> {
        self.forward_observed(hidden, cache, pass, scratch, &mut |_, _| {})
    }

    /// [`Self::forward`], showing `observe` each layer's output `[n, H]` before the final norm.
    pub fn forward_observed(
        &self,
        hidden: &mut [f32],
        cache: &mut KvCache,
        pass: Pass<'_>,
        scratch: &mut Scratch,
        observe: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), Cancelled> {
        for (i, layer) in self.layers.iter().enumerate() {
            pass.cancel.check()?;
            let lora = pass.adapter.map(|a| a.language(i));
            self.attend(i, layer, hidden, cache, pass.mask, lora, scratch);
            self.mlp(layer, hidden, lora, scratch);
            observe(i, hidden);
        }
        cache.commit(hidden.len() / self.config.hidden);
        ops::rms_norm_in_place(hidden, &self.norm, self.config.eps);
        Ok(())
    }

    /// Logits of the tokens in `ranges` for normed `hidden: [n, H]`; see [`Embedding::logits`].
    pub fn logits(&self, hidden: &[f32], ranges: &[Range<u32>], out: &mut Vec<f32>) {
        self.embedding.logits(hidden, ranges, out);
        if let Some(cap) = self.config.final_softcap {
            ops::soft_cap(out, cap);
        }
    }

    /// `hidden += norm(o(attention(norm(hidden))))`.
    #[allow(clippy::too_many_arguments, reason = "one layer's operands")]
    fn attend(
        &self,
        index: usize,
        layer: &Layer,
        hidden: &mut [f32],
        cache: &mut KvCache,
        mask: PrefixMask,
        lora: Option<&LayerLora>,
        s: &mut Scratch,
    ) {
        let (c, n) = (&self.config, hidden.len() / self.config.hidden);
        let norm = Norm { weight: &layer.attention_in, eps: c.eps, floats: lora.is_some() };
        let readers = [&layer.q, &layer.k, &layer.v];
        let x = norm.input(hidden, &readers, &mut s.normed, &mut s.quants);
        let (q, k, v) = (&mut s.queries, &mut s.keys, &mut s.values);
        let low_rank = |pick: Pick| lora.and_then(pick);
        forward_all(
            &x,
            [
                (&layer.q, low_rank(LayerLora::q), q),
                (&layer.k, low_rank(LayerLora::k), k),
                (&layer.v, low_rank(LayerLora::v), v),
            ],
        );
        self.rope.rotate(&mut s.queries, c.q_heads, cache.len());
        self.rope.rotate(&mut s.keys, c.kv_heads, cache.len());
        cache.write(index, &s.keys, &s.values);

        s.visible.clear();
        let positions = cache.len()..cache.len() + n;
        s.visible.extend(positions.map(|p| mask.visible(p, c.window(index))));
        let attention = Attention {
            q_heads: c.q_heads,
            kv_heads: c.kv_heads,
            head_dim: c.head_dim,
            scale: c.query_scale(),
            soft_cap: c.attn_softcap,
        };
        let (keys, values) = cache.layer(index);
        s.mixed.resize(n * c.query_width(), 0.0);
        attention.attend(&s.queries, keys, values, &s.visible, &mut s.mixed);

        let mixed = layer.o.input(&s.mixed, &mut s.quants);
        layer.o.forward(&mixed, low_rank(LayerLora::o), &mut s.update);
        self.add_update(hidden, layer.attention_out.as_deref(), &mut s.update);
    }

    /// `hidden += norm(down(gelu(gate(norm(hidden))) · up(norm(hidden))))` (GeGLU, arXiv:2002.05202).
    fn mlp(&self, layer: &Layer, hidden: &mut [f32], lora: Option<&LayerLora>, s: &mut Scratch) {
        let c = &self.config;
        let norm = Norm { weight: &layer.mlp_in, eps: c.eps, floats: lora.is_some() };
        let readers = [&layer.gate, &layer.up];
        let x = norm.input(hidden, &readers, &mut s.normed, &mut s.quants);
        let [gate, up, down] = [LayerLora::gate as Pick, LayerLora::up, LayerLora::down]
            .map(|pick| lora.and_then(pick));
        let geglu =
            Geglu { gate: &layer.gate, up: &layer.up, lora: [gate, up], activation: c.hidden_act };
        let gated = geglu.forward(&x, &layer.down, down.is_some(), &mut s.gated);
        layer.down.forward(&gated, down, &mut s.update);
        self.add_update(hidden, layer.mlp_out.as_deref(), &mut s.update);
    }

    fn add_update(&self, hidden: &mut [f32], norm: Option<&[f32]>, update: &mut [f32]) {
        if let Some(norm) = norm {
            ops::rms_norm_in_place(update, norm, self.config.eps);
        }
        ops::add(hidden, update);
    }
}

/// The norm before matrices that read the same input.
struct Norm<'a> {
    weight: &'a [f32],
    eps: f32,
    /// Whether an adapter reads that input too, as floats.
    floats: bool,
}

impl Norm<'_> {
    /// The normed `hidden: [n, H]` in the form in which the `readers` want it.
    fn input<'m>(
        &self,
        hidden: &[f32],
        readers: &[&Linear],
        floats: &'m mut Vec<f32>,
        quants: &'m mut Quants,
    ) -> Activations<'m> {
        if !self.floats && readers.iter().all(|reader| reader.is_packed()) {
            return Activations::normed(hidden, self.weight, self.eps, quants);
        }
        ops::rms_norm(hidden, self.weight, self.eps, floats);
        readers[0].input(floats, quants)
    }
}

impl Layer {
    fn load(weights: &WeightMap, at: &str) -> Result<Self, PackError> {
        let linear = |name: &str| -> Result<_, PackError> {
            Ok(Linear::new(weights.matrix(&format!("{at}.{name}.weight"))?, None))
        };
        let norm = |name: &str| weights.floats(&format!("{at}.norm.{name}"));
        let optional = |name: &str| {
            let name = format!("{at}.norm.{name}");
            weights.tensor(&name).is_ok().then(|| weights.floats(&name)).transpose()
        };
        Ok(Self {
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
}
