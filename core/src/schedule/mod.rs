//! When a community collects what: days, rules that make days, and calendars that carry them.
//!
//! ```text
//! recurrence  "every second Tuesday": a rule → civil dates
//! ```
//!
//! Invariants: a collection happens on a *day*, never at an instant; an instant found in a file is
//! turned into a local day once, on import. This module reads no files and no clock: bytes, dates
//! and time zones come from the caller.

pub mod recurrence;

pub use recurrence::{Frequency, Nth, Recurrence};
