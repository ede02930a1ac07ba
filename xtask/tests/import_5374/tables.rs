//! The small tables: targets, areas, centres, in every shape they are found in.

use std::collections::BTreeMap;

use serde_json::json;

use crate::town::{TARGETS, Town, leads, warned};

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
