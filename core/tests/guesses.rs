//! Guesses of the mask codes save passes and change no answer: the bundled pack, with and without.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use kerbside_core::cancel::CancelToken;
use kerbside_core::detection::BBox;
use kerbside_core::engine::{CLASSES, Engine, EngineOptions, SEGMENT};
use kerbside_core::generate::detection_grammar::{DetectionGrammar, Masks};
use kerbside_core::generate::generator::Generator;
use kerbside_core::generate::sampler::{Sampler, Strategy};
use kerbside_core::language::prompt::{self, Prefix};
use kerbside_core::mask::MaskCodec;
use kerbside_core::photo::Frame;
use kerbside_core::vision::preprocess::preprocess;

/// The answer's tokens, and how often the model ran for them.
fn answer(engine: &Engine, photo: &Frame, guessing: bool) -> (Vec<u32>, usize) {
    let (model, cancel) = (engine.model(), CancelToken::new());
    let tokenizer = engine.tokenizer().unwrap();
    let labels = CLASSES.map(str::to_owned).to_vec();
    let adapter = engine.adapter_of(SEGMENT).unwrap();
    let pixels = preprocess(photo, engine.manifest().architecture.image_size);
    let prefix = Prefix::new(tokenizer, model.image_tokens(), &prompt::segment(&labels)).unwrap();
    let mut sequence = model.sequence(model.image_tokens() + 400);
    engine.on_threads(|| {
        let features = model.image_features(&pixels, None, &cancel).unwrap();
        let adapter = adapter.as_deref();
        model.prefill(&mut sequence, &features, &prefix.text, adapter, &cancel).unwrap();
    });
    let mut grammar = DetectionGrammar::new(tokenizer, &labels, Masks::With, 6).unwrap();
    let sampler = Sampler::new(Strategy::Greedy);
    let mut generator = Generator { sampler, max_tokens: 200, weighed: 0..0 };
    let table = engine.codec().and_then(MaskCodec::guesses).filter(|_| guessing);
    let writing = engine.writing(&mut sequence, adapter.as_deref(), &cancel);
    let mut writing = writing.guessing(table, tokenizer.codes());
    let outcome = generator.run(&mut writing, &mut grammar, &cancel, &mut |_| {}).unwrap();
    (outcome.tokens, writing.passes())
}

#[test]
fn guesses_save_passes_and_change_no_answer() {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/kerbside-nano");
    let options = EngineOptions { threads: 2, ..EngineOptions::default() };
    let engine = Engine::open(&bundled.join("pack"), &options).unwrap();
    let photo = std::fs::read(bundled.join("example/photo.jpg")).unwrap();
    let photo = Frame::from_encoded(&photo).unwrap();
    let (mut with, mut without) = (0, 0);
    for (left, top, side) in
        [(0, 0, 1000), (0, 0, 700), (300, 0, 700), (0, 300, 700), (300, 300, 700)]
    {
        let [x1, y1, size] = [left, top, side].map(|v| v as f32 / 1000.0);
        let (part, _) = photo.crop(&BBox { y1, x1, y2: y1 + size, x2: x1 + size });
        let (plain, passes) = answer(&engine, &part, false);
        without += passes;
        let (guessed, passes) = answer(&engine, &part, true);
        with += passes;
        assert_eq!(guessed, plain, "{left} {top}");
    }
    println!("{without} passes without guesses, {with} with them");
    assert!(4 * with < 3 * without, "{without} passes without guesses, {with} with them");
}
