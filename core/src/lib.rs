//! Kerbside's engine: from a photograph of trash to outlined items and local instructions.
//!
//! The modules follow one photo's way through the program:
//!
//! ```text
//! photo      upright RGB pixels (EXIF applied, limits checked)
//! vision     preprocess → SigLIP → projector: one embedding per patch
//! language   prompt → Gemma with a prefix mask and a KV cache
//! lora       the adapters that turn one base into three specialists
//! generate   tokens, held to a grammar
//! detection  <loc>/<seg> tokens ⇄ boxes, codes and labels
//! mask       16 codes → 64×64 mask → contour
//! structured tokens ⇄ JSON
//! rules      the community's rule pack decides what is done with an item
//! ```
//!
//! Below them lie `pack` (the only module that touches files) and `quant` (packed weights and
//! their kernels).

pub mod attention;
pub mod cancel;
pub mod detection;
pub mod engine;
pub mod error;
pub mod generate;
pub mod language;
pub mod lora;
pub mod mask;
pub mod ops;
pub mod pack;
pub mod paligemma;
pub mod photo;
pub mod quant;
pub mod rules;
pub mod structured;
pub mod vision;
