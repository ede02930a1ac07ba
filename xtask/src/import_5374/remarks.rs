//! `remarks.csv`: the texts behind `*1`.
//!
//! A remark that begins with 収集がない日 and lists days cancels the collections on them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::areas::Areas;
use super::day_cell::date;
use super::names::half_width;
use super::report::Findings;
use super::table::Table;

const FILE: &str = "remarks.csv";
const NO_COLLECTION: &str = "収集がない日";

/// One row.
pub(super) struct Remark {
    line: u64,
    pub(super) text: String,
    /// Days on which nothing is collected where the remark stands.
    pub(super) cancelled: Vec<Date>,
}

/// Rows by the number that cells refer to.
pub(super) type Remarks = BTreeMap<String, Remark>;

/// Reads the table; a town may have none.
pub(super) fn read(table: Option<&Table>, found: &mut Findings) -> Remarks {
    let mut remarks = Remarks::new();
    for (index, row) in table.into_iter().flat_map(|table| &table.rows).enumerate() {
        let id: String = row.cell(0).trim_start_matches('*').chars().map(half_width).collect();
        if index == 0 && id.eq_ignore_ascii_case("id") {
            continue;
        }
        // An unquoted comma splits a sentence, not a table.
        let text = row.cells()[1..].join(",").trim_end_matches(',').to_owned();
        if id.is_empty() || text.is_empty() {
            found.lost(FILE, row.line, row.cell(0), "a remark needs a number and a text");
            continue;
        }
        found.count(FILE, true);
        if remarks.contains_key(&id) {
            found.repair(
                FILE,
                row.line,
                &id,
                "this number was given before; the first remark stays",
            );
            continue;
        }
        let cancelled = cancelled(&text, row.line, found);
        remarks.insert(id, Remark { line: row.line, text, cancelled });
    }
    remarks
}

fn cancelled(text: &str, line: u64, found: &mut Findings) -> Vec<Date> {
    let Some(list) = text.strip_prefix(NO_COLLECTION) else { return Vec::new() };
    let words = list.split([' ', '、', '，', ',', ':', '：']).filter(|word| !word.is_empty());
    let days: Option<Vec<_>> = words.map(date).collect();
    if days.is_none() {
        found.warn(FILE, Some(line), Some(text), "days without collection that could not be read");
    }
    days.unwrap_or_default()
}

/// Remarks nobody refers to are mostly the template's; references to none are mistakes.
pub(super) fn check_use(remarks: &Remarks, areas: &Areas, found: &mut Findings) {
    let mut used = BTreeSet::new();
    for area in &areas.areas {
        for id in area.cells.values().flat_map(|cell| &cell.remarks) {
            used.insert(id.as_str());
            if !remarks.contains_key(id) {
                let message = "remarks.csv has no such remark; the days were taken without it";
                found.warn(super::areas::FILE, Some(area.line), Some(&format!("*{id}")), message);
            }
        }
    }
    for (id, remark) in remarks.iter().filter(|(id, _)| !used.contains(id.as_str())) {
        found.warn(FILE, Some(remark.line), Some(id), "no cell refers to this remark; left out");
    }
}
