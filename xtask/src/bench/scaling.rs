//! Time against tokens and threads, against the items of an answer, and against the model's size.

use kerbside_core::CancelToken;
use kerbside_core::engine::Engine;
use serde_json::{Map, Value, json};

use super::stages::{self, ITEMS, MOST_ITEMS, Stages};
use super::{Wish, median, time};
use crate::bundled;
use crate::failure::Result;

/// Tokens of one pass.
const TOKENS: [usize; 8] = [1, 2, 4, 8, 16, 64, 128, 276];

/// The section of the report, in milliseconds.
///
/// # Errors
/// If a pack cannot be opened.
pub fn measure(wish: &Wish) -> Result<Value> {
    let mut report = Map::new();
    for threads in 1..=wish.threads {
        let engine = wish.engine_with(threads)?;
        report.insert(format!("{threads} threads"), by_tokens(wish, &engine)?);
    }
    report.insert("items".into(), by_items(wish)?);
    report.insert("models".into(), by_size(wish)?);
    Ok(Value::Object(report))
}

/// One pass of the decoder.
fn by_tokens(wish: &Wish, engine: &Engine) -> Result<Value> {
    let (model, cancel) = (engine.model(), CancelToken::new());
    let mut row = Map::new();
    for tokens in TOKENS {
        let ids: Vec<u32> = (100..100 + tokens as u32).collect();
        let pass = || {
            let mut sequence = model.sequence(model.image_tokens() + 768);
            let work = || model.step(&mut sequence, &ids, None, &cancel);
            time(|| engine.on_threads(work)).0.as_secs_f64()
        };
        let seconds = median((0..wish.runs).map(|_| pass()).collect());
        row.insert(format!("{tokens} tokens, ms"), json!(seconds * 1e3));
    }
    Ok(Value::Object(row))
}

/// The whole way from pixels to so many outlined items.
fn by_items(wish: &Wish) -> Result<Value> {
    let engine = wish.engine()?;
    let mut row = Map::new();
    for items in 1..=MOST_ITEMS {
        let runs = walks(wish, &engine, items)?;
        let seconds = median(runs.iter().map(Stages::whole_seconds).collect());
        row.insert(format!("{items} items, ms"), json!(seconds * 1e3));
    }
    Ok(Value::Object(row))
}

/// The stages of the bundled pack and of the one that is measured, the smaller first.
fn by_size(wish: &Wish) -> Result<Value> {
    let mut report = Map::new();
    for pack in [&bundled::pack(), &wish.pack] {
        let engine = wish.engine_of(pack, wish.threads)?;
        let language = engine.model().language();
        let runs = walks(wish, &engine, ITEMS)?;
        let of = |pick: fn(&Stages) -> f64| median(runs.iter().map(pick).collect()) * 1e3;
        let row = json!({
            "decoder, MB": language.layer_bytes() as f64 / 1e6,
            "vision, ms": of(Stages::vision_seconds),
            "prefill, ms": of(Stages::prefill_seconds),
            format!("{ITEMS} items, ms"): of(Stages::decode_seconds),
            "whole, ms": of(Stages::whole_seconds),
        });
        report.insert(engine.manifest().name.clone(), row);
    }
    Ok(Value::Object(report))
}

fn walks(wish: &Wish, engine: &Engine, items: usize) -> Result<Vec<Stages>> {
    (0..wish.runs).map(|_| stages::walk_to(engine, items)).collect()
}
