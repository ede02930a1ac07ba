//! Which modules PEFT adapts, and with which rank: the matching rules of `peft` 0.21
//! (`tuners_utils.check_target_module_exists`, `utils.other.get_pattern_key`).
//!
//! Names are those of the trainer's model, such as `model.language_model.layers.0.mlp.up_proj`.

use fancy_regex::{Regex, RegexBuilder};
use serde::Deserialize;

/// Most names or patterns of one key: PEFT lists at most the matrices of a model, some hundreds.
const MOST: usize = 2048;

/// Most steps a pattern may take on one name, of some sixty letters.
const MOST_STEPS: usize = 100_000;

/// Most bytes of a compiled pattern; those of PEFT's take a hundredth.
const LARGEST_PATTERN: usize = 1 << 20;

/// `target_modules` and `exclude_modules`: a list of names and suffixes, or one pattern.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Names {
    List(Vec<String>),
    Pattern(String),
}

/// One layer or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Indices {
    One(usize),
    Many(Vec<usize>),
}

/// The rules of one adapter, patterns compiled.
#[derive(Debug)]
pub(super) struct Targets {
    target: Matcher,
    exclude: Option<Matcher>,
    layers: Option<Layers>,
}

#[derive(Debug)]
enum Matcher {
    AllLinear,
    Suffixes(Vec<String>),
    Pattern(Regex),
}

#[derive(Debug)]
struct Layers {
    indices: Vec<usize>,
    /// Each captures the layer's index as `idx`; the first that matches counts.
    patterns: Vec<Regex>,
}

impl Targets {
    /// Compiles the rules.
    ///
    /// # Errors
    /// In words, which pattern is wrong or which keys exclude each other.
    pub fn new(
        target: Names,
        exclude: Option<Names>,
        layers: Option<Indices>,
        layers_pattern: Option<Names>,
    ) -> Result<Self, String> {
        let indices = match layers {
            Some(Indices::One(index)) => vec![index],
            Some(Indices::Many(indices)) => indices,
            None => Vec::new(),
        };
        if !indices.is_empty() && matches!(target, Names::Pattern(_)) {
            return Err("layers_to_transform cannot go with a pattern in target_modules".into());
        }
        let target = match target {
            Names::Pattern(text) if text.eq_ignore_ascii_case("all-linear") => Matcher::AllLinear,
            names => Matcher::new(names)?,
        };
        // An empty list or pattern excludes nothing.
        let exclude = exclude.filter(|names| !names.is_empty()).map(Matcher::new).transpose()?;
        let layers = match indices.is_empty() {
            true => None,
            false => Some(Layers { indices, patterns: layer_patterns(layers_pattern)? }),
        };
        Ok(Self { target, exclude, layers })
    }

    /// Whether they stand for every linear layer, and so for no other module.
    pub fn are_all_linear(&self) -> bool {
        matches!(self.target, Matcher::AllLinear)
    }

    /// Whether PEFT would adapt this module.
    ///
    /// # Errors
    /// In words, where a pattern takes too many steps.
    pub fn includes(&self, module: &str) -> Result<bool, String> {
        if let Some(exclude) = &self.exclude
            && exclude.matches(module)?
        {
            return Ok(false);
        }
        // A name given in full stands above layers_to_transform.
        if matches!(&self.target, Matcher::Suffixes(names) if names.iter().any(|n| n == module)) {
            return Ok(true);
        }
        if !self.target.matches(module)? {
            return Ok(false);
        }
        self.layers.as_ref().map_or(Ok(true), |layers| layers.include(module))
    }
}

impl Names {
    fn is_empty(&self) -> bool {
        match self {
            Self::List(names) => names.is_empty(),
            Self::Pattern(text) => text.is_empty(),
        }
    }
}

impl Matcher {
    fn new(names: Names) -> Result<Self, String> {
        Ok(match names {
            Names::List(names) if names.len() > MOST => return Err(too_many(names.len())),
            Names::List(names) => Self::Suffixes(names),
            Names::Pattern(text) => Self::Pattern(compile(&format!(r"\A(?:{text})\z"))?),
        })
    }

    fn matches(&self, module: &str) -> Result<bool, String> {
        match self {
            Self::AllLinear => Ok(true),
            Self::Suffixes(names) => Ok(names.iter().any(|name| is_suffix(module, name))),
            Self::Pattern(pattern) => is_match(pattern, module),
        }
    }
}

impl Layers {
    fn include(&self, module: &str) -> Result<bool, String> {
        for pattern in &self.patterns {
            let found = pattern.captures(module).map_err(|e| e.to_string())?;
            if let Some(index) = found.and_then(|c| c.name("idx")?.as_str().parse().ok()) {
                return Ok(self.indices.contains(&index));
            }
        }
        Ok(false)
    }
}

/// `rank_pattern` or `alpha_pattern`: the first pattern that matches a module's end counts.
#[derive(Debug)]
pub(super) struct Overrides<T>(Vec<(Regex, T)>);

impl<T: Copy> Overrides<T> {
    /// Compiles the patterns, in the order of the file.
    ///
    /// # Errors
    /// In words, which pattern is wrong.
    pub fn new(patterns: impl IntoIterator<Item = (String, T)>) -> Result<Self, String> {
        let patterns: Vec<_> = patterns.into_iter().collect();
        if patterns.len() > MOST {
            return Err(too_many(patterns.len()));
        }
        let compile = |(text, value)| Ok((compile(&format!(r"\A(?:.*\.)?(?:{text})\z"))?, value));
        patterns.into_iter().map(compile).collect::<Result<_, String>>().map(Self)
    }

    /// The value for a module, if a pattern matches.
    ///
    /// # Errors
    /// In words, where a pattern takes too many steps.
    pub fn get(&self, module: &str) -> Result<Option<T>, String> {
        for (pattern, value) in &self.0 {
            if is_match(pattern, module)? {
                return Ok(Some(*value));
            }
        }
        Ok(None)
    }
}

fn layer_patterns(names: Option<Names>) -> Result<Vec<Regex>, String> {
    let patterns = match names.filter(|names| !names.is_empty()) {
        None => return Ok(vec![compile(r"\A.*?\.[^.]*\.(?P<idx>\d+)\.")?]),
        Some(Names::Pattern(text)) => vec![text],
        Some(Names::List(texts)) if texts.len() > MOST => return Err(too_many(texts.len())),
        Some(Names::List(texts)) => texts,
    };
    let whole = |text: &String| compile(&format!(r"\A(?:|.*?\.)(?:{text})\.(?P<idx>\d+)\."));
    patterns.iter().map(whole).collect()
}

fn is_suffix(module: &str, name: &str) -> bool {
    module.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn compile(text: &str) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(text);
    builder.backtrack_limit(MOST_STEPS).delegate_size_limit(LARGEST_PATTERN);
    builder.build().map_err(|e| format!("pattern {}: {e}", short(text)))
}

fn is_match(pattern: &Regex, module: &str) -> Result<bool, String> {
    pattern.is_match(module).map_err(|e| format!("pattern {}: {e}", short(pattern.as_str())))
}

fn too_many(found: usize) -> String {
    format!("{found} names or patterns, at most {MOST} are read")
}

/// A pattern in a message: its beginning.
fn short(pattern: &str) -> String {
    pattern.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: &str = "model.language_model.layers.1.mlp.up_proj";
    const TOWER_Q: &str = "model.vision_tower.encoder.layers.2.self_attn.q_proj";

    fn names(json: &str) -> Names {
        serde_json::from_str(json).unwrap()
    }

    fn targets(target: &str, exclude: &str, layers: &str, pattern: &str) -> Targets {
        let optional = |json| serde_json::from_str(json).unwrap();
        let layers = serde_json::from_str(layers).unwrap();
        Targets::new(names(target), optional(exclude), layers, optional(pattern)).unwrap()
    }

    fn includes(target: &str, exclude: &str, layers: &str, pattern: &str) -> [bool; 2] {
        let targets = targets(target, exclude, layers, pattern);
        [UP, TOWER_Q].map(|module| targets.includes(module).unwrap())
    }

    #[test]
    fn lists_match_whole_suffixes() {
        let list = |target| includes(target, "null", "null", "null");
        assert_eq!(list(r#"["up_proj"]"#), [true, false]);
        assert_eq!(list(r#"["up_proj", "q_proj"]"#), [true, true], "the tower's q too");
        assert_eq!(list(r#"["proj", "up_pro"]"#), [false, false]);
        assert_eq!(list(r#"["1.mlp.up_proj"]"#), [true, false]);
    }

    #[test]
    fn patterns_match_the_whole_name() {
        let pattern = |target| includes(target, "null", "null", "null");
        assert_eq!(pattern(r#"".*language_model.*_proj""#), [true, false]);
        assert_eq!(pattern(r#""language_model""#), [false, false]);
        assert_eq!(pattern(r#""(?!.*vision).*""#), [true, false], "look-ahead as in Python");
        assert_eq!(pattern(r#""a|.*q_proj""#), [false, true]);
        assert_eq!(pattern(r#""all-linear""#), [true, true]);
    }

    #[test]
    fn exclusion_comes_first() {
        let all = |exclude| includes(r#""ALL-LINEAR""#, exclude, "null", "null");
        assert_eq!(all(r#"["q_proj"]"#), [true, false]);
        assert_eq!(all(r#"".*layers\\.1\\..*""#), [false, true]);
        assert_eq!(all("[]"), [true, true]);
    }

    #[test]
    fn layers_are_chosen_by_index() {
        let list = r#"["up_proj", "q_proj"]"#;
        assert_eq!(includes(list, "null", "1", "null"), [true, false]);
        assert_eq!(includes(list, "null", "[2, 5]", "null"), [false, true]);
        assert_eq!(includes(list, "null", "[]", "null"), [true, true]);
        assert_eq!(includes(list, "null", "[1, 2]", r#""encoder.layers""#), [false, true]);
        assert_eq!(includes(list, "null", "[1, 2]", r#"["h", "layers"]"#), [true, true]);
        assert_eq!(includes(list, "null", "[1, 2]", r#"["h"]"#), [false, false]);
        let full = format!("[{UP:?}]");
        assert_eq!(
            includes(&full, "null", "[7]", "null"),
            [true, false],
            "a full name stands above"
        );
    }

    #[test]
    fn what_peft_refuses_is_refused() {
        let one = serde_json::from_str("1").unwrap();
        let error = Targets::new(names(r#"".*""#), None, one, None).unwrap_err();
        assert!(error.contains("layers_to_transform"), "{error}");
        let error = Targets::new(names(r#""(""#), None, None, None).unwrap_err();
        assert!(error.contains("pattern"), "{error}");
    }

    #[test]
    fn the_first_pattern_that_matches_gives_the_rank() {
        let patterns =
            [("^model.language_model.layers.1.mlp.up_proj", 3), ("up_proj", 5), (r"q_\w+", 7)];
        let ranks = Overrides::new(patterns.map(|(p, r)| (p.to_owned(), r))).unwrap();
        let rank = |module| ranks.get(module).unwrap();
        assert_eq!(rank(UP), Some(3));
        assert_eq!(rank("model.language_model.layers.0.mlp.up_proj"), Some(5));
        assert_eq!(rank(TOWER_Q), Some(7));
        assert_eq!(rank("model.language_model.layers.0.mlp.backup_proj"), None);
    }
}
