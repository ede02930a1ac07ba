//! `adapter_config.json`: what is understood, and what is refused by name.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::LoraError;
use super::targets::{Indices, Names, Overrides, Targets};
use crate::pack::PrefixMode;

/// Ranks beyond this are mistakes: the layers themselves are hardly wider.
const MAX_RANK: usize = 1024;

/// Keys that decide what a trained adapter computes, and that are understood.
const UNDERSTOOD: [&str; 10] = [
    "r",
    "lora_alpha",
    "use_rslora",
    "rank_pattern",
    "alpha_pattern",
    "target_modules",
    "exclude_modules",
    "layers_to_transform",
    "layers_pattern",
    "kerbside",
];

/// Keys that say how the adapter was trained or where it came from.
const BOOK_KEEPING: [&str; 11] = [
    "auto_mapping",
    "base_model_name_or_path",
    "ensure_weight_tying",
    "inference_mode",
    "lora_dropout",
    "megatron_core",
    "peft_version",
    "qalora_group_size",
    "revision",
    "runtime_config",
    "task_type",
];

/// Initialisations that leave the base as it is; the others train against a changed one.
const PLAIN_STARTS: [&str; 3] = ["gaussian", "orthogonal", "eva"];

/// A PEFT configuration that this engine does in full.
#[derive(Debug)]
pub(super) struct LoraConfig {
    pub targets: Targets,
    /// The base it was trained on, if it says so in a way that can be compared.
    pub base: Option<String>,
    /// The prefix mode it was trained for, if it says so.
    pub prefix_mode: Option<PrefixMode>,
    /// The probability from which on a value of its answers is taken as known.
    pub sure: Option<f32>,
    /// Whether it was trained with a photo before its prompts.
    pub sees_photo: bool,
    rank: usize,
    alpha: f32,
    rank_stabilised: bool,
    ranks: Overrides<usize>,
    alphas: Overrides<f32>,
}

/// The understood keys as they stand in the file.
#[derive(Deserialize)]
struct Stored {
    r: usize,
    lora_alpha: f32,
    #[serde(default)]
    use_rslora: Option<bool>,
    #[serde(default)]
    rank_pattern: Option<Map<String, Value>>,
    #[serde(default)]
    alpha_pattern: Option<Map<String, Value>>,
    target_modules: Names,
    #[serde(default)]
    exclude_modules: Option<Names>,
    #[serde(default)]
    layers_to_transform: Option<Indices>,
    #[serde(default)]
    layers_pattern: Option<Names>,
    #[serde(default)]
    base_model_name_or_path: Option<String>,
    #[serde(default)]
    kerbside: Option<Kerbside>,
}

/// Kerbside's own key.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kerbside {
    base: Option<String>,
    prefix_mode: Option<PrefixMode>,
    sure: Option<f32>,
    sees_photo: Option<bool>,
}

impl LoraConfig {
    /// Reads `adapter_config.json`.
    ///
    /// # Errors
    /// [`LoraError::Unsupported`] with the keys this engine does not do, [`LoraError::Config`]
    /// for what PEFT would not read either.
    pub fn parse(id: &str, json: &[u8]) -> Result<Self, LoraError> {
        let refuse = |reason: String| LoraError::Config { id: id.to_owned(), reason };
        let map: Map<String, Value> =
            serde_json::from_slice(json).map_err(|e| refuse(e.to_string()))?;
        let mut keys: Vec<String> = map.iter().filter_map(unsupported).collect();
        if !map.contains_key("peft_type") {
            keys.push("no peft_type".into());
        }
        if !keys.is_empty() {
            return Err(LoraError::Unsupported { id: id.to_owned(), keys });
        }
        let stored: Stored =
            serde_json::from_value(Value::Object(map)).map_err(|e| refuse(e.to_string()))?;
        Self::compile(stored).map_err(refuse)
    }

    fn compile(stored: Stored) -> Result<Self, String> {
        let (r, alpha) = (stored.r, stored.lora_alpha);
        if !is_rank(&r) {
            return Err(format!("r is {r}, a rank is from 1 to {MAX_RANK}"));
        }
        if !is_alpha(&alpha) {
            return Err(format!("lora_alpha is {alpha}, it should be a number above 0"));
        }
        let named = stored.base_model_name_or_path.filter(|name| is_hub_id(name));
        let Kerbside { base, prefix_mode, sure, sees_photo } = stored.kerbside.unwrap_or_default();
        if sure.is_some_and(|sure| !(0.0..=1.0).contains(&sure)) {
            return Err("kerbside.sure is not between 0 and 1".into());
        }
        Ok(Self {
            targets: Targets::new(
                stored.target_modules,
                stored.exclude_modules,
                stored.layers_to_transform,
                stored.layers_pattern,
            )?,
            base: base.or(named),
            prefix_mode,
            sure,
            sees_photo: sees_photo.unwrap_or(true),
            rank: r,
            alpha,
            rank_stabilised: stored.use_rslora.unwrap_or(false),
            ranks: overrides("rank_pattern", stored.rank_pattern, |v| {
                usize::try_from(v.as_u64()?).ok().filter(is_rank)
            })?,
            alphas: overrides("alpha_pattern", stored.alpha_pattern, |v| {
                Some(v.as_f64()? as f32).filter(is_alpha)
            })?,
        })
    }

    /// The rank of a module's pair.
    ///
    /// # Errors
    /// In words, where a pattern takes too many steps.
    pub fn rank(&self, module: &str) -> Result<usize, String> {
        Ok(self.ranks.get(module)?.unwrap_or(self.rank))
    }

    /// What a module's product is multiplied by: alpha / r, or alpha / √r for rsLoRA
    /// (arXiv:2312.03732).
    ///
    /// # Errors
    /// As [`Self::rank`].
    pub fn scale(&self, module: &str) -> Result<f32, String> {
        let rank = self.rank(module)? as f32;
        let alpha = self.alphas.get(module)?.unwrap_or(self.alpha);
        Ok(alpha / if self.rank_stabilised { rank.sqrt() } else { rank })
    }
}

fn is_rank(rank: &usize) -> bool {
    (1..=MAX_RANK).contains(rank)
}

/// What would turn an adapter round, or off, is a slip.
fn is_alpha(alpha: &f32) -> bool {
    alpha.is_finite() && *alpha > 0.0
}

/// The key and its value, if it asks for something that is not done here.
fn unsupported((key, value): (&String, &Value)) -> Option<String> {
    let fine = match key.as_str() {
        key if UNDERSTOOD.contains(&key) || BOOK_KEEPING.contains(&key) => true,
        "peft_type" => value == "LORA",
        "bias" => value == "none",
        "init_lora_weights" => {
            value.is_boolean() || value.as_str().is_some_and(|name| PLAIN_STARTS.contains(&name))
        }
        _ => is_off(value),
    };
    (!fine).then(|| format!("{key} = {value}"))
}

/// What later versions of PEFT write for what was not asked for.
fn is_off(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Number(_) => false,
    }
}

fn overrides<T: Copy>(
    key: &str,
    patterns: Option<Map<String, Value>>,
    number: impl Fn(&Value) -> Option<T>,
) -> Result<Overrides<T>, String> {
    let pair = |(pattern, value): (String, Value)| {
        let value = number(&value).ok_or_else(|| format!("{key}: {pattern}: {value}"))?;
        Ok((pattern, value))
    };
    let pairs: Vec<_> =
        patterns.unwrap_or_default().into_iter().map(pair).collect::<Result<_, String>>()?;
    Overrides::new(pairs)
}

/// Whether a name is `owner/model`. Others are folders on the trainer's machine, and say nothing.
fn is_hub_id(name: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':']);
    name.split_once('/')
        .is_some_and(|(owner, model)| plain(owner) && plain(model) && !model.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const UP: &str = "model.language_model.layers.1.mlp.up_proj";

    fn config(change: impl FnOnce(&mut Value)) -> Result<LoraConfig, LoraError> {
        let mut json = json!({
            "peft_type": "LORA", "r": 8, "lora_alpha": 12, "target_modules": ["up_proj"],
            "bias": "none", "init_lora_weights": true, "use_dora": false, "lora_dropout": 0.1,
            "task_type": "CAUSAL_LM", "loftq_config": {}, "modules_to_save": null
        });
        change(&mut json);
        LoraConfig::parse("cut", json.to_string().as_bytes())
    }

    #[test]
    fn the_scale_is_alpha_over_rank_or_its_root() {
        assert_eq!(config(|_| ()).unwrap().scale(UP).unwrap(), 1.5);
        let rslora = config(|j| {
            j["use_rslora"] = json!(true);
            j["r"] = json!(16);
        });
        assert_eq!(rslora.unwrap().scale(UP).unwrap(), 3.0);
        let patterns = config(|j| {
            j["rank_pattern"] = json!({"layers.1.mlp.up_proj": 2});
            j["alpha_pattern"] = json!({"up_proj": 5});
        })
        .unwrap();
        assert_eq!((patterns.rank(UP).unwrap(), patterns.scale(UP).unwrap()), (2, 2.5));
        assert_eq!(patterns.rank("x.down_proj").unwrap(), 8);
    }

    #[test]
    fn what_is_not_done_here_is_refused_by_name() {
        for (key, value) in [
            ("use_dora", json!(true)),
            ("modules_to_save", json!(["lm_head"])),
            ("bias", json!("all")),
            ("lora_bias", json!(true)),
            ("fan_in_fan_out", json!(true)),
            ("trainable_token_indices", json!([1])),
            ("loftq_config", json!({"loftq_bits": 4})),
            ("alora_invocation_tokens", json!([1, 2])),
            ("layer_replication", json!([[0, 1]])),
            ("init_lora_weights", json!("pissa")),
            ("peft_type", json!("LOHA")),
            ("use_something_new", json!(1)),
        ] {
            let error = config(|j| j[key] = value.clone()).unwrap_err();
            assert!(matches!(error, LoraError::Unsupported { .. }), "{error}");
            assert!(error.to_string().contains(key), "{error}");
        }
    }

    #[test]
    fn a_configuration_that_names_no_method_is_refused() {
        let error = config(|j| drop(j.as_object_mut().unwrap().remove("peft_type"))).unwrap_err();
        assert!(error.to_string().contains("no peft_type"), "{error}");
    }

    #[test]
    fn ranks_and_alphas_must_be_sane() {
        for (key, value) in [
            ("r", json!(0)),
            ("r", json!(1025)),
            ("lora_alpha", json!(1e60)),
            ("rank_pattern", json!({"up_proj": 0})),
            ("rank_pattern", json!({"up_proj": 1025})),
            ("alpha_pattern", json!({"up_proj": 1e60})),
        ] {
            let error = config(|j| j[key] = value.clone()).unwrap_err();
            assert!(matches!(error, LoraError::Config { .. }), "{key} = {value}: {error}");
            assert!(error.to_string().contains(key), "{error}");
        }
        assert!(config(|j| j["r"] = json!(1024)).is_ok());
    }

    #[test]
    fn unreadable_configurations_are_refused() {
        assert!(LoraConfig::parse("cut", b"{").is_err());
        for change in
            [json!({"r": null}), json!({"target_modules": 3}), json!({"rank_pattern": {"x": "y"}})]
        {
            let error = config(|j| {
                for (key, value) in change.as_object().unwrap() {
                    j[key] = value.clone();
                }
            });
            assert!(matches!(error, Err(LoraError::Config { .. })), "{change}");
        }
    }

    #[test]
    fn only_names_that_can_be_compared_name_a_base() {
        let base = |name: Value| config(|j| j["base_model_name_or_path"] = name).unwrap().base;
        assert_eq!(
            base(json!("google/paligemma-3b-pt-224")).unwrap(),
            "google/paligemma-3b-pt-224"
        );
        for path in [
            json!(null),
            json!(""),
            json!("base"),
            json!("/tmp/base"),
            json!("./base"),
            json!("a/b/c"),
        ] {
            assert_eq!(base(path), None);
        }
        let own =
            config(|j| j["kerbside"] = json!({"base": "nano", "prefix_mode": "isolated"})).unwrap();
        assert_eq!(
            (own.base.as_deref(), own.prefix_mode),
            (Some("nano"), Some(PrefixMode::Isolated))
        );
        assert!(config(|_| {}).unwrap().sees_photo);
        assert!(!config(|j| j["kerbside"] = json!({"sees_photo": false})).unwrap().sees_photo);
        let sure = |sure: f64| config(|j| j["kerbside"] = json!({ "sure": sure }));
        assert_eq!(sure(0.75).unwrap().sure, Some(0.75));
        assert!(sure(1.5).is_err());
    }
}
