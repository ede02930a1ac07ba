//! When a community collects what: days, rules that make days, and calendars that carry them.
//!
//! ```text
//! recurrence  "every second Tuesday": a rule → civil dates
//! ics         calendar files in and out
//! summary     the title of a calendar's event → the streams it probably means
//! ```
//!
//! Invariants: a collection happens on a *day*, never at an instant; an instant found in a file is
//! turned into a local day once, on import. This module reads no files and no clock: bytes, dates
//! and time zones come from the caller.

pub mod ics;
pub mod recurrence;
pub mod summary;

pub use recurrence::{Frequency, Nth, Recurrence};
pub use summary::{Suggestion, suggest};
