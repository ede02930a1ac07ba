//! One pass of a batch through PaliGemma, and back: `[image × N][bos][prompt]["\n"][suffix]`.
//!
//! Image features enter the decoder unscaled, text embeddings times √H. In `joint` mode image and
//! text are one sequence. In `isolated` mode the image passes through the base without adapter and
//! sees itself alone; where the tower is not trained nothing of that needs a gradient, and the text
//! reads the image's keys and values as they are.

use candle_core::Tensor;
use kerbside_core::CancelToken;
use kerbside_core::language::mask::PrefixMask;
use kerbside_core::pack::PrefixMode;
use xtask::failure::Result;

use super::base::Base;
use super::decoder::{DecoderLayer, KeyValues, Pass, Turns};
use super::dropout::Dropout;
use super::functions::rms_norm;
use super::gradients::Gradients;
use super::linear::{Linear, Run};
use super::lora::Adapter;
use super::loss::{Head, Scale, Score, chosen_rows};
use super::mask::Masks;
use super::tape::{Memory, Tape};
use super::tokens::Text;
use super::tower::{Norm, TowerLayer, embed_patches};

/// How far the engine brings a batch's pictures before training takes over.
pub enum Pictures {
    /// The samples have none.
    None,
    /// All the way: `[batch, N, H]`, as they enter the decoder.
    Features(Tensor),
    /// Through the tower: `[batch, N, h]`. The projector is trained.
    States(Tensor),
    /// Not at all: `[3, size, size]` each. The tower is trained.
    Pixels(Vec<Vec<f32>>),
}

/// Some samples that go through the model together.
pub struct Input<'a> {
    /// Their texts; padded to the longest.
    pub texts: Vec<&'a Text>,
    /// Their pictures: all of them have one, or none has.
    pub pictures: &'a Pictures,
}

/// What a pass that trains needs besides its input.
pub struct Training<'a> {
    /// Where gradients are added.
    pub gradients: &'a mut Gradients,
    /// What the summed loss is multiplied by before its gradient is taken.
    pub weight: f64,
    /// Random choices.
    pub dropout: Option<Dropout>,
    /// Tokens whose neighbours are nearly right.
    pub scale: Option<&'a Scale>,
    /// How layers are remembered.
    pub memory: Memory,
}

/// The frozen base as training runs it.
pub struct Model {
    base: Base,
    cancel: CancelToken,
}

impl Model {
    /// A model over a base. `cancel` is asked once a layer.
    pub fn new(base: Base, cancel: CancelToken) -> Self {
        Self { base, cancel }
    }

    /// The base.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// How well the adapter foretells the suffixes. Nothing random, nothing remembered.
    ///
    /// # Errors
    /// If it was cancelled, or the pack turns out damaged.
    pub fn score(&self, input: &Input<'_>, adapter: &Adapter) -> Result<Score> {
        self.pass(input, adapter, None)
    }

    /// [`Self::score`] that adds the gradients of `weight · Σ loss`.
    ///
    /// # Errors
    /// As [`Self::score`]; what was added to the gradients is then incomplete.
    pub fn learn(
        &self,
        input: &Input<'_>,
        adapter: &Adapter,
        training: Training<'_>,
    ) -> Result<Score> {
        self.pass(input, adapter, Some(training))
    }

    fn pass(
        &self,
        input: &Input<'_>,
        adapter: &Adapter,
        training: Option<Training<'_>>,
    ) -> Result<Score> {
        let (base, text) = (&self.base, &self.base.architecture().text);
        let memory = training.as_ref().map_or(Memory::Forget, |t| t.memory);
        let dropout = training.as_ref().and_then(|t| t.dropout);
        let mut tower = Tape::new(memory, &self.cancel);
        let features = self.features(input.pictures, adapter, dropout, &mut tower)?;
        let sees = !tower.is_empty();

        let layout = Layout::new(base, input, features.is_some(), sees);
        let masks = layout.masks(base)?;
        let turns = Turns::new(text, layout.first, layout.length, base.device())?;
        let embedded = self.embed(input, layout.text_length)?;
        let (hidden, past) = match features {
            Some(features) if layout.first > 0 => (embedded, self.read_images(&features, adapter)?),
            Some(features) => (Tensor::cat(&[&features, &embedded], 1)?, Vec::new()),
            None => (embedded, Vec::new()),
        };

        let mut decoder = Tape::new(memory, &self.cancel);
        let hidden = self.decode(
            hidden,
            adapter,
            dropout,
            (&layout, &masks, &turns, &past),
            sees,
            &mut decoder,
        )?;
        let (rows, targets) = layout.foretelling(input);
        let norm = (base.vector("language.norm")? + 1.0)?;
        let (chosen, eps) = (rows, text.eps);
        let normed = decoder.run(&hidden, move |hidden, _| {
            Ok(rms_norm(&chosen_rows(hidden, &chosen)?, &norm, eps)?)
        })?;
        let weight = training.as_ref().map(|t| t.weight);
        let scale = training.as_ref().and_then(|t| t.scale);
        let (score, gradient) = Head::new(base).cross_entropy(&normed, &targets, weight, scale)?;
        if let (Some(training), Some(gradient)) = (training, gradient) {
            let gradient = decoder.backward(gradient, adapter, training.gradients)?;
            if sees {
                let image = gradient.narrow(1, 0, layout.image)?.contiguous()?;
                tower.backward(image, adapter, training.gradients)?;
            }
        }
        Ok(score)
    }

    /// `[batch, N, H]`, by way of whatever part of the vision half is trained.
    fn features<'a>(
        &'a self,
        pictures: &Pictures,
        adapter: &'a Adapter,
        dropout: Option<Dropout>,
        tape: &mut Tape<'a>,
    ) -> Result<Option<Tensor>> {
        let (base, vision) = (&self.base, &self.base.architecture().vision);
        let run = move |track| Run { adapted_from: Some(0), dropout, track };
        let project = move |x: &Tensor, track| {
            Linear::load(base, "projector", adapter)?.forward(x, &run(track))
        };
        match pictures {
            Pictures::None => Ok(None),
            Pictures::Features(features) => Ok(Some(features.clone())),
            Pictures::States(states) => tape.run(states, project).map(Some),
            Pictures::Pixels(pixels) => {
                let mut x = embed_patches(base, pixels)?;
                for index in 0..vision.layers {
                    x = tape.run(&x, move |x, track| {
                        TowerLayer::load(base, index, adapter)?.forward(x, &run(track))
                    })?;
                }
                let norm = Norm::load(base, "vision.norm")?;
                tape.run(&x, move |x, track| project(&norm.forward(x)?, track)).map(Some)
            }
        }
    }

    /// `[batch, text length, H]`, times √H.
    fn embed(&self, input: &Input<'_>, length: usize) -> Result<Tensor> {
        let mut ids = Vec::with_capacity(input.texts.len() * length);
        for (row, text) in input.texts.iter().enumerate() {
            ids.extend(text.inputs());
            // Any token pads: nobody sees it.
            ids.resize((row + 1) * length, 0);
        }
        let hidden = self.base.architecture().text.hidden;
        let rows = self.base.chosen_rows("language.embed", &ids)?;
        Ok((rows.reshape((input.texts.len(), length, hidden))? * (hidden as f64).sqrt())?)
    }

    /// The image's keys and values in every layer, by the base alone.
    fn read_images(&self, features: &Tensor, adapter: &Adapter) -> Result<Vec<KeyValues>> {
        let (base, image) = (&self.base, features.dim(1)?);
        let prefix = PrefixMask { image, prefix: image, mode: PrefixMode::Isolated };
        let prefixes = vec![prefix; features.dim(0)?];
        let masks = Masks::new(&prefixes, 0, image, None, base.device())?;
        let turns = Turns::new(&base.architecture().text, 0, image, base.device())?;
        let run = Run { adapted_from: None, dropout: None, track: false };
        let pass = Pass { run, turns: &turns, masks: &masks, past: None };
        let (mut hidden, mut read) = (features.clone(), Vec::new());
        for index in 0..base.architecture().text.layers {
            self.cancel.check()?;
            let (output, own) = DecoderLayer::load(base, index, adapter)?.read(&hidden, &pass)?;
            hidden = output;
            read.push(own);
        }
        Ok(read)
    }

    /// All decoder layers. Those below the first that is adapted have no way back, unless the
    /// tower needs one through them.
    fn decode<'a>(
        &'a self,
        mut hidden: Tensor,
        adapter: &'a Adapter,
        dropout: Option<Dropout>,
        (layout, masks, turns, past): (&'a Layout, &'a Masks, &'a Turns, &'a [KeyValues]),
        sees: bool,
        tape: &mut Tape<'a>,
    ) -> Result<Tensor> {
        let base = &self.base;
        let adapted = |index| adapter.touches(&format!("language.layers.{index}."));
        let mut needed = sees;
        for index in 0..base.architecture().text.layers {
            let layer = move |x: &Tensor, track| {
                let run = Run { adapted_from: Some(layout.adapted_from), dropout, track };
                let pass = Pass { run, turns, masks, past: past.get(index) };
                DecoderLayer::load(base, index, adapter)?.forward(x, &pass)
            };
            needed |= adapted(index);
            hidden = match needed {
                true => tape.run(&hidden, layer)?,
                false => {
                    self.cancel.check()?;
                    layer(&hidden, false)?
                }
            };
        }
        Ok(hidden)
    }
}

/// Where things stand in a batch's sequences.
struct Layout {
    /// Image tokens in front of each text.
    image: usize,
    /// The first position that the decoder's passes compute; those before are past.
    first: usize,
    /// Positions of the longest sequence.
    length: usize,
    /// Positions of the longest text.
    text_length: usize,
    /// The first of the computed positions that the adapter adds to.
    adapted_from: usize,
    prefixes: Vec<PrefixMask>,
}

impl Layout {
    fn new(base: &Base, input: &Input<'_>, pictured: bool, sees: bool) -> Self {
        let mode = base.architecture().prefix_mode;
        let image = if pictured { base.architecture().patches() } else { 0 };
        let text_length = input.texts.iter().map(|text| text.positions()).max().unwrap_or(0);
        let isolated = mode == PrefixMode::Isolated;
        let prefix = |text: &&Text| PrefixMask { image, prefix: image + text.prompt.len(), mode };
        Self {
            image,
            first: if isolated && !sees { image } else { 0 },
            length: image + text_length,
            text_length,
            adapted_from: if isolated && sees { image } else { 0 },
            prefixes: input.texts.iter().map(prefix).collect(),
        }
    }

    fn masks(&self, base: &Base) -> Result<Masks> {
        let window = base.architecture().text.sliding_window;
        Ok(Masks::new(&self.prefixes, self.first, self.length, window, base.device())?)
    }

    /// The computed rows, all sequences below each other, from which suffix tokens are foretold,
    /// and these tokens: the prompt's last position foretells the first.
    fn foretelling(&self, input: &Input<'_>) -> (Vec<u32>, Vec<u32>) {
        let (mut rows, mut targets) = (Vec::new(), Vec::new());
        for (sequence, text) in input.texts.iter().enumerate() {
            let start = sequence * (self.length - self.first) + (self.image - self.first);
            let before = start + text.prompt.len() - 1;
            rows.extend((before..before + text.suffix.len()).map(|row| row as u32));
            targets.extend(&text.suffix);
        }
        (rows, targets)
    }
}
