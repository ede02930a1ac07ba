//! Adapters that `peft` wrote, as `models/reference` made them.

// Clippy knows unit tests only; this file is a test throughout.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use half::bf16;
use kerbside_core::lora::{AdapterTable, BaseModel, LoraAdapter, LoraError};
use kerbside_core::pack::{AdapterFiles, Manifest, adapter_files};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::{Value, json};

fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/peft").join(path)
}

fn listed(file: &str) -> Vec<Value> {
    serde_json::from_slice(&std::fs::read(golden(file)).unwrap()).unwrap()
}

/// The sizes of `golden/paligemma1`.
fn base() -> BaseModel {
    let vision = json!({
        "hidden": 48, "layers": 2, "heads": 4, "mlp": 72, "hidden_act": "gelu_pytorch_tanh",
        "eps": 1e-6
    });
    let text = json!({
        "hidden": 64, "layers": 3, "q_heads": 4, "kv_heads": 1, "head_dim": 24, "mlp": 96,
        "vocab": 1600, "eps": 1e-6, "rope_theta": 10000.0, "query_pre_attn_scalar": 24.0,
        "layer_pattern": ["full"], "hidden_act": "gelu_pytorch_tanh"
    });
    let architecture = json!({
        "family": "paligemma", "image_size": 56, "patch_size": 14, "prefix_mode": "joint",
        "projection_dim": 64, "vision": vision, "text": text
    });
    let architecture = serde_json::from_value(architecture).unwrap();
    BaseModel { architecture, id: "paligemma1-tiny".into() }
}

fn read(folder: &str) -> Result<LoraAdapter, LoraError> {
    LoraAdapter::read(folder, &adapter_files(&golden(folder)).unwrap(), &base())
}

#[test]
fn every_tensor_that_peft_wrote_lands_on_a_layer() {
    for entry in listed("adapters.json") {
        let folder = entry["adapter"].as_str().unwrap();
        let adapter = read(folder).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(
            adapter.pairs().count() * 2,
            entry["tensors"].as_u64().unwrap() as usize,
            "{folder}"
        );
    }
}

/// How the engine words what the list of refused adapters says in a sentence.
const WORDS: [(&str, &str); 7] = [
    ("rank_mismatch", "it should be [4, 64]"),
    ("not_targeted", "does not target it"),
    ("stray_layer", "no such layer"),
    ("stray_name", "no lora_A or lora_B weight"),
    ("missing_half", "lora_B is missing"),
    ("wrong_width", "lora_A is [2, 32]"),
    ("not_a_number", "not finite"),
];

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    for entry in listed("refused.json") {
        let folder = entry["adapter"].as_str().unwrap();
        let words = WORDS.iter().find(|(name, _)| *name == folder);
        // The others are refused for a key of the configuration, which must be named.
        let words = words.map_or_else(|| entry["why"].as_str().unwrap(), |(_, words)| words);
        let error = read(&format!("refused/{folder}")).expect_err(folder).to_string();
        assert!(error.contains(words), "{folder}: {error}");
    }
}

/// The `plain` adapter under the names and types of another trainer.
fn respelt(variant: &Value, dtype: Dtype) -> AdapterFiles {
    let files = adapter_files(&golden("plain")).unwrap();
    let tensors = SafeTensors::deserialize(&files.tensors).unwrap();
    let text = |key: &str| variant[key].as_str().unwrap();
    let rename = |key: String| {
        let key = key.strip_prefix("base_model.model.").unwrap();
        let key = key
            .replace("model.language_model.", text("language"))
            .replace("model.vision_tower.", text("vision"))
            .replace("model.multi_modal_projector.", text("projector"));
        let (name, weight) = key.rsplit_once("weight").unwrap();
        format!("{}{name}{}weight{weight}", text("lead"), text("adapter"))
    };
    let stored: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .tensors()
        .into_iter()
        .map(|(key, view)| (rename(key), view.shape().to_vec(), convert(view.data(), dtype)))
        .collect();
    let views = stored
        .iter()
        .map(|(key, shape, data)| (key, TensorView::new(dtype, shape.clone(), data).unwrap()));
    AdapterFiles { tensors: safetensors::serialize(views, None).unwrap(), ..files }
}

fn convert(f32s: &[u8], dtype: Dtype) -> Vec<u8> {
    let values = f32s.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    match dtype {
        Dtype::F32 => f32s.to_vec(),
        Dtype::BF16 => values.flat_map(|v| bf16::from_f32(v).to_le_bytes()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_spelling_gives_the_same_adapter() {
    let plain = read("plain").unwrap();
    let variants = listed("key_variants.json");
    assert!(variants.len() >= 6);
    for variant in variants {
        let adapter = LoraAdapter::read("plain", &respelt(&variant, Dtype::F32), &base()).unwrap();
        assert!(adapter.pairs().eq(plain.pairs()), "{}", variant["written_by"]);
    }
}

#[test]
fn bfloat16_adapters_load_too() {
    let plain = read("plain").unwrap();
    let variant = &listed("key_variants.json")[0];
    let adapter = LoraAdapter::read("plain", &respelt(variant, Dtype::BF16), &base()).unwrap();
    for (half, full) in adapter.pairs().zip(plain.pairs()) {
        assert_eq!(half.scale, full.scale);
        let (x, y) = (half.a.to_f32(), full.a.to_f32());
        assert!(x.iter().zip(&y).all(|(x, y)| (x - y).abs() <= y.abs() / 128.0));
        assert_eq!(half.byte_len() * 2, full.byte_len());
    }
}

#[test]
fn the_base_of_the_goldens_is_a_valid_architecture() {
    // The sizes above are written by hand: the manifest's checks hold for them.
    let zeros = "0".repeat(64);
    let file = |role, path| json!({"role": role, "path": path, "bytes": 0, "sha256": zeros});
    let manifest = json!({
        "schema": 1, "name": "golden", "version": "1", "min_core": "0.1.0", "licence": "MIT",
        "attribution": "", "origin": "random", "base": {"id": "x", "sha256": zeros},
        "architecture": base().architecture, "tasks": {}, "adapters": [], "masks": false,
        "files": [file("weights", "w"), file("tokenizer", "t")], "peak_bytes": 0
    });
    Manifest::parse(manifest.to_string().as_bytes(), Path::new("pack.json")).unwrap();
}

#[test]
fn swapping_adapters_allocates_nothing() {
    let table = AdapterTable::new(base(), usize::MAX);
    let ids = ["plain", "vision", "regex"];
    for id in ids {
        table.load(id, &adapter_files(&golden(id)).unwrap()).unwrap();
    }
    let allocated = allocation_counter::measure(|| {
        for id in ids {
            let adapter = table.get(id).unwrap();
            assert!(adapter.language(2).q().is_some() || adapter.touches_vision());
        }
    });
    assert_eq!(allocated.count_total, 0);
}

#[test]
fn the_budget_keeps_what_was_used_last() {
    let read_len = |id| read(id).unwrap().byte_len();
    let table = AdapterTable::new(base(), read_len("plain") + read_len("regex"));
    let load = |id: &str| table.load(id, &adapter_files(&golden(id)).unwrap()).unwrap();
    let held = load("plain");
    load("regex");
    table.get("plain").unwrap();
    load("vision");
    let ids: Vec<String> = table.list().into_iter().map(|info| info.id).collect();
    assert_eq!(ids, ["plain", "vision"]);
    assert!(table.get("regex").unwrap_err().to_string().contains("regex"));
    assert!(table.unload("plain") && held.language(0).q().is_some());
}
