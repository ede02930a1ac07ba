//! All bundled rule packs together: their shape, and the same thing in each of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use kerbside_core::rules::{Context, RulePack, schema};
use serde_json::{Map, Value, json};
use xtask::bundled;
use xtask::rules_matrix::{THINGS, answer};

fn packs() -> Vec<RulePack> {
    let folders = bundled::communities().unwrap();
    folders.iter().map(|folder| bundled::read_rule_pack(folder).unwrap()).collect()
}

/// A pack as the schema describes it: one property a file.
fn folder(path: &Path) -> Value {
    let mut all = Map::new();
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "json") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            all.insert(name, serde_json::from_slice(&fs::read(&path).unwrap()).unwrap());
        }
    }
    Value::Object(all)
}

#[test]
fn the_written_schema_is_the_one_the_types_make() {
    let path = bundled::root().join("rules/schema.json");
    let written: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(written, json!(schema()), "run `cargo xtask rules schema`");
}

#[test]
fn every_bundled_pack_fits_the_schema_and_a_bent_one_does_not() {
    let validator = jsonschema::validator_for(&json!(schema())).unwrap();
    for path in bundled::communities().unwrap() {
        let pack = folder(&path);
        let errors: Vec<_> = validator
            .iter_errors(&pack)
            .map(|error| format!("{}: {error}", error.instance_path))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
    let sound = folder(&bundled::root().join("rules/ch/zurich"));
    type Bend = (&'static str, fn(&mut Value));
    let bent: [Bend; 5] = [
        ("an unknown field", |pack| pack["items.json"][0]["clases"] = json!(["glass"])),
        ("a missing source", |pack| {
            pack["rules.json"][0].as_object_mut().unwrap().remove("source");
        }),
        ("an unknown class", |pack| pack["items.json"][0]["classes"] = json!(["wood"])),
        ("a number for a text", |pack| pack["streams.json"][0]["icon"] = json!(3)),
        ("an unknown file", |pack| pack["rule.json"] = json!([])),
    ];
    for (what, bend) in bent {
        let mut pack = sound.clone();
        bend(&mut pack);
        assert!(!validator.is_valid(&pack), "{what}");
    }
}

#[test]
fn there_are_a_dozen_communities_and_four_hundred_worked_examples() {
    let packs = packs();
    assert!(packs.len() >= 13, "{} packs", packs.len());
    let cases: usize = packs.iter().map(|pack| pack.cases().len()).sum();
    assert!(cases >= 400, "{cases} cases");
    let bilingual = packs.iter().filter(|pack| pack.info().languages.len() >= 2).count();
    assert!(bilingual >= 3, "{bilingual} packs in two languages");
    for pack in &packs {
        let rows = pack.items().len()
            + pack.rules().iter().filter(|rule| !rule.classes.is_empty()).count();
        assert!(rows >= 40, "{}: {rows} items and class rules", pack.info().id);
    }
}

#[test]
fn the_language_never_changes_what_is_done() {
    for pack in packs() {
        for case in pack.cases() {
            let in_language = |language: &str| {
                let told = pack.resolve(&case.perceived(), &case.context(language));
                told.into_iter()
                    .map(|one| {
                        (one.verdict, one.stream.map(|stream| stream.id), one.rule, one.next)
                    })
                    .map(|(verdict, stream, rule, next)| {
                        format!("{verdict:?} {stream:?} {rule:?} {}", next.is_some())
                    })
                    .collect::<Vec<_>>()
            };
            let first = in_language(&pack.info().languages[0]);
            for language in &pack.info().languages {
                assert_eq!(in_language(language), first, "{} {case:?}", pack.info().id);
            }
        }
    }
}

#[test]
fn the_same_thing_goes_different_ways() {
    let packs = packs();
    let told = |community: &str, thing: &str, date: &str| {
        let pack = packs.iter().find(|pack| pack.info().id == community).unwrap();
        let thing = THINGS.iter().find(|one| one.name == thing).unwrap();
        let context =
            Context { zones: Vec::new(), date: date.parse().unwrap(), language: "en".into() };
        answer(pack, thing, &context)
    };
    for thing in &THINGS {
        let answers: BTreeSet<_> =
            packs.iter().map(|pack| told(&pack.info().id, thing.name, "2026-11-24")).collect();
        assert!(answers.len() >= 3, "{}: {answers:?}", thing.name);
    }
    assert!(told("copenhagen", "Eggshell", "2026-11-24").to_lowercase().contains("food"));
    assert_ne!(
        told("copenhagen", "Eggshell", "2026-11-24"),
        told("seoul-gwanak", "Eggshell", "2026-11-24")
    );
    assert_ne!(
        told("copenhagen", "Drink carton", "2026-11-24"),
        told("milan", "Drink carton", "2026-11-24")
    );
    assert_ne!(
        told("munich", "Drink carton", "2026-12-31"),
        told("munich", "Drink carton", "2027-01-01")
    );
}
