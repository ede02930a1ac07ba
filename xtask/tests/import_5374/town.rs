//! A small town's tables, changed for each oddity.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::date;
use kerbside_core::rules::{Outcome, RulePack};
use serde_json::Value;
use xtask::import_5374::{Options, Report, import};

/// A folder of tables, and a place for the pack beside it.
pub struct Town(pub tempfile::TempDir);

pub const TARGETS: &str = "label,name,notice,furigana\nBurnable,Tissue,,T\n";

impl Town {
    /// A town with these tables.
    pub fn new(tables: &[(&str, &str)]) -> Self {
        let town = Self(tempfile::tempdir().unwrap());
        fs::create_dir(town.tables()).unwrap();
        tables.iter().for_each(|(file, text)| town.put(file, text.as_bytes()));
        town
    }

    /// A town with one kind of waste and a cell for each area, in order a, b, c …
    pub fn of_cells(cells: &[&str]) -> Self {
        let row = |(index, cell): (usize, &&str)| {
            format!("{},,\"{cell}\"\n", char::from(b'a' + u8::try_from(index).unwrap()))
        };
        let rows: String = cells.iter().enumerate().map(row).collect();
        let area_days = format!("地名,センター,Burnable\n{rows}");
        Self::new(&[("area_days.csv", &area_days), ("target.csv", TARGETS)])
    }

    pub fn put(&self, file: &str, bytes: &[u8]) {
        fs::write(self.tables().join(file), bytes).unwrap();
    }

    pub fn tables(&self) -> PathBuf {
        self.0.path().join("town")
    }

    pub fn out(&self) -> PathBuf {
        self.0.path().join("pack")
    }

    pub fn options(&self) -> Options {
        Options {
            language: "en".into(),
            from: Some(date(2026, 4, 1)),
            until: Some(date(2027, 3, 31)),
            today: date(2026, 11, 23),
            ..Options::new(&self.tables(), &self.out(), "CC-BY-4.0", "https://example.org/5374")
        }
    }

    pub fn import(&self) -> Report {
        import(&self.options()).unwrap()
    }

    pub fn json(&self, file: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.out().join(file)).unwrap()).unwrap()
    }

    pub fn pack(&self) -> RulePack {
        RulePack::from_files(files(&self.out())).unwrap()
    }

    /// The schedule's rows without what is the same in all of them.
    pub fn rows(&self) -> Vec<Value> {
        let mut rows = self.json("schedule.json")["rows"].as_array().unwrap().clone();
        for row in rows.iter_mut().map(|row| row.as_object_mut().unwrap()) {
            for field in ["id", "streams", "source"] {
                row.remove(field).unwrap();
            }
            for (field, day) in [("from", "2026-04-01"), ("until", "2027-03-31")] {
                if row[field] == day {
                    row.remove(field);
                }
            }
        }
        rows
    }
}

pub fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    entries.map(file).collect()
}

/// Name of the stream a thing leads to; `None` if it leads to the contact.
pub fn leads(pack: &RulePack, thing: &str) -> Option<String> {
    let item = pack.lookup(thing).unwrap_or_else(|| panic!("{thing}"));
    let rule = pack.rules().iter().find(|rule| rule.items.contains(&item.id)).unwrap();
    let Outcome::Stream(id) = &rule.then else { return None };
    let stream = pack.streams().iter().find(|stream| stream.id == *id).unwrap();
    Some(stream.names.get("en").to_owned())
}

pub fn warned(report: &Report, words: &str) -> bool {
    report.warnings.iter().any(|warning| warning.to_string().contains(words))
}
