//! From a photo's pixels to its first mask, beside the same parts of the fastest others: torch's
//! vision tower, then llama.cpp's prefill and the tokens of one item.

use serde_json::{Map, Value, json};

use super::versus::{PREFIX, llama, torch};
use super::{Wish, median, stages};
use crate::failure::Result;

/// Four places, sixteen codes and a label.
const TOKENS: usize = 21;

/// The section of the report; all take turns.
///
/// # Errors
/// If a peer cannot be built.
pub fn measure(wish: &Wish) -> Result<Value> {
    let mut torch = torch(wish)?;
    let mut report = Map::new();
    for kind in ["q4_0", "q4_k_m"] {
        let (mut llama, engine) = (llama(wish, kind)?, wish.engine()?);
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..wish.runs {
            let mine = stages::walk_to(&engine, 1)?.first_mask_seconds();
            let vision = torch.ask("bf16")?.min(torch.ask("f32")?);
            let prefill = llama.ask(&format!("prefill {PREFIX}"))?;
            let sum = vision + prefill + llama.ask(&format!("decode {TOKENS}"))?;
            ours.push(mine);
            theirs.push(sum);
            ratios.push(mine / sum);
        }
        let row = json!({
            "ours, ms": median(ours) * 1e3,
            "theirs, ms": median(theirs) * 1e3,
            "ours of theirs": median(ratios),
        });
        report.insert(format!("torch and llama.cpp, {kind}"), row);
    }
    Ok(Value::Object(report))
}
