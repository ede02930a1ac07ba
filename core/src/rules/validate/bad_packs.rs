//! Packs as they should not be: each is refused with a clear word, at once.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rules::fixtures::{Files, tiny};
use crate::rules::pack::RulePack;
use crate::stopwatch::Stopwatch;

/// The error for a tiny pack with one file replaced.
fn refusal(name: &str, bytes: &[u8]) -> String {
    let files = tiny().into_iter().map(|(name, text)| (name, text.into_bytes()));
    let mut files: std::collections::BTreeMap<_, _> = files.collect();
    files.insert(name.to_owned(), bytes.to_vec());
    let watch = Stopwatch::start();
    let mut error = String::new();
    let memory = allocation_counter::measure(|| {
        error = RulePack::from_files(files).expect_err(name).to_string();
    });
    assert!(watch.spent() < Duration::from_secs(1), "{name}: {error}");
    assert!(memory.bytes_max < 64 << 20, "{name}: {} bytes", memory.bytes_max);
    error
}

fn bent(name: &str, bend: impl FnOnce(&mut Value)) -> String {
    let files: Files = tiny();
    let mut file: Value = serde_json::from_str(&files[name]).unwrap();
    bend(&mut file);
    refusal(name, file.to_string().as_bytes())
}

#[track_caller]
fn assert_says(error: &str, expected: &str) {
    assert!(error.contains(expected), "expected {expected:?} in {error:?}");
}

#[test]
fn files_that_are_no_json() {
    for (bytes, expected) in [
        (&b""[..], "items.json: EOF"),
        (b"[", "items.json: EOF"),
        (b"[{}]", "items.json: missing field `id`"),
        (b"{}", "items.json: invalid type: map, expected a sequence"),
        (b"null", "items.json: invalid type: null"),
        (b"\xff\xfe[\0]\0", "items.json: expected value"),
        (b"\xef\xbb\xbf[]", "items.json: expected value"),
        (b"[] []", "items.json: trailing characters"),
        (b"id,name\r\ntub,Tub\r\n", "items.json: expected value"),
    ] {
        assert_says(&refusal("items.json", bytes), expected);
    }
}

#[test]
fn nesting_without_end_is_refused_before_the_stack_is_full() {
    let deep = "[".repeat(100_000);
    assert_says(&refusal("items.json", deep.as_bytes()), "items.json: ");
    assert_says(&refusal("items.json", &vec![b' '; (16 << 20) + 1]), "longer than 16 MB");
    let objects = r#"{"a":"#.repeat(100_000);
    assert_says(&refusal("pack.json", objects.as_bytes()), "pack.json: ");
}

#[test]
fn fields_of_the_wrong_kind() {
    let says = |file, bend: fn(&mut Value), expected| assert_says(&bent(file, bend), expected);
    says("pack.json", |pack| pack["from"] = json!("2026-02-30"), "pack.json: ");
    says("pack.json", |pack| pack["until"] = json!("soon"), "pack.json: ");
    says("pack.json", |pack| pack["languages"] = json!("en"), "pack.json: invalid type: string");
    says("pack.json", |pack| pack["licence"] = json!(3), "pack.json: invalid type: integer");
    says("items.json", |rows| rows[0]["classes"] = json!(["wood"]), "unknown variant `wood`");
    says("items.json", |rows| rows[0]["id"] = json!(["a"]), "items.json: invalid type");
    says(
        "rules.json",
        |rows| rows[0]["then"] = json!("burn"),
        "rules.json: unknown variant `burn`",
    );
    says("rules.json", |rows| rows[0]["priority"] = json!(1e99), "rules.json: invalid type");
    says("streams.json", |rows| rows[0]["ways"][0]["how"] = json!("fly"), "unknown variant `fly`");
    says("streams.json", |rows| rows[0]["ways"] = json!([]), "no way to get rid of it");
    says("streams.json", |rows| rows[0]["schema"] = json!(2), "unknown field `schema`");
}

#[test]
fn rows_that_contradict_each_other() {
    let says = |file, bend: fn(&mut Value), expected| assert_says(&bent(file, bend), expected);
    says("pack.json", |pack| pack["until"] = json!("2025-01-01"), "ends before it begins");
    says("pack.json", |pack| pack["time_zone"] = json!("Mars"), "not an IANA time zone");
    says("sources.json", |rows| rows[0]["url"] = json!("javascript:alert(1)"), "not a web address");
    says("zones.json", |rows| rows[0]["parent"] = json!("hill"), "hill.parent: lies in itself");
    says("items.json", |rows| rows[0]["classes"] = json!([]), "no class can show it");
    says("rules.json", |rows| rows[2]["months"] = json!([0]), "months are 1 to 12");
    says(
        "rules.json",
        |rows| {
            let mut twin = rows[2].clone();
            twin["id"] = json!("twin");
            twin["then"] = json!({ "stream": "rest" });
            rows.as_array_mut().unwrap().push(twin);
        },
        "twin: contradicts tubs",
    );
    says(
        "sources.json",
        |rows| {
            rows[0]["updated"] = json!("2026-02-01");
            let mut old = rows[0].clone();
            old["id"] = json!("old");
            old["updated"] = json!("2021-02-01");
            old["translation_of"] = json!("page");
            rows.as_array_mut().unwrap().push(old);
        },
        "old.translation_of: the translation is older than page",
    );
}

#[test]
fn texts_that_deceive_or_swell() {
    let name = |text: String| bent("items.json", |rows| rows[0]["names"]["en"] = json!(text));
    assert_says(&name("x".repeat(1 << 20)), "tub.names: over 2000 bytes in en");
    assert_says(&name("Tub\u{202e}sselG".into()), "invisible or reordering letters in en");
    assert_says(&name("Tu\u{200b}b".into()), "invisible or reordering letters in en");
    assert_says(&name("Tub\u{7}".into()), "invisible or reordering letters in en");
    assert_says(&name("  ".into()), "tub.names: no text in en");
}

#[test]
fn names_of_files_that_lead_elsewhere() {
    for name in ["../items.json", "/items.json", "items.JSON", "run.sh"] {
        assert_says(&refusal(name, b"[]"), name);
    }
}
