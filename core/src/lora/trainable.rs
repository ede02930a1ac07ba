//! Which matrices a new adapter will have: what training asks before there is a file.

use serde_json::Value;

use super::error::LoraError;
use super::module::Module;
use super::targets::Targets;
use crate::pack::{Architecture, Part, TensorRole, TensorSpec, tensors};

/// One matrix of a base that an adapter is to be trained for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainableMatrix {
    /// As transformers 5 and PEFT call it: `model.language_model.layers.0.self_attn.q_proj`.
    pub module: String,
    /// The weight in the pack: `language.layers.0.q.weight`.
    pub tensor: String,
    /// Output features: rows of the weight.
    pub outputs: usize,
    /// Input features: columns of the weight.
    pub inputs: usize,
}

/// The matrices that PEFT would adapt for a `target_modules`: a list of names and suffixes, one
/// pattern for the whole name, or `"all-linear"`. In the order of the pack: tower, projector,
/// decoder.
///
/// # Errors
/// [`LoraError::Target`] for a pattern that is none, for one that fits no matrix, and for
/// embeddings, which this engine does not adapt.
pub fn trainable_matrices(
    arch: &Architecture,
    target_modules: &Value,
) -> Result<Vec<TrainableMatrix>, LoraError> {
    let refuse = |reason| LoraError::Target { target: target_modules.to_string(), reason };
    let names =
        serde_json::from_value(target_modules.clone()).map_err(|e| refuse(e.to_string()))?;
    let targets = Targets::new(names, None, None, None).map_err(refuse)?;
    let mut found = Vec::new();
    for spec in tensors(arch).into_iter().filter(|spec| spec.role == TensorRole::Matrix) {
        let module = module_name(&spec);
        let adaptable = Module::parse(&module).is_some();
        if !adaptable && targets.are_all_linear() {
            continue;
        }
        if targets.includes(&module).map_err(refuse)? {
            if !adaptable {
                return Err(refuse(format!("{module} cannot be adapted here")));
            }
            let TensorSpec { name: tensor, rows: outputs, cols: inputs, .. } = spec;
            found.push(TrainableMatrix { module, tensor, outputs, inputs });
        }
    }
    match found.is_empty() {
        true => Err(refuse("fits no matrix of this base".into())),
        false => Ok(found),
    }
}

/// The spelling of transformers 5.
fn module_name(spec: &TensorSpec) -> String {
    let prefix = match spec.part {
        Part::Vision => "model.vision_tower.",
        Part::Projector => "model.multi_modal_projector.",
        Part::Language => "model.language_model.",
    };
    format!("{prefix}{}", spec.source.strip_suffix(".weight").unwrap_or(&spec.source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::fixture::sample_manifest;
    use serde_json::json;

    fn modules(target: Value) -> Vec<TrainableMatrix> {
        trainable_matrices(&sample_manifest().architecture, &target).unwrap()
    }

    fn refusal(target: Value) -> String {
        trainable_matrices(&sample_manifest().architecture, &target).unwrap_err().to_string()
    }

    #[test]
    fn every_matrix_has_its_tensor_and_sizes() {
        let all = modules(json!("all-linear"));
        assert_eq!(all.len(), 2 * 6 + 1 + 2 * 7);
        let gate = all.iter().find(|m| m.tensor == "language.layers.1.gate.weight").unwrap();
        assert_eq!(gate.module, "model.language_model.layers.1.mlp.gate_proj");
        assert_eq!((gate.outputs, gate.inputs), (48, 32));
        let projector = all.iter().find(|m| m.tensor == "projector.weight").unwrap();
        assert_eq!(projector.module, "model.multi_modal_projector.linear");
    }

    #[test]
    fn names_match_as_in_peft() {
        let list = modules(json!(["q_proj"]));
        assert_eq!(list.len(), 4, "the tower's too: {list:?}");
        let decoder = modules(json!(r".*language_model\..*\.(q_proj|down_proj)"));
        assert!(decoder.iter().all(|m| m.tensor.starts_with("language.layers.")));
        assert_eq!(decoder.len(), 4);
    }

    #[test]
    fn what_cannot_be_trained_is_refused_in_words() {
        assert!(refusal(json!("(")).contains("pattern"));
        assert!(refusal(json!("q_proj")).contains("fits no matrix"));
        assert!(refusal(json!(3)).contains("target modules 3"));
        assert!(refusal(json!(["embed_tokens"])).contains("embed_tokens cannot be adapted"));
        assert!(refusal(json!(["patch_embedding"])).contains("patch_embedding cannot be adapted"));
    }
}
