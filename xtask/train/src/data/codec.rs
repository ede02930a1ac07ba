//! The mask codec that outlines are written with. It must be that of the pack that is trained:
//! codes of one codec mean nothing to another.

use std::fs;
use std::path::Path;

use kerbside_core::mask::{Mask, MaskCodec};
use xtask::failure::{Failure, Result};

/// Opens the codec of a pack, or a codec's own file (`.safetensors`, `.npz`).
///
/// # Errors
/// If it cannot be read, or cannot encode.
pub fn open(path: &Path) -> Result<MaskCodec> {
    let file = if path.is_dir() { path.join("mask_codec.safetensors") } else { path.to_owned() };
    let bytes = fs::read(&file).map_err(|e| Failure::io(&file, &e))?;
    let codec = if file.extension().is_some_and(|ending| ending == "npz") {
        MaskCodec::from_npz(&bytes)
    } else {
        MaskCodec::from_safetensors(&bytes)
    };
    let named = |e| Failure::from(e).during(file.display());
    let codec = codec.map_err(named)?;
    codec.encode(&Mask::from_fn(|_, _| 0.0)).map_err(named)?;
    Ok(codec)
}
