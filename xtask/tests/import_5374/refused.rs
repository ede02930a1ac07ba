//! What cannot be imported, and what the command prints.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use xtask::import_5374::{Error, Options, import};

use crate::town::{TARGETS, Town};

#[test]
fn what_cannot_be_imported_is_refused_and_leaves_nothing() {
    let area_days = "地名,センター,Burnable\na,,月\n";
    let good = [("area_days.csv", area_days), ("target.csv", TARGETS)];
    type Bend = fn(&mut Options);
    let same: Bend = |_| {};
    type Case<'a> = (&'a [(&'a str, &'a str)], Bend, &'a str);
    let cases: Vec<Case<'_>> = vec![
        (&[("target.csv", TARGETS)], same, "no 5374 folder: area_days.csv is missing"),
        (&good[..1], same, "no 5374 folder: target.csv is missing"),
        (&[("area_days.csv", ""), ("target.csv", TARGETS)], same, "area_days.csv: no rows"),
        (
            &[("area_days.csv", "地名,センター,Burnable\n"), ("target.csv", TARGETS)],
            same,
            "area_days.csv: no rows",
        ),
        (&[("area_days.csv", "a,,月\nb,,火\n"), ("target.csv", TARGETS)], same, "no header row"),
        (
            &[("area_days.csv", "地名,センター\na,\n"), ("target.csv", TARGETS)],
            same,
            "no header row",
        ),
        (
            &[("area_days.csv", "地名,センター,Burnable\na,,D\n"), ("target.csv", TARGETS)],
            same,
            "no cell could be read",
        ),
        (
            &[("area_days.csv", "地名,センター,Burnable\na,,*1\n"), ("target.csv", TARGETS)],
            same,
            "no cell could be read",
        ),
        (&[("area_days.csv", "a\0b"), ("target.csv", TARGETS)], same, "neither UTF-8 nor CP932"),
        (&good, |o| o.id = "Kanazawa City".into(), "cannot be the pack's id"),
        (&good, |o| o.url = "somewhere".into(), "write the address"),
        (&good, |o| o.language = "fr".into(), "only ja and en"),
        (&good, |o| o.licence = " ".into(), "--licence must not be empty"),
        (&good, |o| (o.from, o.until) = (o.until, o.from), "is before --from"),
        (&good, |o| (o.from, o.until) = (None, None), "say with --from and --until"),
        (&good, |o| o.tables.push("deeper"), "no folder"),
        (&good, |o| o.tables.push("target.csv"), "no folder"),
        (&good, |o| o.out.push("deeper/pack/.."), "the pack's folder needs a name"),
    ];
    for (tables, bend, words) in cases {
        let town = Town::new(tables);
        let mut options = town.options();
        bend(&mut options);
        let message = import(&options).unwrap_err().to_string();
        assert!(message.contains(words), "{words}: {message}");
        let left = fs::read_dir(town.0.path()).unwrap().count();
        assert!(left == 1, "{words}: something was left behind");
    }
    let town = Town::of_cells(&["月"]);
    town.put("target.csv", b"\xff\xff\xff");
    assert!(matches!(import(&town.options()), Err(Error::Encoding(_))));
    fs::create_dir(town.out()).unwrap();
    assert!(matches!(import(&town.options()), Err(Error::Exists(_))));
    assert_eq!(fs::read_dir(town.out()).unwrap().count(), 0, "what was there stays as it was");
}

#[test]
fn the_command_prints_a_report_or_one_line_and_code_2() {
    let town = Town::of_cells(&["月"]);
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["rules", "import-5374"]).args(args).output().unwrap()
    };
    let (tables, out) = (town.tables(), town.out());
    let paths = [tables.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let given = [
        "--licence",
        "CC0-1.0",
        "--url",
        "https://example.org",
        "--from",
        "2026-04-01",
        "--until",
        "2027-03-31",
    ];
    for (args, words) in [
        (&paths[..1], "--out is missing"),
        (&paths[..], "--licence is missing"),
        (&["--colour"][..], "unknown option --colour"),
        (&["--today", "soon"][..], "--today wants YYYY-MM-DD"),
        (&["a", "b"][..], "one folder only"),
        (&["--out"][..], "--out wants a value"),
    ] {
        let output = run(args);
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), line.lines().count()), (Some(2), 1), "{line}");
        assert!(line.contains(words), "{words}: {line}");
    }
    let output =
        run(&[&paths[..], &given[..], &["--json", "--id", "tiny", "--name", "小町"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["id"], &report["areas"]), (&json!("tiny"), &json!(1)));
    assert_eq!(town.json("pack.json")["names"], json!({ "ja": "小町" }));
    assert_eq!(
        run(&[&paths[..], &given[..]].concat()).status.code(),
        Some(2),
        "the folder is taken"
    );
}
