//! Which `tokenizer.json` files are read: those put together from the parts that Gemma's are.
//!
//! Others could be read, but the library that reads them trusts them: a prefix longer than a token
//! makes it panic, a pattern or a padding can take all the time or memory there is. What is not
//! listed here is refused by name before the library sees the file.

use serde::Deserialize;
use serde::de::Error;

/// Most bytes that one stretch of a text may become in one replacement.
const LONGEST_REPLACEMENT: usize = 8;

/// Most replacements, one after the other.
const MOST_STEPS: usize = 2;

/// The parts that decide how a text is cut up, apart from vocabulary and merges. Templates,
/// truncation and padding may be there: they are switched off.
#[derive(Deserialize)]
struct Parts {
    normalizer: Option<Normalizer>,
    #[serde(rename = "pre_tokenizer")]
    _splitter: Option<Splitter>,
    #[serde(rename = "decoder")]
    _decoder: Option<Decoder>,
    model: Model,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Normalizer {
    Replace { pattern: Pattern, content: String },
    Sequence { normalizers: Vec<Normalizer> },
}

/// A fixed text. A regular expression would have no bounds.
#[derive(Deserialize)]
enum Pattern {
    String(String),
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Splitter {
    Split {
        #[serde(rename = "pattern")]
        _pattern: Pattern,
    },
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Decoder {
    Replace {
        #[serde(rename = "pattern")]
        _pattern: Pattern,
    },
    ByteFallback,
    Fuse,
    Sequence {
        #[serde(rename = "decoders")]
        _decoders: Vec<Decoder>,
    },
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    _kind: Kind,
    dropout: Option<f32>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
}

#[derive(Deserialize)]
enum Kind {
    /// Byte-pair encoding.
    #[serde(rename = "BPE")]
    _Bpe,
}

/// Checks that a file is made of the parts above.
///
/// # Errors
/// Which part is not.
pub(super) fn check(json: &[u8]) -> Result<(), serde_json::Error> {
    let parts: Parts = serde_json::from_slice(json)?;
    let refuse = |what| Err(serde_json::Error::custom(format!("{what} is not supported")));
    let Model { dropout, continuing_subword_prefix, end_of_word_suffix, .. } = &parts.model;
    let is_some = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    if !parts.normalizer.as_ref().is_none_or(is_bounded) {
        return refuse("a normalizer that lets texts swell");
    }
    if dropout.is_some_and(|rate| rate != 0.0) {
        return refuse("dropout");
    }
    if is_some(continuing_subword_prefix) || is_some(end_of_word_suffix) {
        return refuse("a prefix or suffix of words");
    }
    Ok(())
}

fn is_bounded(normalizer: &Normalizer) -> bool {
    let is_short = |step: &Normalizer| match step {
        Normalizer::Replace { pattern: Pattern::String(pattern), content } => {
            !pattern.is_empty() && content.len() <= LONGEST_REPLACEMENT
        }
        Normalizer::Sequence { .. } => false,
    };
    match normalizer {
        Normalizer::Sequence { normalizers } => {
            normalizers.len() <= MOST_STEPS && normalizers.iter().all(is_short)
        }
        one => is_short(one),
    }
}
