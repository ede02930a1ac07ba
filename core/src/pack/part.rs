//! The parts of the model, and the many ways checkpoints spell them.

/// One of the three trained parts of PaliGemma.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// SigLIP.
    Vision,
    /// From the vision tower's width to the language model's.
    Projector,
    /// Gemma.
    Language,
}

impl Part {
    /// Splits a Hugging Face tensor or module name into the part and the rest, which is the same in
    /// all spellings: `layers.0.mlp.up_proj`, `encoder.layers.0.mlp.fc1`, `linear`.
    ///
    /// transformers 4 writes `language_model.model.layers…` and `vision_tower.vision_model.encoder…`;
    /// 5 writes `model.language_model.layers…` and `model.vision_tower.encoder…`, with and without
    /// the leading `model.`, which is there when the model has its head on.
    pub fn split(name: &str) -> Option<(Self, &str)> {
        let mut name = name;
        while let Some(rest) = name.strip_prefix("model.") {
            name = rest;
        }
        let inner = |rest, wrapper| str::strip_prefix(rest, wrapper).unwrap_or(rest);
        if let Some(rest) = name.strip_prefix("vision_tower.") {
            Some((Self::Vision, inner(rest, "vision_model.")))
        } else if let Some(rest) = name.strip_prefix("multi_modal_projector.") {
            Some((Self::Projector, rest))
        } else {
            let rest = name.strip_prefix("language_model.")?;
            Some((Self::Language, inner(rest, "model.")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_layer_is_the_same_layer() {
        for name in [
            "language_model.model.layers.3.mlp.up_proj",
            "model.language_model.layers.3.mlp.up_proj",
            "model.language_model.model.layers.3.mlp.up_proj",
            "language_model.layers.3.mlp.up_proj",
        ] {
            let split = Part::split(name);
            assert_eq!(split, Some((Part::Language, "layers.3.mlp.up_proj")), "{name}");
        }
        for name in [
            "vision_tower.vision_model.encoder.layers.0.mlp.fc1",
            "model.vision_tower.vision_model.encoder.layers.0.mlp.fc1",
            "vision_tower.encoder.layers.0.mlp.fc1",
            "model.vision_tower.encoder.layers.0.mlp.fc1",
        ] {
            let split = Part::split(name);
            assert_eq!(split, Some((Part::Vision, "encoder.layers.0.mlp.fc1")), "{name}");
        }
        for name in ["multi_modal_projector.linear", "model.multi_modal_projector.linear"] {
            assert_eq!(Part::split(name), Some((Part::Projector, "linear")));
        }
    }

    #[test]
    fn other_models_are_not_ours() {
        for name in ["lm_head", "model.layers.0.mlp.up_proj", "audio_tower.layers.0", ""] {
            assert_eq!(Part::split(name), None, "{name}");
        }
    }
}
