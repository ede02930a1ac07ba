//! When a community collects what: days, rules that make days, and calendars that carry them.
//!
//! ```text
//! recurrence  "every second Tuesday": a rule → civil dates
//! table       the published plan of one community
//! days        a row of the plan → its days, after exceptions and holidays
//! calendar    the plan seen from one address: next, between, tonight
//! window      when a bin may stand outside
//! reminder    when to say what, and what is already dealt with
//! ics         calendar files in and out
//! calendar_file  the plan as such a file
//! summary     the title of a calendar's event → the streams it probably means
//! ```
//!
//! Invariants: a collection happens on a *day*, never at an instant; an instant found in a file is
//! turned into a local day once, on import. This module reads no files and no clock: bytes, dates
//! and time zones come from the caller.

mod calendar;
mod calendar_file;
mod days;
pub mod ics;
pub mod recurrence;
mod reminder;
pub mod summary;
mod table;
#[cfg(test)]
mod tests;
mod window;

pub use calendar::{Calendar, Collection, Due, Next};
pub use recurrence::{Frequency, Nth, Recurrence};
pub use reminder::{Reminder, ReminderKind, ReminderLog, ReminderTimes};
pub use summary::{Suggestion, suggest};
pub use table::{
    Dates, Day, EveryWeeks, Holiday, Monthly, Move, NthDay, Policy, Row, Schedule, Weekly, When,
};
pub use window::Window;
