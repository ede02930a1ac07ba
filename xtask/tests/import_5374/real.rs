//! The tables of real towns, which lie beside the project.

use std::fs;
use std::path::{Path, PathBuf};

use checks::not_run::not_run;
use jiff::civil::date;
use kerbside_core::rules::RulePack;
use xtask::import_5374::{Options, import};

use crate::town::files;

/// The folder with the tables of real towns, or why there is none.
fn shared() -> Result<PathBuf, String> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let root = std::env::var_os("KERBSIDE_SHARED").map_or_else(beside, PathBuf::from);
    let place = root.join("calendars/csv-5374");
    let none = format!("no {}", place.display());
    place.is_dir().then_some(place).ok_or(none)
}

/// Folders at any depth that hold an area table.
fn towns(folder: &Path, found: &mut Vec<PathBuf>) {
    if folder.join("area_days.csv").exists() {
        found.push(folder.to_owned());
    }
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).for_each(|path| towns(&path, found));
}

#[test]
fn real_towns_are_understood() {
    let root = match shared() {
        Ok(root) => root,
        Err(why) => return not_run(why),
    };
    let mut folders = Vec::new();
    towns(&root, &mut folders);
    folders.sort();
    assert!(!folders.is_empty());
    println!(
        "town | areas | day cells | targets | items (collected) | rows | understood % | warnings"
    );
    let mut poor = Vec::new();
    for folder in folders {
        let name = folder.strip_prefix(&root).unwrap().display().to_string();
        let english = name.contains("/en");
        let out = tempfile::tempdir().unwrap();
        let report = import(&Options {
            id: "town".into(),
            language: if english { "en" } else { "ja" }.into(),
            today: date(2026, 11, 23),
            ..Options::new(&folder, &out.path().join("pack"), "unknown", "https://example.org")
        });
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        let pack = RulePack::parse(files(&out.path().join("pack"))).unwrap();
        let findings = pack.validate();
        // A language the app has no sentences for keeps a pack closed, and is all that may.
        let open = findings.iter().all(|found| !english && found.field == "languages");
        assert!(open, "{name}: {}", findings[0]);
        let cells = |file: &str| {
            let table = report.tables.iter().find(|table| table.file == file);
            table.map_or("0 of 0".to_owned(), |table| {
                format!("{} of {}", table.understood, table.cells)
            })
        };
        println!(
            "{name} | {} | {} | {} | {} ({}) | {} | {:.1} | {}",
            report.areas,
            cells("area_days.csv"),
            cells("target.csv"),
            report.items,
            report.items_collected,
            report.rows,
            100.0 * report.understood(),
            report.warnings.len()
        );
        if std::env::var_os("KERBSIDE_SHOW_WARNINGS").is_some() {
            report.warnings.iter().for_each(|warning| println!("    {warning}"));
        }
        poor.extend((report.understood() < 0.95).then_some(name));
    }
    assert!(poor.is_empty(), "less than 95 % understood: {poor:?}");
}
