//! Packs for tests: the bundled ones, and a small one that tests bend out of shape.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::{Error, Finding};
use super::pack::RulePack;
use super::perceived::{Context, Perceived};

pub(crate) type Files = BTreeMap<String, String>;

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules")
}

/// Every bundled pack, for instance `"ch/zurich"`.
pub(crate) fn communities() -> Vec<String> {
    let countries = entries(&root()).into_iter().filter(|path| path.is_dir());
    let folders = countries.flat_map(|country| entries(&country));
    let name = |path: PathBuf| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    folders.map(name).collect()
}

/// The files of a bundled pack.
pub(crate) fn bundled(community: &str) -> Files {
    entries(&root().join(community))
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

pub(crate) fn zurich() -> RulePack {
    RulePack::from_files(bundled("ch/zurich")).unwrap()
}

pub(crate) fn on(date: &str) -> Context {
    Context { zones: Vec::new(), date: date.parse().unwrap(), language: "en".into() }
}

pub(crate) fn item(class: &str, item: &str) -> Perceived {
    Perceived { item: Some(item.into()), ..Perceived::of_class(class) }
}

/// A complete pack with one of everything.
pub(crate) fn tiny() -> Files {
    let text = |en: &str| json!({ "en": en });
    let rows = [
        (
            "pack.json",
            json!({
                "id": "tiny", "names": text("Tiny"), "country": "xx", "languages": ["en"],
                "time_zone": "Europe/Zurich", "version": "1", "from": "2026-01-01",
                "until": "2027-12-31", "licence": "CC0-1.0", "zone_question": text("Where?"),
                "contact": { "name": "Town hall", "source": "page" },
            }),
        ),
        (
            "sources.json",
            json!([{
                "id": "page", "title": "Page", "publisher": "Town", "url": "https://example.org",
                "language": "en", "retrieved": "2026-01-01", "verified": null,
            }]),
        ),
        (
            "zones.json",
            json!([
                { "id": "hill", "names": text("Hill") }, { "id": "lake", "names": text("Lake") },
            ]),
        ),
        (
            "streams.json",
            json!([
                { "id": "rest", "names": text("Rest"), "icon": "rest", "residual": true,
                  "source": "page", "ways": [{ "how": "kerb", "source": "page" }] },
                { "id": "packaging", "names": text("Packaging"), "icon": "packaging", "source": "page",
                  "ways": [
                    { "how": "drop_off", "place": "island", "until": "2026-12-31", "source": "page" },
                    { "how": "kerb", "from": "2027-01-01", "source": "page" },
                    { "how": "kerb", "zones": ["lake"], "container": text("yellow bin"),
                      "source": "page" },
                  ] },
                { "id": "danger", "names": text("Danger"), "icon": "danger", "source": "page",
                  "ways": [{ "how": "hazardous", "place": "island", "source": "page" }] },
            ]),
        ),
        ("places.json", json!([{ "id": "island", "names": text("the island"), "source": "page" }])),
        ("steps.json", json!([{ "id": "rinse", "text": text("rinse it") }])),
        (
            "questions.json",
            json!([
                { "id": "kind", "text": text("Which one?"), "answers": [{ "item": "tub" }] },
            ]),
        ),
        (
            "items.json",
            json!([
                { "id": "tub", "names": text("Tub"), "aliases": { "en": ["pot"] },
                  "classes": ["plastic"] },
                { "id": "tray", "names": text("Tray"), "classes": ["plastic", "foam"] },
            ]),
        ),
        (
            "rules.json",
            json!([
                { "id": "class", "classes": ["plastic"], "then": { "ask": "kind" }, "source": "page" },
                { "id": "others", "then": "unknown", "source": "page",
                  "classes": ["glass", "paper", "carton", "metal", "foam", "special", "food", "general"] },
                { "id": "tubs", "items": ["tub"], "then": { "stream": "packaging" },
                  "steps": ["rinse"], "source": "page" },
                { "id": "trays", "items": ["tray"], "when": { "dirty": true },
                  "then": { "stream": "rest" }, "source": "page" },
                { "id": "clean-trays", "items": ["tray"], "when": { "dirty": false },
                  "then": { "stream": "packaging" }, "source": "page" },
            ]),
        ),
        (
            "hazards.json",
            json!([
                { "id": "battery-inside", "names": text("Battery"), "question": text("A battery?"),
                  "stream": "danger", "source": "page" },
            ]),
        ),
    ];
    rows.map(|(name, rows)| (name.to_owned(), rows.to_string())).into()
}

/// The tiny pack after `bend` has changed one of its files.
pub(crate) fn bent(file: &str, bend: impl FnOnce(&mut Value)) -> Result<RulePack, Error> {
    let mut files = tiny();
    let mut rows = serde_json::from_str(&files[file]).unwrap();
    bend(&mut rows);
    files.insert(file.to_owned(), rows.to_string());
    RulePack::from_files(files)
}

/// What is found wrong with the tiny pack after `bend` has changed one of its files.
pub(crate) fn findings(file: &str, bend: impl FnOnce(&mut Value)) -> Vec<Finding> {
    match bent(file, bend) {
        Err(Error::Invalid(findings)) => findings,
        other => panic!("expected findings, got {other:?}"),
    }
}
