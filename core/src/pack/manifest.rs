//! `pack.json`: what is in a pack. The keys are explained in `models/FORMAT.md`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::PackError;
use super::path::{check_name, check_path};
use crate::certainty::Calibration;
use crate::language::config::TextConfig;
use crate::vision::config::VisionConfig;

/// File name of the manifest.
pub const MANIFEST: &str = "pack.json";

/// Most bytes of a manifest: a thousand files take some 0.2 MB.
pub(super) const LONGEST: u64 = 1 << 20;

/// Most layers of a tower or decoder. Each is a dozen tensors to be looked for.
const MOST_LAYERS: usize = 1024;

/// The schema this engine reads and writes.
pub const SCHEMA: u32 = 1;

/// A pack's description of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always [`SCHEMA`].
    pub schema: u32,
    /// Name of the pack.
    pub name: String,
    /// Version of the pack.
    pub version: String,
    /// Oldest engine that runs the pack, `major.minor.patch`.
    pub min_core: String,
    /// Licence of the weights.
    pub licence: String,
    /// Whom to name beside the weights.
    pub attribution: String,
    /// Where the weights' numbers come from.
    pub origin: Origin,
    /// Which base the adapters must have been trained on.
    pub base: Base,
    /// Sizes and constants of the model.
    pub architecture: Architecture,
    /// Task → adapter id. A task that is not here runs on the base alone.
    pub tasks: BTreeMap<String, String>,
    /// Task → how its tokens' probabilities become chances, measured with the adapter in
    /// [`Self::tasks`]. A task that is not here has [`Calibration::default`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calibration: BTreeMap<String, Calibration>,
    /// The folders under `adapters/`.
    pub adapters: Vec<AdapterEntry>,
    /// Whether the mask codec is there; without it there are boxes but no masks.
    pub masks: bool,
    /// Every file but the manifest.
    pub files: Vec<FileEntry>,
    /// Estimate of the most memory one photo needs, in bytes, mapped weights included.
    pub peak_bytes: u64,
}

/// Where the weights' numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Training.
    Trained,
    /// A random generator: good for measuring speed, what the model says is noise.
    Random,
}

/// The identity of the base model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// As adapters name it, such as `google/paligemma-3b-pt-224`.
    pub id: String,
    /// sha256 of the weights file, hexadecimal.
    pub sha256: String,
}

/// How image and prompt see each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrefixMode {
    /// Both ways, as PaliGemma was trained (arXiv:2407.07726, figure 2).
    Joint,
    /// Image tokens see image tokens only, and no adapter: their keys and values serve all adapters.
    Isolated,
}

impl std::fmt::Display for PrefixMode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Joint => "joint",
            Self::Isolated => "isolated",
        })
    }
}

/// Which PaliGemma.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// SigLIP and Gemma (arXiv:2407.07726).
    PaliGemma,
    /// SigLIP and Gemma 2 (arXiv:2412.03555).
    PaliGemma2,
}

/// Sizes and constants of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// Which PaliGemma.
    pub family: Family,
    /// Side of the square photo, in pixels.
    pub image_size: usize,
    /// Side of a patch, in pixels.
    pub patch_size: usize,
    /// How image and prompt see each other.
    pub prefix_mode: PrefixMode,
    /// Width of the projector's output: `text.hidden`.
    pub projection_dim: usize,
    /// The vision tower.
    pub vision: VisionConfig,
    /// The language model.
    pub text: TextConfig,
}

impl Architecture {
    /// Patches of one photo: the image tokens.
    pub fn patches(&self) -> usize {
        (self.image_size / self.patch_size).pow(2)
    }

    /// Numbers in one patch: 3·patch².
    pub fn patch_values(&self) -> usize {
        3 * self.patch_size * self.patch_size
    }

    /// What the sizes contradict, in words.
    fn contradiction(&self) -> Option<&'static str> {
        let (v, t) = (&self.vision, &self.text);
        let sizes = [
            self.image_size,
            self.patch_size,
            v.hidden,
            v.layers,
            v.heads,
            v.mlp,
            t.hidden,
            t.layers,
            t.q_heads,
            t.kv_heads,
            t.head_dim,
            t.mlp,
            t.vocab,
        ];
        let rules = [
            (sizes.contains(&0), "no size may be 0"),
            (sizes.iter().any(|&s| s > 1 << 24), "no size may be above 2^24"),
            (v.layers.max(t.layers) > MOST_LAYERS, "no model has more than 1024 layers"),
            (t.layer_pattern.is_empty(), "text.layer_pattern must not be empty"),
            (self.projection_dim != t.hidden, "projection_dim must be text.hidden"),
        ];
        if let Some((_, words)) = rules.iter().find(|(broken, _)| *broken) {
            return Some(words);
        }
        // Only now: these divide.
        let rules = [
            (
                !self.image_size.is_multiple_of(self.patch_size),
                "image_size must be a multiple of patch_size",
            ),
            (!v.hidden.is_multiple_of(v.heads), "vision.hidden must be a multiple of vision.heads"),
            (
                !t.q_heads.is_multiple_of(t.kv_heads),
                "text.q_heads must be a multiple of text.kv_heads",
            ),
            (!t.head_dim.is_multiple_of(2), "text.head_dim must be even"),
            // What is too large for 32 bits has become infinite; either would make every number NaN.
            (![v.eps, t.eps].into_iter().all(is_positive), "eps must be above 0 and finite"),
            (!is_positive(t.rope_theta), "text.rope_theta must be above 0 and finite"),
            (
                !is_positive(t.query_pre_attn_scalar),
                "text.query_pre_attn_scalar must be above 0 and finite",
            ),
            (
                ![t.attn_softcap, t.final_softcap].into_iter().flatten().all(is_positive),
                "a softcap must be above 0 and finite",
            ),
        ];
        rules.iter().find(|(broken, _)| *broken).map(|(_, words)| *words)
    }
}

fn is_positive(number: f32) -> bool {
    number.is_finite() && number > 0.0
}

/// A bundled adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdapterEntry {
    /// Name, and folder under `adapters/`.
    pub id: String,
    /// The prefix mode it was trained for.
    pub prefix_mode: PrefixMode,
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The base's tensors.
    Weights,
    /// Hugging Face `tokenizer.json`.
    Tokenizer,
    /// The mask autoencoder.
    MaskCodec,
    /// Part of an adapter.
    Adapter,
    /// Text for people: licence, model card.
    Document,
}

/// One file of the pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// What it is for.
    pub role: Role,
    /// Relative to the pack, with `/`.
    pub path: String,
    /// Length.
    pub bytes: u64,
    /// Content, as 64 hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// Reads and checks a manifest. `path` is only for messages.
    ///
    /// # Errors
    /// [`PackError::TooNew`] for a later schema or core, [`PackError::UnsafePath`] for a path that
    /// leads out of the pack, [`PackError::Manifest`] for everything else.
    pub fn parse(json: &[u8], path: &Path) -> Result<Self, PackError> {
        check_schema(json, path)?;
        let manifest: Self = serde_json::from_slice(json).map_err(|e| refuse(path, e))?;
        manifest.check(path)?;
        Ok(manifest)
    }

    /// The manifest as it is written to disk.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("plain data serialises");
        json.push('\n');
        json
    }

    /// The only file of a role, if there is one.
    pub fn file(&self, role: Role) -> Option<&FileEntry> {
        self.files.iter().find(|f| f.role == role)
    }

    /// Length of all files together, in bytes.
    pub fn total_bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    /// Length of a bundled adapter's files, in bytes.
    pub fn adapter_bytes(&self, id: &str) -> u64 {
        let folder = format!("adapters/{id}/");
        let own = self.files.iter().filter(|file| file.path.starts_with(&folder));
        own.fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    fn check(&self, path: &Path) -> Result<(), PackError> {
        self.check_min_core(path)?;
        let ids = self.adapters.iter().map(|a| &a.id).chain(self.tasks.values());
        for name in [&self.name, &self.version].into_iter().chain(ids) {
            check_name(name).map_err(|e| refuse(path, e))?;
        }
        if let Some(words) = self.architecture.contradiction() {
            return Err(refuse(path, format!("architecture: {words}")));
        }
        for (task, calibration) in &self.calibration {
            if let Some(words) = calibration.contradiction() {
                return Err(refuse(path, format!("calibration of {task}: {words}")));
            }
        }
        self.check_files(path)?;
        self.check_adapters(path)
    }

    fn check_min_core(&self, path: &Path) -> Result<(), PackError> {
        let here = env!("CARGO_PKG_VERSION");
        let wanted = version(&self.min_core).ok_or_else(|| {
            refuse(path, format!("min_core {:?} is not major.minor.patch", self.min_core))
        })?;
        if version(here).is_some_and(|here| wanted <= here) {
            return Ok(());
        }
        Err(PackError::TooNew {
            path: path.to_owned(),
            needs: format!("kerbside-core {}", self.min_core),
            here: here.to_owned(),
        })
    }

    fn check_files(&self, path: &Path) -> Result<(), PackError> {
        for (i, file) in self.files.iter().enumerate() {
            check_path(&file.path)?;
            let same = |other: &FileEntry| other.path.eq_ignore_ascii_case(&file.path);
            if self.files[..i].iter().any(same) || file.path == MANIFEST {
                return Err(refuse(path, format!("{} is listed twice", file.path)));
            }
            if !is_sha256(&file.sha256) {
                return Err(refuse(path, format!("sha256 of {} is not one", file.path)));
            }
        }
        let codecs = usize::from(self.masks);
        for (role, wanted) in [(Role::Weights, 1), (Role::Tokenizer, 1), (Role::MaskCodec, codecs)]
        {
            let found = self.files.iter().filter(|f| f.role == role).count();
            if found != wanted {
                let reason = format!("{found} files of role {role:?}, there should be {wanted}");
                return Err(refuse(path, reason));
            }
        }
        Ok(())
    }

    fn check_adapters(&self, path: &Path) -> Result<(), PackError> {
        for adapter in &self.adapters {
            for file in ADAPTER_FILES {
                let wanted = format!("adapters/{}/{file}", adapter.id);
                if !self.files.iter().any(|f| f.role == Role::Adapter && f.path == wanted) {
                    return Err(refuse(path, format!("{wanted} is not among the files")));
                }
            }
        }
        for (task, id) in &self.tasks {
            if !self.adapters.iter().any(|a| a.id == *id) {
                return Err(refuse(path, format!("task {task} names the unknown adapter {id}")));
            }
        }
        Ok(())
    }
}

/// The files of an adapter, as PEFT names them: configuration, then tensors.
pub const ADAPTER_FILES: [&str; 2] = ["adapter_config.json", "adapter_model.safetensors"];

/// Looks at the schema before anything else: a later one may have other keys.
fn check_schema(json: &[u8], path: &Path) -> Result<(), PackError> {
    #[derive(Deserialize)]
    struct Head {
        schema: u32,
    }
    let head: Head = serde_json::from_slice(json).map_err(|e| refuse(path, e))?;
    match head.schema {
        SCHEMA => Ok(()),
        later if later > SCHEMA => Err(PackError::TooNew {
            path: path.to_owned(),
            needs: format!("pack schema {later}"),
            here: format!("{} with schema {SCHEMA}", env!("CARGO_PKG_VERSION")),
        }),
        other => Err(refuse(path, format!("schema {other} never was"))),
    }
}

fn refuse(path: &Path, reason: impl ToString) -> PackError {
    PackError::Manifest { path: path.to_owned(), reason: reason.to_string() }
}

/// `major.minor.patch`; tuples compare as versions do.
fn version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    let version = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// A small, valid manifest. Its files do not exist.
    pub(crate) fn sample() -> Value {
        let file = |role: &str, path: &str| json!({"role": role, "path": path, "bytes": 1, "sha256": "0".repeat(64)});
        json!({
            "schema": 1, "name": "tiny", "version": "1.0.0", "min_core": "0.1.0",
            "licence": "MIT", "attribution": "nobody", "origin": "random",
            "base": {"id": "kerbside/tiny", "sha256": "0".repeat(64)},
            "architecture": {
                "family": "paligemma", "image_size": 28, "patch_size": 14,
                "prefix_mode": "joint", "projection_dim": 32,
                "vision": {
                    "hidden": 32, "layers": 2, "heads": 2, "mlp": 40,
                    "hidden_act": "gelu_pytorch_tanh", "eps": 1e-6
                },
                "text": {
                    "hidden": 32, "layers": 2, "q_heads": 2, "kv_heads": 1, "head_dim": 16,
                    "mlp": 48, "vocab": 70, "eps": 1e-6, "rope_theta": 10000.0,
                    "query_pre_attn_scalar": 16.0, "layer_pattern": ["full"],
                    "hidden_act": "gelu_pytorch_tanh"
                }
            },
            "tasks": {"segment": "cut"},
            "adapters": [{"id": "cut", "prefix_mode": "joint"}],
            "masks": false,
            "files": [
                file("weights", "weights.safetensors"),
                file("tokenizer", "tokenizer.json"),
                file("adapter", "adapters/cut/adapter_config.json"),
                file("adapter", "adapters/cut/adapter_model.safetensors")
            ],
            "peak_bytes": 1000
        })
    }

    fn parse(json: &Value) -> Result<Manifest, PackError> {
        Manifest::parse(json.to_string().as_bytes(), Path::new("pack.json"))
    }

    /// The message after `change` was made to the sample.
    fn refusal(change: impl FnOnce(&mut Value)) -> String {
        let mut json = sample();
        change(&mut json);
        parse(&json).unwrap_err().to_string()
    }

    #[test]
    fn a_manifest_survives_writing_and_reading() {
        let manifest = parse(&sample()).unwrap();
        let again = Manifest::parse(manifest.to_json().as_bytes(), Path::new("x")).unwrap();
        assert_eq!(manifest, again);
        assert_eq!(manifest.architecture.patches(), 4);
        assert_eq!(manifest.architecture.patch_values(), 588);
    }

    #[test]
    fn unknown_keys_are_refused_by_name_at_every_level() {
        for place in ["", "/architecture", "/architecture/vision", "/base", "/files/0"] {
            let message = refusal(|json| {
                json.pointer_mut(place).unwrap()["surprise"] = json!(1);
            });
            assert!(message.contains("surprise"), "{place}: {message}");
        }
    }

    #[test]
    fn later_packs_ask_for_an_update() {
        assert!(refusal(|j| j["schema"] = json!(2)).contains("update the app"));
        assert!(refusal(|j| j["min_core"] = json!("99.0.0")).contains("update the app"));
        assert!(refusal(|j| j["min_core"] = json!("1.0")).contains("min_core"));
        assert!(refusal(|j| j["schema"] = json!(0)).contains("schema 0"));
    }

    #[test]
    fn files_must_be_listed_once_and_lie_inside() {
        let path = |p: &str| refusal(|j| j["files"][0]["path"] = json!(p));
        assert!(path("../weights").contains("not a plain path"));
        assert!(path("tokenizer.json").contains("twice"));
        assert!(path("pack.json").contains("twice"));
        assert!(refusal(|j| j["files"][0]["sha256"] = json!("xyz")).contains("sha256"));
        assert!(refusal(|j| j["masks"] = json!(true)).contains("MaskCodec"));
        assert!(refusal(|j| j["files"][1]["role"] = json!("weights")).contains("Weights"));
    }

    #[test]
    fn tasks_and_adapters_must_fit_together() {
        assert!(refusal(|j| j["tasks"]["sort"] = json!("none")).contains("unknown adapter none"));
        assert!(refusal(|j| j["adapters"][0]["id"] = json!("other")).contains("adapters/other"));
        assert!(refusal(|j| j["adapters"][0]["id"] = json!("../x")).contains("not a name"));
        assert!(refusal(|j| j["name"] = json!("a/b")).contains("not a name"));
    }

    #[test]
    fn a_calibration_is_optional_and_checked() {
        let numbers = json!({
            "place": {"bias": -1.0, "corners": 0.5, "area": 0.25},
            "label": {"bias": -0.5, "label": 0.75},
            "floor": 0.25
        });
        let mut with = sample();
        with["calibration"] = json!({"segment": numbers});
        let manifest = parse(&with).unwrap();
        assert_eq!(manifest.calibration["segment"].place.corners, 0.5);
        let again = Manifest::parse(manifest.to_json().as_bytes(), Path::new("x")).unwrap();
        assert_eq!(manifest, again);
        assert!(parse(&sample()).unwrap().calibration.is_empty());
        assert!(!parse(&sample()).unwrap().to_json().contains("calibration"));
        let set = |place: &str, value: Value| {
            let mut broken = with.clone();
            *broken.pointer_mut(place).unwrap() = value;
            parse(&broken).unwrap_err().to_string()
        };
        assert!(set("/calibration/segment/floor", json!(1.5)).contains("segment: the floor"));
        assert!(set("/calibration/segment/label/label", json!(-1)).contains("less likely"));
        assert!(set("/calibration/segment/label", json!({"bias": 0.0})).contains("label"));
    }

    #[test]
    fn sizes_that_contradict_each_other_are_refused() {
        let set = |place: &str, value: Value| refusal(|j| *j.pointer_mut(place).unwrap() = value);
        assert!(set("/architecture/image_size", json!(30)).contains("patch_size"));
        assert!(set("/architecture/vision/heads", json!(0)).contains("may be 0"));
        assert!(set("/architecture/vision/heads", json!(3)).contains("vision.heads"));
        assert!(set("/architecture/text/kv_heads", json!(3)).contains("kv_heads"));
        assert!(set("/architecture/projection_dim", json!(64)).contains("projection_dim"));
        assert!(set("/architecture/text/layer_pattern", json!([])).contains("layer_pattern"));
        assert!(set("/architecture/text/vocab", json!(1u64 << 40)).contains("2^24"));
        for (place, words) in [
            ("/architecture/vision/eps", "eps"),
            ("/architecture/text/eps", "eps"),
            ("/architecture/text/rope_theta", "rope_theta"),
            ("/architecture/text/query_pre_attn_scalar", "query_pre_attn_scalar"),
        ] {
            // The last is no number of 32 bits.
            for value in [0.0, -1.0, 1e106] {
                let refused = set(place, json!(value));
                assert!(refused.contains(words) && refused.contains("finite"), "{refused}");
            }
        }
        let capped = |key: &str| refusal(|j| j["architecture"]["text"][key] = json!(0));
        assert!(capped("attn_softcap").contains("softcap"));
        assert!(capped("final_softcap").contains("softcap"));
    }
}
