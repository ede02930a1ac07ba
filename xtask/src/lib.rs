//! Kerbside's tasks around the engine, one file each. `main.rs` only dispatches; the tests use the
//! tasks too.

pub mod apps;
pub mod bench;
pub mod bundled;
pub mod calibrate;
pub mod codec_report;
pub mod convert;
pub mod dataset;
pub mod evaluate;
pub mod held_out;
pub mod import_5374;
pub mod inspect;
pub mod logits;
pub mod measure;
pub mod memory;
pub mod new_pack;
pub mod overlay;
pub mod rules;
pub mod rules_matrix;
pub mod scenes;
pub mod schedule;
mod schedule_import;
mod schedule_plan;
pub mod soak;
pub mod sort;
pub mod synth;
pub mod vectors;

pub use checks::{args, failure};
