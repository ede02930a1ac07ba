//! The language half: prompt, Gemma, KV cache.

pub mod config;
