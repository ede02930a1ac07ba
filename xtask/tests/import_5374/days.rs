//! Cells with days, and the schedule that becomes of them.

use jiff::civil::date;
use kerbside_core::rules::{Class, Context, Perceived, Verdict};
use serde_json::{Value, json};
use xtask::import_5374::{Options, import};

use crate::town::{TARGETS, Town, leads, warned};

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
