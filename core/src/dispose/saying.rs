//! How some words of a label say a name of the pack.

use crate::rules::edits;

/// How some words say a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// They are the name.
    Same,
    /// They are a part of the name.
    Part,
    /// They are the name but for typing errors, or in the plural.
    Typed,
}

/// How short a word may be to be taken for another one mistyped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// Not short: a short word with another letter is mostly another word.
    Usual,
    /// Of [`LEAST_TYPED`] letters: where nothing else is said.
    Last,
}

/// Fewest letters of a mistyped word, with [`Patience::Last`].
const LEAST_TYPED: usize = 4;

/// Fewest letters by which a part of a compound is recognised: "flasche" in "glasflasche".
const COMPOUND_PART: usize = 4;

/// Words that stand in many names and are no part of what a thing is, folded.
const FUNCTION_WORDS: [&str; 56] = [
    "a", "an", "the", "and", "or", "of", "with", "without", "in", "on", "at", "to", "for", "from",
    "by", "its", "that", "der", "die", "das", "ein", "eine", "und", "oder", "mit", "ohne", "im",
    "am", "auf", "aus", "von", "zum", "e", "o", "di", "da", "del", "con", "senza", "per", "un",
    "una", "het", "een", "en", "van", "met", "op", "og", "eller", "med", "uden", "pa", "i", "af",
    "til",
];

impl Match {
    /// How `stretch`, one word or several, says `name`; both folded.
    pub(super) fn of(name: &str, stretch: &str, patience: Patience) -> Option<Self> {
        match () {
            () if name == stretch => Some(Self::Same),
            // Without such words at its ends it is a shorter stretch, which is looked at too.
            () if hangs_loose(stretch) => None,
            () if has_words(name, stretch) => Some(Self::Part),
            () if is_typed_as(name, stretch, patience) => Some(Self::Typed),
            () => None,
        }
    }

    /// What stands around the words in the prompt.
    pub(super) fn marks(self) -> [char; 2] {
        match self {
            Self::Same => ['[', ']'],
            Self::Part => ['(', ')'],
            Self::Typed => ['{', '}'],
        }
    }
}

/// Whether a word only holds others together.
pub(super) fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.contains(&word)
}

/// Whether the first or the last of some words only holds others together.
fn hangs_loose(stretch: &str) -> bool {
    let mut words = stretch.split(' ');
    let (first, last) = (words.next(), words.next_back());
    first.into_iter().chain(last).any(is_function_word)
}

/// Whether the words stand in the name, or are the end of it: what a compound is about.
fn has_words(name: &str, stretch: &str) -> bool {
    let letters = stretch.chars().count();
    let as_words = format!(" {name} ").contains(&format!(" {stretch} "));
    as_words || (letters >= COMPOUND_PART && name.ends_with(stretch))
}

fn is_typed_as(name: &str, stretch: &str, patience: Patience) -> bool {
    let (wanted, word): (Vec<char>, Vec<char>) =
        (stretch.chars().collect(), name.chars().collect());
    let is_plural = wanted.len() > 3 && stretch.starts_with(name);
    let is_last = patience == Patience::Last && wanted.len() >= LEAST_TYPED;
    let allowed = match wanted.len() {
        0..=5 => usize::from(is_plural || (is_last && wanted.first() == word.first())),
        6..=7 => 1,
        // Of what only goes on, no more than a plural's letter: "clean" is not "cleaner".
        _ if name.starts_with(stretch) => 1,
        _ => 2,
    };
    edits::distance(&wanted, &word, allowed).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_said_whole_in_part_or_mistyped() {
        for (name, stretch, how) in [
            ("pizza box", "pizza box", Some(Match::Same)),
            ("pizza box", "pizza", Some(Match::Part)),
            ("glasflasche", "flasche", Some(Match::Part)),
            ("pizza box", "piza box", Some(Match::Typed)),
            ("jam jar", "jam jars", Some(Match::Typed)),
            ("cleaning agent", "clean", None),
            ("device with a fixed battery", "with a fixed", None),
            ("can", "cans", Some(Match::Typed)),
            ("pan", "can", None),
            ("blade", "blaue", None),
            ("glass bottle", "plastic bottle", None),
        ] {
            assert_eq!(Match::of(name, stretch, Patience::Usual), how, "{stretch:?} as {name:?}");
        }
        for (name, stretch, how) in
            [("diaper", "diapr", Some(Match::Typed)), ("cloth", "sloth", None), ("can", "cn", None)]
        {
            assert_eq!(Match::of(name, stretch, Patience::Last), how, "{stretch:?} as {name:?}");
        }
    }
}
