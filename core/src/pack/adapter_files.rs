//! The two files of a PEFT adapter folder, read whole: adapters are small.

use std::path::Path;

use super::error::PackError;
use super::manifest::{ADAPTER_FILES, PrefixMode};
use super::open::read_file;
use super::verify::plain_file;

/// Most bytes of a configuration: PEFT writes some two thousand.
const LONGEST_CONFIG: u64 = 1 << 20;

/// Most bytes of an adapter's tensors: rank 128 on every matrix of PaliGemma-3B takes 0.7 GB.
const LONGEST_TENSORS: u64 = 1 << 30;

/// An adapter as it lies on disk.
#[derive(Debug, Clone)]
pub struct AdapterFiles {
    /// The text of `adapter_config.json`.
    pub config: Vec<u8>,
    /// The bytes of `adapter_model.safetensors`.
    pub tensors: Vec<u8>,
    /// What the pack's manifest says it was trained for; `None` for a folder outside of packs.
    pub prefix_mode: Option<PrefixMode>,
}

/// Reads an adapter folder as PEFT writes it.
///
/// # Errors
/// [`PackError::Missing`], [`PackError::NotAFile`] for links, [`PackError::TooLong`],
/// [`PackError::Io`].
pub fn adapter_files(dir: &Path) -> Result<AdapterFiles, PackError> {
    let read = |name, limit| read_file(&plain_file(dir, name)?.0, limit);
    let [config, tensors] = ADAPTER_FILES;
    Ok(AdapterFiles {
        config: read(config, LONGEST_CONFIG)?,
        tensors: read(tensors, LONGEST_TENSORS)?,
        prefix_mode: None,
    })
}
