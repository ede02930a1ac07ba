//! The vision half: preprocessing and SigLIP.

pub mod config;
pub mod preprocess;
pub mod siglip;
