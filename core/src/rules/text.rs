//! Texts in several languages, and folding for comparison.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::kana::to_hiragana;

/// One text in several languages, keyed by language tag (`"de"`, `"en"`, `"zh-Hant"`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Texts(BTreeMap<String, String>);

impl Texts {
    /// The text in `language`; in any other language when that one is missing, because a sign in
    /// a foreign language still helps more than an empty line. Validation keeps that from
    /// happening in the languages a pack declares.
    pub fn get(&self, language: &str) -> &str {
        self.in_language(language)
            .or_else(|| self.0.values().next().map(String::as_str))
            .unwrap_or_default()
    }

    /// The text in exactly `language`, if there is one.
    pub fn in_language(&self, language: &str) -> Option<&str> {
        self.0.get(language).map(String::as_str)
    }

    /// All `(language, text)` pairs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(language, text)| (language.as_str(), text.as_str()))
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Texts {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.map(|(language, text)| (language.to_owned(), text.to_owned())).into())
    }
}

/// Lower case without diacritics, punctuation or width variants; words separated by one blank.
/// "Züri-Sack" and "zuri sack" fold to the same text, and so do ガラス and がらす.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return fold_letters(text.len(), text.chars());
    }
    // NFKC: full-width Latin and half-width kana, as Japanese keyboards write them, become plain.
    fold_letters(text.len(), text.nfkc())
}

fn fold_letters(length: usize, letters: impl Iterator<Item = char>) -> String {
    let mut folded = String::with_capacity(length);
    for letter in letters.flat_map(char::to_lowercase) {
        match base(letter) {
            Base::Letters(letters) => folded.push_str(letters),
            Base::Same(letter) => folded.push(to_hiragana(letter)),
            Base::Mark => {}
            Base::Gap if folded.ends_with(' ') || folded.is_empty() => {}
            Base::Gap => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

enum Base {
    Letters(&'static str),
    Same(char),
    Mark,
    Gap,
}

/// What a lower-case letter is compared as. Only the letters of languages with a Latin script are
/// listed: other scripts compare as they are written.
fn base(letter: char) -> Base {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => Base::Letters("a"),
        'ç' | 'ć' | 'č' => Base::Letters("c"),
        'ď' | 'đ' => Base::Letters("d"),
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => Base::Letters("e"),
        'ğ' => Base::Letters("g"),
        'ì'..='ï' | 'ī' | 'į' | 'ı' => Base::Letters("i"),
        'ł' | 'ľ' => Base::Letters("l"),
        'ñ' | 'ń' | 'ň' => Base::Letters("n"),
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => Base::Letters("o"),
        'ŕ' | 'ř' => Base::Letters("r"),
        'ś' | 'š' | 'ş' | 'ș' => Base::Letters("s"),
        'ť' | 'ţ' | 'ț' => Base::Letters("t"),
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => Base::Letters("u"),
        'ý' | 'ÿ' => Base::Letters("y"),
        'ź' | 'ż' | 'ž' => Base::Letters("z"),
        'ß' => Base::Letters("ss"),
        'æ' => Base::Letters("ae"),
        'œ' => Base::Letters("oe"),
        '\u{300}'..='\u{36f}' => Base::Mark,
        _ if letter.is_alphanumeric() || is_long_vowel_mark(letter) => Base::Same(letter),
        _ => Base::Gap,
    }
}

/// ー is part of a katakana word although Unicode counts it as a modifier in some tables.
fn is_long_vowel_mark(letter: char) -> bool {
    letter == 'ー'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_drops_case_marks_width_and_punctuation() {
        assert_eq!(fold("  Züri-Sack! "), "zuri sack");
        assert_eq!(fold("Zu\u{308}ri Sack"), "zuri sack");
        assert_eq!(fold("GROẞE Blöcke"), "grosse blocke");
        assert_eq!(fold("ＰＥＴボトル"), "petぼとる");
        assert_eq!(fold("--"), "");
    }

    #[test]
    fn a_missing_language_falls_back_to_any_other() {
        let texts = Texts::from([("de", "Glas"), ("en", "Glass")]);
        assert_eq!(texts.get("en"), "Glass");
        assert_eq!(texts.get("ko"), "Glas");
        assert_eq!(texts.in_language("ko"), None);
    }
}
