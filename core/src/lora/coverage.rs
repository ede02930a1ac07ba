//! What the configuration targets, against what the file has.
//!
//! PEFT only warns of a target without tensors, and starts it anew; here it would be left out in
//! silence.

use std::collections::HashSet;

use super::module::Module;
use super::targets::Targets;
use crate::pack::{Architecture, Part};

/// What PEFT can adapt and this engine cannot: embeddings, and the convolution that cuts patches.
const EMBEDDINGS: [(Part, &str); 3] = [
    (Part::Vision, "embeddings.patch_embedding"),
    (Part::Vision, "embeddings.position_embedding"),
    (Part::Language, "embed_tokens"),
];

/// The head as the two generations of transformers spell it. No pack has it: it is the embedding
/// table once more.
const HEADS: [&str; 2] = ["lm_head", "language_model.lm_head"];

/// The modules of one file, and the targets of its configuration.
#[derive(Debug)]
pub(super) struct Coverage<'a> {
    targets: &'a Targets,
    found: HashSet<Module>,
    spelling: Spelling<'a>,
}

impl<'a> Coverage<'a> {
    /// Of a file with modules of these names.
    pub fn new(targets: &'a Targets, names: impl Iterator<Item = &'a String> + Clone) -> Self {
        let found = names.clone().filter_map(|name| Module::parse(name)).collect();
        Self { targets, found, spelling: Spelling::of(names.map(String::as_str)) }
    }

    /// Targets that this engine cannot adapt, by name.
    ///
    /// # Errors
    /// In words, where a pattern takes too many steps.
    pub fn unsupported(&self) -> Result<Vec<String>, String> {
        if self.targets.are_all_linear() {
            return Ok(Vec::new());
        }
        let embeddings = EMBEDDINGS.map(|(part, name)| self.spelling.path(part, name));
        let paths = embeddings.into_iter().chain(HEADS.map(str::to_owned));
        self.targeted(paths, |path| format!("target module {path}"))
    }

    /// Targets that the file has no tensors for.
    ///
    /// # Errors
    /// As [`Self::unsupported`].
    pub fn missing(&self, arch: &Architecture) -> Result<Vec<String>, String> {
        let absent = Module::all(arch).filter(|module| !self.found.contains(module));
        let paths = absent.map(|module| self.spelling.path(module.part, &module.name()));
        self.targeted(paths, |path| format!("{path}: a target without tensors"))
    }

    fn targeted(
        &self,
        paths: impl Iterator<Item = String>,
        words: impl Fn(&str) -> String,
    ) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        for path in paths {
            if self.targets.includes(&path)? {
                found.push(words(&path));
            }
        }
        Ok(found)
    }
}

/// What stands before a module's name in each part: the configuration's patterns were written for
/// the names of one version of transformers.
#[derive(Debug)]
struct Spelling<'a> {
    vision: &'a str,
    projector: &'a str,
    language: &'a str,
}

impl<'a> Spelling<'a> {
    /// As the file has it. Parts that it lacks are spelled as by the same transformers: 4.52 and
    /// later begin with `model.`.
    fn of(names: impl Iterator<Item = &'a str> + Clone) -> Self {
        let modern = names.clone().any(|name| name.starts_with("model."));
        let prefix = |part, new, old| {
            let found = names.clone().find_map(|name| match Part::split(name) {
                Some((of, rest)) if of == part => name.strip_suffix(rest),
                _ => None,
            });
            found.unwrap_or(if modern { new } else { old })
        };
        Self {
            vision: prefix(Part::Vision, "model.vision_tower.", "vision_tower.vision_model."),
            projector: prefix(
                Part::Projector,
                "model.multi_modal_projector.",
                "multi_modal_projector.",
            ),
            language: prefix(Part::Language, "model.language_model.", "language_model.model."),
        }
    }

    fn path(&self, part: Part, name: &str) -> String {
        let prefix = match part {
            Part::Vision => self.vision,
            Part::Projector => self.projector,
            Part::Language => self.language,
        };
        format!("{prefix}{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::fixture::sample_manifest;

    const NEW_Q: &str = "model.language_model.layers.0.self_attn.q_proj";
    const OLD_Q: &str = "language_model.model.layers.0.self_attn.q_proj";

    fn targets(names: &str) -> Targets {
        Targets::new(serde_json::from_str(names).unwrap(), None, None, None).unwrap()
    }

    fn unsupported(target: &str, present: &str) -> Vec<String> {
        let present = [present.to_owned()];
        Coverage::new(&targets(target), present.iter()).unsupported().unwrap()
    }

    fn missing(target: &str, present: &str) -> Vec<String> {
        let (arch, present) = (sample_manifest().architecture, [present.to_owned()]);
        Coverage::new(&targets(target), present.iter()).missing(&arch).unwrap()
    }

    #[test]
    fn suffixes_reach_into_the_tower_too() {
        let lines = missing(r#"["q_proj"]"#, NEW_Q);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].starts_with("model.vision_tower.encoder.layers.0.self_attn.q_proj:"));
        assert!(missing(r#"["0.self_attn.o_proj"]"#, OLD_Q)[0].starts_with("language_model.model"));
    }

    #[test]
    fn patterns_are_held_to_the_spelling_of_the_file() {
        let pattern = r#"".*language_model\\.layers.*q_proj""#;
        assert_eq!(missing(pattern, NEW_Q).len(), 1);
        assert_eq!(missing(pattern, OLD_Q).len(), 0);
        let all = missing(r#""all-linear""#, NEW_Q);
        assert_eq!(all.len(), Module::all(&sample_manifest().architecture).count() - 1);
    }

    #[test]
    fn embeddings_and_heads_are_named() {
        for (target, named) in [
            ("embed_tokens", "model.language_model.embed_tokens"),
            ("patch_embedding", "model.vision_tower.embeddings.patch_embedding"),
            ("position_embedding", "model.vision_tower.embeddings.position_embedding"),
        ] {
            let lines = unsupported(&format!("[{target:?}]"), NEW_Q);
            assert_eq!(lines, [format!("target module {named}")]);
        }
        assert_eq!(unsupported(r#"["lm_head"]"#, OLD_Q).len(), 2);
        assert!(unsupported(r#""all-linear""#, NEW_Q).is_empty());
        assert!(unsupported(r#"["q_proj"]"#, NEW_Q).is_empty());
    }
}
