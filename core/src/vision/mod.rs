//! The vision half: preprocessing and SigLIP.
