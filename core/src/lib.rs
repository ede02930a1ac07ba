//! Kerbside's engine: from a photograph of trash to outlined items and local instructions.
//!
//! One photo's way through the program, and the module that tells each part of the story:
//!
//! ```text
//! engine      Engine (shared by all threads) and Session (one photo after the other)
//! photo       encoded picture → upright RGB, limits checked
//! pixels      … and a camera's planes
//! vision      squash to the model's square → SigLIP → one state per patch
//! paligemma   projector → prefill of [image][bos][prompt]["\n"] → decode step
//! language    tokenizer, prompt, Gemma with its prefix mask and KV cache
//! lora        the adapters that make three specialists of one base
//! generate    logits → tokens, held to a grammar
//! detection   <loc>/<seg> tokens ⇄ boxes, codes and labels
//! certainty   the tokens' probabilities → the chance of being right → one of three words
//! mask        16 codes → 64×64 mask → outline
//! structured  tokens ⇄ JSON
//! dispose     which item of the rule pack each thing is, and in what state
//! rules       the community's rule pack decides what is done with an item
//! schedule    when it is collected: recurring days, calendars in and out
//! highlight   which of the facts to lead with
//! analysis    all of it in one call: photo → items, instructions, highlights
//! ```
//!
//! Beside them: `looks` (which parts of a photo deserve a closer look).
//!
//! Below them: `pack` and `store` (the only modules that touch files: models, and the app's own small
//! state), `quant` (packed weights and their kernels), `attention` and `ops` (the arithmetic between
//! matrices), `simd` and `threads` (which spread it over registers and cores), `cancel` and `error`.
//!
//! ```no_run
//! use kerbside_core::{CancelToken, Engine, EngineOptions, Frame, SegmentRequest};
//!
//! # fn main() -> kerbside_core::Result<()> {
//! let engine = Engine::open("models/kerbside-nano/pack".as_ref(), &EngineOptions::default())?;
//! let photo = Frame::from_encoded(&std::fs::read("photo.jpg").expect("a photo to sort"))?;
//! let (mut session, cancel) = (engine.session(), CancelToken::new());
//! session.set_photo(&photo, &cancel)?;
//! for item in session.segment(&SegmentRequest::default(), &cancel, &mut |_| {})? {
//!     println!("{} at {:?}", item.label, item.bbox);
//! }
//! # Ok(())
//! # }
//! ```

pub mod analysis;
pub mod attention;
pub mod cancel;
pub mod certainty;
pub mod detection;
pub mod dispose;
pub mod engine;
pub mod error;
pub mod generate;
pub mod highlight;
pub mod language;
pub mod looks;
pub mod lora;
pub mod mask;
pub mod ops;
pub mod pack;
pub mod paligemma;
pub mod photo;
pub mod pixels;
pub mod quant;
pub mod rules;
pub mod schedule;
pub mod simd;
#[cfg(test)]
mod stopwatch;
pub mod store;
pub mod structured;
pub mod threads;
pub mod vision;

pub use analysis::{Analysis, AnalysisEvent, AnalysisRequest};
pub use cancel::CancelToken;
pub use certainty::Certainty;
pub use detection::{BBox, Detection};
pub use engine::{Engine, EngineOptions, SegmentEvent, SegmentRequest, Session};
pub use error::{Error, Result};
pub use lora::{AdapterTable, LoraAdapter};
pub use mask::{Mask, MaskCodec};
pub use photo::Frame;
pub use rules::{Instruction, RulePack};
