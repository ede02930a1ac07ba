//! The plan's patterns and holiday policies against the days two German districts really printed.
//!
//! The calendars may not be copied: they are read from `../shared/calendars` beside the repository,
//! or from `calendars` in the folder that `KERBSIDE_SHARED` names. What is written down here is the
//! rule behind them: every other week, and what becomes of a holiday.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use checks::not_run::not_run;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kerbside_core::rules::RulePack;
use kerbside_core::schedule::ics::{ImportOptions, import};
use serde_json::{Value, json};

/// One town's list for one bin.
struct List {
    file: &'static str,
    /// How the printed titles begin.
    title: &'static str,
    anchor: &'static str,
    policy: &'static str,
    /// Printed days the rule does not explain: Good Friday is collected a day early.
    moves: &'static [(&'static str, &'static str)],
}

const HESSE_2023: [&str; 8] = [
    "2023-04-10",
    "2023-05-01",
    "2023-05-18",
    "2023-05-29",
    "2023-06-08",
    "2023-10-03",
    "2023-12-25",
    "2023-12-26",
];

const RHINELAND_2022: [&str; 8] = [
    "2022-04-18",
    "2022-05-01",
    "2022-05-26",
    "2022-06-06",
    "2022-06-16",
    "2022-10-03",
    "2022-11-01",
    "2022-12-26",
];

const LISTS: [(List, &[&str]); 5] = [
    (
        List {
            file: "de_fuldabrueck_akk_2023.ics",
            title: "Gelbe Tonne",
            anchor: "2023-03-02",
            policy: "plus_one",
            moves: &[],
        },
        &HESSE_2023,
    ),
    (
        List {
            file: "de_fuldabrueck_akk_2023.ics",
            title: "Biotonne",
            anchor: "2023-03-03",
            policy: "slide_week",
            moves: &[],
        },
        &HESSE_2023,
    ),
    (
        List {
            file: "de_fuldabrueck_akk_2023.ics",
            title: "Restabfallbehälter",
            anchor: "2023-03-10",
            policy: "slide_week",
            moves: &[("2023-04-07", "2023-04-06")],
        },
        &HESSE_2023,
    ),
    (
        List {
            file: "de_rhein-lahn_2022.ics",
            title: "🟫 Bioabfall",
            anchor: "2022-01-07",
            policy: "slide_week",
            moves: &[("2022-04-15", "2022-04-14")],
        },
        &RHINELAND_2022,
    ),
    (
        List {
            file: "de_rhein-lahn_2022.ics",
            title: "⬛ Restabfall",
            anchor: "2022-01-14",
            policy: "slide_week",
            moves: &[],
        },
        &RHINELAND_2022,
    ),
];

fn shared() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    std::env::var_os("KERBSIDE_SHARED").map_or(beside, PathBuf::from).join("calendars/ics-real")
}

fn printed(bytes: &[u8], title: &str) -> Vec<Date> {
    let time_zone = TimeZone::get("Europe/Berlin").ok();
    let read = import(&[bytes], &ImportOptions { time_zone, ..ImportOptions::default() }).unwrap();
    let days = read.days.iter().filter(|day| day.summary.trim().starts_with(title));
    let mut days: Vec<_> = days.map(|day| day.date).collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// A pack whose only round is the one described.
fn pack(list: &List, holidays: &[&str], from: Date, until: Date) -> RulePack {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/de/berlin");
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        files.insert(name, fs::read(path).unwrap());
    }
    let read = |name: &str| -> Value { serde_json::from_slice(&files[name]).unwrap() };
    let source = read("sources.json")[0]["id"].clone();
    let stream = read("streams.json")[0]["id"].clone();
    let named = json!({ "de": "Feiertag", "en": "Holiday" });
    let holidays: Vec<_> = holidays
        .iter()
        .map(|date| json!({ "date": date, "names": named, "source": source }))
        .collect();
    let moves: Vec<_> =
        list.moves.iter().map(|(from, to)| json!({ "from": from, "to": to })).collect();
    let plan = json!({ "holidays": holidays, "rows": [{
        "id": "round", "streams": [stream], "when": { "every_weeks": 2, "anchor": list.anchor },
        "from": from, "until": until, "holiday": list.policy, "moves": moves, "source": source,
    }] });
    files.insert("schedule.json".into(), plan.to_string().into_bytes());
    RulePack::from_files(files).unwrap()
}

#[test]
fn the_rules_give_the_printed_days() {
    let mut compared = 0;
    for (list, holidays) in &LISTS {
        let path = shared().join(list.file);
        let Ok(bytes) = fs::read(&path) else {
            return not_run(format_args!("no {}", path.display()));
        };
        let printed = printed(&bytes, list.title);
        assert!(printed.len() > 20, "{}: {} days", list.title, printed.len());
        let (first, last) = (printed[0], *printed.last().unwrap());
        let pack = pack(list, holidays, first, last);
        let ours: Vec<_> =
            pack.calendar(&[]).between(first, last).iter().map(|one| one.date).collect();
        assert_eq!(ours, printed, "{} {}", list.file, list.title);
        compared += printed.len();
    }
    println!("{compared} printed days, each explained");
}
