//! What was understood, what was repaired, what was not.

use std::fmt;

use serde::Serialize;

use super::pack::Parts;
use super::schedule::Schedule;

/// The outcome of an import.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Id of the pack.
    pub id: String,
    /// Number of areas.
    pub areas: usize,
    /// Number of kinds of waste that are collected.
    pub kinds: usize,
    /// Number of items.
    pub items: usize,
    /// How many of them lead to a kind that is collected; the others to the contact.
    pub items_collected: usize,
    /// Number of rows of the schedule.
    pub rows: usize,
    /// How much was understood, table by table.
    pub tables: Vec<Share>,
    /// How many doubtful rows were mended by rule.
    pub repaired: usize,
    /// What the person should look at.
    pub warnings: Vec<Warning>,
}

/// How much of a table was understood. A cell of `area_days.csv` counts by itself, a row of any
/// other table as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Name of the table.
    pub file: &'static str,
    /// Cells, or rows, that say something.
    pub cells: usize,
    /// How many of them were understood.
    pub understood: usize,
}

/// Something the person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Name of the table.
    pub file: &'static str,
    /// Line of the file, from 1; none for the table as a whole.
    pub line: Option<u64>,
    /// The cell as it is written.
    pub cell: Option<String>,
    /// What is the matter, and what was done about it.
    pub message: String,
}

impl Report {
    /// Share of understood cells over all tables, 0 to 1; 1 where there are none.
    pub fn understood(&self) -> f64 {
        let sum = |of: fn(&Share) -> usize| self.tables.iter().map(of).sum::<usize>();
        share(sum(|table| table.understood), sum(|table| table.cells))
    }
}

impl Share {
    /// Share of understood cells, 0 to 1.
    pub fn share(&self) -> f64 {
        share(self.understood, self.cells)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{}: {} areas, {} kinds of waste, {} items ({} of them collected), {} schedule rows",
            self.id, self.areas, self.kinds, self.items, self.items_collected, self.rows
        )?;
        for table in &self.tables {
            let (file, cells, share) = (table.file, table.cells, 100.0 * table.share());
            writeln!(
                out,
                "  {file:<16} {:>5} of {cells:>5} understood, {share:.1} %",
                table.understood
            )?;
        }
        write!(out, "{} rows repaired, {} warnings", self.repaired, self.warnings.len())
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(out, ":{line}")?;
        }
        if let Some(cell) = &self.cell {
            write!(out, ": {cell:?}")?;
        }
        write!(out, ": {}", self.message)
    }
}

/// Collects what an import finds on its way.
#[derive(Default)]
pub(super) struct Findings {
    tables: Vec<Share>,
    repaired: usize,
    warnings: Vec<Warning>,
}

impl Findings {
    /// Counts a cell that says something.
    pub(super) fn count(&mut self, file: &'static str, understood: bool) {
        let known = self.tables.iter().position(|table| table.file == file);
        let index = known.unwrap_or_else(|| {
            self.tables.push(Share { file, cells: 0, understood: 0 });
            self.tables.len() - 1
        });
        self.tables[index].cells += 1;
        self.tables[index].understood += usize::from(understood);
    }

    /// Something the person should look at.
    pub(super) fn warn(
        &mut self,
        file: &'static str,
        line: Option<u64>,
        cell: Option<&str>,
        message: impl Into<String>,
    ) {
        let cell = cell.map(str::to_owned);
        self.warnings.push(Warning { file, line, cell, message: message.into() });
    }

    /// A cell that says something nobody understood.
    pub(super) fn lost(
        &mut self,
        file: &'static str,
        line: u64,
        cell: &str,
        message: impl Into<String>,
    ) {
        self.count(file, false);
        self.warn(file, Some(line), Some(cell), message);
    }

    /// A doubtful row that was mended by rule.
    pub(super) fn repair(
        &mut self,
        file: &'static str,
        line: u64,
        cell: &str,
        message: impl Into<String>,
    ) {
        self.repair_many(1);
        self.warn(file, Some(line), Some(cell), message);
    }

    /// Doubtful rows that one warning is told about.
    pub(super) fn repair_many(&mut self, rows: usize) {
        self.repaired += rows;
    }

    /// The whole story.
    pub(super) fn report(self, parts: &Parts<'_>, schedule: &Schedule) -> Report {
        Report {
            id: parts.options.id.clone(),
            areas: parts.zones.areas.len(),
            kinds: parts.kinds.len(),
            items: parts.items.len(),
            items_collected: parts.items.iter().filter(|item| item.kind.is_some()).count(),
            rows: schedule.rows.len(),
            tables: self.tables,
            repaired: self.repaired,
            warnings: self.warnings,
        }
    }
}
