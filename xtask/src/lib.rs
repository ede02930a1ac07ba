//! Kerbside's tasks, one file each. `main.rs` only dispatches; the tests use the tasks too.

pub mod args;
pub mod failure;
pub mod test;
