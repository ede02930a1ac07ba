//! The rows of a rule pack that could fit a label: by its words, and by its class.

use std::ops::Range;

use super::{CANDIDATES, LABEL_CHARS};
use crate::rules::{Class, Item, Outcome, RulePack, fold};

/// A row that could fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate<'a> {
    /// The row.
    pub item: &'a Item,
    /// The name or alias that matched, folded, its first four words; `None` where only the class
    /// speaks for it, or where it is the id's own words.
    pub word: Option<String>,
    /// Where the label says it; `None` where only the class speaks for it.
    pub said: Option<Said>,
}

/// The words of a folded label that say a row's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Which words of the label.
    pub words: Range<usize>,
    /// How they say it.
    pub how: Match,
}

/// How some words say a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// They are the name.
    Same,
    /// They are the name but for typing errors, or in the plural.
    Typed,
    /// They are a part of the name.
    Part,
}

impl Match {
    fn of(name: &str, stretch: &str) -> Option<Self> {
        match () {
            () if name == stretch => Some(Self::Same),
            () if has_words(name, stretch) => Some(Self::Part),
            () if is_typed_as(name, stretch) => Some(Self::Typed),
            () => None,
        }
    }

    /// What stands around the words in the prompt.
    fn marks(self) -> [char; 2] {
        match self {
            Self::Same => ['[', ']'],
            Self::Typed => ['{', '}'],
            Self::Part => ['(', ')'],
        }
    }
}

/// The folded label, with marks around the words that say the first row's name: what is left is
/// what the label says besides.
pub(super) fn marked_label(label: &str, rows: &[Candidate<'_>]) -> String {
    let label = folded_label(label);
    let Some(Said { words, how }) = rows.first().and_then(|row| row.said.as_ref()) else {
        return label;
    };
    let [open, close] = how.marks();
    let marked = label.split(' ').enumerate().map(|(index, word)| {
        let before = if index == words.start { open.to_string() } else { String::new() };
        let after = if index + 1 == words.end { close.to_string() } else { String::new() };
        before + word + &after
    });
    marked.collect::<Vec<_>>().join(" ")
}

/// Most words of a label that are looked at.
const LABEL_WORDS: usize = 8;
/// Most words of a name that are looked for as one.
const NAME_WORDS: usize = 4;
/// Fewest letters by which a part of a compound is recognised: "flasche" in "glasflasche".
const COMPOUND_PART: usize = 4;
/// Most letters by which a mistyped word is longer or shorter.
const TYPED_LETTERS: usize = 2;
/// A match this close is the word itself: nothing else needs to be offered beside its equals.
const SAME_WORD: usize = 1;

/// A label as the prompt has it: folded, and cut at a word where it is too long.
pub fn folded_label(label: &str) -> String {
    let mut short = String::new();
    for word in fold(label).split(' ').take(LABEL_WORDS) {
        let length = short.chars().count() + 1 + word.chars().count();
        if !short.is_empty() && length > LABEL_CHARS {
            break;
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.extend(word.chars().take(LABEL_CHARS));
    }
    short
}

/// The rows that could fit a label, the best match first, at most [`CANDIDATES`]: those whose
/// names the label says, be it with typing errors; and where the label says a class, those that
/// the pack asks about for that class, then its other items.
///
/// The label of a class alone says no name: "glass" is not the beginning of "glass bottle".
pub fn candidates<'a>(label: &str, rules: &'a RulePack) -> Vec<Candidate<'a>> {
    let label = folded_label(label);
    let class = Class::from_label(&label);
    let named = if class.is_some() { Vec::new() } else { by_name(&label, rules) };
    let mut all: Vec<_> = named
        .into_iter()
        .map(|(item, word, said)| Candidate { item, word: told_by(item, &word), said: Some(said) })
        .collect();
    if let Some(class) = class {
        for item in of_class(class, rules) {
            if !all.iter().any(|known| known.item.id == item.id) {
                all.push(Candidate { item, word: None, said: None });
            }
        }
    }
    all.truncate(CANDIDATES);
    all
}

/// A matching name that says more than the id does; its first words, if it has many.
fn told_by(item: &Item, name: &str) -> Option<String> {
    let words: Vec<&str> = name.split(' ').take(NAME_WORDS).collect();
    (name != item.id.replace('-', " ")).then(|| words.join(" "))
}

/// Items whose names the label says, best first: longer stretches of the label before shorter
/// ones, then closer matches.
fn by_name<'a>(label: &str, rules: &'a RulePack) -> Vec<(&'a Item, String, Said)> {
    let words: Vec<&str> = label.split(' ').filter(|word| !word.is_empty()).collect();
    let mut found: Vec<(&Item, String, Said)> = Vec::new();
    let shorter = (1..words.len().min(NAME_WORDS + 1)).rev();
    for length in std::iter::once(words.len().max(1)).chain(shorter) {
        let stretches = words.windows(length).enumerate();
        let mut hits: Vec<_> = stretches
            .flat_map(|(first, stretch)| {
                let words = first..first + length;
                let hits = says(&stretch.join(" "), rules).into_iter();
                hits.map(move |(distance, item, word, how)| {
                    (distance, item, word, Said { words: words.clone(), how })
                })
            })
            .collect();
        hits.sort_by_key(|(distance, ..)| *distance);
        let same = hits.iter().any(|(distance, ..)| *distance <= SAME_WORD);
        hits.retain(|(distance, ..)| !same || *distance <= SAME_WORD);
        for (_, item, word, said) in hits {
            if !found.iter().any(|(known, ..)| known.id == item.id) {
                found.push((item, word, said));
            }
        }
        if same || found.len() >= CANDIDATES {
            break;
        }
    }
    found
}

/// Items of which a name has these words, or is them but for typing errors; how far off it is
/// (see [`crate::rules::Hit::distance`]), and how they say it. A label's words are whole, unlike those
/// somebody is typing: "clean" is not the beginning of "cleaning agent".
fn says<'a>(stretch: &str, rules: &'a RulePack) -> Vec<(usize, &'a Item, String, Match)> {
    let hits = rules.search(stretch, "").into_iter();
    let hits = hits.map(|hit| (hit.distance, hit.item, fold(hit.word)));
    let says = hits.filter_map(|(distance, item, word)| {
        let how = Match::of(&word, stretch)?;
        Some((distance, item, word, how))
    });
    says.collect()
}

fn has_words(name: &str, stretch: &str) -> bool {
    let letters = stretch.chars().count();
    let as_words = format!(" {name} ").contains(&format!(" {stretch} "));
    as_words || (letters >= COMPOUND_PART && name.ends_with(stretch))
}

fn is_typed_as(name: &str, stretch: &str) -> bool {
    let (name_letters, letters) = (name.chars().count(), stretch.chars().count());
    // Of what only goes on, no more than a plural's letter.
    let allowed = if name.starts_with(stretch) { 1 } else { TYPED_LETTERS };
    name_letters.abs_diff(letters) <= allowed
}

/// Items of a class: those the pack's questions about it name, then the others in file order.
fn of_class(class: Class, rules: &RulePack) -> impl Iterator<Item = &Item> {
    let asked = rules.rules().iter().filter(move |rule| rule.classes.contains(&class));
    let asked = asked.filter_map(|rule| match &rule.then {
        Outcome::Ask(question) => rules.question(question),
        _ => None,
    });
    let named = asked.flat_map(|question| &question.answers);
    let named = named.filter_map(|answer| rules.lookup(&answer.item));
    named.chain(rules.items().iter().filter(move |item| item.classes.contains(&class)))
}
