//! Tiny packs for tests, built as `xtask convert` builds real ones.

use std::fs;
use std::io;
use std::path::Path;

use half::f16;
use serde_json::{Value, json};

use super::manifest::{Manifest, tests::sample};
use super::tensors::{TensorRole, tensors};
use super::verify::{sha256, sha256_file};
use super::write::{TensorPlan, write_weights};
use crate::quant::{WeightKind, pack};

/// The architecture of [`sample`].
pub(crate) fn sample_manifest() -> Manifest {
    serde_json::from_value(sample()).unwrap()
}

/// Numbers that differ from tensor to tensor and from place to place.
pub(crate) fn values(name: &str, len: usize) -> Vec<f32> {
    let seed = name.bytes().map(f32::from).sum::<f32>();
    (0..len).map(|i| (seed + i as f32 * 0.37).sin()).collect()
}

/// All tensors of the sample's architecture, matrices as `kind`.
pub(crate) fn plan(kind: WeightKind) -> Vec<TensorPlan> {
    let specs = tensors(&sample_manifest().architecture);
    let plan = specs.into_iter().map(|spec| TensorPlan {
        kind: match spec.role {
            TensorRole::Matrix => kind,
            TensorRole::Position => WeightKind::F16,
            TensorRole::Vector => WeightKind::F32,
        },
        name: spec.name,
        rows: spec.rows,
        cols: spec.cols,
    });
    plan.collect()
}

/// Writes a weights file with [`values`] as its numbers.
pub(crate) fn write(path: &Path, plan: Vec<TensorPlan>) {
    write_weights::<io::Error>(path, plan, |tensor, out| {
        let numbers = values(&tensor.name, tensor.rows * tensor.cols);
        out.write_all(&encode(tensor, &numbers))
    })
    .unwrap();
}

fn encode(tensor: &TensorPlan, numbers: &[f32]) -> Vec<u8> {
    match tensor.kind {
        WeightKind::F32 => numbers.iter().flat_map(|v| v.to_le_bytes()).collect(),
        WeightKind::F16 => {
            let halves = numbers.iter().map(|&v| f16::from_f32(v));
            halves.flat_map(f16::to_le_bytes).collect()
        }
        WeightKind::Packed(kind) => pack::pack_rows(kind, tensor.rows, tensor.cols, numbers),
    }
}

/// Writes a whole pack into `dir`.
pub(crate) fn write_pack(dir: &Path, kind: WeightKind) {
    let adapter = dir.join("adapters/cut");
    fs::create_dir_all(&adapter).unwrap();
    write(&dir.join("weights.safetensors"), plan(kind));
    fs::write(dir.join("tokenizer.json"), "{}").unwrap();
    fs::write(adapter.join("adapter_config.json"), "{\"r\": 8}").unwrap();
    fs::write(adapter.join("adapter_model.safetensors"), "tensors").unwrap();
    rewrite_manifest(dir, |_| ());
}

/// Writes `pack.json` with true lengths and hashes, after `change`.
pub(crate) fn rewrite_manifest(dir: &Path, change: impl FnOnce(&mut Value)) {
    let mut manifest = sample();
    for file in manifest["files"].as_array_mut().unwrap() {
        let path = dir.join(file["path"].as_str().unwrap());
        file["bytes"] = json!(fs::metadata(&path).unwrap().len());
        file["sha256"] = json!(sha256_file(&path).unwrap());
    }
    manifest["base"]["sha256"] = json!(sha256(b"base"));
    change(&mut manifest);
    fs::write(dir.join("pack.json"), manifest.to_string()).unwrap();
}
