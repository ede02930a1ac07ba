//! The kinds of waste kept apart: a column of `area_days.csv` each, with the text that
//! `description.csv` has about it.

use std::collections::{BTreeMap, BTreeSet};

use super::areas::{self, Areas};
use super::names::{Ids, key, tidy};
use super::remarks::Remarks;
use super::report::Findings;
use super::table::Table;

const FILE: &str = "description.csv";
/// The stream for what no table decides; no kind of waste may have its id.
pub(super) const ASK_OFFICE: &str = "ask-office";

/// One row of `description.csv`.
pub(super) struct Description {
    line: u64,
    label: String,
    text: String,
}

/// A kind of waste that is collected.
pub(super) struct Kind {
    /// Index of its column among the kinds of `area_days.csv`.
    pub(super) column: usize,
    /// Id of the stream.
    pub(super) id: String,
    pub(super) label: String,
    /// What is told about it everywhere.
    pub(super) note: String,
    /// What is told about it in some areas only: text and indices of the areas.
    pub(super) local_notes: Vec<(String, Vec<usize>)>,
}

/// Reads the table; a town may have none.
pub(super) fn descriptions(table: Option<&Table>, found: &mut Findings) -> Vec<Description> {
    let mut descriptions = Vec::new();
    for (index, row) in table.into_iter().flat_map(|table| &table.rows).enumerate() {
        if index == 0 && row.cell(0).eq_ignore_ascii_case("label") {
            continue;
        }
        let label = row.cell(0).to_owned();
        if key(&label).is_empty() {
            found.lost(FILE, row.line, &row.cells().join(","), "a description of nothing");
            continue;
        }
        found.count(FILE, true);
        // Behind the text stand a picture and a colour for the web page, which say nothing here.
        // Unquoted commas push them to the right, so they are known by their looks.
        let text = row.cells().get(2..).unwrap_or_default().iter();
        let text: Vec<_> = text.filter(|cell| !for_looks(cell)).cloned().collect();
        descriptions.push(Description { line: row.line, label, text: plain(&text.join(", ")) });
    }
    descriptions
}

fn for_looks(cell: &str) -> bool {
    let picture = cell.starts_with("img/") || cell.ends_with(".svg") || cell.ends_with(".png");
    let colour =
        cell.strip_prefix('#').is_some_and(|hex| hex.chars().all(|c| c.is_ascii_hexdigit()));
    cell.is_empty() || picture || colour
}

/// Without the marks of the web page the texts were written for.
fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        // A lone "<" is a sign, not a tag.
        let Some((_, after)) = tag.split_once('>') else {
            text.push('<');
            rest = tag;
            break;
        };
        text.push(' ');
        rest = after;
    }
    text.push_str(rest);
    let entities =
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
    let text = entities.iter().fold(text, |text, (entity, sign)| text.replace(entity, sign));
    tidy(&text)
}

/// The kinds that have a cell in some area, in the order of the columns.
pub(super) fn collected(
    areas: &Areas,
    descriptions: &[Description],
    remarks: &Remarks,
    found: &mut Findings,
) -> Vec<Kind> {
    let mut ids = Ids::default();
    ids.of("", ASK_OFFICE);
    let mut kinds = Vec::new();
    for (column, label) in areas.kinds.iter().enumerate() {
        if !areas.areas.iter().any(|area| area.cells.contains_key(&column)) {
            let message =
                "no area has days for this column; things of this kind lead to the contact";
            found.warn(areas::FILE, None, Some(label), message);
            continue;
        }
        let text = descriptions.iter().find(|row| key(&row.label) == key(label));
        let text = text.map_or("", |row| &row.text);
        let (note, local_notes) = notes(column, text, areas, remarks);
        let id = ids.of("kind", label);
        kinds.push(Kind { column, id, label: label.clone(), note, local_notes });
    }
    let known: BTreeSet<_> = kinds.iter().map(|kind| key(&kind.label)).collect();
    for row in descriptions.iter().filter(|row| !known.contains(&key(&row.label))) {
        let message = "described, but without days; things of this kind lead to the contact";
        found.warn(FILE, Some(row.line), Some(&row.label), message);
    }
    kinds
}

/// The description and the remarks on a column: what is the same in all areas, and what is not.
fn notes(
    column: usize,
    text: &str,
    areas: &Areas,
    remarks: &Remarks,
) -> (String, Vec<(String, Vec<usize>)>) {
    let mut by_text: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, area) in areas.areas.iter().enumerate() {
        let Some(cell) = area.cells.get(&column) else { continue };
        let remarks = cell.remarks.iter().filter_map(|id| remarks.get(id));
        let texts = [text].into_iter().chain(remarks.map(|remark| remark.text.as_str()));
        let texts: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
        by_text.entry(texts.join(" ")).or_default().push(index);
    }
    match by_text.len() {
        1 => (by_text.into_keys().next().unwrap_or_default(), Vec::new()),
        _ => {
            by_text.remove(text);
            (text.to_owned(), by_text.into_iter().collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_the_web_page_are_dropped() {
        assert_eq!(plain("a<br />b <strong>c</strong>&nbsp;&amp;lt; 5 < 6"), "a b c &lt; 5 < 6");
        assert_eq!(plain(""), "");
    }
}
