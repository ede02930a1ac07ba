//! Adapters: PEFT folders applied beside the base, never merged.
//!
//! ```text
//! config    adapter_config.json: what is understood, what is refused by name
//! targets   which modules PEFT would have adapted
//! module    a layer's matrix, and the many ways files spell it
//! coverage  what the configuration targets and the file lacks
//! adapter   both files → LoraAdapter, every tensor on its layer
//! trainable which matrices a new adapter will have
//! table     the adapters in memory, the least recently used one leaving first
//! error     why an adapter is refused
//! ```
//!
//! Invariant: an adapter that loads does what PEFT would do with it. What cannot be done is
//! refused, never left out.

mod adapter;
mod config;
mod coverage;
mod error;
mod module;
mod table;
mod targets;
mod trainable;

#[cfg(test)]
pub(crate) use adapter::tests::sample_files;
pub use adapter::{BaseModel, LayerLora, LoraAdapter, LoraPair, VisionLora};
pub use error::LoraError;
pub use table::{AdapterInfo, AdapterTable};
pub use trainable::{TrainableMatrix, trainable_matrices};
