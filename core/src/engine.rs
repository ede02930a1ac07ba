//! The engine: what all photos share, opened once, and a session for one photo after the other.
//!
//! ```text
//! service     which adapter a task runs with, and how sure its answers are
//! items       the items of one answer, as the grammar reports their parts
//! refine      a second look around what was found
//! vocabulary  the tokenizer, read while other things are done
//! writing     the model as the generator sees it, with guesses that ride along
//! ```

mod items;
mod refine;
mod service;
mod vocabulary;
mod writing;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

pub use self::items::WrittenItem;
use self::items::{Items, Numbered, each_once};
use self::service::Services;
use self::vocabulary::Vocabulary;
pub use self::writing::Writing;
use crate::cancel::CancelToken;
use crate::certainty::Calibration;
use crate::detection::{self, BBox, Detection, Label};
use crate::error::{Error, Result};
use crate::generate::chances::Chances;
use crate::generate::detection_grammar::{DetectionGrammar, Masks};
use crate::generate::generator::{Finish, Generator, Statistics};
use crate::generate::sampler::{Sampler, Strategy};
use crate::generate::schema::Schema;
use crate::generate::structured_grammar::StructuredGrammar;
use crate::language::prompt::{self, Prefix};
use crate::language::tokenizer::Tokenizer;
use crate::lora::{AdapterTable, LoraAdapter};
use crate::mask::{Mask, MaskCodec};
use crate::pack::{Manifest, Pack, PrefixMode, WeightMap, adapter_files, read_manifest};
use crate::paligemma::{PaliGemma, Sequence};
use crate::photo::Frame;
use crate::structured;
use crate::threads::Threads;
use crate::vision::preprocess::preprocess;

/// The nine classes of the app, in the order every prompt names them.
pub const CLASSES: [&str; 9] =
    ["plastic", "glass", "paper", "carton", "metal", "foam", "special", "food", "general"];

/// The task whose adapter outlines items.
pub const SEGMENT: &str = "segment";

/// The task whose adapter tells which item of the rule pack a thing is.
pub const DISPOSE: &str = "dispose";

/// The task whose adapter picks the fact to lead with.
pub const HIGHLIGHT: &str = "highlight";

/// How an engine is opened.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Threads to compute with; 0 takes every processor the system offers.
    pub threads: usize,
    /// Bytes of adapters that stay in memory; the least recently used one goes first.
    pub adapter_bytes: usize,
    /// Positions a session has behind the image's: prompt and answer.
    pub text_positions: usize,
    /// Bytes of memory there are to use, where the caller knows; a pack that needs more is refused.
    pub memory: Option<u64>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { threads: 0, adapter_bytes: 256 << 20, text_positions: 768, memory: None }
    }
}

/// Bytes of weights from which on it pays to give memory back between the stages of a photo, and
/// a second look costs more than a person waits for unasked.
const LARGE: usize = 256 << 20;

/// A model pack, ready to answer. Clones share everything.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    manifest: Manifest,
    model: PaliGemma,
    /// The map that the model's matrices lie in.
    weights: Arc<WeightMap>,
    vocabulary: Vocabulary,
    codec: Option<MaskCodec>,
    adapters: AdapterTable,
    services: Services,
    threads: Threads,
    text_positions: usize,
}

impl Engine {
    /// Opens a pack: checks it, maps its weights, loads the adapters its tasks name.
    ///
    /// # Errors
    /// Whatever is wrong with the pack, naming the file.
    pub fn open(pack: &Path, options: &EngineOptions) -> Result<Self> {
        // Before anything is mapped or hashed.
        let needs = read_manifest(pack)?.0.peak_bytes;
        if let Some(has) = options.memory.filter(|has| *has < needs) {
            return Err(Error::Memory { needs, has });
        }
        let pack = Pack::open(pack)?;
        let rows = pack.manifest().architecture.text.vocab;
        let vocabulary = Vocabulary::begin(pack.tokenizer()?, rows);
        let codec =
            pack.mask_codec()?.map(|bytes| MaskCodec::from_safetensors(&bytes)).transpose()?;
        let model = PaliGemma::load(pack.weights(), &pack.manifest().architecture)?;
        let threads = Threads::new(options.threads)
            .map_err(|source| Error::Threads { count: options.threads, source })?;
        let adapters = AdapterTable::new(pack.manifest(), options.adapter_bytes);
        for entry in &pack.manifest().adapters {
            adapters.load(&entry.id, &pack.adapter(&entry.id)?)?;
        }
        if !pack.is_known() {
            // What was never opened before is wholly checked; what was, only looks at headers.
            vocabulary.get().map_err(Error::Tokenizer)?;
        }
        Ok(Self(Arc::new(Shared {
            services: Services::of(pack.manifest()),
            manifest: pack.manifest().clone(),
            model,
            weights: pack.weights().clone(),
            vocabulary,
            codec,
            adapters,
            threads,
            text_positions: options.text_positions,
        })))
    }

    /// What the pack says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// The adapters in memory.
    pub fn adapters(&self) -> &AdapterTable {
        &self.0.adapters
    }

    /// The pack's tokenizer, waiting until it has been read.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] if it cannot be used; the first opening of a pack says so already.
    pub fn tokenizer(&self) -> Result<&Tokenizer> {
        self.0.vocabulary.get().map_err(Error::Tokenizer)
    }

    /// The model, for whoever needs its numbers rather than its answers.
    pub fn model(&self) -> &PaliGemma {
        &self.0.model
    }

    /// The mask codec, if the pack has one.
    pub fn codec(&self) -> Option<&MaskCodec> {
        self.0.codec.as_ref()
    }

    /// Runs `work` on the engine's threads.
    pub fn on_threads<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.threads.install(work)
    }

    /// Whether a look costs little: the weights fit in what a phone has to spare.
    pub fn is_small(&self) -> bool {
        self.0.weights.byte_len() <= LARGE
    }

    /// Lets the system have the memory of all weights: for when it is short of it. The next photo
    /// reads them from the file again.
    pub fn release_weights(&self) {
        self.0.weights.release("");
    }

    /// The adapter that a task runs with: the one the pack names for it, unless another was
    /// [assigned](Self::assign). `None` runs the base alone.
    ///
    /// # Errors
    /// If the adapter was evicted and is not in memory.
    pub fn adapter_of(&self, task: &str) -> Result<Option<Arc<LoraAdapter>>> {
        let id = self.0.services.of_task(task).adapter;
        id.map(|id| self.0.adapters.get(&id)).transpose().map_err(Error::from)
    }

    /// Lets a task run with another adapter from now on, or with the base alone. The pack's
    /// calibration was measured with the pack's adapter and counts for no other.
    ///
    /// # Errors
    /// If no adapter of that name is in memory.
    pub fn assign(&self, task: &str, adapter: Option<&str>) -> Result<()> {
        let adapter = adapter.map(|id| self.0.adapters.get(id)).transpose()?;
        self.0.services.assign(&self.0.manifest, task, adapter.map(|a| a.id().to_owned()));
        Ok(())
    }

    /// How a task's probabilities become chances.
    pub fn calibration_of(&self, task: &str) -> Calibration {
        self.0.services.of_task(task).calibration
    }

    /// Calibrates a task anew, until it is [assigned](Self::assign) another adapter.
    pub fn calibrate(&self, task: &str, calibration: Calibration) {
        self.0.services.calibrate(task, calibration);
    }

    /// Loads a PEFT folder from anywhere beside the pack's own adapters.
    ///
    /// # Errors
    /// If it is not an adapter of this base.
    pub fn load_adapter(&self, id: &str, dir: &Path) -> Result<Arc<LoraAdapter>> {
        Ok(self.0.adapters.load(id, &adapter_files(dir)?)?)
    }

    /// A session: the memory of one photo's way through the model, used again for the next.
    pub fn session(&self) -> Session {
        let capacity = self.0.model.image_tokens() + self.0.text_positions;
        Session {
            engine: self.clone(),
            sequence: self.0.model.sequence(capacity),
            photo: None,
            image_reads: 0,
            timings: Timings::default(),
        }
    }
}

/// What to look for.
#[derive(Debug, Clone)]
pub struct SegmentRequest {
    /// The labels items may get.
    pub labels: Vec<String>,
    /// Most items of one answer.
    pub max_items: usize,
}

impl Default for SegmentRequest {
    fn default() -> Self {
        Self { labels: CLASSES.map(str::to_owned).to_vec(), max_items: 12 }
    }
}

/// What becomes known while items are outlined. `item` counts from 0 in one answer.
#[derive(Debug, Clone)]
pub enum SegmentEvent {
    /// Where something is: the fourth `<loc>` was written.
    Box {
        /// Which item.
        item: usize,
        /// Where it is in the photo.
        bbox: BBox,
    },
    /// What shape it has: the sixteenth `<seg>` was written.
    Mask {
        /// Which item.
        item: usize,
        /// Its mask inside the box.
        mask: Mask,
    },
    /// What it is: the item is complete.
    Item {
        /// Which item.
        item: usize,
        /// All of it.
        detection: Detection,
    },
    /// What was reported of this item is void: the answer ran out of room, most likely nothing is
    /// there, or the same thing was found twice.
    Dropped {
        /// Which item.
        item: usize,
    },
}

/// How far the model is with a photo, for whoever shows progress.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    /// The photo is the model's square of pixels.
    Preprocessed,
    /// The vision tower has run.
    Seen,
    /// Photo and prompt are in the KV cache.
    Prefilled,
    /// A part of an item is known.
    Part(SegmentEvent),
}

/// How long the stages of the last answer took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// Photo → the model's square of pixels.
    pub preprocess: Duration,
    /// Pixels → image features.
    pub vision: Duration,
    /// Image features and prompt → KV cache.
    pub prefill: Duration,
    /// Choosing and feeding tokens.
    pub decode: Duration,
    /// Codes → masks.
    pub masks: Duration,
    /// The structured answers of this photo, from question to value: `dispose` and `highlight`.
    pub structured: Duration,
    /// From the beginning of [`Session::segment`] to the first mask.
    pub first_mask: Option<Duration>,
    /// Tokens chosen, forced, and model calls.
    pub tokens: Statistics,
    /// How often the model ran for them: right guesses save some of the calls.
    pub passes: usize,
}

/// One photo's way through the model. One thread at a time.
#[derive(Debug)]
pub struct Session {
    engine: Engine,
    sequence: Sequence,
    photo: Option<Photo>,
    /// How often the photo's image tokens went through the decoder.
    image_reads: usize,
    timings: Timings,
}

/// The photo of a session as the model sees it.
#[derive(Debug)]
struct Photo {
    /// `[3, size, size]`.
    pixels: Vec<f32>,
    /// `[image tokens, hidden]`.
    features: Vec<f32>,
    /// The adapter that changed the vision tower while these features were made.
    tower: Option<String>,
}

impl Session {
    /// Shows the model a photo: the vision tower runs here, once.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; the session then has no photo.
    pub fn set_photo(&mut self, frame: &Frame, cancel: &CancelToken) -> Result<()> {
        self.set_photo_staged(frame, cancel, &mut |_| {})
    }

    pub(crate) fn set_photo_staged(
        &mut self,
        frame: &Frame,
        cancel: &CancelToken,
        on_stage: &mut dyn FnMut(Stage),
    ) -> Result<()> {
        self.photo = None;
        self.image_reads = 0;
        self.sequence.reset();
        self.timings = Timings::default();
        let size = self.engine.manifest().architecture.image_size;
        let start = Instant::now();
        let pixels = preprocess(frame, size);
        self.timings.preprocess = start.elapsed();
        on_stage(Stage::Preprocessed);
        let adapter = self.engine.adapter_of(SEGMENT)?;
        let (features, tower) = self.look(&pixels, adapter.as_deref(), cancel)?;
        on_stage(Stage::Seen);
        self.photo = Some(Photo { pixels, features, tower });
        Ok(())
    }

    /// Whether it has been shown a photo.
    pub(crate) fn has_photo(&self) -> bool {
        self.photo.is_some()
    }

    /// The engine it belongs to.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// How often the image tokens of this photo went through the decoder: once for all questions
    /// where the pack keeps the image apart from the prompt, once for each where it does not.
    pub fn image_reads(&self) -> usize {
        self.image_reads
    }

    /// How long the stages of the last answer took.
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// Outlines the photo's items, each thing once. `on_event` hears of each part the moment it is
    /// complete.
    ///
    /// # Errors
    /// [`Error::NoPhoto`], [`Error::Cancelled`] (the photo stays set), labels that cannot be
    /// asked for.
    pub fn segment(
        &mut self,
        request: &SegmentRequest,
        cancel: &CancelToken,
        on_event: &mut dyn FnMut(SegmentEvent),
    ) -> Result<Vec<Detection>> {
        let items = self.segment_staged(request, cancel, &mut |stage| {
            if let Stage::Part(event) = stage {
                on_event(event);
            }
        })?;
        Ok(items.into_iter().map(|(_, item)| item).collect())
    }

    /// [`Self::segment`], each item with the number its events had.
    pub(crate) fn segment_staged(
        &mut self,
        request: &SegmentRequest,
        cancel: &CancelToken,
        on_stage: &mut dyn FnMut(Stage),
    ) -> Result<Vec<Numbered>> {
        let calibration = self.engine.calibration_of(SEGMENT);
        let written = self.answer(request, &calibration, cancel, on_stage)?;
        let items = written.into_iter().map(|item| (item.item, item.detection)).collect();
        Ok(each_once(items, &mut |event| on_stage(Stage::Part(event))))
    }

    /// All that the model writes of the photo, doubled and improbable items too, each with the
    /// evidence for it: what a calibration is measured on.
    ///
    /// # Errors
    /// As [`Self::segment`].
    pub fn write(
        &mut self,
        request: &SegmentRequest,
        cancel: &CancelToken,
    ) -> Result<Vec<WrittenItem>> {
        self.answer(request, &Calibration::default(), cancel, &mut |_| {})
    }

    /// The items of one answer that `calibration` does not take for noise.
    fn answer(
        &mut self,
        request: &SegmentRequest,
        calibration: &Calibration,
        cancel: &CancelToken,
        on_stage: &mut dyn FnMut(Stage),
    ) -> Result<Vec<WrittenItem>> {
        let begin = Instant::now();
        let engine = self.engine.clone();
        let adapter = self.engine.adapter_of(SEGMENT)?;
        let labels: Vec<Label> =
            request.labels.iter().map(|l| Label::new(l)).collect::<Result<_, _>>()?;
        let masks = if engine.codec().is_some() { Masks::With } else { Masks::Without };
        let question = match masks {
            Masks::With => prompt::segment(&request.labels),
            Masks::Without => prompt::detect(&request.labels),
        };
        let mut grammar =
            DetectionGrammar::new(engine.tokenizer()?, &request.labels, masks, request.max_items)?;
        let prefix = Prefix::new(engine.tokenizer()?, engine.model().image_tokens(), &question)?;
        let room = self.ask(&prefix, adapter.as_deref(), cancel)?;
        on_stage(Stage::Prefilled);

        let start = Instant::now();
        let mut items = Items::new(engine.codec(), &labels, calibration, begin);
        let sampler = Sampler::new(Strategy::Greedy).on_scale(engine.tokenizer()?.locations());
        let weighed = engine.tokenizer()?.codes();
        let mut generator = Generator { sampler, max_tokens: room, weighed };
        let mut decoder = engine
            .writing(&mut self.sequence, adapter.as_deref(), cancel)
            .guessing(engine.codec().and_then(MaskCodec::guesses), engine.tokenizer()?.codes());
        let outcome = generator.run(&mut decoder, &mut grammar, cancel, &mut |report| {
            items.take(report, &mut |event| on_stage(Stage::Part(event)));
        })?;
        self.timings.masks = items.mask_time;
        self.timings.decode = start.elapsed() - items.mask_time;
        self.timings.first_mask = items.first_mask;
        self.timings.tokens = outcome.statistics;
        self.timings.passes = decoder.passes();
        Ok(items.complete)
    }

    /// Looks again at a part of the photo, enlarged to the model's whole square, and merges what
    /// it finds into `known`. Small things far away need this. The session's photo is the crop
    /// afterwards.
    ///
    /// # Errors
    /// As [`Self::set_photo`] and [`Self::segment`].
    pub fn look_again(
        &mut self,
        (crop, region): (&Frame, &BBox),
        known: Vec<Detection>,
        request: &SegmentRequest,
        cancel: &CancelToken,
        on_event: &mut dyn FnMut(SegmentEvent),
    ) -> Result<Vec<Detection>> {
        self.look_again_staged((crop, region), known, request, cancel, &mut |stage| {
            if let Stage::Part(event) = stage {
                on_event(event);
            }
        })
    }

    pub(crate) fn look_again_staged(
        &mut self,
        (crop, region): (&Frame, &BBox),
        known: Vec<Detection>,
        request: &SegmentRequest,
        cancel: &CancelToken,
        on_stage: &mut dyn FnMut(Stage),
    ) -> Result<Vec<Detection>> {
        self.set_photo_staged(crop, cancel, on_stage)?;
        let found = self.segment_staged(request, cancel, &mut |stage| {
            on_stage(match stage {
                Stage::Part(event) => Stage::Part(event.into_photo(region)),
                other => other,
            });
        })?;
        let found = found.into_iter().map(|(_, item)| item.from_crop(region));
        Ok(detection::merge(known.into_iter().chain(found).collect()))
    }

    /// Asks a question whose answer has a shape.
    ///
    /// # Errors
    /// [`Error::NoPhoto`], [`Error::Cancelled`] (the photo stays set), a question that leaves no
    /// room for the answer, a shape that cannot be written.
    pub(crate) fn ask_structured(
        &mut self,
        task: &str,
        question: &str,
        schema: &Schema,
        cancel: &CancelToken,
    ) -> Result<Answer> {
        let (start, prefill) = (Instant::now(), self.timings.prefill);
        let engine = self.engine.clone();
        let adapter = engine.adapter_of(task)?;
        let mut grammar = StructuredGrammar::new(engine.tokenizer()?, schema)?;
        let places = grammar.clone();
        let images = engine.model().image_tokens();
        let prefix = Prefix::of_markup(engine.tokenizer()?, images, question)?;
        let max_tokens = self.ask(&prefix, adapter.as_deref(), cancel)?;
        let sampler = Sampler::new(Strategy::Greedy);
        let mut generator = Generator { sampler, max_tokens, weighed: 0..0 };
        let mut decoder = engine.writing(&mut self.sequence, adapter.as_deref(), cancel);
        let mut chances = Chances::default();
        let outcome = generator.run(&mut decoder, &mut grammar, cancel, &mut |report| {
            let place = places.place(report.event.field);
            chances.multiply(place, report.likelihood.product());
        })?;
        let value = match outcome.finish {
            Finish::Complete => {
                let text = engine.tokenizer()?.decode(&outcome.tokens)?;
                structured::read(&text).expect("the grammar writes what can be read")
            }
            Finish::Limit => Value::Null,
        };
        // The stages are those of the first task.
        self.timings.prefill = prefill;
        self.timings.structured += start.elapsed();
        Ok(Answer { value, chances })
    }

    /// Image features, and the adapter's id if it has a part in them.
    fn look(
        &mut self,
        pixels: &[f32],
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
    ) -> Result<(Vec<f32>, Option<String>)> {
        let adapter = adapter.filter(|a| a.touches_vision());
        let start = Instant::now();
        let model = self.engine.model();
        let features = self.engine.on_threads(|| model.image_features(pixels, adapter, cancel))?;
        self.timings.vision = start.elapsed();
        if !self.engine.is_small() {
            // Their pages are of no use while the answer is written.
            self.engine.0.weights.release("vision.");
        }
        Ok((features, adapter.map(|a| a.id().to_owned())))
    }

    /// Reads photo and prompt; returns the positions left for the answer.
    fn ask(
        &mut self,
        prefix: &Prefix,
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
    ) -> Result<usize> {
        let mut photo = self.photo.take().ok_or(Error::NoPhoto)?;
        let result = self.read(&mut photo, prefix, adapter, cancel);
        self.photo = Some(photo);
        result
    }

    fn read(
        &mut self,
        photo: &mut Photo,
        prefix: &Prefix,
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
    ) -> Result<usize> {
        let engine = self.engine.clone();
        let tower = adapter.filter(|a| a.touches_vision()).map(LoraAdapter::id);
        if photo.tower.as_deref() != tower {
            // Another adapter had a part in these features, and so in the image's cached keys.
            self.sequence.reset();
            (photo.features, photo.tower) = self.look(&photo.pixels, adapter, cancel)?;
        }
        let (needed, room) = (prefix.positions(), self.sequence.capacity());
        if needed >= room {
            return Err(Error::TooLong { needed, room });
        }
        let start = Instant::now();
        let sequence = &mut self.sequence;
        let isolated = engine.model().mode() == PrefixMode::Isolated;
        let was_read = isolated && sequence.len() >= prefix.image_tokens;
        let result = engine.on_threads(|| {
            engine.model().prefill(sequence, &photo.features, &prefix.text, adapter, cancel)
        });
        let is_read = sequence.len() >= prefix.image_tokens;
        self.image_reads += usize::from(is_read && !was_read);
        result?;
        self.timings.prefill = start.elapsed();
        Ok(room - needed)
    }
}

impl SegmentEvent {
    /// The event of a crop as one of the photo that the crop's `region` was cut from.
    fn into_photo(self, region: &BBox) -> Self {
        match self {
            Self::Box { item, bbox } => Self::Box { item, bbox: bbox.from_crop(region) },
            Self::Item { item, detection } => {
                Self::Item { item, detection: detection.from_crop(region) }
            }
            other => other,
        }
    }
}

/// An answer of a given shape, sure or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The answer; null where there was no room to finish it.
    pub value: Value,
    /// How probable its values are.
    pub chances: Chances,
}
