//! One photo's way through a pack, stage by stage.
//!
//! What a pack of random weights says is noise, so the answer is given: three items, token by
//! token, each computed by the model as if it had chosen it.

use std::ops::Range;
use std::time::Instant;

use kerbside_core::cancel::{CancelToken, Cancelled};

use kerbside_core::engine::{CLASSES, Engine};
use kerbside_core::generate::detection_grammar::{
    DetectionGrammar, DetectionProgress, ItemTokens, Masks,
};
use kerbside_core::generate::generator::{Decoder, Generator, Statistics};
use kerbside_core::generate::sampler::{Sampler, Strategy};
use kerbside_core::language::prompt::{self, Prefix};
use kerbside_core::paligemma::Sequence;
use kerbside_core::vision::preprocess::preprocess;
use serde_json::{Map, Value, json};

use super::{Wish, limits, median, time};
use crate::failure::Result;
use crate::sort::read_photo;
use crate::{bundled, memory};

/// Items of the given answer.
const ITEMS: usize = 3;

/// Seconds of one run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stages {
    preprocess: f64,
    vision: f64,
    prefill: f64,
    /// From the photo's pixels to the first mask's codes.
    first_mask: f64,
    /// All items' tokens.
    decode: f64,
    statistics: Statistics,
}

impl Stages {
    /// Of the vision tower and the projector.
    pub fn vision_seconds(&self) -> f64 {
        self.vision
    }

    /// Of the answer.
    pub fn decode_seconds(&self) -> f64 {
        self.decode
    }
}

/// The section of the report.
///
/// # Errors
/// If the pack cannot be opened.
pub fn measure(wish: &Wish) -> Result<Value> {
    // The first opening hashes the files; those after it trust its note.
    drop(wish.engine()?);
    let (open, engine) = time(|| wish.engine());
    let engine = engine?;
    let runs: Vec<Stages> = (0..wish.runs).map(|_| walk(&engine)).collect::<Result<_>>()?;
    let of = |pick: fn(&Stages) -> f64| median(runs.iter().map(pick).collect());
    let whole = |s: &Stages| s.preprocess + s.vision + s.prefill + s.decode;
    let statistics = runs[0].statistics;
    let step = of(|s| s.decode) / statistics.model_calls as f64;
    let (bytes, limits) = (bytes_a_token(&engine)?, limits::find(wish.threads, wish.runs)?);
    let mut report = Map::from_iter([
        ("open, ms".into(), json!(open.as_secs_f64() * 1e3)),
        ("preprocess, ms".into(), json!(of(|s| s.preprocess) * 1e3)),
        ("vision, ms".into(), json!(of(|s| s.vision) * 1e3)),
        ("prefill, ms".into(), json!(of(|s| s.prefill) * 1e3)),
        ("first mask, ms".into(), json!(of(|s| s.first_mask) * 1e3)),
        ("per item, ms".into(), json!(of(|s| s.decode) * 1e3 / ITEMS as f64)),
        ("whole analysis of 3 items, ms".into(), json!(of(whole) * 1e3)),
        ("model calls".into(), json!(statistics.model_calls)),
        ("tokens".into(), json!(statistics.chosen + statistics.forced)),
        ("one model call, ms".into(), json!(step * 1e3)),
        ("MB read for a token".into(), json!(bytes / 1e6)),
        ("of the read limit".into(), json!(bytes / step / limits.bandwidth)),
    ]);
    for (name, bytes) in memory::figures() {
        report.insert(format!("{name}, MB"), json!(bytes as f64 / 1e6));
    }
    Ok(Value::Object(report))
}

/// Weights that a decoder's step within `<loc>` reads.
fn bytes_a_token(engine: &Engine) -> Result<f64> {
    let language = engine.model().language();
    let head = engine.tokenizer()?.locations().len() as f64 / language.config().vocab as f64;
    Ok(language.layer_bytes() as f64 + head * language.embedding_bytes() as f64)
}

/// One photo, the whole way.
///
/// # Errors
/// If the photo cannot be read.
pub fn walk(engine: &Engine) -> Result<Stages> {
    let frame = read_photo(&bundled::example_photo())?;
    let cancel = CancelToken::new();
    let model = engine.model();
    let size = engine.manifest().architecture.image_size;
    let adapter = engine.adapter_of("segment")?;
    let labels: Vec<String> = CLASSES.map(str::to_owned).to_vec();
    let question = prompt::segment(&labels);
    let prefix = Prefix::new(engine.tokenizer()?, model.image_tokens(), &question)?;
    let mut sequence = model.sequence(model.image_tokens() + 768);

    let start = Instant::now();
    let (preprocess, pixels) = time(|| preprocess(&frame, size));
    let look = || engine.on_threads(|| model.image_features(&pixels, None, &cancel));
    let (vision, features) = time(look);
    let features = features?;
    let read = || {
        engine.on_threads(|| {
            model.prefill(&mut sequence, &features, &prefix.text, adapter.as_deref(), &cancel)
        })
    };
    let (prefill, read) = time(read);
    read?;

    let mut grammar = DetectionGrammar::new(engine.tokenizer()?, &labels, Masks::With, ITEMS)?;
    let script = grammar.encode(&items())?;
    let mut decoder = Scripted { engine, sequence: &mut sequence, script, fed: 0, cancel: &cancel };
    let mut generator =
        Generator { sampler: Sampler::new(Strategy::Greedy), max_tokens: 700, weighed: 0..0 };
    let mut first_mask = None;
    let mut report = |event: &DetectionProgress| {
        if matches!(event, DetectionProgress::Codes { .. }) {
            first_mask.get_or_insert_with(|| start.elapsed());
        }
    };
    let (decode, outcome) = time(|| {
        generator.run(&mut decoder, &mut grammar, &cancel, &mut |part| report(&part.event))
    });
    let outcome = outcome?;
    Ok(Stages {
        preprocess: preprocess.as_secs_f64(),
        vision: vision.as_secs_f64(),
        prefill: prefill.as_secs_f64(),
        first_mask: first_mask.unwrap_or_default().as_secs_f64(),
        decode: decode.as_secs_f64(),
        statistics: outcome.statistics,
    })
}

/// Three items, side by side.
fn items() -> Vec<ItemTokens> {
    let item = |i: u16| ItemTokens {
        corners: [100, 50 + 300 * i, 800, 300 + 300 * i],
        codes: Some(std::array::from_fn(|code| (code * 7 + usize::from(i)) as u8 % 128)),
        label: usize::from(i),
    };
    (0..ITEMS as u16).map(item).collect()
}

/// The model, whose answer is given: what it computes is only used up.
struct Scripted<'a> {
    engine: &'a Engine,
    sequence: &'a mut Sequence,
    script: Vec<u32>,
    /// Tokens of the script that the model was fed.
    fed: usize,
    cancel: &'a CancelToken,
}

impl Decoder for Scripted<'_> {
    type Error = Cancelled;

    fn step(
        &mut self,
        tokens: &[u32],
        rows: &[Range<u32>],
        logits: &mut Vec<f32>,
    ) -> Result<(), Cancelled> {
        let Self { engine, sequence, cancel, .. } = self;
        let adapter = engine.adapter_of("segment").ok().flatten();
        engine.on_threads(|| {
            if !tokens.is_empty() {
                engine.model().step(sequence, tokens, adapter.as_deref(), cancel)?;
            }
            engine.model().last_logits(sequence, rows, logits);
            Ok(())
        })?;
        self.fed += tokens.len();
        let wanted = self.script[self.fed];
        let mut ids = rows.iter().flat_map(Range::clone);
        if let Some(at) = ids.position(|id| id == wanted) {
            logits[at] = f32::MAX;
        }
        Ok(())
    }
}
