//! A whole model pack of some kilobytes, made as `xtask convert` makes real ones, and ways to spoil
//! its weights.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use half::f16;
use kerbside_core::pack::{
    Architecture, Pack, PackError, TensorPlan, TensorRole, sha256, tensors, write_weights,
};
use kerbside_core::quant::{PackedKind, WeightKind, pack::pack_rows};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// The name of the weights in their folder.
pub const WEIGHTS: &str = "weights.safetensors";

/// Where the data of a weights file may begin.
const ALIGNMENT: usize = 64;

/// A pack that is sound.
static WEIGHTS_FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(WEIGHTS);
    write_weights::<io::Error>(&path, plan(), |tensor, out| {
        let seed = tensor.name.bytes().map(f32::from).sum::<f32>();
        let count = tensor.rows * tensor.cols;
        let values: Vec<f32> = (0..count).map(|i| (seed + i as f32 * 0.37).sin()).collect();
        out.write_all(&match tensor.kind {
            WeightKind::F32 => values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>(),
            WeightKind::F16 => {
                values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect()
            }
            WeightKind::Packed(kind) => pack_rows(kind, tensor.rows, tensor.cols, &values),
        })
    })
    .unwrap();
    fs::read(path).unwrap()
});

/// The tokenizer of the golden models.
pub const TOKENIZER: &[u8] = include_bytes!("../golden/paligemma1/hf/tokenizer.json");

/// The sizes of the tiny model, as its manifest has them.
pub fn sizes() -> Value {
    json!({
        "family": "paligemma", "image_size": 28, "patch_size": 14, "prefix_mode": "joint",
        "projection_dim": 32,
        "vision": {
            "hidden": 32, "layers": 1, "heads": 2, "mlp": 48, "hidden_act": "gelu_pytorch_tanh",
            "eps": 1e-6
        },
        "text": {
            "hidden": 32, "layers": 1, "q_heads": 2, "kv_heads": 1, "head_dim": 16, "mlp": 48,
            "vocab": 1600, "eps": 1e-6, "rope_theta": 10000.0, "query_pre_attn_scalar": 16.0,
            "layer_pattern": ["full"], "hidden_act": "gelu_pytorch_tanh"
        }
    })
}

/// The same, read.
pub fn architecture() -> Architecture {
    serde_json::from_value(sizes()).unwrap()
}

fn plan() -> Vec<TensorPlan> {
    let kind = |role| match role {
        TensorRole::Matrix => WeightKind::Packed(PackedKind::Q4),
        TensorRole::Position => WeightKind::F16,
        TensorRole::Vector => WeightKind::F32,
    };
    let specs = tensors(&architecture()).into_iter();
    specs
        .map(|s| TensorPlan { name: s.name, kind: kind(s.role), rows: s.rows, cols: s.cols })
        .collect()
}

/// A pack in a folder of its own.
pub struct Tiny(TempDir);

impl Tiny {
    /// One that is sound.
    pub fn sound() -> Self {
        Self::with_weights(&WEIGHTS_FILE)
    }

    /// One with these bytes for weights, and their true hash.
    pub fn with_weights(weights: &[u8]) -> Self {
        Self::with(weights, |_| ())
    }

    /// One whose weights have a header and data after `change`.
    pub fn spoilt(change: impl FnOnce(&mut Map<String, Value>, &mut Vec<u8>)) -> Self {
        let (mut header, mut data) = split(&WEIGHTS_FILE);
        change(&mut header, &mut data);
        Self::with_weights(&join(&Value::Object(header).to_string(), &data))
    }

    /// One that is sound but for its manifest.
    pub fn with_manifest(change: impl FnOnce(&mut Value)) -> Self {
        Self::with(&WEIGHTS_FILE, change)
    }

    /// One with this file as its mask codec.
    pub fn with_codec(codec: &[u8]) -> Self {
        let file = "mask_codec.safetensors";
        let tiny = Self::with_manifest(|manifest| {
            manifest["masks"] = json!(true);
            let entry = json!({"role": "mask_codec", "path": file, "bytes": codec.len(), "sha256": sha256(codec)});
            manifest["files"].as_array_mut().unwrap().push(entry);
        });
        fs::write(tiny.file(file), codec).unwrap();
        tiny
    }

    fn with(weights: &[u8], change: impl FnOnce(&mut Value)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(WEIGHTS), weights).unwrap();
        fs::write(dir.path().join("tokenizer.json"), TOKENIZER).unwrap();
        let file = |role: &str, path: &str, bytes: &[u8]| json!({"role": role, "path": path, "bytes": bytes.len(), "sha256": sha256(bytes)});
        let mut manifest = json!({
            "schema": 1, "name": "tiny", "version": "1", "min_core": "0.1.0", "licence": "MIT",
            "attribution": "", "origin": "random", "architecture": sizes(),
            "base": {"id": "kerbside/tiny", "sha256": sha256(weights)}, "tasks": {},
            "adapters": [], "masks": false, "peak_bytes": 1000,
            "files": [
                file("weights", WEIGHTS, weights),
                file("tokenizer", "tokenizer.json", TOKENIZER)
            ],
        });
        change(&mut manifest);
        fs::write(dir.path().join("pack.json"), manifest.to_string()).unwrap();
        Self(dir)
    }

    pub fn dir(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Why it cannot be opened.
    #[track_caller]
    pub fn refusal(&self) -> PackError {
        Pack::open(self.dir()).expect_err("a pack like this is refused")
    }
}

/// The sound weights, cut after some of their sixteenths.
pub fn cut_weights(sixteenths: usize) -> Vec<u8> {
    WEIGHTS_FILE[..WEIGHTS_FILE.len() * sixteenths / 16].to_vec()
}

/// Header and data of a weights file.
fn split(file: &[u8]) -> (Map<String, Value>, Vec<u8>) {
    let (length, rest) = file.split_first_chunk().unwrap();
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    (serde_json::from_slice(header).unwrap(), data.to_vec())
}

/// A weights file of this header, padded as it must be, and this data.
pub fn join(header: &str, data: &[u8]) -> Vec<u8> {
    let length = (8 + header.len()).next_multiple_of(ALIGNMENT) - 8;
    let mut file = (length as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.resize(8 + length, b' ');
    file.extend_from_slice(data);
    file
}

/// The header of the sound weights, as text.
pub fn header() -> String {
    Value::Object(split(&WEIGHTS_FILE).0).to_string()
}

/// The data of the sound weights.
pub fn data() -> Vec<u8> {
    split(&WEIGHTS_FILE).1
}

/// Where a tensor lies in the data.
pub fn span(header: &Map<String, Value>, name: &str) -> std::ops::Range<usize> {
    let offset = |at: usize| header[name]["data_offsets"][at].as_u64().unwrap() as usize;
    offset(0)..offset(1)
}
