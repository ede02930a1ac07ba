//! The two files of a PEFT adapter folder, read whole: adapters are small.

use std::fs;
use std::path::Path;

use super::error::PackError;
use super::manifest::{ADAPTER_FILES, PrefixMode};
use super::verify::plain_file;

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
/// [`PackError::Missing`], [`PackError::NotAFile`] for links, [`PackError::Io`].
pub fn adapter_files(dir: &Path) -> Result<AdapterFiles, PackError> {
    let read = |name| {
        let (path, _) = plain_file(dir, name)?;
        fs::read(&path).map_err(|e| PackError::io(&path, e))
    };
    let [config, tensors] = ADAPTER_FILES;
    Ok(AdapterFiles { config: read(config)?, tensors: read(tensors)?, prefix_mode: None })
}
