//! `config.json` of a Hugging Face PaliGemma → the pack's architecture.
//!
//! Keys that are not there have the values that `transformers` gives them; a key that asks for
//! something the engine does not do is refused.

use kerbside_core::language::config::{Activation, AttentionReach, TextConfig};
use kerbside_core::pack::{Architecture, Family, PrefixMode};
use kerbside_core::vision::config::VisionConfig;
use serde_json::{Map, Value};

/// What a checkpoint's configuration says.
#[derive(Debug, Clone, PartialEq)]
pub struct HfConfig {
    /// Sizes, with the prefix mode of the `kerbside` key, or `joint`.
    pub architecture: Architecture,
    /// Name of the model, where the configuration gives one.
    pub id: Option<String>,
}

impl HfConfig {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// In words, which key is wrong or asks for something that is not done.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let map: Map<String, Value> = serde_json::from_slice(json).map_err(|e| e.to_string())?;
        let config = Keys { place: "", map: &map };
        config.expect("model_type", "paligemma")?;
        config.expect_or_absent("tie_word_embeddings", true)?;
        let empty = Map::new();
        let vision = config.part("vision_config", "vision_config.", &empty)?;
        let text = config.part("text_config", "text_config.", &empty)?;
        let kerbside = config.part("kerbside", "kerbside.", &empty)?;
        let family = match text.text("model_type", "gemma")? {
            "gemma" => Family::PaliGemma,
            "gemma2" => Family::PaliGemma2,
            other => return Err(format!("text_config.model_type is {other}, not gemma or gemma2")),
        };
        let architecture = Architecture {
            family,
            image_size: vision.side("image_size", 224)?,
            patch_size: vision.side("patch_size", if vision.map.is_empty() { 14 } else { 16 })?,
            prefix_mode: prefix_mode(&kerbside)?,
            projection_dim: config.size("projection_dim", 2048)?,
            vision: vision_config(&vision)?,
            text: text_config(&text, family)?,
        };
        let own = kerbside.map.get("id").and_then(Value::as_str);
        let id = own.or_else(|| map.get("_name_or_path").and_then(Value::as_str));
        Ok(Self { architecture, id: id.filter(|id| !id.is_empty()).map(str::to_owned) })
    }
}

fn prefix_mode(kerbside: &Keys<'_>) -> Result<PrefixMode, String> {
    match kerbside.text("prefix_mode", "joint")? {
        "joint" => Ok(PrefixMode::Joint),
        "isolated" => Ok(PrefixMode::Isolated),
        other => Err(format!("kerbside.prefix_mode is {other}, not joint or isolated")),
    }
}

/// `SiglipVisionConfig`; where `config.json` has no `vision_config` at all, PaliGemma's So400m.
fn vision_config(keys: &Keys<'_>) -> Result<VisionConfig, String> {
    keys.expect_or_absent("model_type", "siglip_vision_model")?;
    keys.expect_or_absent("num_channels", 3)?;
    let whole = keys.map.is_empty();
    let size = |key, absent, empty| keys.size(key, if whole { empty } else { absent });
    Ok(VisionConfig {
        hidden: size("hidden_size", 768, 1152)?,
        layers: size("num_hidden_layers", 12, 27)?,
        heads: size("num_attention_heads", 12, 16)?,
        mlp: size("intermediate_size", 3072, 4096)?,
        hidden_act: keys.activation("hidden_act")?,
        eps: keys.number("layer_norm_eps", 1e-6)?,
    })
}

/// The sizes that `transformers` assumes.
struct Defaults {
    hidden: usize,
    layers: usize,
    q_heads: usize,
    kv_heads: usize,
    mlp: usize,
    vocab: usize,
}

/// PaliGemma's Gemma 2B: where `config.json` has no `text_config` at all.
const GEMMA_2B: Defaults =
    Defaults { hidden: 2048, layers: 18, q_heads: 8, kv_heads: 1, mlp: 16384, vocab: 257_152 };
/// `GemmaConfig`.
const GEMMA: Defaults =
    Defaults { hidden: 3072, layers: 28, q_heads: 16, kv_heads: 16, mlp: 24576, vocab: 256_000 };
/// `Gemma2Config`.
const GEMMA_2: Defaults =
    Defaults { hidden: 2304, layers: 26, q_heads: 8, kv_heads: 4, mlp: 9216, vocab: 256_000 };

fn text_config(keys: &Keys<'_>, family: Family) -> Result<TextConfig, String> {
    for (key, wanted) in [
        ("attention_bias", false),
        ("tie_word_embeddings", true),
        ("use_bidirectional_attention", true),
    ] {
        keys.expect_or_absent(key, wanted)?;
    }
    let second = family == Family::PaliGemma2;
    let absent = match family {
        Family::PaliGemma2 => GEMMA_2,
        Family::PaliGemma if keys.map.is_empty() => GEMMA_2B,
        Family::PaliGemma => GEMMA,
    };
    let layers = keys.size("num_hidden_layers", absent.layers)?;
    let head_dim = keys.size("head_dim", 256)?;
    // What only Gemma 2 has.
    let cap = |key, absent| if second { keys.cap(key, absent) } else { Ok(None) };
    Ok(TextConfig {
        hidden: keys.size("hidden_size", absent.hidden)?,
        layers,
        q_heads: keys.size("num_attention_heads", absent.q_heads)?,
        kv_heads: keys.size("num_key_value_heads", absent.kv_heads)?,
        head_dim,
        mlp: keys.size("intermediate_size", absent.mlp)?,
        vocab: keys.size("vocab_size", absent.vocab)?,
        eps: keys.number("rms_norm_eps", 1e-6)?,
        rope_theta: rope_theta(keys)?,
        query_pre_attn_scalar: match second {
            true => keys.number("query_pre_attn_scalar", 256.0)?,
            false => head_dim as f32,
        },
        attn_softcap: cap("attn_logit_softcapping", 50.0)?,
        final_softcap: cap("final_logit_softcapping", 30.0)?,
        sliding_window: cap("sliding_window", 4096.0)?.map(|window| window as usize),
        layer_pattern: match second {
            true => layer_pattern(keys, layers)?,
            false => vec![AttentionReach::Full],
        },
        hidden_act: text_activation(keys, second)?,
    })
}

/// Gemma's first configurations say "gelu" and mean its tanh approximation.
fn text_activation(keys: &Keys<'_>, second: bool) -> Result<Activation, String> {
    let key = if second { "hidden_activation" } else { "hidden_act" };
    match keys.text(key, "gelu_pytorch_tanh")? {
        "gelu" if !second => Ok(Activation::GeluPytorchTanh),
        _ => keys.activation(key),
    }
}

/// transformers 4 has `rope_theta` (and `rope_scaling`), 5 has `rope_parameters`.
fn rope_theta(keys: &Keys<'_>) -> Result<f32, String> {
    keys.expect_or_absent("rope_scaling", Value::Null)?;
    let empty = Map::new();
    let rope = keys.part("rope_parameters", "rope_parameters.", &empty)?;
    rope.expect_or_absent("rope_type", "default")?;
    let outer = keys.number("rope_theta", 10_000.0)?;
    rope.number("rope_theta", outer)
}

/// The shortest pattern that gives every layer its kind.
fn layer_pattern(keys: &Keys<'_>, layers: usize) -> Result<Vec<AttentionReach>, String> {
    use AttentionReach::{Full, Sliding};
    let Some(listed) = keys.map.get("layer_types").and_then(Value::as_array) else {
        return Ok(vec![Sliding, Full]);
    };
    let kind = |value: &Value| match value.as_str() {
        Some("sliding_attention") => Ok(Sliding),
        Some("full_attention") => Ok(Full),
        _ => Err(format!("{}layer_types has {value}", keys.place)),
    };
    let kinds: Vec<AttentionReach> = listed.iter().map(kind).collect::<Result<_, _>>()?;
    if kinds.len() != layers {
        let place = keys.place;
        return Err(format!("{place}layer_types has {} entries for {layers} layers", kinds.len()));
    }
    let repeats = |n: &usize| kinds.iter().enumerate().all(|(i, kind)| *kind == kinds[i % n]);
    let period = (1..=layers).find(repeats).unwrap_or(layers);
    Ok(kinds[..period].to_vec())
}

/// The keys of one object of the configuration. Null is the same as absent, but for [`Self::cap`].
struct Keys<'a> {
    /// For messages.
    place: &'a str,
    map: &'a Map<String, Value>,
}

impl<'a> Keys<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    fn wrong(&self, key: &str, wanted: &str) -> String {
        format!(
            "{}{key} is {}, not {wanted}",
            self.place,
            self.map.get(key).unwrap_or(&Value::Null)
        )
    }

    fn part<'b>(
        &self,
        key: &str,
        place: &'b str,
        empty: &'b Map<String, Value>,
    ) -> Result<Keys<'b>, String>
    where
        'a: 'b,
    {
        let map = match self.get(key) {
            None => empty,
            Some(value) => value.as_object().ok_or_else(|| self.wrong(key, "an object"))?,
        };
        Ok(Keys { place, map })
    }

    fn size(&self, key: &str, absent: usize) -> Result<usize, String> {
        let number = |value: &Value| value.as_u64().map(|n| n as usize);
        self.get(key).map_or(Some(absent), number).ok_or_else(|| self.wrong(key, "a whole number"))
    }

    /// A side of a square: one number, or two equal ones.
    fn side(&self, key: &str, absent: usize) -> Result<usize, String> {
        match self.get(key).and_then(Value::as_array).map(Vec::as_slice) {
            Some([a, b]) if a == b => {
                a.as_u64().map(|n| n as usize).ok_or_else(|| self.wrong(key, "a whole number"))
            }
            Some(_) => Err(self.wrong(key, "a square")),
            None => self.size(key, absent),
        }
    }

    fn number(&self, key: &str, absent: f32) -> Result<f32, String> {
        let number = |value: &Value| value.as_f64().map(|n| n as f32);
        self.get(key).map_or(Some(absent), number).ok_or_else(|| self.wrong(key, "a number"))
    }

    /// A number that null switches off.
    fn cap(&self, key: &str, absent: f32) -> Result<Option<f32>, String> {
        match self.map.get(key) {
            Some(Value::Null) => Ok(None),
            _ => self.number(key, absent).map(Some),
        }
    }

    fn text(&self, key: &str, absent: &'a str) -> Result<&'a str, String> {
        self.get(key).map_or(Some(absent), Value::as_str).ok_or_else(|| self.wrong(key, "a text"))
    }

    fn activation(&self, key: &str) -> Result<Activation, String> {
        match self.text(key, "gelu_pytorch_tanh")? {
            "gelu_pytorch_tanh" => Ok(Activation::GeluPytorchTanh),
            "gelu" => Ok(Activation::Gelu),
            _ => Err(self.wrong(key, "gelu_pytorch_tanh or gelu")),
        }
    }

    fn expect(&self, key: &str, wanted: impl Into<Value>) -> Result<(), String> {
        let wanted = wanted.into();
        match self.map.get(key) == Some(&wanted) {
            true => Ok(()),
            false => Err(self.wrong(key, &wanted.to_string())),
        }
    }

    fn expect_or_absent(&self, key: &str, wanted: impl Into<Value>) -> Result<(), String> {
        self.get(key).map_or(Ok(()), |_| self.expect(key, wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(json: Value) -> Result<HfConfig, String> {
        HfConfig::parse(json.to_string().as_bytes())
    }

    fn golden(file: &str) -> HfConfig {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/tests/golden/");
        HfConfig::parse(&std::fs::read(format!("{root}{file}")).unwrap()).unwrap()
    }

    #[test]
    fn keys_left_out_mean_what_transformers_means() {
        for model in ["paligemma1", "paligemma2"] {
            let sparse = golden(&format!("{model}/hf/config.sparse.json"));
            assert_eq!(sparse, golden(&format!("{model}/hf/config.json")), "{model}");
        }
        let bare = parse(json!({"model_type": "paligemma"})).unwrap().architecture;
        assert_eq!((bare.text.layers, bare.text.vocab, bare.patch_size), (18, 257_152, 14));
        assert_eq!((bare.vision.layers, bare.vision.mlp), (27, 4096));
    }

    #[test]
    fn gemma2_has_caps_a_window_and_a_pattern() {
        let text = golden("paligemma2/hf/config.json").architecture.text;
        assert_eq!((text.attn_softcap, text.final_softcap), (Some(2.0), Some(6.0)));
        assert_eq!((text.window(0), text.window(1), text.layer_pattern.len()), (Some(8), None, 2));
        assert_eq!((text.query_pre_attn_scalar, text.eps), (40.0, 1e-3));
        let off = json!({"model_type": "gemma2", "attn_logit_softcapping": null});
        let off = parse(json!({"model_type": "paligemma", "text_config": off})).unwrap();
        let text = off.architecture.text;
        assert_eq!((text.attn_softcap, text.final_softcap), (None, Some(30.0)));
        let first = golden("paligemma1/hf/config.json").architecture.text;
        assert_eq!((first.query_pre_attn_scalar, first.final_softcap), (24.0, None));
    }

    #[test]
    fn kerbside_names_the_base_and_its_prefix_mode() {
        let kerbside = json!({"id": "kerbside-nano", "prefix_mode": "isolated"});
        let config = parse(json!({"model_type": "paligemma", "kerbside": kerbside})).unwrap();
        assert_eq!(config.id.as_deref(), Some("kerbside-nano"));
        assert_eq!(config.architecture.prefix_mode, PrefixMode::Isolated);
    }

    #[test]
    fn what_the_engine_does_not_do_is_refused() {
        let refusal = |key: &str, value: Value| {
            let mut config = json!({
                "model_type": "paligemma", "vision_config": {"image_size": 224}, "text_config": {"head_dim": 256}
            });
            *config.pointer_mut(key.rsplit_once('/').unwrap().0).unwrap() = {
                let mut part = config.pointer(key.rsplit_once('/').unwrap().0).unwrap().clone();
                part[key.rsplit_once('/').unwrap().1] = value;
                part
            };
            parse(config).unwrap_err()
        };
        for (key, value) in [
            ("/model_type", json!("llava")),
            ("/text_config/model_type", json!("llama")),
            ("/text_config/attention_bias", json!(true)),
            ("/text_config/rope_scaling", json!({"factor": 2})),
            ("/text_config/hidden_act", json!("silu")),
            ("/text_config/num_hidden_layers", json!("two")),
            ("/vision_config/num_channels", json!(4)),
            ("/vision_config/image_size", json!([224, 448])),
            ("/vision_config/hidden_act", json!("quick_gelu")),
            ("/tie_word_embeddings", json!(false)),
        ] {
            let words = refusal(key, value);
            assert!(words.contains(key.rsplit_once('/').unwrap().1), "{key}: {words}");
        }
    }
}
