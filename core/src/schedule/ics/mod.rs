//! iCalendar files in and out (RFC 5545), as far as collection days need them.
//!
//! ```text
//! lines   bytes → unfolded, decoded content lines, each with its number in the file
//! moment  DTSTART and its kin → a day, and the clock it was read from
//! rule    RRULE → Recurrence
//! entry   one VEVENT → one entry
//! import  files → entries → days, with a warning for everything that was not taken as it stood
//! export  days → a calendar other programs read
//! ```
//!
//! Real files are often broken in ways a strict reader answers with nothing at all. This one reads
//! line by line, takes what is plain, and says what it did with the rest: every entry of a file is
//! counted as taken, set aside or unreadable.

mod entry;
mod error;
mod export;
mod import;
mod lines;
mod moment;
mod rule;

pub use entry::Entry;
pub(crate) use entry::tidy;
pub use error::{Error, Warning};
pub use export::{Collection, ExportOptions, export};
pub use import::{Counts, Day, Import, ImportOptions, MAX_BYTES, SetAside, import};
