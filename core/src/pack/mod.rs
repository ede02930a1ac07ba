//! Model packs on disk: the only module that touches files.
//!
//! ```text
//! manifest  pack.json
//! path      which paths a manifest may name
//! error     what can be wrong with a pack
//! ```
//!
//! The format is written down in `models/FORMAT.md`.

mod error;
pub mod manifest;
mod path;

pub use error::PackError;
pub use manifest::{Architecture, Family, Manifest, Origin, PrefixMode};
