//! A matrix of the base that can be adapted, and the many ways adapter files spell it.

use crate::pack::{Architecture, Part};

/// Matrices of a decoder layer, in the order of [`super::LayerLora`]'s slots.
const LANGUAGE: [&str; 7] = [
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
];

/// Matrices of an encoder layer, in the order of [`super::VisionLora`]'s slots.
const VISION: [&str; 6] = [
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.out_proj",
    "mlp.fc1",
    "mlp.fc2",
];

/// One adaptable matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Module {
    pub part: Part,
    /// Counted from 0; the projector is layer 0.
    pub layer: usize,
    /// Which matrix of the layer.
    pub slot: usize,
}

/// Which factor of a pair a tensor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// `[rank, in]`
    A,
    /// `[out, rank]`
    B,
}

impl Module {
    /// Reads a module's name, in any of the spellings of [`Part::split`].
    pub fn parse(name: &str) -> Option<Self> {
        let (part, rest) = Part::split(name)?;
        let (layers, names): (_, &[&str]) = match part {
            Part::Projector => {
                return (rest == "linear").then_some(Self { part, layer: 0, slot: 0 });
            }
            Part::Language => ("layers.", &LANGUAGE),
            Part::Vision => ("encoder.layers.", &VISION),
        };
        let (layer, matrix) = rest.strip_prefix(layers)?.split_once('.')?;
        let slot = names.iter().position(|name| *name == matrix)?;
        Some(Self { part, layer: layer.parse().ok()?, slot })
    }

    /// Every adaptable matrix of a base.
    pub fn all(arch: &Architecture) -> impl Iterator<Item = Self> {
        let part = |part, layers, slots: usize| {
            (0..layers)
                .flat_map(move |layer| (0..slots).map(move |slot| Self { part, layer, slot }))
        };
        part(Part::Vision, arch.vision.layers, VISION.len())
            .chain(part(Part::Projector, 1, 1))
            .chain(part(Part::Language, arch.text.layers, LANGUAGE.len()))
    }

    /// Its name within its part, the same in all spellings.
    pub fn name(self) -> String {
        match self.part {
            Part::Projector => "linear".into(),
            Part::Language => format!("layers.{}.{}", self.layer, LANGUAGE[self.slot]),
            Part::Vision => format!("encoder.layers.{}.{}", self.layer, VISION[self.slot]),
        }
    }

    /// `(out, in)` features of the base's matrix; `None` for a layer the base does not have.
    pub fn shape(self, arch: &Architecture) -> Option<(usize, usize)> {
        let (vision, text) = (&arch.vision, &arch.text);
        let (layers, shape) = match self.part {
            Part::Projector => (1, (arch.projection_dim, vision.hidden)),
            Part::Vision => {
                let (h, m) = (vision.hidden, vision.mlp);
                (vision.layers, [(h, h), (h, h), (h, h), (h, h), (m, h), (h, m)][self.slot])
            }
            Part::Language => {
                let (h, m) = (text.hidden, text.mlp);
                let (q, k) = (text.query_width(), text.key_width());
                let shapes = [(q, h), (k, h), (k, h), (h, q), (m, h), (m, h), (h, m)];
                (text.layers, shapes[self.slot])
            }
        };
        (self.layer < layers).then_some(shape)
    }
}

/// Splits a tensor's key into the module's name, as its trainer's model spelled it, and the half.
///
/// PEFT writes `base_model.model.<module>.lora_A.weight`; a raw state dict has the adapter's name
/// before `weight`, and transformers' own export leaves the lead away.
pub(super) fn split_key(key: &str) -> Option<(&str, Half)> {
    let key = key.strip_prefix("base_model.model.").unwrap_or(key);
    let key = key.strip_suffix(".weight")?;
    for (marker, half) in [(".lora_A", Half::A), (".lora_B", Half::B)] {
        if let Some((module, adapter)) = key.rsplit_once(marker)
            && (adapter.is_empty() || adapter.rfind('.') == Some(0))
        {
            return Some((module, half));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(key: &str) -> Option<(Module, Half)> {
        let (name, half) = split_key(key)?;
        Some((Module::parse(name)?, half))
    }

    #[test]
    fn every_spelling_of_a_key_is_the_same_matrix() {
        let leads = ["base_model.model.", ""];
        let parts = [
            (
                Part::Language,
                "self_attn.o_proj",
                3,
                [
                    "language_model.model.layers",
                    "model.language_model.layers",
                    "model.language_model.model.layers",
                ],
            ),
            (
                Part::Vision,
                "mlp.fc1",
                4,
                [
                    "vision_tower.vision_model.encoder.layers",
                    "model.vision_tower.vision_model.encoder.layers",
                    "model.vision_tower.encoder.layers",
                ],
            ),
        ];
        for (part, matrix, slot, spellings) in parts {
            for lead in leads {
                for spelling in spellings {
                    for adapter in ["", ".default"] {
                        let key = format!("{lead}{spelling}.2.{matrix}.lora_B{adapter}.weight");
                        let wanted = (Module { part, layer: 2, slot }, Half::B);
                        assert_eq!(module(&key), Some(wanted), "{key}");
                    }
                }
            }
        }
        let projector = Module { part: Part::Projector, layer: 0, slot: 0 };
        for name in ["multi_modal_projector.linear", "model.multi_modal_projector.linear"] {
            assert_eq!(module(&format!("{name}.lora_A.weight")), Some((projector, Half::A)));
        }
    }

    #[test]
    fn every_matrix_is_known_by_its_name() {
        let arch = crate::pack::fixture::sample_manifest().architecture;
        let modules: Vec<Module> = Module::all(&arch).collect();
        assert_eq!(modules.len(), 2 * VISION.len() + 1 + 2 * LANGUAGE.len());
        for module in modules {
            let prefix = match module.part {
                Part::Vision => "model.vision_tower.",
                Part::Projector => "model.multi_modal_projector.",
                Part::Language => "model.language_model.",
            };
            assert_eq!(Module::parse(&format!("{prefix}{}", module.name())), Some(module));
            assert!(module.shape(&arch).is_some());
        }
    }

    #[test]
    fn other_tensors_are_not_halves() {
        for key in [
            "base_model.model.lm_head.lora_A.weight",
            "base_model.model.model.language_model.embed_tokens.lora_embedding_A",
            "base_model.model.model.language_model.layers.0.mlp.up_proj.lora_B.bias",
            "base_model.model.model.language_model.layers.0.mlp.up_proj.lora_A.a.b.weight",
            "base_model.model.model.language_model.layers.0.mlp.up_proj.lora_magnitude_vector.weight",
            "base_model.model.model.language_model.layers.x.mlp.up_proj.lora_A.weight",
            "base_model.model.model.language_model.layers.0.mlp.fc1.lora_A.weight",
            "base_model.model.model.multi_modal_projector.other.lora_A.weight",
        ] {
            assert_eq!(module(key), None, "{key}");
        }
    }
}
