//! `area_days.csv` and `area_master.csv`: who puts out what when.
//!
//! Forgiven: other names in the header, a column マスター before the areas (the ward, by its
//! number in `area_master.csv`), columns without a name, rows that are too long or too short.

use std::collections::BTreeMap;

use super::day_cell::DayCell;
use super::error::Error;
use super::names::key;
use super::report::Findings;
use super::table::{Row, Table};

pub(super) const FILE: &str = "area_days.csv";
const MASTER: &str = "area_master.csv";

/// Names of wards, by number.
pub(super) type Wards = BTreeMap<String, String>;

/// One row.
pub(super) struct Area {
    pub(super) line: u64,
    pub(super) name: String,
    pub(super) ward: Option<String>,
    pub(super) centre: String,
    /// What was understood, by index of the kind of waste. A blank cell is not there.
    pub(super) cells: BTreeMap<usize, DayCell>,
}

/// The whole table.
pub(super) struct Areas {
    /// The kinds of waste, as the header names them.
    pub(super) kinds: Vec<String>,
    pub(super) areas: Vec<Area>,
}

/// Which column holds what.
struct Columns {
    ward: Option<usize>,
    area: usize,
    centre: usize,
    /// Column and name of each kind of waste.
    kinds: Vec<(usize, String)>,
}

/// Reads the names of wards; most towns have none.
pub(super) fn wards(table: Option<&Table>, found: &mut Findings) -> Wards {
    let mut wards = Wards::new();
    for row in table.into_iter().flat_map(|table| table.rows.iter().skip(1)) {
        let understood = !row.cell(0).is_empty() && !row.cell(1).is_empty();
        if understood {
            found.count(MASTER, true);
            wards.insert(row.cell(0).to_owned(), row.cell(1).to_owned());
        } else {
            found.lost(MASTER, row.line, row.cell(0), "a ward needs a number and a name");
        }
    }
    wards
}

impl Areas {
    /// Reads the table.
    ///
    /// # Errors
    /// If there is no header, no row, or no cell that could be read.
    pub(super) fn read(table: &Table, wards: &Wards, found: &mut Findings) -> Result<Self, Error> {
        let (header, rows) =
            table.rows.split_first().ok_or_else(|| Error::NoRows(FILE.to_owned()))?;
        let columns = Columns::of(header)?;
        if rows.is_empty() {
            return Err(Error::NoRows(FILE.to_owned()));
        }
        columns.tell_nameless(rows, found);
        let mut areas: Vec<Area> = Vec::new();
        for row in rows {
            let Some(mut area) = columns.area(row, wards, found) else { continue };
            let same =
                |other: &&Area| other.ward == area.ward && key(&other.name) == key(&area.name);
            match areas.iter().filter(same).count() {
                0 => {}
                before => {
                    found.repair(
                        FILE,
                        row.line,
                        &area.name,
                        "an area of that name came before; numbered",
                    );
                    area.name = format!("{}（{}）", area.name, before + 1);
                }
            }
            areas.push(area);
        }
        if areas.iter().all(|area| area.cells.is_empty()) {
            return Err(Error::NoDays);
        }
        let kinds = columns.kinds.into_iter().map(|(_, name)| name).collect();
        Ok(Self { kinds, areas })
    }
}

impl Columns {
    fn of(header: &Row) -> Result<Self, Error> {
        let days =
            |cell: &String| DayCell::parse(cell).is_ok_and(|cell| !cell.recurrences.is_empty());
        if header.cells().iter().skip(1).any(days) {
            return Err(Error::NoHeader(FILE.to_owned()));
        }
        // The centre's header is the one all towns write alike; the area stands before it.
        let centre = header.cells().iter().position(|cell| {
            let cell = cell.to_lowercase();
            cell.starts_with("センター") || cell.starts_with("center") || cell.starts_with("centre")
        });
        let centre = centre.unwrap_or(1).max(1);
        let kinds = header.cells().iter().enumerate().skip(centre + 1);
        let kinds: Vec<_> = kinds.filter(|(_, name)| !key(name).is_empty()).collect();
        if kinds.is_empty() {
            return Err(Error::NoHeader(FILE.to_owned()));
        }
        let kinds = kinds.into_iter().map(|(column, name)| (column, name.clone())).collect();
        Ok(Self { ward: centre.checked_sub(2), area: centre - 1, centre, kinds })
    }

    fn area(&self, row: &Row, wards: &Wards, found: &mut Findings) -> Option<Area> {
        let name = row.cell(self.area);
        if key(name).is_empty() {
            found.lost(FILE, row.line, &row.cells().join(","), "a row without an area; left out");
            return None;
        }
        let last = self.kinds.last().map_or(0, |(column, _)| *column);
        if row.cells().len() <= last {
            let message = "the row is too short; the kinds of waste at its end have no days here";
            found.warn(FILE, Some(row.line), Some(name), message);
        }
        let number = self.ward.map(|column| row.cell(column)).filter(|number| !number.is_empty());
        let ward = number.and_then(|number| wards.get(number)).cloned();
        if let Some(number) = number.filter(|_| ward.is_none()) {
            found.warn(FILE, Some(row.line), Some(number), "area_master.csv has no such ward");
        }
        let cells = self.cells(row, found);
        let (name, centre) = (name.to_owned(), row.cell(self.centre).to_owned());
        Some(Area { line: row.line, name, ward, centre, cells })
    }

    fn cells(&self, row: &Row, found: &mut Findings) -> BTreeMap<usize, DayCell> {
        let mut cells = BTreeMap::new();
        for (kind, (column, _)) in self.kinds.iter().enumerate() {
            let written = row.cell(*column);
            if written.is_empty() {
                continue;
            }
            match DayCell::parse(written) {
                Ok(cell) => {
                    found.count(FILE, true);
                    cells.insert(kind, cell);
                }
                Err(why) => {
                    let message = format!("{why}; no days were taken from this cell");
                    found.lost(FILE, row.line, written, message);
                }
            }
        }
        cells
    }

    /// Cells in columns that belong to no kind of waste.
    fn tell_nameless(&self, rows: &[Row], found: &mut Findings) {
        let widest = rows.iter().map(|row| row.cells().len()).max().unwrap_or_default();
        let named = |column: &usize| self.kinds.iter().any(|(kind, _)| kind == column);
        for column in (self.centre + 1..widest).filter(|column| !named(column)) {
            let filled = rows.iter().filter(|row| !row.cell(column).is_empty());
            let count = filled.clone().count();
            if let Some(row) = filled.clone().next() {
                let message =
                    format!("column {} has no name; {count} cells like this left out", column + 1);
                found.warn(FILE, Some(row.line), Some(row.cell(column)), message);
            }
        }
    }
}
