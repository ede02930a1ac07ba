//! A grammar over tokens: at every step it says which token ids may come next.

use std::ops::Range;

use super::rows;
use crate::language::tokenizer::TokenizerError;

/// A token the grammar does not allow here, or a value it has no words for.
#[derive(Debug, thiserror::Error)]
pub enum GrammarError {
    /// The token may not come next.
    #[error("the grammar does not allow token {token} here")]
    Unexpected {
        /// The refused token.
        token: u32,
    },
    /// The value is none of the grammar's answers, so it has no tokens.
    #[error("the value is no answer of this grammar")]
    NotAnAnswer,
    /// The tokenizer failed on free text.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
}

/// A token automaton. It allows only sequences that can be finished, so decoding never has to
/// back up, and its last token is `<eos>`.
pub trait Grammar {
    /// What the grammar reports as parts of the answer become complete.
    type Event;

    /// The ids that may come next, as ascending rows of the tied head. One single id means the
    /// token is determined: the model need not be asked. No id means the answer is finished.
    fn rows(&self) -> &[Range<u32>];

    /// Takes the next token.
    ///
    /// # Errors
    /// [`GrammarError::Unexpected`] for a token outside [`Self::rows`]; the state stays as it was.
    fn advance(&mut self, token: u32) -> Result<Option<Self::Event>, GrammarError>;

    /// No more tokens can be had: gives up the part being written and says so. What is complete
    /// stays, and the grammar is finished.
    fn cut(&mut self) -> Option<Self::Event>;

    /// The next token where only one is allowed.
    fn forced(&self) -> Option<u32> {
        match self.rows() {
            [only] if only.len() == 1 => Some(only.start),
            _ => None,
        }
    }

    /// Whether the answer is finished, `<eos>` included.
    fn is_finished(&self) -> bool {
        self.rows().is_empty()
    }

    /// `Ok` for a token in [`Self::rows`].
    ///
    /// # Errors
    /// [`GrammarError::Unexpected`] for any other.
    fn check(&self, token: u32) -> Result<(), GrammarError> {
        if rows::contains(self.rows(), token) {
            Ok(())
        } else {
            Err(GrammarError::Unexpected { token })
        }
    }
}
