//! Real calendar files, day by day against another program's reading of them.
//!
//! `calendars/expand.py` wrote what `icalendar` and `recurring-ical-events` find; most of the files
//! themselves may not be copied and are read from `../shared/calendars` beside the repository, or
//! from `calendars` in the folder that `KERBSIDE_SHARED` names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use checks::not_run::not_run;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kerbside_core::schedule::ics::{Import, ImportOptions, import};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// What the other program found.
#[derive(Deserialize)]
#[serde(untagged)]
enum Golden {
    Days { from: Date, to: Date, zone: String, days: BTreeMap<Date, Vec<String>> },
    Error { error: String },
}

/// How this reading may differ, and why that is right.
enum Expected {
    /// So many days that the other program lacks, and so many that only it has.
    Differs { more: usize, fewer: usize },
    /// The other program gave up; here so many days are found.
    Found(usize),
    /// Neither reads it.
    Refused,
}

/// Every file that is not read alike.
const DEVIATIONS: &[(&str, Expected, &str)] = &[
    (
        "se_area29_2026",
        Expected::Differs { more: 24, fewer: 0 },
        "END:VCALENDAR is missing: the other program drops the whole calendar without a word",
    ),
    (
        "de_cp1252-bremen-like_2020-21",
        Expected::Found(106),
        "the text is Windows-1252 and lines end in CR CR LF: read with a warning",
    ),
    (
        "node-ical__exchange_whole_day_moved_recurrence",
        Expected::Differs { more: 1, fewer: 0 },
        "UNTIL=20260817T220000Z is midnight of the 18th in Berlin, the last day itself",
    ),
    (
        "node-ical__daily-count-exdate-recurrence-id",
        Expected::Differs { more: 1, fewer: 1 },
        "the moved entry ends before it begins; the day it begins on counts, not the earlier one",
    ),
    (
        "node-ical__biweekly-exdate-until",
        Expected::Differs { more: 0, fewer: 2 },
        "exceptions with another time of day mean the day: a rule has no second one on it",
    ),
    (
        "icalnet__YearlyByWeekNo5",
        Expected::Differs { more: 0, fewer: 19 },
        "BYWEEKNO is not supported: the first day counts, with a warning",
    ),
    (
        "ical4j__phpicalendar_sample",
        Expected::Found(593),
        "a DTEND of five digits makes the other program give up",
    ),
    (
        "node-ical__large-file-with-late-error",
        Expected::Found(395),
        "one entry with faulty dates at the end takes the other program's 400 away",
    ),
    (
        "icalpy__issue_722_missing_timezones",
        Expected::Found(2),
        "entries without DTSTART are unreadable, those beside them are not",
    ),
    (
        "icalpy__issue_1081_invalid_rrule_freq",
        Expected::Found(1),
        "a rule nobody understands leaves the first day, with a warning",
    ),
    ("icalpy__invalid_duration", Expected::Found(1), "how long it lasts does not matter"),
    ("icalpy__issue_1081_invalid_start_and_end", Expected::Found(0), "DTSTART is no date"),
    ("icalpy__rfc_6868", Expected::Found(0), "the entry has no DTSTART"),
    ("icalpy__parsing_error_in_UTC_offset", Expected::Found(0), "VTIMEZONE is not needed"),
    ("icalpy__fuzz_testcase_invalid_month", Expected::Refused, "it is no calendar"),
];

fn folder() -> Result<PathBuf, String> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder =
        std::env::var_os("KERBSIDE_SHARED").map_or(beside, PathBuf::from).join("calendars");
    let found = folder.join("ics-real").is_dir();
    found.then_some(folder.clone()).ok_or_else(|| format!("no {}/ics-real", folder.display()))
}

fn titled(date: Date, title: &str) -> (Date, String) {
    let hash = Sha256::digest(title);
    (date, hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect())
}

fn read(bytes: &[u8], golden: &Golden) -> Option<Import> {
    let berlin = || "Europe/Berlin".to_owned();
    let (zone, from, to) = match golden {
        Golden::Days { from, to, zone, days } if !days.is_empty() => {
            (zone.clone(), Some(*from), Some(*to))
        }
        // Where the other program finds nothing, there is no range it was looked for in.
        _ => (berlin(), None, None),
    };
    let fallback = TimeZone::get(&zone).expect("the system has time zones");
    let options = ImportOptions { fallback, from, to, ..ImportOptions::default() };
    import(&[bytes], &options).ok()
}

/// The difference in days, or none where there is none.
fn difference(golden: &Golden, found: Option<&Import>) -> Option<(usize, usize, String)> {
    let found: Option<BTreeSet<_>> =
        found.map(|import| import.days.iter().map(|day| titled(day.date, &day.summary)).collect());
    match (golden, found) {
        (Golden::Days { days, .. }, Some(found)) => {
            let golden: BTreeSet<_> = days
                .iter()
                .flat_map(|(date, titles)| titles.iter().map(|title| (*date, title.clone())))
                .collect();
            let more: Vec<_> = found.difference(&golden).collect();
            let fewer: Vec<_> = golden.difference(&found).collect();
            let text = format!(
                "more {:?}, fewer {:?}",
                more.iter().take(6).collect::<Vec<_>>(),
                fewer.iter().take(6).collect::<Vec<_>>()
            );
            (more.len() + fewer.len() > 0).then_some((more.len(), fewer.len(), text))
        }
        (Golden::Days { days, .. }, None) => {
            (!days.is_empty()).then(|| (0, days.len(), "refused here".to_owned()))
        }
        (Golden::Error { error }, found) => {
            let found = found.map_or(0, |found| found.len());
            Some((found, 0, format!("the other program failed with {error}, here {found} days")))
        }
    }
}

#[test]
fn days_of_real_files_equal_another_programs() {
    let folder = match folder() {
        Ok(folder) => folder,
        Err(why) => return not_run(why),
    };
    let golden_files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calendars/golden");
    let (mut files, mut days, mut wrong) = (0, 0, Vec::new());
    for kind in ["ics-real", "ics-hard"] {
        for entry in fs::read_dir(folder.join(kind)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().expect("a file").to_string_lossy().into_owned();
            let golden = fs::read(golden_files.join(format!("{name}.json")));
            let golden = golden.unwrap_or_else(|_| panic!("{name}: run expand.py for it"));
            let golden: Golden = serde_json::from_slice(&golden).expect("golden JSON");
            let bytes = fs::read(&path).expect("a calendar");
            let begun = Instant::now();
            let found = read(&bytes, &golden);
            assert!(begun.elapsed().as_secs() < 5, "{name} took {:?}", begun.elapsed());
            (files, days) = (files + 1, days + found.as_ref().map_or(0, |found| found.days.len()));
            let allowed = DEVIATIONS.iter().find(|(file, ..)| *file == name).map(|row| &row.1);
            let got = difference(&golden, found.as_ref());
            let right = match (&got, allowed) {
                (None, None) => true,
                (Some((0, 0, _)), Some(Expected::Refused)) => found.is_none(),
                (Some((m, 0, _)), Some(Expected::Found(days))) => found.is_some() && m == days,
                (Some((m, f, _)), Some(Expected::Differs { more, fewer })) => {
                    (m, f) == (more, fewer)
                }
                _ => false,
            };
            if !right {
                wrong.push(format!("{name}: {got:?}"));
            }
        }
    }
    println!(
        "{files} files, {days} days, {} of them read otherwise for a reason",
        DEVIATIONS.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
