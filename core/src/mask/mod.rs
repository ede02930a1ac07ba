//! The mask autoencoder: 16 codes ⇄ 64×64 masks, and what overlays need.
