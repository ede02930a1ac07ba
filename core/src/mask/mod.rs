//! The mask autoencoder: 16 codes ⇄ 64×64 masks, and what overlays and measurements need.
//!
//! ```text
//! codec     16 codes ⇄ Mask, a VQ-VAE of convolutions
//! weights   where the codec's tensors come from (safetensors, npz)
//! conv      the convolutions themselves
//! guess     which code follows which
//! alpha     Mask: 64×64 opacities inside a box
//! binary    BinaryMask: one bit per photo pixel, areas and overlaps
//! contour   masks → polygons
//! resample  the antialiased bilinear filter between the two grids
//! ```
//!
//! Nothing here knows of tokens, models or files.

mod alpha;
mod binary;
mod codec;
mod contour;
mod conv;
mod guess;
mod resample;
mod weights;

pub use alpha::Mask;
pub use binary::BinaryMask;
pub use codec::MaskCodec;
pub use contour::{Point, Polygon};
pub use conv::FeatureMap;
pub use guess::CodeTable;
pub use weights::{CodecError, CodecWeights, VAE_OID_SHA256, verify_vae_oid};
