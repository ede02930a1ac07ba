//! `cargo xtask data` and `cargo xtask train`: from labelled photos and rule packs to training samples, and from
//! those to LoRA adapters.

fn main() {}
