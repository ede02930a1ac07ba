//! The sizes and constants of the language model, as `pack.json` gives them.

use serde::{Deserialize, Serialize};

/// What a layer's attention reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttentionReach {
    /// Every earlier position.
    Full,
    /// The last `sliding_window` positions.
    Sliding,
}

/// The activation inside an MLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// GELU by its tanh approximation (arXiv:1606.08415, section 2).
    GeluPytorchTanh,
    /// GELU by the error function.
    Gelu,
}

/// Gemma (arXiv:2403.08295) or Gemma 2 (arXiv:2408.00118).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextConfig {
    /// Width of the hidden state.
    pub hidden: usize,
    /// Decoder layers.
    pub layers: usize,
    /// Query heads.
    pub q_heads: usize,
    /// Key and value heads; `q_heads` is a multiple of it.
    pub kv_heads: usize,
    /// Width of one head.
    pub head_dim: usize,
    /// Inner width of the gated MLP.
    pub mlp: usize,
    /// Rows of the embedding table, which is also the head.
    pub vocab: usize,
    /// Added to the mean square inside RMS norm.
    pub eps: f32,
    /// Base of the rotary frequencies.
    pub rope_theta: f32,
    /// Queries are multiplied by its −½ power.
    pub query_pre_attn_scalar: f32,
    /// `c·tanh(score/c)` on attention scores, Gemma 2 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attn_softcap: Option<f32>,
    /// `c·tanh(logit/c)` on logits, Gemma 2 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_softcap: Option<f32>,
    /// Positions a sliding layer reaches back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sliding_window: Option<usize>,
    /// Layer `i` has the reach at `i` modulo the length.
    pub layer_pattern: Vec<AttentionReach>,
    /// Activation on the MLP's gate.
    pub hidden_act: Activation,
}

impl TextConfig {
    /// Width of all query heads together.
    pub fn query_width(&self) -> usize {
        self.q_heads * self.head_dim
    }

    /// Width of all key (or value) heads together.
    pub fn key_width(&self) -> usize {
        self.kv_heads * self.head_dim
    }

    /// What queries are multiplied by.
    pub fn query_scale(&self) -> f32 {
        self.query_pre_attn_scalar.sqrt().recip()
    }

    /// How far back layer `layer` looks: `None` is everywhere.
    pub fn window(&self, layer: usize) -> Option<usize> {
        match self.layer_pattern[layer % self.layer_pattern.len()] {
            AttentionReach::Full => None,
            AttentionReach::Sliding => self.sliding_window,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn gemma2() -> serde_json::Value {
        json!({
            "hidden": 2304, "layers": 26, "q_heads": 8, "kv_heads": 4, "head_dim": 256,
            "mlp": 9216, "vocab": 257216, "eps": 1e-6, "rope_theta": 10000.0,
            "query_pre_attn_scalar": 256.0, "attn_softcap": 50.0, "final_softcap": 30.0,
            "sliding_window": 4096, "layer_pattern": ["sliding", "full"],
            "hidden_act": "gelu_pytorch_tanh"
        })
    }

    #[test]
    fn windows_alternate_as_the_pattern_says() {
        let config: TextConfig = serde_json::from_value(gemma2()).unwrap();
        assert_eq!(config.window(0), Some(4096));
        assert_eq!(config.window(25), None);
        assert_eq!(config.query_scale(), 0.0625);
        assert_eq!((config.query_width(), config.key_width()), (2048, 1024));
    }

    #[test]
    fn unknown_keys_are_refused() {
        let mut json = gemma2();
        json["query_norm"] = json!(true);
        let error = serde_json::from_value::<TextConfig>(json).unwrap_err();
        assert!(error.to_string().contains("query_norm"), "{error}");
    }
}
