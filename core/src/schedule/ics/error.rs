//! What can be wrong with a calendar file, as a whole and in parts.

use std::fmt;

/// Why a file was not read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More bytes than any year of collections needs.
    #[error("the calendar has {bytes} bytes, at most {limit} are read: export a shorter period")]
    TooLarge {
        /// Size of the file.
        bytes: usize,
        /// Most bytes that are read.
        limit: usize,
    },
    /// Nothing in it looks like a calendar; often a web page that was saved instead.
    #[error("not a calendar: there is no BEGIN:VCALENDAR in it; download the .ics file again")]
    NotACalendar,
    /// Two bytes a letter.
    #[error("the calendar is written in UTF-16: save it as UTF-8")]
    Utf16,
}

/// Something in a file that was mended, clipped or passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Line of the file, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What was found and what was done about it, as a sentence.
    pub message: String,
}

impl Warning {
    pub(super) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(out, "line {}: ", self.line)?;
        }
        out.write_str(&self.message)
    }
}
