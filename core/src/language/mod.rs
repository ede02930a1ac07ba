//! The language half: prompt, Gemma, KV cache.
