//! Rule packs from a neighbour: a bundled one, bent out of shape.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use kerbside_core::rules::{Error, RulePack};
use kerbside_core::store::{rule_files, rule_pack_info};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::limits::assert_says;

type Files = BTreeMap<String, Vec<u8>>;

fn sound() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/de/munich");
    rule_files(&folder).unwrap().into_iter().collect()
}

/// The pack with these bytes for a file.
fn with(name: &str, bytes: impl Into<Vec<u8>>) -> Files {
    let mut files = sound();
    files.insert(name.to_owned(), bytes.into());
    files
}

/// The pack with one of its files changed.
fn bent(name: &str, change: impl FnOnce(&mut Value)) -> Files {
    let mut json = serde_json::from_slice(&sound()[name]).unwrap();
    change(&mut json);
    with(name, json.to_string())
}

/// The pack whose first item has this name in all languages.
fn named(name: &str) -> Files {
    bent("items.json", |rows| {
        for (_, text) in rows[0]["names"].as_object_mut().unwrap() {
            *text = json!(name);
        }
    })
}

fn open(files: Files) -> Result<RulePack, Error> {
    RulePack::from_files(files)
}

/// Asserts that a pack is refused for this reason, in a message that names the file and a remedy.
#[track_caller]
fn refused(files: Files, words: &[&str]) {
    let error = open(files).expect_err("a pack like this is refused").to_string();
    assert_says(&error, words);
    let remedies =
        ["mend", "fetch the rule pack again", "split the pack", "update the app", "right name"];
    assert!(remedies.iter().any(|remedy| error.contains(remedy)), "no remedy: {error}");
}

/// Asserts that a pack does not hold together, for this reason.
#[track_caller]
fn unsound(files: Files, file: &str, why: &str) {
    match open(files).expect_err("a pack like this is refused") {
        Error::Invalid(findings) => {
            let found: Vec<String> = findings.iter().map(ToString::to_string).collect();
            let says = |finding: &String| finding.starts_with(file) && finding.contains(why);
            assert!(found.iter().any(says), "{why}: {found:#?}");
        }
        other => panic!("{other}"),
    }
}

/// A rule about the first item of the pack.
fn rule(pack_rules: &Value, id: &str) -> Value {
    let leads = |rule: &&Value| rule["then"]["stream"].is_string() && rule["items"].is_array();
    let mut rule = pack_rules.as_array().unwrap().iter().find(leads).unwrap().clone();
    rule["id"] = json!(id);
    rule.as_object_mut().unwrap().remove("classes");
    rule
}

/// A folder with the pack's files in it.
fn folder(files: Files) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

#[test]
fn the_pack_that_is_bent_here_is_sound() {
    assert!(open(sound()).is_ok());
}

bad_inputs! {
    rules_nested_a_hundred_thousand_deep(files = with("items.json", "[".repeat(100_000))) {
        refused(files, &["items.json", "invalid type: sequence"]);
    }

    rules_of_objects_in_objects(files = with("pack.json", r#"{"a":"#.repeat(100_000))) {
        refused(files, &["pack.json", "EOF"]);
    }

    // JSON has no references to swell by: what is left is to write the words out.
    alias_bomb(files = bent("items.json", |rows| {
        let words: Vec<String> = (0..1_000_000).map(|n| format!("{n:x}")).collect();
        rows[0]["aliases"] = json!({ "de": words });
    })) { refused(files, &["items.json", "too many values, at most 400000", "split the pack"]); }

    alias_bomb_in_one_item(files = bent("items.json", |rows| {
        let words: Vec<String> = (0..300_000).map(|n| format!("{n:x}")).collect();
        rows[0]["aliases"] = json!({ "de": words });
    })) { refused(files, &["items.json", "too many words for", "at most 500"]); }

    as_many_words_as_may_be(files = bent("items.json", |rows| {
        for (at, item) in rows.as_array_mut().unwrap().iter_mut().enumerate() {
            let words: Vec<String> = (0..400).map(|n| format!("wort {at} {n:x}")).collect();
            item["aliases"] = json!({ "de": words });
        }
    })) { assert!(open(files).is_ok()); }

    twenty_thousand_rules_for_one_thing(files = bent("rules.json", |rows| {
        let more: Vec<Value> = (0..19_000).map(|n| rule(rows, &format!("again-{n}"))).collect();
        rows.as_array_mut().unwrap().extend(more);
    })) { unsound(files, "rules.json", "rules about the same thing"); }

    twenty_thousand_days_of_change(files = bent("rules.json", |rows| {
        let day = |n: i64| jiff::civil::date(2026, 1, 1).saturating_add(jiff::Span::new().days(n));
        let more: Vec<Value> = (0..19_000)
            .map(|n| {
                let mut rule = rule(rows, &format!("day-{n}"));
                rule["from"] = json!(day(n % 700));
                rule
            })
            .collect();
        rows.as_array_mut().unwrap().extend(more);
    })) { unsound(files, "rules.json", "too many zones and changes"); }

    thirty_thousand_zones(files = bent("zones.json", |rows| {
        let zone = |n| json!({"id": format!("z{n}"), "names": {"de": "Z", "en": "Z"}});
        rows.as_array_mut().unwrap().extend((0..30_000).map(zone));
    })) { refused(files, &["zones.json", "too many rows, at most 5000"]); }

    zones_that_lie_in_each_other_without_end(files = bent("zones.json", |rows| {
        let zone = |n: usize| json!({
            "id": format!("z{n}"), "names": {"de": "Z", "en": "Z"}, "parent": format!("z{}", n + 1)
        });
        rows.as_array_mut().unwrap().extend((0..900).map(zone));
    })) { unsound(files, "zones.json", "lies in 7 zones or more"); }

    zones_that_go_round_in_a_circle(files = bent("zones.json", |rows| {
        let id = rows[0]["id"].clone();
        rows[0]["parent"] = id;
    })) { unsound(files, "zones.json", "lies in itself"); }

    plan_of_ten_thousand_years(files = {
        let mut files = bent("pack.json", |pack| pack["until"] = json!("9999-12-31"));
        let stream: Value = serde_json::from_slice(&files["streams.json"]).unwrap();
        let row = |n| json!({
            "id": format!("row-{n}"), "streams": [stream[0]["id"]], "from": "0001-01-01",
            "until": "9999-12-31", "when": {"weekly": ["monday", "tuesday", "wednesday"]},
            "source": stream[0]["source"]
        });
        let rows: Vec<Value> = (0..1_900).map(row).collect();
        files.insert("schedule.json".into(), json!({"rows": rows}).to_string().into_bytes());
        files
    }) { unsound(files, "schedule.json", "more than 2196 days are published"); }

    file_of_seventeen_megabytes(files = with("items.json", vec![b' '; 17 << 20])) {
        refused(files, &["items.json", "longer than 16 MB"]);
    }

    file_of_seventy_megabytes_in_the_folder(folder = {
        folder(with("items.json", vec![b' '; 70 << 20]))
    }) {
        let error = rule_files(folder.path()).unwrap_err().to_string();
        assert_says(&error, &["items.json", "longer than 16777216 bytes"]);
    }

    pack_of_seventy_megabytes_in_the_folder(folder = {
        folder(with("pack.json", vec![b' '; 70 << 20]))
    }) {
        let error = rule_pack_info(folder.path()).unwrap_err().to_string();
        assert_says(&error, &["pack.json", "longer than 16777216 bytes"]);
    }

    #[cfg(unix)]
    link_in_the_folder(folder = {
        let folder = folder(sound());
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("steps2.json")).unwrap();
        folder
    }) {
        let error = rule_files(folder.path()).unwrap_err().to_string();
        assert_says(&error, &["steps2.json", "links are not followed", "put the file itself"]);
    }

    #[cfg(unix)]
    link_to_a_file_without_end(folder = {
        let folder = folder(BTreeMap::new());
        std::os::unix::fs::symlink("/dev/zero", folder.path().join("items.json")).unwrap();
        folder
    }) { assert_says(&rule_files(folder.path()).unwrap_err().to_string(), &["items.json"]); }

    file_whose_name_leads_out(files = with("../items.json", "[]")) {
        refused(files, &["../items.json", "not a file of a rule pack"]);
    }

    archive_in_the_folder(files = with("pack.zip", b"PK\x03\x04".to_vec())) {
        refused(files, &["pack.zip", "not a file of a rule pack"]);
    }

    rules_from_the_future(files = bent("pack.json", |pack| {
        pack["schema"] = json!(2);
        pack["drones"] = json!(["bin-1"]);
    })) {
        let error = open(files).unwrap_err();
        assert!(matches!(error, Error::TooNew { found: 2, here: 1 }), "{error:?}");
        assert_says(&error.to_string(), &["pack.json", "schema 2", "update the app"]);
    }

    field_from_the_future(files = bent("streams.json", |rows| rows[0]["drone"] = json!(true))) {
        refused(files, &["streams.json", "unknown field `drone`"]);
    }

    rules_that_contradict_each_other(files = bent("rules.json", |rows| {
        let mut twin = rule(rows, "twin");
        twin["then"] = json!("unknown");
        rows.as_array_mut().unwrap().push(twin);
    })) { unsound(files, "rules.json", "twin: contradicts"); }

    bin_nobody_knows(files = bent("rules.json", |rows| {
        let mut stray = rule(rows, "stray");
        stray["then"] = json!({"stream": "sea"});
        stray["priority"] = json!(9);
        rows.as_array_mut().unwrap().push(stray);
    })) { unsound(files, "rules.json", "stray.then: sea: no such row"); }

    residual_waste_for_a_whole_class(files = {
        let streams: Value = serde_json::from_slice(&sound()["streams.json"]).unwrap();
        let burnt = streams.as_array().unwrap().iter().find(|row| row["residual"] == true).unwrap();
        let id = burnt["id"].clone();
        bent("rules.json", |rows| {
            let of_class = |rule: &&mut Value| rule["classes"].is_array();
            let rule = rows.as_array_mut().unwrap().iter_mut().find(of_class).unwrap();
            rule["then"] = json!({"stream": id});
        })
    }) { unsound(files, "rules.json", "residual waste cannot be the default of a class"); }

    name_written_backwards(files = named("Glas\u{202e}llüM")) {
        unsound(files, "items.json", "invisible or reordering letters");
    }

    name_with_a_letter_of_no_width(files = named("Gl\u{200b}as")) {
        unsound(files, "items.json", "invisible or reordering letters");
    }

    name_with_a_hidden_message(files = named("Glas\u{e0041}\u{e0042}")) {
        unsound(files, "items.json", "invisible or reordering letters");
    }

    alias_written_backwards(files = bent("items.json", |rows| {
        rows[0]["aliases"] = json!({"de": ["Glas\u{202e}llüM"]});
    })) { unsound(files, "items.json", "aliases: invisible or reordering letters"); }

    contact_written_backwards(files = bent("pack.json", |pack| {
        pack["contact"]["phone"] = json!("+49 89 \u{202e}233");
    })) { unsound(files, "pack.json", "contact: invisible or reordering letters"); }

    name_of_a_megabyte(files = named(&"x".repeat(1 << 20))) {
        unsound(files, "items.json", "over 2000 bytes");
    }

    address_of_a_megabyte(files = bent("places.json", |rows| {
        rows[0]["address"] = json!("x".repeat(1 << 20));
    })) { unsound(files, "places.json", "over 2000 bytes"); }

    name_of_nothing(files = named(" ")) { unsound(files, "items.json", "no text in"); }

    the_thirtieth_of_february(files = bent("pack.json", |pack| {
        pack["from"] = json!("2026-02-30");
    })) { refused(files, &["pack.json"]); }

    file_that_is_missing(files = {
        let mut files = sound();
        files.remove("hazards.json");
        files
    }) { refused(files, &["hazards.json", "missing"]); }

    file_not_utf8(files = with("items.json", b"[{\"id\": \"\xff\"}]".to_vec())) {
        refused(files, &["items.json"]);
    }
}
