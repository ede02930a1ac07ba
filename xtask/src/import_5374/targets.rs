//! `target.csv`: the A–Z list. Which thing belongs to which kind of waste.
//!
//! Forgiven: no header, or a second one where two tables were pasted together; unquoted commas;
//! rows of blanks and dashes.

use super::names::key;
use super::report::Findings;
use super::table::{Row, Table};

pub(super) const FILE: &str = "target.csv";
/// Kind, thing, notice, first letter.
const COLUMNS: usize = 4;

/// One row.
pub(super) struct Target {
    pub(super) line: u64,
    /// The kind of waste, as written.
    pub(super) label: String,
    pub(super) name: String,
    /// What to mind; often empty.
    pub(super) notice: String,
}

/// Reads the table.
pub(super) fn read(table: &Table, found: &mut Findings) -> Vec<Target> {
    let mut targets = Vec::new();
    for (index, row) in table.rows.iter().enumerate() {
        if is_header(row) {
            if index > 0 {
                found.repair(FILE, row.line, row.cell(0), "a second header; left out");
            }
            continue;
        }
        let target = target(row, found);
        let said = |text: &str| !key(text).is_empty();
        match (said(&target.name), said(&target.label) || said(&target.notice)) {
            (true, true) => {
                found.count(FILE, true);
                targets.push(target);
            }
            (true, false) => {
                found.lost(FILE, row.line, &target.name, "neither a kind of waste nor a notice");
            }
            (false, true) => {
                found.lost(FILE, row.line, &row.cells().join(","), "the thing has no name");
            }
            // A row that says nothing is a spacer.
            (false, false) => {}
        }
    }
    targets
}

fn is_header(row: &Row) -> bool {
    let first = row.cell(0).to_ascii_lowercase();
    matches!(first.as_str(), "label" | "type") || row.cell(1).eq_ignore_ascii_case("name")
}

/// The columns of a row. More cells than columns come from commas nobody quoted: they belong to
/// the name while a bracket is open there, otherwise to the notice.
fn target(row: &Row, found: &mut Findings) -> Target {
    let used = row.cells().iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
    let cells = &row.cells()[..used];
    let mut name = row.cell(1).to_owned();
    let mut notice = row.cell(2).to_owned();
    if used > COLUMNS {
        let mut rest = &cells[2..used - 1];
        while let Some((next, after)) = rest.split_first().filter(|_| is_open(&name)) {
            name = format!("{name}, {next}");
            rest = after;
        }
        let filled: Vec<_> = rest.iter().filter(|cell| !cell.is_empty()).cloned().collect();
        notice = filled.join(", ");
        found.repair(FILE, row.line, &name, "more cells than columns; joined again");
    }
    // Dashes and empty braces stand where there is nothing to say.
    if key(&notice).is_empty() {
        notice.clear();
    }
    Target { line: row.line, label: row.cell(0).to_owned(), name, notice }
}

fn is_open(text: &str) -> bool {
    let count = |brackets: [char; 2]| text.chars().filter(|c| brackets.contains(c)).count();
    count(['(', '（']) > count([')', '）'])
}
