//! Which tensors an architecture has: names, shapes, and where they stand in a checkpoint.

use super::manifest::{Architecture, Family};
use super::part::Part;

/// How a tensor is used, which decides how it may be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TensorRole {
    /// Multiplied with: any kind.
    Matrix,
    /// The position table, added once: F32 or F16.
    Position,
    /// Bias or norm: F32 only.
    Vector,
}

/// One tensor that a weights file must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// Name in the weights file.
    pub name: String,
    /// Which part of the model it belongs to.
    pub part: Part,
    /// Hugging Face name after the part's prefix, see [`Part::split`].
    pub source: String,
    /// Output features; 1 for vectors.
    pub rows: usize,
    /// Input features, or the length of a vector.
    pub cols: usize,
    /// How it is used.
    pub role: TensorRole,
}

/// All tensors of an architecture, as the table in `models/FORMAT.md` lists them.
pub fn tensors(arch: &Architecture) -> Vec<TensorSpec> {
    let mut list = List(Vec::new());
    vision(arch, &mut list);
    let (from, to) = (arch.vision.hidden, arch.projection_dim);
    list.linear(Part::Projector, "projector", "linear", to, from);
    language(arch, &mut list);
    list.0
}

fn vision(arch: &Architecture, list: &mut List) {
    let (h, m) = (arch.vision.hidden, arch.vision.mlp);
    let part = Part::Vision;
    list.linear(part, "vision.patch", "embeddings.patch_embedding", h, arch.patch_values());
    let positions = "embeddings.position_embedding.weight";
    list.push(part, "vision.position", positions, arch.patches(), h, TensorRole::Position);
    for i in 0..arch.vision.layers {
        let (to, from) = (format!("vision.layers.{i}"), format!("encoder.layers.{i}"));
        for norm in [1, 2] {
            list.norm(&format!("{to}.norm{norm}"), &format!("{from}.layer_norm{norm}"), h);
        }
        for (name, source) in [("q", "q_proj"), ("k", "k_proj"), ("v", "v_proj"), ("o", "out_proj")]
        {
            let source = format!("{from}.self_attn.{source}");
            list.linear(part, &format!("{to}.{name}"), &source, h, h);
        }
        list.linear(part, &format!("{to}.fc1"), &format!("{from}.mlp.fc1"), m, h);
        list.linear(part, &format!("{to}.fc2"), &format!("{from}.mlp.fc2"), h, m);
    }
    list.norm("vision.norm", "post_layernorm", h);
}

fn language(arch: &Architecture, list: &mut List) {
    let text = &arch.text;
    let (h, m, q, k) = (text.hidden, text.mlp, text.query_width(), text.key_width());
    list.language("language.embed", "embed_tokens", text.vocab, h);
    for i in 0..text.layers {
        let (to, from) = (format!("language.layers.{i}"), format!("layers.{i}"));
        for (name, source, rows, cols) in [
            ("q", "self_attn.q_proj", q, h),
            ("k", "self_attn.k_proj", k, h),
            ("v", "self_attn.v_proj", k, h),
            ("o", "self_attn.o_proj", h, q),
            ("gate", "mlp.gate_proj", m, h),
            ("up", "mlp.up_proj", m, h),
            ("down", "mlp.down_proj", h, m),
        ] {
            list.language(&format!("{to}.{name}.weight"), &format!("{from}.{source}"), rows, cols);
        }
        for (name, source) in layer_norms(arch.family) {
            list.rms_norm(&format!("{to}.norm.{name}"), &format!("{from}.{source}"), h);
        }
    }
    list.rms_norm("language.norm", "norm", h);
}

/// Norms by where they stand → what the checkpoint calls them.
fn layer_norms(family: Family) -> &'static [(&'static str, &'static str)] {
    match family {
        Family::PaliGemma => {
            &[("attention_in", "input_layernorm"), ("mlp_in", "post_attention_layernorm")]
        }
        Family::PaliGemma2 => &[
            ("attention_in", "input_layernorm"),
            ("attention_out", "post_attention_layernorm"),
            ("mlp_in", "pre_feedforward_layernorm"),
            ("mlp_out", "post_feedforward_layernorm"),
        ],
    }
}

struct List(Vec<TensorSpec>);

impl List {
    fn push(
        &mut self,
        part: Part,
        name: &str,
        source: &str,
        rows: usize,
        cols: usize,
        role: TensorRole,
    ) {
        let (name, source) = (name.to_owned(), source.to_owned());
        self.0.push(TensorSpec { name, part, source, rows, cols, role });
    }

    /// A matrix with a bias.
    fn linear(&mut self, part: Part, name: &str, source: &str, rows: usize, cols: usize) {
        let of = |name: &str, what| format!("{name}.{what}");
        let (weight, bias) = (of(name, "weight"), of(name, "bias"));
        self.push(part, &weight, &of(source, "weight"), rows, cols, TensorRole::Matrix);
        self.push(part, &bias, &of(source, "bias"), 1, rows, TensorRole::Vector);
    }

    /// A layer norm of the vision tower: weight and bias.
    fn norm(&mut self, name: &str, source: &str, width: usize) {
        for what in ["weight", "bias"] {
            let (name, source) = (format!("{name}.{what}"), format!("{source}.{what}"));
            self.push(Part::Vision, &name, &source, 1, width, TensorRole::Vector);
        }
    }

    /// A matrix of the language model: no bias.
    fn language(&mut self, name: &str, source: &str, rows: usize, cols: usize) {
        let source = format!("{source}.weight");
        self.push(Part::Language, name, &source, rows, cols, TensorRole::Matrix);
    }

    fn rms_norm(&mut self, name: &str, source: &str, width: usize) {
        let source = format!("{source}.weight");
        self.push(Part::Language, name, &source, 1, width, TensorRole::Vector);
    }
}
