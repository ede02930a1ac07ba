//! No grammar: any token until `<eos>`.

use std::ops::Range;

use super::grammar::{Grammar, GrammarError};

/// Allows every row of the tied head and reports every token but `<eos>`.
#[derive(Debug, Clone)]
pub struct FreeGrammar {
    rows: Option<[Range<u32>; 1]>,
    eos: u32,
}

impl FreeGrammar {
    /// All of `rows` token ids, ended by `eos`.
    pub fn new(rows: u32, eos: u32) -> Self {
        Self { rows: Some([0..rows; 1]), eos }
    }
}

impl Grammar for FreeGrammar {
    /// The token.
    type Event = u32;

    fn rows(&self) -> &[Range<u32>] {
        self.rows.as_ref().map_or(&[], |rows| rows)
    }

    fn advance(&mut self, token: u32) -> Result<Option<u32>, GrammarError> {
        self.check(token)?;
        if token == self.eos {
            self.rows = None;
            return Ok(None);
        }
        Ok(Some(token))
    }

    fn cut(&mut self) -> Option<u32> {
        self.rows = None;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_allowed_until_eos() {
        let mut grammar = FreeGrammar::new(10, 1);
        assert_eq!(grammar.rows(), [0..10]);
        assert_eq!(grammar.advance(9).unwrap(), Some(9));
        assert!(grammar.advance(10).is_err());
        assert_eq!(grammar.advance(1).unwrap(), None);
        assert!(grammar.is_finished());
        assert!(grammar.advance(9).is_err());
    }
}
