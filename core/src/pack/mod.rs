//! Model packs on disk: the only module that touches files.
//!
//! ```text
//! manifest       pack.json
//! path           which names and paths a manifest may contain
//! part           vision, projector, language, and how checkpoints spell them
//! header         what must hold before a file's header is taken apart
//! tensors        which tensors an architecture has
//! weights        weights.safetensors, mapped and checked
//! write          … and written
//! verify         sha256, once, then lengths and times
//! open           Pack::open
//! import         a pack taken into the library
//! archive        … out of one ZIP file, read once
//! adapter_files  the two files of a PEFT folder
//! error          what can be wrong, and what to do
//! ```
//!
//! The format is written down in `models/FORMAT.md`.

mod adapter_files;
mod archive;
mod error;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod header;
mod import;
pub mod manifest;
mod open;
mod part;
mod path;
mod tensors;
mod verify;
mod weights;
mod write;

pub use adapter_files::{AdapterFiles, adapter_files};
pub(crate) use archive::unpack;
pub use error::PackError;
pub(crate) use import::Site;
pub use import::import;
pub use manifest::{Architecture, Family, Manifest, Origin, PrefixMode};
pub use open::Pack;
pub(crate) use open::read_manifest;
pub use part::Part;
pub(crate) use path::check_name;
pub use tensors::{TensorRole, TensorSpec, tensors};
pub use verify::{sha256, sha256_file, verify_whole};
pub use weights::{TensorView, WeightMap};
pub use write::{TensorPlan, write_weights};
