//! Words as token sequences: the labels, enum values and tags a grammar chooses among.
//!
//! The words lie in the order of their tokens, so those that share what is written so far are
//! neighbours: a stretch of the list and a depth stand for a node of a trie, without nodes.

use std::ops::Range;

use super::rows::RowSet;
use crate::language::tokenizer::{Tokenizer, TokenizerError};

/// Why words cannot be chosen among.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// There is nothing to choose.
    #[error("no word to choose")]
    Empty,
    /// The same word occurs twice.
    #[error("the word {text:?} occurs twice")]
    Twice {
        /// The word.
        text: String,
    },
    /// The tokenizer does not give the word back.
    #[error("the tokenizer cannot write {text:?}")]
    Unwritable {
        /// The word.
        text: String,
    },
    /// The word is the beginning of another that goes on like what follows a word.
    #[error("the end of the word {text:?} cannot be told")]
    Ambiguous {
        /// The shorter word.
        text: String,
    },
    /// The tokenizer failed.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
}

/// Words to choose among. A word may be the beginning of another, and one may be empty.
#[derive(Debug, Clone)]
pub struct Lexicon {
    /// Ascending by tokens.
    words: Vec<Word>,
}

/// One word of a [`Lexicon`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word {
    /// The tokens.
    pub tokens: Vec<u32>,
    /// The text they stand for.
    pub text: String,
    /// Its place in the list the lexicon was made from.
    pub index: usize,
}

/// The words that begin with what is written so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    first: usize,
    end: usize,
    /// Tokens written.
    depth: usize,
}

impl Lexicon {
    /// Tokenises each text by itself. Where the tokenizer would merge over a word's border in
    /// running text, the grammar's tokens differ from it; training must use the grammar's.
    ///
    /// # Errors
    /// Every variant of [`LexiconError`] but [`LexiconError::Ambiguous`].
    pub fn new(tokenizer: &Tokenizer, texts: &[impl AsRef<str>]) -> Result<Self, LexiconError> {
        let words = texts.iter().map(|text| {
            let text = text.as_ref();
            let tokens = tokenizer.encode_text(text)?;
            if tokenizer.decode(&tokens)? != text {
                let text = text.to_owned();
                return Err(LexiconError::Unwritable { text });
            }
            Ok((tokens, text.to_owned()))
        });
        Self::from_words(words.collect::<Result<_, _>>()?)
    }

    /// Words whose tokens are known.
    ///
    /// # Errors
    /// [`LexiconError::Empty`] and [`LexiconError::Twice`].
    pub fn from_words(words: Vec<(Vec<u32>, String)>) -> Result<Self, LexiconError> {
        let mut words: Vec<Word> = words
            .into_iter()
            .enumerate()
            .map(|(index, (tokens, text))| Word { tokens, text, index })
            .collect();
        if words.is_empty() {
            return Err(LexiconError::Empty);
        }
        words.sort();
        if let Some(pair) = words.windows(2).find(|p| p[0].tokens == p[1].tokens) {
            let text = pair[1].text.clone();
            return Err(LexiconError::Twice { text });
        }
        Ok(Self { words })
    }

    /// Asserts that a word which begins another one does not go on with any of `following`, the
    /// tokens that may come after a word: they would not tell which of the two is meant.
    ///
    /// # Errors
    /// [`LexiconError::Ambiguous`].
    pub fn check_following(&self, following: &[Range<u32>]) -> Result<(), LexiconError> {
        for word in &self.words {
            let longer = self.words.iter().filter_map(|other| {
                let rest = other.tokens.strip_prefix(word.tokens.as_slice())?;
                rest.first().copied()
            });
            if longer.into_iter().any(|id| super::rows::contains(following, id)) {
                let text = word.text.clone();
                return Err(LexiconError::Ambiguous { text });
            }
        }
        Ok(())
    }

    /// Nothing written, every word possible.
    pub fn start(&self) -> Cursor {
        Cursor { first: 0, end: self.words.len(), depth: 0 }
    }

    /// Nothing written, only the word with this index possible.
    pub fn only(&self, index: usize) -> Cursor {
        let mut cursor = self.start();
        if let Some(at) = self.words.iter().position(|word| word.index == index) {
            (cursor.first, cursor.end) = (at, at + 1);
        }
        cursor
    }

    /// Adds the tokens that may come next within a word.
    pub fn insert_next(&self, cursor: Cursor, rows: &mut RowSet) {
        let words = &self.words[cursor.first..cursor.end];
        for token in words.iter().filter_map(|word| word.tokens.get(cursor.depth)) {
            rows.insert(*token);
        }
    }

    /// The cursor after `token`, `None` where no word goes on with it.
    pub fn advance(&self, cursor: Cursor, token: u32) -> Option<Cursor> {
        let at_depth = |word: &Word| word.tokens.get(cursor.depth).copied();
        let words = &self.words[cursor.first..cursor.end];
        // A finished word has no token here and sorts before the others, as `None` does.
        let first = words.partition_point(|word| at_depth(word) < Some(token));
        let end = words.partition_point(|word| at_depth(word) <= Some(token));
        (first < end).then_some(Cursor {
            first: cursor.first + first,
            end: cursor.first + end,
            depth: cursor.depth + 1,
        })
    }

    /// The index of the word that is written in full, though a longer one may still be possible.
    pub fn complete(&self, cursor: Cursor) -> Option<usize> {
        let word = &self.words[cursor.first];
        (word.tokens.len() == cursor.depth).then_some(word.index)
    }

    /// The index of the word that is written in full when no longer one is possible.
    pub fn settled(&self, cursor: Cursor) -> Option<usize> {
        let alone = cursor.end - cursor.first == 1;
        self.complete(cursor).filter(|_| alone)
    }

    /// The word with this index.
    pub fn word(&self, index: usize) -> Option<&Word> {
        self.words.iter().find(|word| word.index == index)
    }

    /// The longest word `text` begins with.
    pub fn longest_in(&self, text: &str) -> Option<&Word> {
        let fitting = self.words.iter().filter(|word| text.starts_with(&word.text));
        fitting.max_by_key(|word| word.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokenizer::tests::gemma_like;

    fn lexicon(words: &[&[u32]]) -> Result<Lexicon, LexiconError> {
        let words = words.iter().map(|tokens| (tokens.to_vec(), format!("{tokens:?}")));
        Lexicon::from_words(words.collect())
    }

    fn next(lexicon: &Lexicon, cursor: Cursor) -> Vec<Range<u32>> {
        let mut rows = RowSet::default();
        lexicon.insert_next(cursor, &mut rows);
        rows.as_slice().to_vec()
    }

    #[test]
    fn words_narrow_down_token_by_token() {
        let lexicon = lexicon(&[&[5, 7], &[5], &[4], &[5, 6, 9]]).unwrap();
        let start = lexicon.start();
        assert_eq!(next(&lexicon, start), [4..6]);
        assert_eq!(lexicon.complete(start), None);
        assert_eq!(lexicon.advance(start, 7), None);

        let five = lexicon.advance(start, 5).unwrap();
        assert_eq!(next(&lexicon, five), [6..8]);
        assert_eq!(lexicon.complete(five), Some(1));
        assert_eq!(lexicon.settled(five), None);

        let seven = lexicon.advance(five, 7).unwrap();
        assert_eq!(lexicon.settled(seven), Some(0));
        assert!(next(&lexicon, seven).is_empty());
        assert_eq!(lexicon.advance(seven, 9), None);
    }

    #[test]
    fn one_word_can_be_singled_out() {
        let lexicon = lexicon(&[&[5, 7], &[4]]).unwrap();
        assert_eq!(next(&lexicon, lexicon.only(0)), [5..6]);
        assert_eq!(next(&lexicon, lexicon.only(1)), [4..5]);
    }

    #[test]
    fn the_empty_word_is_complete_at_once() {
        let lexicon = lexicon(&[&[], &[4]]).unwrap();
        assert_eq!(lexicon.complete(lexicon.start()), Some(0));
        assert_eq!(next(&lexicon, lexicon.start()), [4..5]);
    }

    #[test]
    fn words_that_cannot_be_told_apart_are_refused() {
        assert!(matches!(lexicon(&[]), Err(LexiconError::Empty)));
        let twice = lexicon(&[&[1], &[2], &[1]]);
        assert!(matches!(twice, Err(LexiconError::Twice { .. })));
        let lexicon = lexicon(&[&[5], &[5, 8]]).unwrap();
        assert!(lexicon.check_following(&[5..8]).is_ok());
        let error = lexicon.check_following(&[8..9]).unwrap_err();
        assert!(matches!(error, LexiconError::Ambiguous { text } if text == "[5]"));
    }

    #[test]
    fn words_the_tokenizer_cannot_give_back_are_refused() {
        let tokenizer = gemma_like();
        let lexicon = Lexicon::new(tokenizer, &[" can", " can opener", "ü"]).unwrap();
        assert_eq!(lexicon.word(1).unwrap().text, " can opener");
        assert_eq!(lexicon.longest_in(" can opener </s").unwrap().index, 1);
        assert_eq!(lexicon.longest_in(" can open").unwrap().index, 0);
        let error = Lexicon::new(tokenizer, &["a<eos>"]).unwrap_err();
        assert!(matches!(error, LexiconError::Unwritable { text } if text == "a<eos>"));
    }
}
