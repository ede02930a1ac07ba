//! The mask codec of a pack: from npz or safetensors, narrowed where the pack is, with a table of
//! guesses.

use std::fs;
use std::path::Path;

use half::f16;
use kerbside_core::mask::{CodeTable, CodecError, CodecWeights, MaskCodec, verify_vae_oid};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::outlines;
use super::weights::Bits;
use crate::failure::{Failure, Result};

/// Google's file, whose bytes are known.
const PUBLISHED: &str = "vae-oid.npz";

/// Reads a codec and returns the bytes of the pack's `mask_codec.safetensors`: f32 in a pack of
/// f32, f16 in others.
///
/// # Errors
/// If the file is not a codec, or calls itself `vae-oid.npz` and is another file.
pub fn read(path: &Path, bits: Bits) -> Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(|e| Failure::io(path, &e))?;
    let mut weights = match path.extension().is_some_and(|e| e == "npz") {
        true => {
            if path.file_name().is_some_and(|name| name == PUBLISHED) {
                verify_vae_oid(&bytes)?;
            }
            CodecWeights::from_npz(&bytes)?
        }
        false => CodecWeights::from_safetensors(&bytes)?,
    };
    let codec = MaskCodec::new(&weights)?;
    if codec.guesses().is_none() {
        match outlines::drawn().map(|mask| codec.encode(&mask)).collect::<Result<Vec<_>, _>>() {
            Ok(codes) => weights.set_guesses(&CodeTable::learn(&codes)),
            // It can decode only.
            Err(CodecError::NoEncoder) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let wide = weights.to_safetensors();
    let stored = if bits == Bits::ThirtyTwo { wide } else { narrow(&wide)? };
    MaskCodec::from_safetensors(&stored)?;
    Ok(stored)
}

/// f32 tensors as f16.
fn narrow(wide: &[u8]) -> Result<Vec<u8>> {
    let halves = |bytes: &[u8]| -> Vec<u8> {
        let quads = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        quads.flat_map(|v| f16::from_f32(v).to_le_bytes()).collect()
    };
    let tensors = SafeTensors::deserialize(wide)?;
    let narrow =
        tensors.iter().map(|(name, view)| (name, view.shape().to_vec(), halves(view.data())));
    let narrow: Vec<_> = narrow.collect();
    let views = narrow
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F16, shape.clone(), bytes)?)));
    Ok(safetensors::serialize(views.collect::<Result<Vec<_>>>()?, None)?)
}
