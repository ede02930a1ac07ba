//! What becomes of 5374 tables: small ones of our own for each oddity, and those of real towns.

// Clippy knows unit tests only; this file is a test throughout.
#![allow(clippy::unwrap_used)]

mod days;
mod real;
mod refused;
mod tables;
mod town;
