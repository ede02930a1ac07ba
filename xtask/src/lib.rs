//! Kerbside's tasks, one file each. `main.rs` only dispatches; the tests use the tasks too.

pub mod args;
pub mod codec_report;
pub mod convert;
pub mod dataset;
pub mod evaluate;
pub mod failure;
pub mod inspect;
pub mod new_pack;
pub mod overlay;
pub mod synth;
pub mod test;
