//! Comparing what people wrote, and ids from names.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

/// Whether two names mean the same can only depend on this: letters and digits, half width,
/// lower case and hiragana, as in a pack's search. `スプレー缶・ガス缶` and `スプレー缶ガス缶` have
/// the same key, and so do `生ゴミ` and `生ごみ`.
pub(super) fn key(text: &str) -> String {
    text.chars()
        .map(half_width)
        .map(hiragana)
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// On one line, with single blanks between words and none around. Full-width blanks and
/// non-breaking ones are blanks.
pub(super) fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Full-width Latin, as Japanese keyboards write it, lies a fixed distance above ASCII.
pub(super) fn half_width(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        '\u{3000}' | '\u{a0}' => ' ',
        other => other,
    }
}

/// A katakana letter as hiragana: the blocks lie 0x60 apart.
fn hiragana(letter: char) -> char {
    match letter {
        'ァ'..='ヶ' => char::from_u32(letter as u32 - 0x60).unwrap_or(letter),
        other => other,
    }
}

/// Hands out ids, each only once.
///
/// An id depends on the name alone, not on the row: what a person has chosen must mean the same
/// area after next year's import, wherever its row has moved.
#[derive(Default)]
pub(super) struct Ids(BTreeSet<String>);

impl Ids {
    /// The id for a thing of this sort and name: the name itself if it is plain ASCII.
    pub(super) fn of(&mut self, sort: &str, name: &str) -> String {
        let id = slug(name).unwrap_or_else(|| format!("{sort}-{}", digest(name)));
        let again = (2..).map(|n| format!("{id}-{n}"));
        let free = std::iter::once(id.clone()).chain(again).find(|id| !self.0.contains(id));
        let id = free.expect("there is always another number");
        self.0.insert(id.clone());
        id
    }
}

fn slug(name: &str) -> Option<String> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    (name.is_ascii() && (1..=60).contains(&slug.len())).then_some(slug)
}

fn digest(name: &str) -> String {
    Sha256::digest(name).iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_without_width_case_and_punctuation() {
        assert_eq!(key("スプレー缶・ガス缶"), key("スプレー缶ガス缶"));
        assert_eq!(key("ＰＥＴ　ボトル"), "petぼとる");
        assert_eq!(key("びん"), key("ビン"));
        assert_eq!(key(" --- \u{a0}"), "");
    }

    #[test]
    fn ids_are_unique_plain_and_follow_the_name() {
        let mut ids = Ids::default();
        assert_eq!(ids.of("area", "Agenogi 4 to 7-chome"), "agenogi-4-to-7-chome");
        assert_eq!(ids.of("area", "agenogi 4 to 7 chome"), "agenogi-4-to-7-chome-2");
        let town = ids.of("area", "片町");
        assert_eq!(town, Ids::default().of("area", "片町"));
        assert!(town.starts_with("area-") && town.len() == 15, "{town}");
        assert_eq!(ids.of("item", "---").split('-').next(), Some("item"));
    }
}
