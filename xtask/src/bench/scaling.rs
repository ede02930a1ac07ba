//! Time against tokens and against threads.

use kerbside_core::CancelToken;
use serde_json::{Map, Value, json};

use super::{Wish, median, time};
use crate::failure::Result;

/// Tokens of one pass.
const TOKENS: [usize; 8] = [1, 2, 4, 8, 16, 64, 128, 276];

/// The section of the report: milliseconds of one pass through the decoder.
///
/// # Errors
/// If the pack cannot be opened.
pub fn measure(wish: &Wish) -> Result<Value> {
    let mut report = Map::new();
    for threads in 1..=wish.threads {
        let engine = wish.engine_with(threads)?;
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
        report.insert(format!("{threads} threads"), Value::Object(row));
    }
    Ok(Value::Object(report))
}
