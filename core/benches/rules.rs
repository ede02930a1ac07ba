//! How long answers take: `cargo bench -p kerbside-core --bench rules`.
//!
//! The phone's limits: ten items with their next days in 2 ms, the largest bundled pack open in
//! 20 ms, a pack of 15,000 items open in 100 ms and searched in 5 ms.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use divan::Bencher;
use jiff::civil::date;
use kerbside_core::rules::{Context, Perceived, RulePack};
use kerbside_core::schedule::Next;
use serde_json::{Value, json};

type Files = BTreeMap<String, Vec<u8>>;

fn main() {
    divan::main();
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the rule packs lie beside the core");
    entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect()
}

fn files(folder: &Path) -> Files {
    let entries = fs::read_dir(folder).expect("a folder that was just listed");
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, fs::read(path).expect("a file that was just listed"))
        })
        .collect()
}

/// The bundled pack with the most bytes.
fn largest() -> Files {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let packs = subfolders(&rules).into_iter().flat_map(|country| subfolders(&country));
    let size = |files: &Files| files.values().map(Vec::len).sum::<usize>();
    packs.map(|folder| files(&folder)).max_by_key(size).expect("there are rule packs")
}

/// San Francisco with 15,000 items, each with a name and an alias in every language.
fn huge() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/us/san-francisco");
    let mut files = files(&folder);
    let read = |files: &Files, name: &str| -> Vec<Value> {
        serde_json::from_slice(&files[name]).expect("a bundled file")
    };
    let (mut items, mut rules) = (read(&files, "items.json"), read(&files, "rules.json"));
    let (template, rule) =
        (items[0].clone(), rules.iter().find(|rule| rule["then"]["stream"].is_string()));
    let mut rule = rule.expect("some rule leads to a stream").clone();
    let missing = 15_000 - items.len();
    let names = (0..missing).map(|n| syllables(n as u64));
    for (n, name) in names.enumerate() {
        let mut item = template.clone();
        item["id"] = json!(format!("thing-{n}"));
        for (_, text) in item["names"].as_object_mut().expect("an object") {
            *text = json!(name);
        }
        item["aliases"] = json!({ "en": [format!("{name} of {}", n + 7)] });
        for field in ["parts", "covers"] {
            item.as_object_mut().expect("an object").remove(field);
        }
        items.push(item);
    }
    rule["id"] = json!("things");
    rule["items"] = (0..missing).map(|n| json!(format!("thing-{n}"))).collect();
    rule.as_object_mut().expect("an object").remove("classes");
    rules.push(rule);
    files.insert("items.json".into(), json!(items).to_string().into_bytes());
    files.insert("rules.json".into(), json!(rules).to_string().into_bytes());
    files
}

/// A word no other number has.
fn syllables(number: u64) -> String {
    const PARTS: [&str; 16] = [
        "ba", "con", "di", "fer", "gu", "hal", "ki", "lor", "me", "nap", "o", "pes", "ru", "sta",
        "ti", "vex",
    ];
    let mixed = number.wrapping_mul(0x9e37_79b9);
    (0..6).map(|digit| PARTS[(mixed >> (4 * digit) & 15) as usize]).collect::<String>()
        + &number.to_string()
}

fn open(files: &Files) -> RulePack {
    RulePack::from_files(files.clone()).expect("a sound pack")
}

#[divan::bench]
fn open_largest_bundled(bencher: Bencher) {
    let files = largest();
    bencher.bench_local(|| open(black_box(&files)));
}

#[divan::bench(sample_count = 20)]
fn open_15000_items(bencher: Bencher) {
    let files = huge();
    bencher.bench_local(|| open(black_box(&files)));
}

#[divan::bench(args = ["pizza", "bateris", "conhallor", "zzzzzzzzz"])]
fn search_15000_items(bencher: Bencher, query: &str) {
    let pack = open(&huge());
    bencher.bench_local(|| pack.search(black_box(query), "en").len());
}

#[divan::bench]
fn ten_items_with_next_days(bencher: Bencher) {
    let pack = open(&largest());
    let context = Context { zones: Vec::new(), date: date(2026, 11, 24), language: "en".into() };
    let seen: Vec<_> = pack
        .items()
        .iter()
        .take(10)
        .map(|item| Perceived {
            item: Some(item.id.clone()),
            confirmed: true,
            ..Perceived::default()
        })
        .collect();
    bencher.bench_local(|| {
        let told =
            seen.iter().map(|seen| pack.resolve(black_box(seen), &context).len()).sum::<usize>();
        let streams = pack.streams().iter();
        let next = |id: &str| matches!(pack.calendar(&[]).next(id, context.date), Next::On(_));
        told + streams.filter(|stream| next(&stream.id)).count()
    });
}
