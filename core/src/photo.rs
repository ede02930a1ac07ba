//! Photo → upright RGB pixels.
