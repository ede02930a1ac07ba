//! What the golden tests share: golden tensors, and packs converted from the golden models.

use std::fs;
use std::path::{Path, PathBuf};

use kerbside_core::cancel::CancelToken;
use kerbside_core::pack::{Pack, PrefixMode};
use kerbside_core::paligemma::PaliGemma;
use safetensors::SafeTensors;
use serde_json::Value;
use tempfile::TempDir;
use xtask::convert::{self, Bits};

/// Largest difference allowed in hidden states and logits.
pub const TOLERANCE: f32 = 1e-4;

/// Both golden models.
pub const FAMILIES: [&str; 2] = ["paligemma1", "paligemma2"];

/// The golden files of `part`.
pub fn folder(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/golden").join(part)
}

/// A file of golden tensors.
pub struct Golden(Vec<u8>);

impl Golden {
    pub fn open(part: &str, file: &str) -> Self {
        let path = folder(part).join(file);
        Self(fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
    }

    fn tensors(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.0).unwrap()
    }

    pub fn has(&self, name: &str) -> bool {
        self.tensors().tensor(name).is_ok()
    }

    pub fn floats(&self, name: &str) -> Vec<f32> {
        let tensors = self.tensors();
        let data = tensors.tensor(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        data.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    }

    pub fn ids(&self, name: &str) -> Vec<u32> {
        let tensors = self.tensors();
        let data = tensors.tensor(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        data.data().as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b) as u32).collect()
    }
}

/// One photo and prompt of a golden model.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    pub image: usize,
    pub prompt: String,
}

/// The cases that `cases.json` lists.
pub fn cases(family: &str) -> Vec<Case> {
    let json: Value =
        serde_json::from_slice(&fs::read(folder(family).join("cases.json")).unwrap()).unwrap();
    let case = |c: &Value| Case {
        name: c["case"].as_str().unwrap().to_owned(),
        image: c["image"].as_u64().unwrap() as usize,
        prompt: c["prompt"].as_str().unwrap().to_owned(),
    };
    json["cases"].as_array().unwrap().iter().map(case).collect()
}

/// A golden model as the engine runs it, from a pack that `convert` made.
pub struct Tiny {
    pub model: PaliGemma,
    pub pack: Pack,
    /// Keeps the pack on disk.
    _dir: TempDir,
}

impl Tiny {
    pub fn new(family: &str, bits: Bits, mode: PrefixMode) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("pack");
        let mut options = convert::Options::new(folder(family).join("hf"), &out);
        options.bits = bits;
        options.prefix_mode = Some(mode);
        convert::convert(&options).unwrap();
        let pack = Pack::open(&out).unwrap();
        let model = PaliGemma::load(pack.weights(), &pack.manifest().architecture).unwrap();
        Self { model, pack, _dir: dir }
    }

    pub fn vocabulary(&self) -> u32 {
        self.model.language().config().vocab as u32
    }

    pub fn features(&self, pixels: &[f32]) -> Vec<f32> {
        self.model.image_features(pixels, None, &CancelToken::new()).unwrap()
    }
}

/// The largest difference of two tensors.
pub fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "tensors of different sizes");
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

/// Fails, naming the case, if two tensors differ by more than [`TOLERANCE`].
pub fn assert_close(what: &str, found: &[f32], wanted: &[f32]) {
    let distance = distance(found, wanted);
    assert!(distance <= TOLERANCE, "{what}: off by {distance}");
}
