//! The recipe of `models/recipes` on a tiny PaliGemma: samples written here, trained on by transformers
//! and peft, and the adapter back in the engine.

// Clippy knows unit tests only; this file is a test throughout.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use checks::not_run::not_run;
use checks::python::{python, words};
use kerbside_core::CancelToken;
use kerbside_core::engine::{Engine, EngineOptions, SEGMENT, SegmentRequest};
use kerbside_core::language::prompt::Prefix;
use kerbside_core::photo::Frame;
use kerbside_core::vision::preprocess::preprocess;
use kerbside_train::data::card::Card;
use kerbside_train::data::parquet::SampleWriter;
use kerbside_train::data::sample::{Picture, Sample, Split, Task};
use serde_json::{Value, json};
use xtask::convert::{Bits, Options, convert};

/// Side of the tiny model's photo, in pixels.
const SIDE: usize = 56;
/// Three decoder layers with seven matrices each; two of the tower with q, k and v.
const PAIRS: usize = 3 * 7 + 2 * 3;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn two_steps_give_an_adapter_that_the_engine_loads() {
    let python = match python().unwrap() {
        Ok(python) => python,
        Err(why) => return not_run(why),
    };
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("base");
    write_base(&base);
    let engine = engine(&base, &dir.path().join("pack"));
    for task in [Task::Segment, Task::Dispose] {
        let (sample, frame) = sample(task);
        let data = dir.path().join(format!("{task}-samples"));
        write_samples(&data, &sample);
        let out = dir.path().join(format!("{task}-adapter"));
        train(&python, &sample, &base, &data, &out);

        // An adapter that has learned nothing yet changes nothing: the first loss is the base's own.
        let (losses, ours) = (losses(&out), loss(&engine, &sample, &frame));
        assert!((losses[0] - ours).abs() < 1e-3, "{task}: {} there, {ours} here", losses[0]);
        assert!(losses[1] < losses[0], "{task}: {losses:?}");

        let adapter = engine.load_adapter(&task.to_string(), &out).unwrap();
        assert_eq!(adapter.pairs().count(), PAIRS, "{task}");
        engine.assign(SEGMENT, Some(&task.to_string())).unwrap();
        let adapted = loss(&engine, &sample, &frame);
        assert!(adapted < ours - 1e-2, "{task}: {ours} before, {adapted} with the adapter");
        answers(&engine, &frame);
        engine.assign(SEGMENT, None).unwrap();
    }
}

/// A sample of `task`, and the picture that the model sees with it.
fn sample(task: Task) -> (Sample, Frame) {
    let noise = |at: usize| (at.wrapping_mul(2_654_435_761) >> 7) as u8;
    let (prompt, suffix, pixels) = match task {
        Task::Segment => {
            let codes: String = (0..16).map(|code| format!("<seg{:03}>", code * 7)).collect();
            let suffix = format!("<loc0100><loc0200><loc0700><loc0800>{codes} plastic");
            ("segment plastic ; glass", suffix, (0..SIDE * SIDE * 3).map(noise).collect())
        }
        _ => {
            let suffix = "<s_item>plastic bottle</s_item><s_state>clean</s_state>".to_owned();
            // What text-only samples are shown.
            ("dispose item plastic bottle", suffix, vec![128; SIDE * SIDE * 3])
        }
    };
    let frame = Frame::from_rgb(SIDE, SIDE, pixels).unwrap();
    let image = (task == Task::Segment).then(|| Picture { bytes: png(&frame), path: None });
    let (prompt, labels, split) = (prompt.to_owned(), vec!["plastic".to_owned()], Split::Train);
    (Sample { image, task, prompt, suffix, labels, split }, frame)
}

fn png(frame: &Frame) -> Vec<u8> {
    let pixels = image::RgbImage::from_raw(SIDE as u32, SIDE as u32, frame.pixels().to_vec());
    let mut bytes = std::io::Cursor::new(Vec::new());
    pixels.unwrap().write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn write_samples(folder: &Path, sample: &Sample) {
    let mut writer = SampleWriter::create(folder).unwrap();
    for _ in 0..3 {
        writer.push(sample.clone()).unwrap();
    }
    writer.push(Sample { split: Split::HeldOut, ..sample.clone() }).unwrap();
    writer.finish(&Card { command: "a test".into(), ..Card::default() }).unwrap();
}

/// The golden PaliGemma with the two files that tell transformers how to read photo and text.
fn write_base(folder: &Path) {
    fs::create_dir(folder).unwrap();
    let golden = repository().join("core/tests/golden/paligemma1/hf");
    for entry in fs::read_dir(golden).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    let tokenizer = json!({
        "tokenizer_class": "GemmaTokenizer", "processor_class": "PaliGemmaProcessor",
        "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>",
    });
    let half = [0.5, 0.5, 0.5];
    let pictures = json!({
        "image_processor_type": "SiglipImageProcessor", "processor_class": "PaliGemmaProcessor",
        "size": {"height": SIDE, "width": SIDE}, "image_seq_length": 16, "resample": 3,
        "do_resize": true, "do_rescale": true, "do_normalize": true,
        "image_mean": half, "image_std": half,
    });
    fs::write(folder.join("tokenizer_config.json"), tokenizer.to_string()).unwrap();
    fs::write(folder.join("preprocessor_config.json"), pictures.to_string()).unwrap();
}

fn engine(base: &Path, pack: &Path) -> Engine {
    convert(&Options { bits: Bits::ThirtyTwo, ..Options::new(base, pack) }).unwrap();
    Engine::open(pack, &EngineOptions::default()).unwrap()
}

fn train(python: &Path, sample: &Sample, base: &Path, data: &Path, out: &Path) {
    let task = sample.task.to_string();
    let settings = "--steps 2 --batch 2 --accumulate 2 --rate 0.02 --dropout 0 --save-every 2";
    let output = Command::new(python)
        .current_dir(repository().join("models/recipes"))
        .args(["train.py", &task, "--base"])
        .arg(base)
        .arg("--data")
        .arg(data)
        .arg("--out")
        .arg(out)
        .args(settings.split(' '))
        .env("HF_HOME", out.with_extension("cache"))
        .env("HF_HUB_OFFLINE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", words(&output));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("trained on samples of `a test`"), "{said}");
}

/// The training losses that the Trainer noted, step by step.
fn losses(out: &Path) -> Vec<f64> {
    let state = fs::read(out.join("checkpoint-2/trainer_state.json")).unwrap();
    let state: Value = serde_json::from_slice(&state).unwrap();
    let log = state["log_history"].as_array().unwrap();
    assert!(log.iter().any(|entry| entry["eval_loss"].is_number()), "held-out samples: {log:?}");
    log.iter().filter_map(|entry| entry["loss"].as_f64()).collect()
}

/// The engine's mean cross-entropy of the suffix and `<eos>`.
fn loss(engine: &Engine, sample: &Sample, frame: &Frame) -> f64 {
    let (model, cancel) = (engine.model(), CancelToken::new());
    let adapter = engine.adapter_of(SEGMENT).unwrap();
    let adapter = adapter.as_deref();
    let pixels = preprocess(frame, SIDE);
    let features = model.image_features(&pixels, adapter, &cancel).unwrap();
    let prefix =
        Prefix::new(engine.tokenizer().unwrap(), model.image_tokens(), &sample.prompt).unwrap();
    let mut sequence = model.sequence(256);
    model.prefill(&mut sequence, &features, &prefix.text, adapter, &cancel).unwrap();
    let mut suffix = engine.tokenizer().unwrap().encode_markup(&sample.suffix).unwrap();
    suffix.push(engine.tokenizer().unwrap().eos());
    let vocabulary = engine.manifest().architecture.text.vocab as u32;
    let (mut sum, mut logits) = (0.0, Vec::new());
    for &token in &suffix {
        model.last_logits(&sequence, std::slice::from_ref(&(0..vocabulary)), &mut logits);
        let total: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
        sum += total.ln() - f64::from(logits[token as usize]);
        model.step(&mut sequence, &[token], adapter, &cancel).unwrap();
    }
    sum / suffix.len() as f64
}

/// The engine decodes with the adapter.
fn answers(engine: &Engine, frame: &Frame) {
    let (mut session, cancel) = (engine.session(), CancelToken::new());
    session.set_photo(frame, &cancel).unwrap();
    let request = SegmentRequest { max_items: 2, ..SegmentRequest::default() };
    session.segment(&request, &cancel, &mut |_| {}).unwrap();
}
