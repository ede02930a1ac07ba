//! The tokens free text may consist of: plain characters only, so that no text can look like a
//! tag, and of known length, so that it never grows too long.

use super::rows::RowSet;
use super::schema::is_plain;
use crate::language::tokenizer::Tokenizer;

/// The permitted tokens of a vocabulary, by their length in characters.
#[derive(Debug, Clone, Default)]
pub struct TextTokens {
    /// `lengths[id]`, 0 for a token that is not permitted.
    lengths: Vec<usize>,
    /// `up_to[n]`: the tokens of at most n characters.
    up_to: Vec<RowSet>,
}

impl TextTokens {
    /// The tokens of at most `longest` characters. Bytes of a character are not permitted, for
    /// the others may never follow.
    pub fn new(tokenizer: &Tokenizer, longest: usize) -> Self {
        let ids = 0..tokenizer.size() as u32;
        let lengths: Vec<usize> = ids.map(|id| plain_length(tokenizer, id)).collect();
        let longest = longest.min(lengths.iter().copied().max().unwrap_or(0));
        let up_to = (0..=longest).map(|most| rows_up_to(&lengths, most));
        Self { up_to: up_to.collect(), lengths }
    }

    /// Tokens of at most `left` characters.
    pub fn up_to(&self, left: usize) -> Option<&RowSet> {
        self.up_to.get(left).or(self.up_to.last())
    }

    /// Characters of a permitted token.
    pub fn length(&self, id: u32) -> Option<usize> {
        let length = self.lengths.get(id as usize).copied();
        length.filter(|length| *length > 0)
    }
}

fn plain_length(tokenizer: &Tokenizer, id: u32) -> usize {
    // A byte token is called <0x0A>, which is not plain either.
    match tokenizer.piece(id) {
        Some(piece) if !tokenizer.is_reserved(id) && piece.chars().all(is_plain) => {
            piece.chars().count()
        }
        _ => 0,
    }
}

fn rows_up_to(lengths: &[usize], most: usize) -> RowSet {
    let mut rows = RowSet::default();
    for (id, &length) in lengths.iter().enumerate() {
        if (1..=most).contains(&length) {
            rows.insert(id as u32);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::rows;
    use crate::language::tokenizer::tests::gemma_like;

    #[test]
    fn only_plain_tokens_that_still_fit_are_permitted() {
        let tokenizer = gemma_like();
        let tokens = TextTokens::new(tokenizer, 100);
        let permitted = |text: &str, left| {
            let ids = tokenizer.encode_markup(text).unwrap();
            rows::contains(tokens.up_to(left).unwrap().as_slice(), ids[0])
        };
        assert!(permitted("a", 1));
        assert!(permitted(" plastic", 8));
        assert!(permitted(" plastic", 1000));
        assert!(!permitted(" plastic", 7));
        assert!(!permitted("a", 0));
        for forbidden in ["<", ">", "&", "\n", "€", "<eos>", "<loc0000>"] {
            assert!(!permitted(forbidden, 100), "{forbidden}");
        }
    }
}
