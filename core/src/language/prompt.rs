//! What a model is asked: `[image × N][bos][prompt]["\n"]`, after which it writes its answer. The
//! prompts of `dispose` and `highlight` are written where their answers are read.
//!
//! The sequence is PaliGemma's (Beyer et al. 2024, <https://arxiv.org/abs/2407.07726>, §3.1). The
//! newline is a token of its own and separates prompt from answer; without it the answer derails.

use super::tokenizer::{Tokenizer, TokenizerError};

/// The prefix of one question: `N` image embeddings, then these tokens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Prefix {
    /// How many image embeddings come first.
    pub image_tokens: usize,
    /// `[bos][prompt]["\n"]`.
    pub text: Vec<u32>,
}

impl Prefix {
    /// The prefix of `prompt`, which may be empty. White space of any kind counts as one space:
    /// a newline inside would end the prompt early.
    ///
    /// # Errors
    /// [`TokenizerError::Failed`].
    pub fn new(
        tokenizer: &Tokenizer,
        image_tokens: usize,
        prompt: &str,
    ) -> Result<Self, TokenizerError> {
        let mut text = vec![tokenizer.bos()];
        text.extend(tokenizer.encode_text(&plain(prompt, &[]))?);
        text.push(tokenizer.newline());
        Ok(Self { image_tokens, text })
    }

    /// The prefix of a prompt that the program wrote, where `<loc0000>` means the token. Whatever
    /// of it comes from others must hold no markup: the questions of [`crate::dispose`] and
    /// [`crate::highlight`] fold it to letters and digits.
    ///
    /// # Errors
    /// [`TokenizerError::Failed`].
    pub fn of_markup(
        tokenizer: &Tokenizer,
        image_tokens: usize,
        prompt: &str,
    ) -> Result<Self, TokenizerError> {
        let mut text = vec![tokenizer.bos()];
        text.extend(tokenizer.encode_markup(prompt)?);
        text.push(tokenizer.newline());
        Ok(Self { image_tokens, text })
    }

    /// Positions the prefix takes in the KV cache.
    pub fn positions(&self) -> usize {
        self.image_tokens + self.text.len()
    }

    /// All ids, one `image` placeholder per image embedding, as other implementations take them.
    pub fn ids(&self, image: u32) -> Vec<u32> {
        let mut ids = vec![image; self.image_tokens];
        ids.extend(&self.text);
        ids
    }
}

/// `segment plastic ; glass`: boxes, masks and labels of everything on the photo.
pub fn segment(labels: &[impl AsRef<str>]) -> String {
    task("segment", labels.iter().map(|label| plain(label.as_ref(), &SEPARATORS)))
}

/// `detect plastic ; glass`: boxes and labels without masks.
pub fn detect(labels: &[impl AsRef<str>]) -> String {
    task("detect", labels.iter().map(|label| plain(label.as_ref(), &SEPARATORS)))
}

/// The signs that give a prompt its structure; inside a label or text they become spaces.
const SEPARATORS: [char; 4] = [';', ':', ',', '='];

fn task(name: &str, parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    plain(&format!("{name} {}", parts.join(" ; ")), &[])
}

/// Single spaces in place of white space, control characters and `signs`.
fn plain(text: &str, signs: &[char]) -> String {
    let words = text
        .split(|c: char| c.is_whitespace() || c.is_control() || signs.contains(&c))
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::tokenizer::tests::{gemma_like, golden};
    use super::*;

    #[test]
    fn a_prefix_ends_with_the_newline_token() {
        let tokenizer = gemma_like();
        let prefix = Prefix::new(tokenizer, 256, "segment plastic").unwrap();
        assert_eq!(prefix.text.first(), Some(&tokenizer.bos()));
        assert_eq!(prefix.text.last(), Some(&tokenizer.newline()));
        assert_eq!(prefix.positions(), 256 + prefix.text.len());

        let running = tokenizer.encode_markup("<bos>segment plastic\n").unwrap();
        assert_eq!(prefix.text, running);
        let ids = prefix.ids(tokenizer.image());
        assert_eq!(ids[..256], [tokenizer.image(); 256]);
        assert_eq!(ids[256..], running);
    }

    #[test]
    fn a_prefix_has_the_tokens_of_the_reference() {
        let prefix = Prefix::new(golden(), 1, "segment plastic ; glass").unwrap();
        let (bos, newline) = (2, 4);
        assert_eq!(prefix.text, [bos, 318, 371, 382, 347, 291, 350, newline]);
    }

    #[test]
    fn an_empty_prompt_is_bos_and_newline() {
        let tokenizer = gemma_like();
        let prefix = Prefix::new(tokenizer, 0, "").unwrap();
        assert_eq!(prefix.text, [tokenizer.bos(), tokenizer.newline()]);
    }

    #[test]
    fn nothing_typed_can_end_a_prompt_early() {
        let tokenizer = gemma_like();
        let prefix = Prefix::new(tokenizer, 0, "a\n\r\nb<eos><loc0001>\u{2028}c").unwrap();
        let prompt = &prefix.text[1..prefix.text.len() - 1];
        assert_eq!(tokenizer.decode(prompt).unwrap(), "a b c");
    }

    #[test]
    fn each_task_has_its_prompt() {
        assert_eq!(segment(&["plastic", "glass"]), "segment plastic ; glass");
        assert_eq!(detect(&["food"]), "detect food");
        assert_eq!(segment(&["a ; b", " ", "c\n"]), "segment a b ; c");
        assert_eq!(segment(&[] as &[&str]), "segment");
    }
}
