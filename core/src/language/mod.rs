//! The language half: prompt, Gemma, KV cache.

pub mod config;
pub mod gemma;
pub mod kv_cache;
pub mod mask;
pub mod prompt;
pub mod rope;
pub mod tokenizer;
mod tokenizer_parts;
