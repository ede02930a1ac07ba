//! What `cargo xtask` does without the engine: builds and checks, one file each. `main.rs` only
//! dispatches. No dependency, so that a check starts at once; the other tasks share the small things.

pub mod android;
pub mod args;
pub mod bindgen;
pub mod emulated;
pub mod failure;
pub mod fuzz;
pub mod handover;
pub mod ios;
pub mod kotlin;
pub mod not_run;
pub mod phone;
pub mod places;
pub mod python;
pub mod swift;
pub mod test;
pub mod tools;
