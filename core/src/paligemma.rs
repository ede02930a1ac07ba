//! PaliGemma (arXiv:2407.07726): vision → projector → prefill → decode step.
//!
//! One sequence is `[image × N][bos][prompt]["\n"][suffix]`. Image features enter the decoder
//! unscaled; only text embeddings are multiplied by √hidden.

use std::ops::Range;

use crate::cancel::{CancelToken, Cancelled};
use crate::language::gemma::{Gemma, Pass, Scratch};
use crate::language::kv_cache::KvCache;
use crate::language::mask::PrefixMask;
use crate::lora::LoraAdapter;
use crate::pack::manifest::{Architecture, PrefixMode};
use crate::pack::{PackError, WeightMap};
use crate::quant::{Linear, Quants};
use crate::vision::siglip::{Siglip, linear};

/// The model of a pack. It holds no state of any photo: that is in [`Sequence`].
#[derive(Debug)]
pub struct PaliGemma {
    vision: Siglip,
    projector: Linear,
    language: Gemma,
    mode: PrefixMode,
    image_tokens: usize,
}

/// One photo's way through the decoder: its KV cache and the buffers of a pass.
#[derive(Debug)]
pub struct Sequence {
    cache: KvCache,
    mask: PrefixMask,
    hidden: Vec<f32>,
    scratch: Scratch,
}

impl Sequence {
    /// Positions held: image, prompt and suffix so far.
    pub fn len(&self) -> usize {
        self.cache.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.cache.is_empty()
    }

    /// Positions there is room for.
    pub fn capacity(&self) -> usize {
        self.cache.capacity()
    }

    /// Forgets the last `count` positions.
    pub fn forget(&mut self, count: usize) {
        self.cache.truncate(self.cache.len().saturating_sub(count));
    }

    /// Forgets everything: another photo may follow.
    pub fn reset(&mut self) {
        self.cache.truncate(0);
    }
}

impl PaliGemma {
    /// Finds the model's tensors in the memory map.
    ///
    /// # Errors
    /// [`PackError`] if a tensor is missing or has another shape than the sizes ask for.
    pub fn load(weights: &WeightMap, sizes: &Architecture) -> Result<Self, PackError> {
        Ok(Self {
            vision: Siglip::load(weights, sizes)?,
            projector: linear(weights, "projector")?,
            language: Gemma::load(weights, &sizes.text)?,
            mode: sizes.prefix_mode,
            image_tokens: sizes.patches(),
        })
    }

    /// Tokens that one photo becomes.
    pub fn image_tokens(&self) -> usize {
        self.image_tokens
    }

    /// How image and prompt see each other.
    pub fn mode(&self) -> PrefixMode {
        self.mode
    }

    /// The decoder.
    pub fn language(&self) -> &Gemma {
        &self.language
    }

    /// An empty sequence with room for `capacity` positions.
    pub fn sequence(&self, capacity: usize) -> Sequence {
        let mask =
            PrefixMask { image: self.image_tokens, prefix: self.image_tokens, mode: self.mode };
        Sequence {
            cache: self.language.cache(capacity),
            mask,
            hidden: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// The vision tower's patch states `[image_tokens, vision hidden]` for `pixels: [3, size, size]`.
    ///
    /// # Errors
    /// [`Cancelled`].
    pub fn vision_states(
        &self,
        pixels: &[f32],
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
    ) -> Result<Vec<f32>, Cancelled> {
        self.vision.forward(pixels, adapter, cancel)
    }

    /// What a photo is to the decoder: `[image_tokens, hidden]`.
    ///
    /// # Errors
    /// [`Cancelled`].
    pub fn image_features(
        &self,
        pixels: &[f32],
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
    ) -> Result<Vec<f32>, Cancelled> {
        let states = self.vision_states(pixels, adapter, cancel)?;
        let (mut features, mut quants) = (Vec::new(), Quants::default());
        let lora = adapter.and_then(LoraAdapter::projector);
        self.projector.forward(&self.projector.input(&states, &mut quants), lora, &mut features);
        Ok(features)
    }

    /// Reads the prefix: image features and the prompt's tokens (`[bos][prompt]["\n"]`). The last
    /// prompt token's normed hidden state is what the first suffix token is chosen from.
    ///
    /// In `isolated` mode the image's keys and values are computed without adapter, once: a
    /// sequence that still holds them from an earlier prompt keeps them. In `joint` mode image
    /// and prompt see each other, so everything is computed anew.
    ///
    /// # Errors
    /// [`Cancelled`]; the sequence can be used again.
    pub fn prefill(
        &self,
        sequence: &mut Sequence,
        features: &[f32],
        prompt: &[u32],
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
    ) -> Result<(), Cancelled> {
        self.prefill_observed(sequence, features, prompt, adapter, cancel, &mut |_, _| {})
    }

    /// [`Self::prefill`], showing `observe` each layer's output; the image's part and the prompt's
    /// come one after the other in `isolated` mode.
    pub fn prefill_observed(
        &self,
        sequence: &mut Sequence,
        features: &[f32],
        prompt: &[u32],
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
        observe: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), Cancelled> {
        assert_eq!(
            features.len(),
            self.image_tokens * self.language.config().hidden,
            "one photo's features"
        );
        sequence.mask.prefix = self.image_tokens + prompt.len();
        match self.mode {
            PrefixMode::Joint => {
                sequence.cache.truncate(0);
                sequence.hidden.clear();
                sequence.hidden.extend_from_slice(features);
            }
            PrefixMode::Isolated => {
                self.read_image_observed(sequence, features, cancel, observe)?;
                sequence.cache.truncate(self.image_tokens);
                sequence.hidden.clear();
            }
        }
        self.language.embed(prompt, &mut sequence.hidden);
        self.run(sequence, adapter, cancel, observe)
    }

    /// Reads a prompt without a photo before it, as adapters want it that were trained on text alone.
    ///
    /// # Errors
    /// [`Cancelled`]; the sequence can be used again.
    pub fn prefill_text(
        &self,
        sequence: &mut Sequence,
        prompt: &[u32],
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
    ) -> Result<(), Cancelled> {
        sequence.cache.truncate(0);
        sequence.mask = PrefixMask { image: 0, prefix: prompt.len(), mode: self.mode };
        sequence.hidden.clear();
        self.language.embed(prompt, &mut sequence.hidden);
        self.run(sequence, adapter, cancel, &mut |_, _| {})
    }

    /// In `isolated` mode, reads the image by the base alone, unless the sequence holds its keys
    /// and values already. [`Self::prefill`] does so by itself.
    ///
    /// # Errors
    /// [`Cancelled`]; the sequence can be used again.
    pub fn read_image(
        &self,
        sequence: &mut Sequence,
        features: &[f32],
        cancel: &CancelToken,
    ) -> Result<(), Cancelled> {
        self.read_image_observed(sequence, features, cancel, &mut |_, _| {})
    }

    fn read_image_observed(
        &self,
        sequence: &mut Sequence,
        features: &[f32],
        cancel: &CancelToken,
        observe: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), Cancelled> {
        if sequence.cache.len() >= self.image_tokens {
            return Ok(());
        }
        sequence.cache.truncate(0);
        sequence.hidden.clear();
        sequence.hidden.extend_from_slice(features);
        self.run(sequence, None, cancel, observe)
    }

    /// Feeds suffix tokens, any number at once.
    ///
    /// # Errors
    /// [`Cancelled`]; the sequence holds what it held before.
    pub fn step(
        &self,
        sequence: &mut Sequence,
        tokens: &[u32],
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
    ) -> Result<(), Cancelled> {
        sequence.hidden.clear();
        self.language.embed(tokens, &mut sequence.hidden);
        self.run(sequence, adapter, cancel, &mut |_, _| {})
    }

    fn run(
        &self,
        sequence: &mut Sequence,
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
        observe: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), Cancelled> {
        let pass = Pass { mask: sequence.mask, adapter, cancel };
        let Sequence { cache, hidden, scratch, .. } = sequence;
        self.language.forward_observed(hidden, cache, pass, scratch, observe)
    }

    /// Logits of the tokens in `ranges` after the last token fed, packed in their order.
    pub fn last_logits(&self, sequence: &Sequence, ranges: &[Range<u32>], out: &mut Vec<f32>) {
        self.logits_before(sequence, 0, ranges, out);
    }

    /// [`Self::last_logits`] as of `behind` tokens before the last one of the last pass.
    pub fn logits_before(
        &self,
        sequence: &Sequence,
        behind: usize,
        ranges: &[Range<u32>],
        out: &mut Vec<f32>,
    ) {
        let hidden = self.language.config().hidden;
        let end = sequence.hidden.len() - behind * hidden;
        self.language.logits(&sequence.hidden[end - hidden..end], ranges, out);
    }

    /// The normed hidden states `[n, hidden]` of the last pass.
    pub fn last_hidden<'a>(&self, sequence: &'a Sequence) -> &'a [f32] {
        &sequence.hidden
    }
}
