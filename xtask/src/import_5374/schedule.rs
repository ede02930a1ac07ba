//! `schedule.json`: which streams are collected in which zones on which days.
//!
//! Areas with the same days share a row, and so do streams that are always collected together.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use kerbside_core::schedule::{Dates, EveryWeeks, When};
use serde::Serialize;

use super::areas::{self, Area, Areas};
use super::centres::Centres;
use super::day_cell::{DayCell, Recurrence};
use super::error::Error;
use super::kinds::Kind;
use super::names::key;
use super::pack::{SOURCE, lines};
use super::period::Period;
use super::remarks::Remarks;
use super::report::Findings;
use super::zones::Zones;

/// The file. It names no holidays: the tables know none.
#[derive(Debug)]
pub(super) struct Schedule {
    pub(super) rows: Vec<Row>,
}

/// One row of it.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    id: String,
    streams: Vec<String>,
    /// Empty for everywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    zones: Vec<String>,
    #[serde(flatten)]
    days: Days,
    source: &'static str,
}

/// The days of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Days {
    when: When,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    months: Vec<i8>,
    from: Date,
    until: Date,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    except: Vec<Date>,
}

impl Schedule {
    /// First and last day of all rows together.
    pub(super) fn period(&self) -> Period {
        let from = self.rows.iter().map(|row| row.days.from).min();
        let until = self.rows.iter().map(|row| row.days.until).max();
        let (from, until) = from.zip(until).expect("a schedule without rows is refused");
        Period { from, until }
    }

    /// The file's text.
    pub(super) fn to_json(&self) -> String {
        format!("{{\n\"holidays\": [],\n\"rows\": {}}}\n", lines(&self.rows))
    }
}

/// What the tables say about days.
pub(super) struct Calendar<'a> {
    pub(super) areas: &'a Areas,
    pub(super) centres: &'a Centres,
    pub(super) remarks: &'a Remarks,
    pub(super) period: Period,
}

impl Calendar<'_> {
    /// The schedule.
    ///
    /// # Errors
    /// If no day is left for any row.
    pub(super) fn schedule(
        &self,
        kinds: &[Kind],
        zones: &Zones,
        found: &mut Findings,
    ) -> Result<Schedule, Error> {
        // days → stream → areas, all by index where order matters
        let mut rows: BTreeMap<Days, BTreeMap<usize, BTreeSet<usize>>> = BTreeMap::new();
        for (index, area) in self.areas.areas.iter().enumerate() {
            for (stream, kind) in kinds.iter().enumerate() {
                let Some(cell) = area.cells.get(&kind.column) else { continue };
                for recurrence in &cell.recurrences {
                    let Some(days) = self.days(area, cell, recurrence, found) else { continue };
                    rows.entry(days).or_default().entry(stream).or_default().insert(index);
                }
            }
        }
        let rows: Vec<_> =
            rows.into_iter().flat_map(|(days, streams)| together(&days, streams)).collect();
        if rows.is_empty() {
            return Err(Error::NoDays);
        }
        let row =
            |(index, (days, streams, areas)): (usize, (Days, Vec<usize>, BTreeSet<usize>))| Row {
                id: format!("row-{}", index + 1),
                streams: streams.into_iter().map(|stream| kinds[stream].id.clone()).collect(),
                zones: limited(&areas, zones),
                days,
                source: SOURCE,
            };
        Ok(Schedule { rows: rows.into_iter().enumerate().map(row).collect() })
    }

    /// The days of one recurrence in one area; none if it begins after the tables end.
    fn days(
        &self,
        area: &Area,
        cell: &DayCell,
        recurrence: &Recurrence,
        found: &mut Findings,
    ) -> Option<Days> {
        let (from, until) = match &recurrence.when {
            When::Dates(Dates { dates }) => (*dates.first()?, *dates.last()?),
            When::EveryWeeks(EveryWeeks { anchor, .. }) => {
                (self.period.from.max(*anchor), self.period.until)
            }
            _ => (self.period.from, self.period.until),
        };
        if until < from {
            let message = format!("counted from a day after {until}, the last day; left out");
            found.warn(areas::FILE, Some(area.line), Some(&area.name), message);
            return None;
        }
        let except = self.except(area, cell, recurrence, from, until);
        let (when, months) = (recurrence.when.clone(), recurrence.months.clone());
        Some(Days { when, months, from, until, except })
    }

    /// Collections that a closed centre or a remark cancels. A printed list already knows when
    /// its centre is closed.
    fn except(
        &self,
        area: &Area,
        cell: &DayCell,
        recurrence: &Recurrence,
        from: Date,
        until: Date,
    ) -> Vec<Date> {
        let listed = !recurrence.dates().is_empty();
        let closings = self.centres.get(&key(&area.centre)).into_iter().flatten();
        let closed = closings.filter(|_| !listed).flat_map(|closing| closing.days());
        let remarks = cell.remarks.iter().filter_map(|id| self.remarks.get(id));
        let cancelled = remarks.flat_map(|remark| remark.cancelled.iter().copied());
        let days = closed.chain(cancelled);
        let days = days.filter(|day| (from..=until).contains(day) && recurrence.falls_on(*day));
        days.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// Streams of the same areas share a row.
fn together(
    days: &Days,
    streams: BTreeMap<usize, BTreeSet<usize>>,
) -> Vec<(Days, Vec<usize>, BTreeSet<usize>)> {
    let mut by_areas: BTreeMap<BTreeSet<usize>, Vec<usize>> = BTreeMap::new();
    for (stream, areas) in streams {
        by_areas.entry(areas).or_default().push(stream);
    }
    let row = |(areas, streams)| (days.clone(), streams, areas);
    by_areas.into_iter().map(row).collect()
}

fn limited(areas: &BTreeSet<usize>, zones: &Zones) -> Vec<String> {
    if areas.len() == zones.areas.len() {
        return Vec::new();
    }
    areas.iter().map(|area| zones.areas[*area].id.clone()).collect()
}
