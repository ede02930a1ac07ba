//! `center.csv`: the days a collection centre is closed.
//!
//! The tables do not say whether what would have been collected comes later, so it is cancelled.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::areas::Areas;
use super::day_cell::date;
use super::names::key;
use super::report::Findings;
use super::table::Table;

const FILE: &str = "center.csv";
/// No centre closes for longer; a year is mistyped.
const LONGEST_DAYS: i32 = 60;

/// One row: closed from the first day to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closing {
    line: u64,
    pub(super) first: Date,
    pub(super) last: Date,
}

impl Closing {
    /// Every day of it.
    pub(super) fn days(self) -> impl Iterator<Item = Date> {
        self.first.series(1.day()).take_while(move |day| *day <= self.last)
    }
}

/// Closings by the key of the centre's name.
pub(super) type Centres = BTreeMap<String, Vec<Closing>>;

/// Reads the table; a town may have none, or an empty one.
pub(super) fn read(table: Option<&Table>, found: &mut Findings) -> Centres {
    let mut centres = Centres::new();
    for (index, row) in table.into_iter().flat_map(|table| &table.rows).enumerate() {
        let (first, last) = (date(row.cell(1)), date(row.cell(2)));
        if index == 0 && first.is_none() && last.is_none() {
            continue;
        }
        let (name, written) = (row.cell(0), row.cells()[1..].join(","));
        if name.is_empty() && written.chars().all(|c| c == ',') {
            continue;
        }
        match first.zip(last).filter(|(first, last)| plausible(*first, *last)) {
            Some((first, last)) if !name.is_empty() => {
                found.count(FILE, true);
                let closing = Closing { line: row.line, first, last };
                centres.entry(key(name)).or_default().push(closing);
            }
            Some(_) => found.lost(FILE, row.line, &written, "a closing of no centre"),
            None if written.chars().all(|c| c == ',') => found.count(FILE, true),
            None => found.lost(FILE, row.line, &written, "no first and last day of a closing"),
        }
    }
    centres
}

fn plausible(first: Date, last: Date) -> bool {
    (0..=LONGEST_DAYS).contains(&(last - first).get_days())
}

/// A closing that reaches nobody is told: the names may differ by a slip.
pub(super) fn check_use(centres: &Centres, areas: &Areas, found: &mut Findings) {
    for (centre, closings) in centres {
        if !areas.areas.iter().any(|area| key(&area.centre) == *centre) {
            let line = closings.first().map(|closing| closing.line);
            let message = "no area belongs to this centre; its closings cancel nothing";
            found.warn(FILE, line, Some(centre), message);
        }
    }
}
