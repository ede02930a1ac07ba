//! Adapters against peft: every shape that loads gives peft's numbers, and leaves the base as it
//! was.

use std::fs;

use crate::tiny::{Golden, TOLERANCE, Tiny, assert_close, distance, folder};
use kerbside_core::cancel::CancelToken;
use kerbside_core::lora::{BaseModel, LoraAdapter};
use kerbside_core::pack::{PrefixMode, adapter_files};
use kerbside_core::paligemma::Sequence;
use serde_json::Value;
use xtask::convert::Bits;
use xtask::logits::argmax;

const CASES: [&str; 2] = ["i0p0", "i0p1"];

/// A golden adapter, said to be trained for the prefix mode of `tiny`.
fn load(tiny: &Tiny, dir: &str) -> LoraAdapter {
    let mut files = adapter_files(&folder(dir)).unwrap();
    let config: Value = serde_json::from_slice(&files.config).unwrap();
    let base = BaseModel {
        architecture: tiny.pack.manifest().architecture.clone(),
        id: config["base_model_name_or_path"].as_str().unwrap().to_owned(),
    };
    files.prefix_mode = Some(base.architecture.prefix_mode);
    LoraAdapter::read("golden", &files, &base).unwrap()
}

/// Image features and a read prefix, both with the adapter.
fn ask(
    tiny: &Tiny,
    pixels: &[f32],
    prompt: &[u32],
    adapter: Option<&LoraAdapter>,
) -> (Vec<f32>, Sequence) {
    let cancel = CancelToken::new();
    let features = tiny.model.image_features(pixels, adapter, &cancel).unwrap();
    let mut sequence = tiny.model.sequence(120);
    tiny.model.prefill(&mut sequence, &features, prompt, adapter, &cancel).unwrap();
    (features, sequence)
}

fn last_logits(tiny: &Tiny, sequence: &Sequence) -> Vec<f32> {
    let mut logits = Vec::new();
    tiny.model.last_logits(sequence, &[0..tiny.vocabulary()], &mut logits);
    logits
}

#[test]
fn every_adapter_gives_pefts_logits() {
    let tiny = Tiny::new("paligemma1", Bits::ThirtyTwo, PrefixMode::Joint);
    let vision = Golden::open("paligemma1", "vision.safetensors");
    let pixels = vision.floats("pixel_values.0");
    let list: Value =
        serde_json::from_slice(&fs::read(folder("peft/adapters.json")).unwrap()).unwrap();
    let mut seen = 0;
    for entry in list.as_array().unwrap() {
        let name = entry["adapter"].as_str().unwrap();
        let adapter = load(&tiny, &format!("peft/{name}"));
        let golden = Golden::open("peft", &format!("{name}.golden.safetensors"));
        for case in CASES {
            let ids = golden.ids(&format!("{case}.ids"));
            let (features, sequence) = ask(&tiny, &pixels, &ids[16..], Some(&adapter));
            assert_close(
                &format!("{name} features"),
                &features,
                &golden.floats("image_features.0"),
            );
            let wanted = golden.floats(&format!("{case}.final"));
            assert_close(&format!("{name} {case}"), tiny.model.last_hidden(&sequence), &wanted);
            let wanted = golden.floats(&format!("{case}.logits_last"));
            assert_close(&format!("{name} {case} logits"), &last_logits(&tiny, &sequence), &wanted);
            let (_, base) = ask(&tiny, &pixels, &ids[16..], None);
            let change = distance(&last_logits(&tiny, &base), &wanted);
            assert!(change > 100.0 * TOLERANCE, "{name} changes only {change}: the test is blind");
        }
        seen += 1;
    }
    assert!(seen >= 7, "only {seen} adapters");
}

/// In isolated mode the image passes through the base without adapter, the text with it.
#[test]
fn isolated_adapters_leave_the_image_to_the_base() {
    let tiny = Tiny::new("paligemma1", Bits::ThirtyTwo, PrefixMode::Isolated);
    let adapter = load(&tiny, "paligemma1/isolated_adapter");
    let golden = Golden::open("paligemma1", "isolated_adapter.safetensors");
    let vision = Golden::open("paligemma1", "vision.safetensors");
    for (case, image) in [("i0p0", 0), ("i0p3", 0)] {
        let ids = golden.ids(&format!("{case}.ids"));
        let pixels = vision.floats(&format!("pixel_values.{image}"));
        let (features, mut sequence) = ask(&tiny, &pixels, &ids[16..], Some(&adapter));
        let wanted = golden.floats(&format!("{case}.logits_last"));
        assert_close(case, &last_logits(&tiny, &sequence), &wanted);
        let cancel = CancelToken::new();
        let mut tokens = Vec::new();
        for _ in 0..12 {
            let token = argmax(&last_logits(&tiny, &sequence));
            tokens.push(token);
            tiny.model.step(&mut sequence, &[token], Some(&adapter), &cancel).unwrap();
        }
        assert_eq!(tokens, golden.ids(&format!("{case}.greedy")), "{case}");

        // The image keys that the base left behind serve the adapter as they are.
        let (_, mut reused) = ask(&tiny, &pixels, &[2, 300, 4], None);
        tiny.model.prefill(&mut reused, &features, &ids[16..], Some(&adapter), &cancel).unwrap();
        let (_, fresh) = ask(&tiny, &pixels, &ids[16..], Some(&adapter));
        assert_eq!(last_logits(&tiny, &reused), last_logits(&tiny, &fresh), "{case}");
    }
}

/// Swap and revert: the base's logits come back bit for bit, and one adapter's keys never serve
/// another.
#[test]
fn swapping_leaves_no_trace() {
    for mode in [PrefixMode::Joint, PrefixMode::Isolated] {
        let tiny = Tiny::new("paligemma1", Bits::Eight, mode);
        let vision = Golden::open("paligemma1", "vision.safetensors");
        let golden = Golden::open("peft", "regex.golden.safetensors");
        let prompt = &golden.ids("i0p0.ids")[16..];
        let cancel = CancelToken::new();
        let features = tiny.features(&vision.floats("pixel_values.0"));
        let [first, second] = ["peft/regex", "peft/rslora"].map(|dir| load(&tiny, dir));
        let mut sequence = tiny.model.sequence(120);
        let mut ask = |adapter: Option<&LoraAdapter>| {
            tiny.model.prefill(&mut sequence, &features, prompt, adapter, &cancel).unwrap();
            last_logits(&tiny, &sequence)
        };
        let base = ask(None);
        let adapted = ask(Some(&first));
        assert_ne!(base, adapted, "{mode}: the adapter changes nothing");
        let mut fresh = tiny.model.sequence(120);
        tiny.model.prefill(&mut fresh, &features, prompt, Some(&first), &cancel).unwrap();
        assert_eq!(adapted, last_logits(&tiny, &fresh), "{mode}: keys of the base were reused");
        assert_ne!(ask(Some(&second)), adapted, "{mode}: the second adapter changes nothing");
        assert_eq!(ask(Some(&first)), adapted, "{mode}: the first adapter does not come back");
        assert_eq!(ask(None), base, "{mode}: the base does not come back");
    }
}
