//! `cargo xtask schedule`, as a person runs it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

fn schedule(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).arg("schedule").args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_week_in_taipei_and_the_same_week_as_a_calendar_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("taipei.ics");
    let file = file.to_str().unwrap();
    let told =
        schedule(&["--community", "taipei", "--from", "2026-11-23", "--days", "7", "--ics", file]);
    let lines = text(&told.stdout);
    assert!(told.status.success(), "{}", text(&told.stderr));
    // The trucks rest on Wednesdays and Sundays.
    assert!(lines.contains("Mon 2026-11-23") && lines.contains("Sat 2026-11-28"), "{lines}");
    assert!(!lines.contains("Wed 2026-11-25") && !lines.contains("Sun 2026-11-29"), "{lines}");

    let days = |table: &str| {
        let days = table.lines().filter_map(|line| line.split_whitespace().nth(1));
        days.filter(|day| day.starts_with("2026-")).map(str::to_owned).collect::<Vec<_>>()
    };
    let again = schedule(&["import", file, "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    let mut read: Vec<_> = json["days"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| day["date"].as_str().unwrap().to_owned())
        .collect();
    let mut printed = days(&lines);
    read.sort();
    printed.sort();
    assert_eq!(read, printed);
}

#[test]
fn what_is_not_known_is_said_and_nothing_is_made_up() {
    let after = schedule(&["--community", "taipei", "--from", "2027-03-01"]);
    assert!(
        text(&after.stdout).contains("no official dates after 2026-12-31"),
        "{}",
        text(&after.stdout)
    );
    let none = schedule(&["--community", "berlin"]);
    assert_eq!(none.status.code(), Some(2));
    assert_eq!(text(&none.stderr), "berlin: no official dates are known for this community\n");
    let zone = schedule(&["--community", "shibuya", "--zone", "atlantis"]);
    assert_eq!(zone.status.code(), Some(2));
    assert!(
        text(&zone.stderr).starts_with("no zone atlantis; there are "),
        "{}",
        text(&zone.stderr)
    );
    for bad in [
        &["--community"][..],
        &[],
        &["--community", "taipei", "--days", "0"],
        &["--community", "atlantis"],
    ] {
        let told = schedule(bad);
        assert_eq!(told.status.code(), Some(2), "{bad:?}");
        assert!(!told.stderr.is_empty());
    }
}
