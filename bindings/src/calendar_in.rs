//! Other people's calendar files.

use jiff::tz::TimeZone;
use kerbside_core::schedule::{Suggestion, ics, suggest};

use crate::caught::caught;
use crate::dates::{CivilDate, time_zone};
use crate::error::Result;

/// What a calendar file says.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ImportedCalendar {
    /// By date and title.
    pub days: Vec<ImportedDay>,
    /// What was mended, clipped or passed over, a sentence each.
    pub warnings: Vec<String>,
    /// Entries that do not count, and why.
    pub set_aside: Vec<String>,
}

/// One title on one day.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ImportedDay {
    /// The day.
    pub date: CivilDate,
    /// The entry's title.
    pub title: String,
    /// Streams the title probably means; empty when that cannot be told.
    pub streams: Vec<String>,
}

/// Reads a calendar file. `zone` is where the bins stand; days before `from` are left out, and so
/// are entries that are no collections.
///
/// # Errors
/// `BadCalendar`; `NotFound` for a time zone nobody knows.
#[uniffi::export]
pub fn read_calendar(bytes: &[u8], zone: String, from: CivilDate) -> Result<ImportedCalendar> {
    caught(|| {
        let options = ics::ImportOptions {
            time_zone: Some(time_zone(&zone)?),
            fallback: TimeZone::UTC,
            from: Some(from),
            ..ics::ImportOptions::default()
        };
        Ok(show(ics::import(&[bytes], &options)?))
    })
}

fn show(found: ics::Import) -> ImportedCalendar {
    let meaning = |entry: &ics::Entry| suggest(&entry.summary, &entry.description);
    let meanings: Vec<_> = found.entries.iter().map(meaning).collect();
    let (mut days, mut set_aside) = (Vec::new(), Vec::new());
    for aside in &found.set_aside {
        set_aside.push(format!("{}: {}", aside.summary, aside.why));
    }
    for day in found.days {
        let streams = match &meanings[day.entry] {
            Suggestion::Streams(names) => names.iter().map(|name| (*name).to_owned()).collect(),
            Suggestion::Unsure => Vec::new(),
            Suggestion::NotACollection => {
                set_aside.push(format!("{} {}: {}", day.date, day.summary, meanings[day.entry]));
                continue;
            }
        };
        days.push(ImportedDay { date: day.date, title: day.summary, streams });
    }
    let warnings = found.warnings.iter().map(ToString::to_string).collect();
    ImportedCalendar { days, warnings, set_aside }
}
