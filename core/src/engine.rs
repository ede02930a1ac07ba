//! The engine: what all photos share, opened once, and a session for one photo after the other.
//!
//! ```text
//! session     one photo's way through the model
//! request     what to look for, and what becomes known
//! service     which adapter a task runs with, and how sure its answers are
//! items       the items of one answer, as the grammar reports their parts
//! refine      a second look at what was found
//! vocabulary  the tokenizer, read while other things are done
//! writing     the model as the generator sees it, with guesses that ride along
//! ```

mod items;
mod refine;
mod request;
mod service;
mod session;
mod vocabulary;
mod writing;

use std::path::Path;
use std::sync::Arc;

pub use self::items::WrittenItem;
pub(crate) use self::request::Stage;
pub use self::request::{SegmentEvent, SegmentRequest, Timings};
use self::service::Services;
pub use self::session::{Answer, Session};
use self::vocabulary::Vocabulary;
pub use self::writing::Writing;
use crate::certainty::Calibration;
use crate::error::{Error, Result};
use crate::language::tokenizer::Tokenizer;
use crate::lora::{AdapterTable, LoraAdapter};
use crate::mask::MaskCodec;
use crate::pack::{Manifest, Pack, WeightMap, adapter_files, read_manifest};
use crate::paligemma::PaliGemma;
use crate::threads::Threads;

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
        Session::new(self)
    }
}
