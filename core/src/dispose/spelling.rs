//! Slips of the finger in a label, put right where they can hardly be anything else.
//!
//! A wrong letter may make another word, and another word is another bin. So a slip is put right only
//! if it is a single one, behind the first letter of a word of at least [`WORD`] letters that no name
//! of the pack has, and leads to one name alone; and unless two letters changed places, which seldom
//! makes another word, only in a name of at least [`NAME`] letters: what "piqza box" means is clear,
//! what "boaks" means is not.

use std::collections::BTreeSet;

use crate::rules::{RulePack, edits, fold};

/// Fewest letters of a word in which a slip is put right.
const WORD: usize = 5;
/// Fewest letters and blanks of a name in which any slip is put right.
const NAME: usize = 8;

/// The label, folded, with slips put right: longer stretches of words before shorter ones.
pub(super) fn spelled(label: &str, rules: &RulePack) -> String {
    let mut words: Vec<String> = label.split(' ').map(str::to_owned).collect();
    for length in (1..=words.len()).rev() {
        for first in 0..=words.len() - length {
            let stretch = &mut words[first..first + length];
            if let Some(name) = meant(&stretch.join(" "), rules) {
                let meant = name.split(' ').map(str::to_owned);
                stretch.iter_mut().zip(meant).for_each(|(word, meant)| *word = meant);
            }
        }
    }
    words.join(" ")
}

/// The one name that `typed` is but for a slip.
fn meant(typed: &str, rules: &RulePack) -> Option<String> {
    let names = rules.words_like(typed).map(|like| fold(like.written));
    let near: BTreeSet<_> = names.filter(|name| name == typed || is_slip(typed, name)).collect();
    let mut near = near.into_iter();
    let (Some(name), None) = (near.next(), near.next()) else { return None };
    let wrong = typed.split(' ').zip(name.split(' ')).find(|(typed, meant)| typed != meant)?.0;
    (!is_word_of_a_name(wrong, rules)).then_some(name)
}

fn is_word_of_a_name(word: &str, rules: &RulePack) -> bool {
    rules.words_like(word).any(|like| fold(like.written).split(' ').any(|known| known == word))
}

/// Whether `typed` is the name but for one slip.
fn is_slip(typed: &str, name: &str) -> bool {
    if typed.split(' ').count() != name.split(' ').count() {
        return false;
    }
    let mut wrong = typed.split(' ').zip(name.split(' ')).filter(|(typed, meant)| typed != meant);
    let (Some((typed, meant)), None) = (wrong.next(), wrong.next()) else { return false };
    let is_latin = |word: &str| word.bytes().all(|letter| letter.is_ascii_lowercase());
    if !is_latin(typed) || !is_latin(meant) || meant.len() < WORD {
        return false;
    }
    let (typed, meant): (Vec<char>, Vec<char>) = (typed.chars().collect(), meant.chars().collect());
    let begins_alike = typed.first() == meant.first();
    let is_single = edits::distance(&typed, &meant, 1) == Some(1);
    begins_alike && is_single && (name.chars().count() >= NAME || is_swap(&typed, &meant))
}

/// Whether both have the same letters, two neighbours in the other order; they are one error apart.
fn is_swap(typed: &[char], meant: &[char]) -> bool {
    typed.len() == meant.len()
        && typed.iter().zip(meant).filter(|(one, other)| one != other).count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::fixtures::bundled;

    #[test]
    fn slips_are_put_right_where_they_can_be_nothing_else() {
        let rules = RulePack::from_files(bundled("de/munich")).unwrap();
        for (label, right) in [
            ("greasy piqza box", "greasy pizza box"),
            ("pizzza box on the floor", "pizza box on the floor"),
            ("btatery", "battery"),
            ("pizza box", "pizza box"),
            // Another word, as likely as not; another letter in front; two slips; no name.
            ("bettery", "bettery"),
            ("qizza box", "qizza box"),
            ("piqqa box", "piqqa box"),
            ("zeppelin", "zeppelin"),
            ("", ""),
        ] {
            assert_eq!(spelled(label, &rules), right);
        }
    }

    #[test]
    fn what_names_themselves_say_is_no_slip() {
        for community in crate::rules::fixtures::communities() {
            let rules = RulePack::from_files(bundled(&community)).unwrap();
            for (_, name) in rules.items().iter().flat_map(|item| item.words()) {
                assert_eq!(spelled(&fold(name), &rules), fold(name), "{community}");
            }
        }
    }
}
