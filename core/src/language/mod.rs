//! The language half: prompt, Gemma, KV cache.

pub mod config;
pub mod prompt;
pub mod tokenizer;
