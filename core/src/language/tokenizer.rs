//! Text ⇄ token ids, with the ids PaliGemma's tasks rest on: `<loc0000>`…`<loc1023>` and
//! `<seg000>`…`<seg127>`, each a contiguous stretch of rows of the tied head.
//!
//! The file is a Hugging Face `tokenizer.json`. Nothing is added around a text: `<bos>`, the
//! newline and the image placeholders are the prompt's business.

use std::collections::HashSet;
use std::ops::Range;

use tokenizers::processors::PostProcessorWrapper as PostProcessor;

use super::tokenizer_parts;

/// How many `<loc>` tokens there are: coordinates are written as `0..=1023`.
pub const LOCATIONS: u32 = 1024;
/// How many `<seg>` tokens there are: the entries of the mask autoencoder's codebook.
pub const CODES: u32 = 128;

/// Most bytes of a text that is made into tokens: far more than fit into any session.
pub const LONGEST_TEXT: usize = 64 << 10;

/// Why a tokenizer cannot be used, or a text not be tokenised.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// The file is no `tokenizer.json`.
    #[error("tokenizer.json cannot be read ({0}); fetch the pack again")]
    File(#[source] tokenizers::Error),
    /// The file is put together from other parts than Gemma's.
    #[error("tokenizer.json: {0}; use the tokenizer of a PaliGemma")]
    Unsupported(#[source] serde_json::Error),
    /// Two tokens with one id.
    #[error("tokenizer.json has the id {id} twice; fetch the pack again")]
    Twice {
        /// The id.
        id: u32,
    },
    /// A token the tasks rest on is not in the vocabulary.
    #[error("tokenizer.json has no token {token:?}; use the tokenizer of a PaliGemma")]
    Missing {
        /// The token's text.
        token: String,
    },
    /// `<loc>` or `<seg>` tokens do not follow one another.
    #[error(
        "tokenizer.json: the token {token} has id {found}, not {expected}, so that its kind is not \
         contiguous; use the tokenizer of a PaliGemma"
    )]
    Shifted {
        /// The first token that is out of place.
        token: String,
        /// The id after its predecessor's.
        expected: u32,
        /// The id it has.
        found: u32,
    },
    /// `"\n"` is not encoded as its own token, which every prompt ends with.
    #[error(
        "tokenizer.json does not make a token of its own of a newline; \
         use the tokenizer of a PaliGemma"
    )]
    Newline,
    /// The vocabulary is larger than the embedding.
    #[error(
        "tokenizer.json needs {needed} rows, the embedding in the weights has {rows}; \
         convert the pack anew"
    )]
    TooFewRows {
        /// Rows of the embedding.
        rows: usize,
        /// Highest token id plus one.
        needed: usize,
    },
    /// A text that no prompt has room for.
    #[error("the text has {bytes} bytes, at most {LONGEST_TEXT} are read; shorten it")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The tokenizer failed on a text or on ids.
    #[error("the tokenizer failed ({0}); fetch the pack again")]
    Failed(#[source] tokenizers::Error),
}

/// A tokenizer whose PaliGemma tokens are known to be there.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    bos: u32,
    eos: u32,
    pad: u32,
    image: u32,
    newline: u32,
    locations: Range<u32>,
    codes: Range<u32>,
    /// Ids a person's text may never become.
    reserved: HashSet<u32>,
    /// Highest id plus one.
    size: usize,
}

impl Tokenizer {
    /// Reads a Hugging Face `tokenizer.json`.
    ///
    /// # Errors
    /// When the file is damaged or not of Gemma's kind, when a token of PaliGemma is missing or out
    /// of place, or when the newline is not its own token.
    pub fn from_bytes(json: &[u8]) -> Result<Self, TokenizerError> {
        tokenizer_parts::check(json).map_err(|error| match error.is_data() {
            true => TokenizerError::Unsupported(error),
            false => TokenizerError::File(error.into()),
        })?;
        let mut inner = tokenizers::Tokenizer::from_bytes(json).map_err(TokenizerError::File)?;
        // Nothing is added around a text, and nothing of it cut off.
        inner.with_post_processor(None::<PostProcessor>).with_padding(None);
        inner.with_truncation(None).map_err(TokenizerError::File)?;
        let locations = contiguous(&inner, LOCATIONS, |n| format!("<loc{n:04}>"))?;
        let codes = contiguous(&inner, CODES, |n| format!("<seg{n:03}>"))?;
        let tokenizer = Self {
            bos: id_of(&inner, "<bos>")?,
            eos: id_of(&inner, "<eos>")?,
            pad: id_of(&inner, "<pad>")?,
            image: id_of(&inner, "<image>")?,
            newline: id_of(&inner, "\n")?,
            reserved: special_ids(&inner),
            size: size(&inner)?,
            locations,
            codes,
            inner,
        };
        if tokenizer.encode_markup("\n")? != [tokenizer.newline] {
            return Err(TokenizerError::Newline);
        }
        Ok(tokenizer)
    }

    /// Asserts that every id has a row in an embedding of `rows` rows (which may have more: they
    /// are padded to a round number).
    ///
    /// # Errors
    /// [`TokenizerError::TooFewRows`].
    pub fn check_rows(&self, rows: usize) -> Result<(), TokenizerError> {
        let needed = self.size;
        if needed <= rows { Ok(()) } else { Err(TokenizerError::TooFewRows { rows, needed }) }
    }

    /// Tokens of a text written by a person or a rule pack. A special, `<loc>` or `<seg>` token
    /// typed in it is left out, so that no text can end a prompt or pose as an answer.
    ///
    /// # Errors
    /// [`TokenizerError::TooLong`], [`TokenizerError::Failed`].
    pub fn encode_text(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        // Filtering ids rather than text also catches what normalisation turns into a token.
        let mut ids = self.encode_markup(text)?;
        ids.retain(|&id| !self.is_reserved(id));
        Ok(ids)
    }

    /// Tokens of a text written by the program, where `<loc0000>` means the token.
    ///
    /// # Errors
    /// [`TokenizerError::TooLong`], [`TokenizerError::Failed`].
    pub fn encode_markup(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        if text.len() > LONGEST_TEXT {
            return Err(TokenizerError::TooLong { bytes: text.len() });
        }
        let encoding = self.inner.encode_fast(text, false).map_err(TokenizerError::Failed)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of tokens. `<bos>`, `<eos>`, `<pad>` and `<image>` have none; `<loc>` and `<seg>`
    /// appear as they are called.
    ///
    /// # Errors
    /// [`TokenizerError::Failed`].
    pub fn decode(&self, ids: &[u32]) -> Result<String, TokenizerError> {
        let silent = [self.bos, self.eos, self.pad, self.image];
        let ids: Vec<u32> = ids.iter().copied().filter(|id| !silent.contains(id)).collect();
        self.inner.decode(&ids, false).map_err(TokenizerError::Failed)
    }

    /// Whether `pieces` give the same tokens encoded one by one as in running text, that is, no
    /// merge crosses a border between them.
    ///
    /// # Errors
    /// [`TokenizerError::Failed`].
    pub fn joins_cleanly(&self, pieces: &[&str]) -> Result<bool, TokenizerError> {
        let mut apart = Vec::new();
        for piece in pieces {
            apart.extend(self.encode_markup(piece)?);
        }
        Ok(apart == self.encode_markup(&pieces.concat())?)
    }

    /// Whether `id` is a special, `<loc>` or `<seg>` token.
    pub fn is_reserved(&self, id: u32) -> bool {
        let known = [self.bos, self.eos, self.pad, self.image];
        self.locations.contains(&id)
            || self.codes.contains(&id)
            || known.contains(&id)
            || self.reserved.contains(&id)
    }

    /// The token's text in the vocabulary (`▁` stands for a space), `None` beyond it.
    pub fn piece(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }

    /// Highest id plus one.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Id of `<bos>`, which separates the image from the prompt.
    pub fn bos(&self) -> u32 {
        self.bos
    }

    /// Id of `<eos>`, which ends an answer.
    pub fn eos(&self) -> u32 {
        self.eos
    }

    /// Id of `<pad>`.
    pub fn pad(&self) -> u32 {
        self.pad
    }

    /// Id of `<image>`, the placeholder of one patch.
    pub fn image(&self) -> u32 {
        self.image
    }

    /// Id of `"\n"`, which ends a prompt.
    pub fn newline(&self) -> u32 {
        self.newline
    }

    /// Ids of `<loc0000>`…`<loc1023>`.
    pub fn locations(&self) -> Range<u32> {
        self.locations.clone()
    }

    /// Ids of `<seg000>`…`<seg127>`.
    pub fn codes(&self) -> Range<u32> {
        self.codes.clone()
    }
}

fn id_of(inner: &tokenizers::Tokenizer, token: &str) -> Result<u32, TokenizerError> {
    inner.token_to_id(token).ok_or_else(|| TokenizerError::Missing { token: token.to_owned() })
}

/// The ids of `count` numbered tokens, which must follow one another.
fn contiguous(
    inner: &tokenizers::Tokenizer,
    count: u32,
    name: impl Fn(u32) -> String,
) -> Result<Range<u32>, TokenizerError> {
    let first = id_of(inner, &name(0))?;
    for n in 1..count {
        let (token, expected) = (name(n), first + n);
        let found = id_of(inner, &token)?;
        if found != expected {
            return Err(TokenizerError::Shifted { token, expected, found });
        }
    }
    Ok(first..first + count)
}

fn special_ids(inner: &tokenizers::Tokenizer) -> HashSet<u32> {
    let added = inner.get_added_tokens_decoder();
    let special = added.into_iter().filter(|(_, token)| token.special);
    special.map(|(id, _)| id).collect()
}

/// Highest id plus one, once no id is there twice: what such an id means nobody could tell.
fn size(inner: &tokenizers::Tokenizer) -> Result<usize, TokenizerError> {
    let mut ids: Vec<u32> = inner.get_vocab(true).into_values().collect();
    ids.sort_unstable();
    match ids.array_windows().find(|[one, next]| one == next) {
        Some(&[id, _]) => Err(TokenizerError::Twice { id }),
        None => Ok(ids.last().map_or(0, |id| *id as usize + 1)),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::sync::LazyLock;

    /// A tokenizer of Gemma's kind (BPE with byte fallback, `▁` for a space), small enough to
    /// build in a test. Words become one token each, by a chain of merges.
    pub(crate) fn gemma_like() -> &'static Tokenizer {
        static TOKENIZER: LazyLock<Tokenizer> =
            LazyLock::new(|| Tokenizer::from_bytes(&json_bytes(&gemma_like_json())).unwrap());
        &TOKENIZER
    }

    /// The tokenizer of the golden models, trained by the `tokenizers` package on a few texts of
    /// ours. Its merges cross tags.
    pub(crate) fn golden() -> &'static Tokenizer {
        static TOKENIZER: LazyLock<Tokenizer> =
            LazyLock::new(|| Tokenizer::from_bytes(&golden_file("hf/tokenizer.json")).unwrap());
        &TOKENIZER
    }

    fn golden_file(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/paligemma1/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    fn json_bytes(json: &Value) -> Vec<u8> {
        serde_json::to_vec(json).unwrap()
    }

    const WORDS: [&str; 12] = [
        "▁plastic",
        "▁glass",
        "▁can",
        "▁opener",
        "▁;",
        "▁detect",
        "▁segment",
        "item",
        "state",
        "clean",
        "></",
        "<s_",
    ];

    fn gemma_like_json() -> Value {
        let mut vocab: Vec<String> =
            ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "\n"].map(String::from).to_vec();
        vocab.extend((0..=255).map(|byte| format!("<0x{byte:02X}>")));
        vocab.extend(('!'..='~').chain(['▁', 'ü']).map(String::from));
        let mut merges = Vec::new();
        for word in WORDS {
            let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).skip(1).collect();
            for (start, at) in ends.iter().enumerate() {
                let end = ends.get(start + 1).copied().unwrap_or(word.len());
                let (left, right) = (&word[..*at], &word[*at..end]);
                let whole = word[..end].to_owned();
                if !vocab.contains(&whole) {
                    merges.push(json!([left, right]));
                    vocab.push(whole);
                }
            }
        }
        let size = vocab.len();
        let special = vocab[..5].iter().cloned().enumerate();
        let mut added: Vec<Value> =
            special.map(|(id, token)| added_token(id, &token, true)).collect();
        let locations = (0..1024).map(|n| format!("<loc{n:04}>"));
        let codes = (0..128).map(|n| format!("<seg{n:03}>"));
        let numbered = locations.chain(codes).enumerate();
        added.extend(numbered.map(|(n, token)| added_token(size + n, &token, false)));
        added.push(added_token(size + 1024 + 128, "<image>", true));
        let ids: serde_json::Map<String, Value> =
            vocab.into_iter().enumerate().map(|(id, token)| (token, json!(id))).collect();
        json!({
            "version": "1.0",
            "added_tokens": added,
            "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
            "pre_tokenizer": null,
            "post_processor": null,
            "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
            ]},
            "model": {
                "type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
                "vocab": ids, "merges": merges,
            },
        })
    }

    fn added_token(id: usize, content: &str, special: bool) -> Value {
        json!({
            "id": id, "content": content, "special": special, "normalized": false,
            "single_word": false, "lstrip": false, "rstrip": false,
        })
    }

    #[test]
    fn the_tokens_of_the_tasks_are_found() {
        let tokenizer = gemma_like();
        assert_eq!(tokenizer.locations().len(), 1024);
        assert_eq!(tokenizer.codes().len(), 128);
        assert_eq!(tokenizer.codes().start, tokenizer.locations().end);
        let named = [
            (tokenizer.bos(), "<bos>"),
            (tokenizer.eos(), "<eos>"),
            (tokenizer.pad(), "<pad>"),
            (tokenizer.image(), "<image>"),
            (tokenizer.newline(), "\n"),
            (tokenizer.locations().start + 7, "<loc0007>"),
            (tokenizer.codes().end - 1, "<seg127>"),
        ];
        for (id, piece) in named {
            assert_eq!(tokenizer.piece(id).unwrap(), piece);
        }
    }

    #[test]
    fn text_survives_encoding_and_decoding() {
        let tokenizer = gemma_like();
        for text in [" plastic ; glass", "Über 3 € 日本", "", "  a  \n b"] {
            let ids = tokenizer.encode_text(text).unwrap();
            assert_eq!(tokenizer.decode(&ids).unwrap(), text);
        }
        assert_eq!(tokenizer.encode_text(" plastic").unwrap().len(), 1);
    }

    #[test]
    fn ids_and_texts_are_those_of_the_reference() {
        let tokenizer = golden();
        let cases: Value = serde_json::from_slice(&golden_file("tokenizer_cases.json")).unwrap();
        for case in cases.as_array().unwrap() {
            let ids = tokenizer.encode_markup(case["text"].as_str().unwrap()).unwrap();
            assert_eq!(json!(ids), case["ids"], "{case}");
            assert_eq!(json!(tokenizer.decode(&ids).unwrap()), case["decoded"], "{case}");
        }
    }

    #[test]
    fn control_tokens_typed_by_a_person_are_left_out() {
        let tokenizer = gemma_like();
        let typed = "a<loc0000><seg127><eos><bos><image><pad><mask><unk>b";
        let ids = tokenizer.encode_text(typed).unwrap();
        assert_eq!(tokenizer.decode(&ids).unwrap(), "ab");
        let trusted = tokenizer.encode_markup(typed).unwrap();
        assert!(trusted.contains(&tokenizer.eos()) && trusted.contains(&tokenizer.image()));

        // What stripping leaves behind must not be read as a token either.
        let ids = tokenizer.encode_text("<loc<loc0001>0000>").unwrap();
        assert!(ids.iter().all(|&id| !tokenizer.is_reserved(id)));
    }

    #[test]
    fn decoding_shows_locations_and_hides_the_frame() {
        let tokenizer = gemma_like();
        let first = tokenizer.locations().start;
        let ids = [tokenizer.bos(), first + 12, tokenizer.eos()];
        assert_eq!(tokenizer.decode(&ids).unwrap(), "<loc0012>");
    }

    #[test]
    fn a_missing_or_shifted_token_is_named() {
        let mut json = gemma_like_json();
        let added = json["added_tokens"].as_array_mut().unwrap();
        let at = added.iter().position(|token| token["content"] == "<loc0500>").unwrap();
        let next = added[at + 1]["content"].take();
        added[at + 1]["content"] = added[at]["content"].take();
        added[at]["content"] = next;
        let error = Tokenizer::from_bytes(&json_bytes(&json)).unwrap_err();
        assert!(matches!(error, TokenizerError::Shifted { token, .. } if token == "<loc0500>"));

        let mut json = gemma_like_json();
        let added = json["added_tokens"].as_array_mut().unwrap();
        added.retain(|token| token["content"] != "<seg127>");
        let error = Tokenizer::from_bytes(&json_bytes(&json)).unwrap_err();
        assert!(matches!(error, TokenizerError::Missing { token } if token == "<seg127>"));

        assert!(matches!(Tokenizer::from_bytes(b"{"), Err(TokenizerError::File(_))));
        assert!(matches!(Tokenizer::from_bytes(b"{}"), Err(TokenizerError::Unsupported(_))));
    }

    #[test]
    fn every_id_needs_a_row() {
        let tokenizer = gemma_like();
        let size = tokenizer.image() as usize + 1;
        assert!(tokenizer.check_rows(size).is_ok());
        assert!(tokenizer.check_rows(size + 63).is_ok());
        let error = tokenizer.check_rows(size - 1).unwrap_err();
        assert!(matches!(error, TokenizerError::TooFewRows { needed, .. } if needed == size));
    }

    #[test]
    fn borders_crossed_by_a_merge_are_noticed() {
        let tokenizer = gemma_like();
        for label in ["plastic", "glass", "paper", "carton", "metal", "food"] {
            let pieces = [&format!(" {label}"), " ; ", "<loc0000>"];
            assert!(golden().joins_cleanly(&pieces).unwrap(), "{label}");
        }
        assert!(!tokenizer.joins_cleanly(&["<s_a>", "</s_a>"]).unwrap());
    }
}
