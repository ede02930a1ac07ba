//! The engine's kernels and its threads by themselves, for an emulator or Miri: they need little of what the rest of
//! the engine is built on. The modules are the engine's own, under the names that they have there.

#![cfg(test)]
#![allow(dead_code, unused_imports, reason = "only what has tests is used here")]

use engine::{attention, language, ops, quant, simd, threads};

#[path = "../../src"]
mod engine {
    pub mod attention;
    pub mod ops;
    pub mod quant;
    pub mod simd;
    pub mod threads;

    /// What they know of the language model: its activations, and how keys and values lie.
    pub mod language {
        pub mod config;
        pub mod kv_cache;
    }
}
