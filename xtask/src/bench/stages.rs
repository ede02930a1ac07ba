//! One photo's way through a pack, stage by stage.
//!
//! What a pack of random weights says is noise, so the answer is given, token by token, each
//! computed by the model as if it had chosen it: items, three of them where nothing else is said,
//! with the mask that the bundled model sees on its example photo.

use std::ops::Range;
use std::sync::OnceLock;
use std::time::Instant;

use kerbside_core::cancel::{CancelToken, Cancelled};

use kerbside_core::engine::{CLASSES, Engine, EngineOptions, SegmentRequest, Writing};
use kerbside_core::generate::detection_grammar::{
    DetectionGrammar, DetectionProgress, ItemTokens, Masks,
};
use kerbside_core::generate::generator::{Decoder, Generator, Statistics};
use kerbside_core::generate::sampler::{Sampler, Strategy};
use kerbside_core::language::prompt::{self, Prefix};
use kerbside_core::mask::MaskCodec;
use kerbside_core::vision::preprocess::preprocess;
use serde_json::{Map, Value, json};

use super::{Wish, limits, median, time};
use crate::failure::{Failure, Result};
use crate::sort::read_photo;
use crate::{bundled, memory};

/// Items of the given answer, where nothing else is said.
pub const ITEMS: usize = 3;
/// Most items that fit side by side.
pub const MOST_ITEMS: usize = 6;

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
    /// How often the model ran for the answer.
    passes: usize,
}

impl Stages {
    /// Of the vision tower and the projector.
    pub fn vision_seconds(&self) -> f64 {
        self.vision
    }

    /// Of the prompt's pass, image included.
    pub fn prefill_seconds(&self) -> f64 {
        self.prefill
    }

    /// From the photo's pixels to the first mask's codes.
    pub fn first_mask_seconds(&self) -> f64 {
        self.first_mask
    }

    /// Of the answer.
    pub fn decode_seconds(&self) -> f64 {
        self.decode
    }

    /// From the photo's pixels to the end of the answer.
    pub fn whole_seconds(&self) -> f64 {
        self.preprocess + self.vision + self.prefill + self.decode
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
    let mut runs = Vec::new();
    let mut plain = Vec::new();
    for _ in 0..wish.runs {
        runs.push(walk(&engine)?);
        plain.push(walk_with(&engine, ITEMS, false)?.decode);
    }
    let of = |pick: fn(&Stages) -> f64| median(runs.iter().map(pick).collect());
    let statistics = runs[0].statistics;
    let passes = runs[0].passes;
    let step = of(|s| s.decode) / passes as f64;
    let (bytes, limits) = (bytes_a_token(&engine)?, limits::find(wish.threads, wish.runs)?);
    let mut report = Map::from_iter([
        ("open, ms".into(), json!(open.as_secs_f64() * 1e3)),
        ("preprocess, ms".into(), json!(of(|s| s.preprocess) * 1e3)),
        ("vision, ms".into(), json!(of(|s| s.vision) * 1e3)),
        ("prefill, ms".into(), json!(of(|s| s.prefill) * 1e3)),
        ("first mask, ms".into(), json!(of(|s| s.first_mask) * 1e3)),
        ("per item, ms".into(), json!(of(|s| s.decode) * 1e3 / ITEMS as f64)),
        ("per item without guesses, ms".into(), json!(median(plain) * 1e3 / ITEMS as f64)),
        ("whole analysis of 3 items, ms".into(), json!(of(Stages::whole_seconds) * 1e3)),
        ("passes".into(), json!(passes)),
        ("tokens".into(), json!(statistics.chosen + statistics.forced)),
        ("one pass, ms".into(), json!(step * 1e3)),
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
    walk_to(engine, ITEMS)
}

/// [`walk`] to so many items, at most [`MOST_ITEMS`].
///
/// # Errors
/// If the photo cannot be read.
pub fn walk_to(engine: &Engine, items: usize) -> Result<Stages> {
    walk_with(engine, items, true)
}

/// [`walk_to`], with or without guesses of the mask codes.
fn walk_with(engine: &Engine, items: usize, guessing: bool) -> Result<Stages> {
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

    let mut grammar = DetectionGrammar::new(engine.tokenizer()?, &labels, Masks::With, items)?;
    let given = given()?;
    let script = grammar.encode(&given.items[..items])?;
    let codes = engine.tokenizer()?.codes();
    let model = engine.writing(&mut sequence, adapter.as_deref(), &cancel);
    let table = given.bundled.codec().and_then(MaskCodec::guesses).filter(|_| guessing);
    let model = model.guessing(table, codes);
    let mut decoder = Scripted { model, script, fed: 0 };
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
        passes: decoder.model.passes(),
    })
}

/// What is answered, and the pack whose masks it has.
struct Given {
    items: Vec<ItemTokens>,
    bundled: Engine,
}

/// Items side by side. Read once.
fn given() -> Result<&'static Given> {
    static GIVEN: OnceLock<Given> = OnceLock::new();
    if let Some(given) = GIVEN.get() {
        return Ok(given);
    }
    let (bundled, cancel) =
        (Engine::open(&bundled::pack(), &EngineOptions::default())?, CancelToken::new());
    let mut session = bundled.session();
    session.set_photo(&read_photo(&bundled::example_photo())?, &cancel)?;
    let seen = session.segment(&SegmentRequest::default(), &cancel, &mut |_| {})?;
    let codes = seen.iter().find_map(|item| item.codes);
    let codes = codes.ok_or_else(|| Failure::new("the bundled model sees nothing on its photo"))?;
    let item = |i: u16| ItemTokens {
        corners: [100, 50 + 150 * i, 800, 180 + 150 * i],
        codes: Some(codes.map(|code| code.index() as u8)),
        label: usize::from(i),
    };
    let items = (0..MOST_ITEMS as u16).map(item).collect();
    Ok(GIVEN.get_or_init(|| Given { items, bundled }))
}

/// The model, whose answer is given: what it computes is only used up.
struct Scripted<'a> {
    model: Writing<'a>,
    script: Vec<u32>,
    /// Tokens of the script that the model was fed.
    fed: usize,
}

impl Decoder for Scripted<'_> {
    type Error = Cancelled;

    fn step(
        &mut self,
        tokens: &[u32],
        rows: &[Range<u32>],
        logits: &mut Vec<f32>,
    ) -> Result<(), Cancelled> {
        self.model.step(tokens, rows, logits)?;
        self.fed += tokens.len();
        let wanted = self.script[self.fed];
        let mut ids = rows.iter().flat_map(Range::clone);
        if let Some(at) = ids.position(|id| id == wanted) {
            logits[at] = f32::MAX;
        }
        Ok(())
    }
}
