//! What becomes of 5374 tables: small ones of our own for each oddity, and those of real towns.

// Clippy knows unit tests only; this file is a test throughout.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use checks::not_run::not_run;
use jiff::civil::date;
use kerbside_core::rules::{Class, Context, Outcome, Perceived, RulePack, Verdict};
use serde_json::{Value, json};
use xtask::import_5374::{Error, Options, Report, import};

/// A folder of tables, and a place for the pack beside it.
struct Town(tempfile::TempDir);

const TARGETS: &str = "label,name,notice,furigana\nBurnable,Tissue,,T\n";

impl Town {
    /// A town with these tables.
    fn new(tables: &[(&str, &str)]) -> Self {
        let town = Self(tempfile::tempdir().unwrap());
        fs::create_dir(town.tables()).unwrap();
        tables.iter().for_each(|(file, text)| town.put(file, text.as_bytes()));
        town
    }

    /// A town with one kind of waste and a cell for each area, in order a, b, c …
    fn of_cells(cells: &[&str]) -> Self {
        let row = |(index, cell): (usize, &&str)| {
            format!("{},,\"{cell}\"\n", char::from(b'a' + u8::try_from(index).unwrap()))
        };
        let rows: String = cells.iter().enumerate().map(row).collect();
        let area_days = format!("地名,センター,Burnable\n{rows}");
        Self::new(&[("area_days.csv", &area_days), ("target.csv", TARGETS)])
    }

    fn put(&self, file: &str, bytes: &[u8]) {
        fs::write(self.tables().join(file), bytes).unwrap();
    }

    fn tables(&self) -> PathBuf {
        self.0.path().join("town")
    }

    fn out(&self) -> PathBuf {
        self.0.path().join("pack")
    }

    fn options(&self) -> Options {
        Options {
            language: "en".into(),
            from: Some(date(2026, 4, 1)),
            until: Some(date(2027, 3, 31)),
            today: date(2026, 11, 23),
            ..Options::new(&self.tables(), &self.out(), "CC-BY-4.0", "https://example.org/5374")
        }
    }

    fn import(&self) -> Report {
        import(&self.options()).unwrap()
    }

    fn json(&self, file: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.out().join(file)).unwrap()).unwrap()
    }

    fn pack(&self) -> RulePack {
        RulePack::from_files(files(&self.out())).unwrap()
    }

    /// The schedule's rows without what is the same in all of them.
    fn rows(&self) -> Vec<Value> {
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

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    entries.map(file).collect()
}

/// Name of the stream a thing leads to; `None` if it leads to the contact.
fn leads(pack: &RulePack, thing: &str) -> Option<String> {
    let item = pack.lookup(thing).unwrap_or_else(|| panic!("{thing}"));
    let rule = pack.rules().iter().find(|rule| rule.items.contains(&item.id)).unwrap();
    let Outcome::Stream(id) = &rule.then else { return None };
    let stream = pack.streams().iter().find(|stream| stream.id == *id).unwrap();
    Some(stream.names.get("en").to_owned())
}

fn warned(report: &Report, words: &str) -> bool {
    report.warnings.iter().any(|warning| warning.to_string().contains(words))
}

#[test]
fn cells_become_the_rows_they_mean() {
    let weekly = json!([{ "when": { "weekly": ["monday", "thursday"] } }]);
    let nth = |n: i8, weekday: &str| json!({ "nth": n, "weekday": weekday });
    let expected = [
        ("月 木", weekly.clone()),
        ("木 月 木", weekly.clone()),
        ("月　木", weekly.clone()),
        (" 月\u{a0}木 ", weekly.clone()),
        ("`月 木", weekly.clone()),
        ("月・木", weekly.clone()),
        ("月曜日、木曜", weekly.clone()),
        ("Mon Thu", weekly.clone()),
        ("monday, THURSDAY", weekly),
        ("日", json!([{ "when": { "weekly": ["sunday"] } }])),
        ("水2 水4", json!([{ "when": { "monthly": [nth(2, "wednesday"), nth(4, "wednesday")] } }])),
        ("Wed４", json!([{ "when": { "monthly": [nth(4, "wednesday")] } }])),
        (
            "月 金5",
            json!([{ "when": { "weekly": ["monday"] } }, { "when": { "monthly": [nth(5, "friday")] } }]),
        ),
        (
            "水1:6 7 11 12 水2:4 水3：12 11 7 6",
            json!([
                { "when": { "monthly": [nth(1, "wednesday"), nth(3, "wednesday")] },
                  "months": [6, 7, 11, 12] },
                { "when": { "monthly": [nth(2, "wednesday")] }, "months": [4] },
            ]),
        ),
        ("土:1 2", json!([{ "when": { "weekly": ["saturday"] }, "months": [1, 2] }])),
        ("隔水20150114", json!([{ "when": { "every_weeks": 2, "anchor": "2015-01-14" } }])),
        (
            "隔週水20260506",
            json!([{ "when": { "every_weeks": 2, "anchor": "2026-05-06" }, "from": "2026-05-06" }]),
        ),
        (
            "20260518  20260504 20260504",
            json!([{ "when": { "dates": ["2026-05-04", "2026-05-18"] },
                     "from": "2026-05-04", "until": "2026-05-18" }]),
        ),
        (
            "2026/5/4",
            json!([{ "when": { "dates": ["2026-05-04"] }, "from": "2026-05-04", "until": "2026-05-04" }]),
        ),
    ];
    for (cell, rows) in expected {
        let town = Town::of_cells(&[cell]);
        let report = town.import();
        assert_eq!(Value::from(town.rows()), rows, "{cell}");
        assert!((report.understood() - 1.0).abs() < 1e-9, "{cell}: {report}");
    }
}

#[test]
fn a_cell_that_is_not_wholly_understood_gives_no_days_and_is_told() {
    let cells = [
        "D",
        "川副③",
        "水6",
        "水0",
        "水1:13",
        "水1:",
        "20260231",
        "隔火20150114",
        "隔水",
        "隔D20150114",
        "月 祝日を除く",
        "毎日",
        "2日",
        "Monthly",
        "3",
        "月 3",
        "2026-13-01",
        "隔水20150231",
    ];
    for cell in cells {
        let town = Town::of_cells(&["月", cell]);
        let report = town.import();
        let days = &report.tables.iter().find(|table| table.file == "area_days.csv").unwrap();
        assert_eq!((days.cells, days.understood), (2, 1), "{cell}");
        let told = report.warnings.iter().find(|warning| warning.line == Some(3)).unwrap();
        assert_eq!(told.cell.as_deref(), Some(cell));
        assert_eq!(
            Value::from(town.rows()),
            json!([{ "zones": ["a"], "when": { "weekly": ["monday"] } }])
        );
    }
}

#[test]
fn the_schedule_is_what_its_format_says() {
    let town = Town::new(&[
        (
            "area_days.csv",
            "地名,センター,Burnable,Cans,Glass\nEast,Plant,月 木,水1,水1\nWest,Plant,火 金,水1,水1\n\
             North,,月 木,水1 *1,\n",
        ),
        ("center.csv", "名称,休止開始日,休止終了日\nPlant,2026/12/29,2027/1/3\n"),
        ("remarks.csv", "ID,注意事項\n1,収集がない日 2026/05/06 2026/05/07\n"),
        ("target.csv", TARGETS),
    ]);
    town.import();
    let first = json!([{ "nth": 1, "weekday": "wednesday" }]);
    let row = |number: u8, streams: Value, zones: Value, when: Value, except: Option<Value>| {
        let mut row = json!({
            "id": format!("row-{number}"), "streams": streams, "zones": zones, "when": when,
            "from": "2026-04-01", "until": "2027-03-31", "source": "tables",
        });
        if let Some(except) = except {
            row["except"] = except;
        }
        row
    };
    let expected = json!({
        "holidays": [],
        "rows": [
            row(1, json!(["burnable"]), json!(["north"]), json!({ "weekly": ["monday", "thursday"] }), None),
            row(2, json!(["burnable"]), json!(["east"]), json!({ "weekly": ["monday", "thursday"] }),
                Some(json!(["2026-12-31"]))),
            row(3, json!(["burnable"]), json!(["west"]), json!({ "weekly": ["tuesday", "friday"] }),
                Some(json!(["2026-12-29", "2027-01-01"]))),
            row(4, json!(["cans", "glass"]), json!(["east", "west"]), json!({ "monthly": first }), None),
            row(5, json!(["cans"]), json!(["north"]), json!({ "monthly": first }), Some(json!(["2026-05-06"]))),
        ],
    });
    assert_eq!(town.json("schedule.json"), expected);
}

#[test]
fn days_for_every_area_name_no_zone() {
    let town = Town::of_cells(&["月", "月"]);
    town.import();
    assert_eq!(Value::from(town.rows()), json!([{ "when": { "weekly": ["monday"] } }]));
}

#[test]
fn a_printed_list_already_knows_when_its_centre_is_closed() {
    let town = Town::new(&[
        ("area_days.csv", "地名,センター,Burnable\na,P,20261229 20270105\n"),
        ("center.csv", "名称,休止開始日,休止終了日\nP,2026/12/29,2027/1/3\n"),
        ("target.csv", TARGETS),
    ]);
    town.import();
    assert_eq!(town.rows()[0].get("except"), None);
}

#[test]
fn the_pack_opens_and_answers() {
    let town = Town::new(&[
        (
            "area_days.csv",
            "地名,センター,Burnable,Cans & bottles\nEast,,月 木,水1\nWest,,火 金,水1 *1\n",
        ),
        (
            "description.csv",
            "label,sublabel,description,styles,bgcolor\nBurnable,,\"Use the<br />town's bag\",img/a.svg,#ea3b13\n",
        ),
        ("remarks.csv", "ID,注意事項\n1,Before 8\n"),
        (
            "target.csv",
            "type,name,notice,furigana\nBurnable,Tissue,,T\nCans・Bottles,Beer can,Rinse,B\nCans & bottles,Jar,,J\nBulky,Sofa,Phone first,S\n",
        ),
    ]);
    let report = town.import();
    let pack = town.pack();
    assert_eq!(leads(&pack, "Tissue").as_deref(), Some("Burnable"));
    assert_eq!(
        leads(&pack, "Beer can").as_deref(),
        Some("Cans & bottles"),
        "punctuation does not matter"
    );
    assert_eq!(leads(&pack, "Sofa"), None, "no days, no stream");
    assert_eq!((report.areas, report.kinds, report.items, report.items_collected), (2, 2, 4, 3));
    assert!(warned(&report, "\"Bulky\": 1 things of a kind without days"));

    let ask = |thing: &str, zone: &str| {
        let seen = Perceived { item: Some(thing.into()), confirmed: true, ..Perceived::default() };
        let context =
            Context { zones: vec![zone.into()], date: date(2026, 11, 23), language: "en".into() };
        pack.resolve(&seen, &context).remove(0)
    };
    let sofa = ask("Sofa", "east");
    assert_eq!(
        (sofa.verdict, sofa.note.as_deref()),
        (Verdict::Unknown, Some("Bulky: Phone first"))
    );
    assert_eq!(ask("Tissue", "east").ways[0].note.as_deref(), Some("Use the town's bag"));
    assert_eq!(ask("Jar", "west").ways[0].note.as_deref(), Some("Before 8"));
    assert_eq!(ask("Jar", "east").ways[0].note, None);
    for class in Class::ALL {
        let here =
            Context { zones: vec!["east".into()], date: date(2026, 11, 23), language: "en".into() };
        let answer = pack.resolve(&Perceived::of_class(class.label()), &here).remove(0);
        assert_eq!(answer.verdict, Verdict::Unknown, "{class:?} is decided by no table");
    }
}

#[test]
fn a_word_means_one_item() {
    let town = Town::new(&[
        ("area_days.csv", "地名,センター,Burnable,Metal\na,,月,水1\n"),
        (
            "target.csv",
            "type,name,notice,furigana\nBurnable,Lid,plastic ones,L\nMetal,LID,,L\nBurnable,Pen,,P\n\
             Burnable,Pen,,P\nBurnable,Cup,paper,C\nBurnable,Ｃup,foam,C\nMetal,Pot,,P\n",
        ),
    ]);
    let report = town.import();
    let pack = town.pack();
    assert!(pack.lookup("Lid").is_none(), "two answers are no answer");
    assert_eq!(leads(&pack, "Lid（Burnable）").as_deref(), Some("Burnable"));
    assert_eq!(leads(&pack, "LID（Metal）").as_deref(), Some("Metal"));
    let cup = pack.lookup("Cup").unwrap();
    let rule = pack.rules().iter().find(|rule| rule.items.contains(&cup.id)).unwrap();
    assert_eq!(rule.note.as_ref().unwrap().get("en"), "paper foam");
    assert_eq!((report.items, report.repaired), (5, 4));
    assert!(warned(&report, "target.csv:2: \"Lid\": stands under several kinds of waste"));
    assert!(warned(&report, "target.csv:7: \"Ｃup\": also on line 6"));
    assert!(warned(&report, "1 rows repeat an earlier one"));
}

#[test]
fn target_tables_are_read_with_and_without_header_and_with_unquoted_commas() {
    let area_days = "地名,センター,Burnable\na,,月\n";
    for (targets, things) in [
        ("Burnable,Pen,,P\nBurnable,Cup,,C\n", vec!["Pen", "Cup"]),
        ("\u{feff}Label,Name,Notice,Furigana\r\nBurnable,Pen,,P\r\n", vec!["Pen"]),
        ("type,name\nBurnable,Pen\n type,name\nBurnable,Cup\n", vec!["Pen", "Cup"]),
        ("type;name;notice;furigana\nBurnable;Pen, ink;dry, empty;P\n", vec!["Pen, ink"]),
        ("type\tname\nBurnable\tPen\n", vec!["Pen"]),
        (
            "type,name,notice,furigana\nBurnable,Paper(a, b, c),dry, clean,P\n",
            vec!["Paper(a, b, c)"],
        ),
        ("type,name,notice,furigana\nBurnable,Pen,\"two\nlines\",P,,,\n", vec!["Pen"]),
        (
            "type,name,notice,furigana\n\u{a0},\u{a0} \u{a0},,く\n---,Pen,see ink,\nBurnable,Cup,{},\n",
            vec!["Pen", "Cup"],
        ),
    ] {
        let town = Town::new(&[("area_days.csv", area_days), ("target.csv", targets)]);
        let report = town.import();
        let names: Vec<_> =
            town.pack().items().iter().map(|item| item.names.get("en").to_owned()).collect();
        assert_eq!(names, things, "{targets}");
        let table = report.tables.iter().find(|table| table.file == "target.csv").unwrap();
        assert_eq!((table.cells, table.understood), (things.len(), things.len()), "{targets}");
    }
}

#[test]
fn targets_that_say_too_little_are_told() {
    let targets = "type,name,notice,furigana\nBurnable,,see below,B\n,Cup,,C\nBurnable,Pen,,P\n";
    let town =
        Town::new(&[("area_days.csv", "地名,センター,Burnable\na,,月\n"), ("target.csv", targets)]);
    let report = town.import();
    assert!(warned(&report, "target.csv:2: \"Burnable,,see below,B\": the thing has no name"));
    assert!(warned(&report, "target.csv:3: \"Cup\": neither a kind of waste nor a notice"));
    assert_eq!(report.items, 1);
}

#[test]
fn area_tables_are_read_in_every_shape() {
    let tables = [
        "マスター,地名,センター（使わない場合は空白化）,Burnable,\n1,East,P,月,D\n2,East,P,火,E\n",
        "\u{feff}Master,Name,Center,Burnable\r\n1,East,P,Mon\r\n2,East,P,Tue\r\n",
        "マスター;地区;センター;Burnable\n1;East;P;月\n2;East;P;火\n",
    ];
    for area_days in tables {
        let town = Town::new(&[
            ("area_days.csv", area_days),
            ("area_master.csv", "マスター,区名\n1,Hill\n2,Lake\n"),
            ("target.csv", TARGETS),
        ]);
        let report = town.import();
        let pack = town.pack();
        let zones: Vec<_> =
            pack.zones().iter().map(|zone| (zone.id.as_str(), zone.parent.as_deref())).collect();
        let expected = [
            ("hill", None),
            ("lake", None),
            ("hill-east", Some("hill")),
            ("lake-east", Some("lake")),
        ];
        assert_eq!(zones, expected);
        assert_eq!(
            area_days.contains(",D"),
            warned(&report, "2: \"D\": column 5 has no name; 2 cells")
        );
    }
}

#[test]
fn ragged_rows_twins_and_unknown_wards_are_told() {
    let town = Town::new(&[
        (
            "area_days.csv",
            "マスター,地名,センター,Burnable,Cans\n9,East,,月\n9,East,,火,水,木\n9,,,水\n",
        ),
        ("target.csv", TARGETS),
    ]);
    let report = town.import();
    for words in [
        "area_days.csv:2: \"East\": the row is too short",
        "area_days.csv:3: \"East\": an area of that name came before",
        "area_days.csv:3: \"木\": column 6 has no name",
        "a row without an area",
        "\"9\": area_master.csv has no such ward",
    ] {
        assert!(warned(&report, words), "{words}: {:#?}", report.warnings);
    }
    assert_eq!(town.pack().zones().len(), 2);
}

#[test]
fn cp932_is_read_and_japanese_ids_do_not_depend_on_the_row() {
    let encode = |text: &str| encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
    let import = |area_days: &str| {
        let town = Town::new(&[]);
        town.put("area_days.csv", &encode(area_days));
        town.put(
            "target.csv",
            &encode("type,name,notice,furigana\n燃やすごみ,髙級①紙,\"一\n二\",か\n"),
        );
        let report = town.import();
        assert_eq!(leads(&town.pack(), "髙級①紙").as_deref(), Some("燃やすごみ"));
        assert!((report.understood() - 1.0).abs() < 1e-9);
        let zones = town.pack();
        let zones =
            zones.zones().iter().map(|zone| (zone.names.get("en").to_owned(), zone.id.clone()));
        zones.collect::<BTreeMap<_, _>>()
    };
    let before = import("地名,センター,燃やすごみ\n片町,,月\n本町,,火\n");
    let after = import("地名,センター,燃やすごみ\n新町,,水\n本町,,火\n片町,,月\n");
    assert_eq!((&before["片町"], &before["本町"]), (&after["片町"], &after["本町"]));
}

#[test]
fn lists_that_have_run_out_are_told() {
    let town = Town::of_cells(&["20260401 20260415", "20260401 20261201"]);
    let report = import(&Options { today: date(2026, 11, 23), ..town.options() }).unwrap();
    assert!(warned(
        &report,
        "1 of 2 lists of days have run out by 2026-11-23, the last one on 2026-04-15"
    ));
    let town = Town::of_cells(&["20260401 20260415"]);
    let report = import(&Options { today: date(2026, 4, 15), ..town.options() }).unwrap();
    assert!(!warned(&report, "run out"), "{:#?}", report.warnings);
}

#[test]
fn weekdays_speak_for_the_fiscal_years_of_the_days_the_tables_name() {
    let town = Town::new(&[
        ("area_days.csv", "地名,センター,Burnable\na,P,月\n"),
        ("center.csv", "名称,休止開始日,休止終了日\nP,2025/12/29,2026/1/3\n"),
        ("target.csv", TARGETS),
    ]);
    let report = import(&Options { from: None, until: None, ..town.options() }).unwrap();
    let info = town.pack().info().clone();
    assert_eq!((info.from, info.until), (date(2025, 4, 1), date(2026, 3, 31)));
    assert!(warned(
        &report,
        "weekdays name no year; taken to be published for 2025-04-01 to 2026-03-31"
    ));
    assert!(warned(&report, "ran out on 2026-03-31"));
}

#[test]
fn odd_rows_of_the_small_tables_are_told() {
    let town = Town::new(&[
        ("area_days.csv", "地名,センター,Burnable,Unused\na,P,月 *1 *2 *9,\n"),
        (
            "center.csv",
            "P,2026/12/29,2027/1/3\nP,soon,later\n,2026/12/29,2027/1/3\nP,2026/12/29,2062/1/3\nQ,2026/12/29,2027/1/3\n",
        ),
        ("remarks.csv", "ID,注意事項\n1,Early, please\n2,\n3,Shibuya only\n1,Late\n"),
        (
            "description.csv",
            "label,sublabel,description,styles,bgcolor\n,,what?,,\nGlass,,Rinse,,#fff\n",
        ),
        ("area_master.csv", "マスター,区名\n1,\n"),
        ("target.csv", TARGETS),
    ]);
    let report = town.import();
    for words in [
        "center.csv:2: \"soon,later\": no first and last day",
        "center.csv:3: \"2026/12/29,2027/1/3\": a closing of no centre",
        "center.csv:4: \"2026/12/29,2062/1/3\": no first and last day",
        "center.csv:5: \"q\": no area belongs to this centre",
        "remarks.csv:3: \"2\": a remark needs a number and a text",
        "remarks.csv:4: \"3\": no cell refers to this remark",
        "remarks.csv:5: \"1\": this number was given before",
        "area_days.csv:2: \"*9\": remarks.csv has no such remark",
        "description.csv:2: \",,what?,,\": a description of nothing",
        "description.csv:3: \"Glass\": described, but without days",
        "area_days.csv: \"Unused\": no area has days for this column",
        "area_master.csv:2: \"1\": a ward needs a number and a name",
    ] {
        assert!(warned(&report, words), "{words}: {:#?}", report.warnings);
    }
    let notes = town.json("streams.json")[0]["ways"][0]["note"].clone();
    assert_eq!(notes, json!({ "en": "Early,please" }));
}

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
