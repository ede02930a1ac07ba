//! For which days the tables speak.
//!
//! A list of days speaks from its first to its last. A weekday has no end, and yet nobody may
//! trust it for ever: it speaks for the fiscal years (April to March, as Japanese towns print
//! their calendars) in which the days lie that the tables do name, unless `--from` and `--until`
//! say otherwise.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::areas::{self, Areas};
use super::centres::Centres;
use super::error::Error;
use super::options::Options;
use super::remarks::Remarks;
use super::report::Findings;

/// First and last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) from: Date,
    pub(super) until: Date,
}

/// Every day the tables name, in order.
pub(super) fn named_days(areas: &Areas, centres: &Centres, remarks: &Remarks) -> Vec<Date> {
    let cells = || areas.areas.iter().flat_map(|area| area.cells.values());
    let closings = centres.values().flatten().flat_map(|closing| [closing.first, closing.last]);
    let cancelled = remarks.values().flat_map(|remark| remark.cancelled.iter().copied());
    let mut days: Vec<_> = cells().flat_map(|cell| cell.dates().chain(cell.anchors())).collect();
    days.extend(closings.chain(cancelled));
    days.sort();
    days
}

/// The days rows without dates of their own are published for.
///
/// # Errors
/// If neither the tables nor the options name a day, or they run backwards.
pub(super) fn of(
    options: &Options,
    areas: &Areas,
    named: &[Date],
    found: &mut Findings,
) -> Result<Period, Error> {
    let from = options.from.or_else(|| named.first().map(|day| fiscal_year(*day).from));
    let until = options.until.or_else(|| named.last().map(|day| fiscal_year(*day).until));
    let (from, until) = from.zip(until).ok_or(Error::NoPeriod)?;
    if until < from {
        return Err(Error::Backwards { from, until });
    }
    let guessed = options.from.is_none() || options.until.is_none();
    let mut recurrences =
        areas.areas.iter().flat_map(|area| area.cells.values()).flat_map(|cell| &cell.recurrences);
    if guessed && recurrences.any(|recurrence| recurrence.dates().is_empty()) {
        let message = format!(
            "weekdays name no year; taken to be published for {from} to {until}, the fiscal years of \
             the days the tables name; --from and --until say otherwise"
        );
        found.warn(areas::FILE, None, None, message);
    }
    if until < options.today {
        let message = format!("what the tables say ran out on {until}");
        found.warn(areas::FILE, None, None, message);
    }
    Ok(Period { from, until })
}

fn fiscal_year(day: Date) -> Period {
    let year = if day.month() >= 4 { day.year() } else { day.year() - 1 };
    let on = |year, month, day| Date::new(year, month, day).unwrap_or(Date::MAX);
    Period { from: on(year, 4, 1), until: on(year + 1, 3, 31) }
}

/// Lists that have run out, told once a kind of waste.
pub(super) fn check_lists(areas: &Areas, today: Date, found: &mut Findings) {
    let mut lists: BTreeMap<usize, Vec<Date>> = BTreeMap::new();
    for (kind, cell) in areas.areas.iter().flat_map(|area| &area.cells) {
        lists.entry(*kind).or_default().extend(cell.dates().max());
    }
    for (kind, last_days) in lists {
        let over = last_days.iter().filter(|day| **day < today);
        if let Some(last) = over.clone().max() {
            let message = format!(
                "{} of {} lists of days have run out by {today}, the last one on {last}",
                over.count(),
                last_days.len()
            );
            found.warn(areas::FILE, None, Some(&areas.kinds[kind]), message);
        }
    }
}
