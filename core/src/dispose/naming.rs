//! Which items of a rule pack a label names, and where in it.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

use super::CANDIDATES;
use super::saying::{Match, Patience, is_function_word};
use crate::rules::{Item, Like, RulePack, fold};

/// The words of a folded label that say a row's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Which words of the label.
    pub words: Range<usize>,
    /// How they say it.
    pub how: Match,
}

/// A name of an item that some words of a label say.
pub(super) struct Naming<'a> {
    pub item: &'a Item,
    /// The name, folded.
    pub name: String,
    pub said: Said,
    /// How far off the words are.
    distance: usize,
}

/// Items whose names the label says, each once. Where it says whole names, only theirs, in the order
/// of the label: "pizza box with a battery" is about a pizza box. Else longer stretches of it before
/// shorter ones, then closer matches.
pub(super) fn named_by<'a>(label: &str, rules: &'a RulePack) -> Vec<Naming<'a>> {
    let words: Vec<&str> = label.split(' ').filter(|word| !word.is_empty()).collect();
    let with = |patience| whole_or_near(&words, patience, rules);
    let mut found = with(Patience::Usual);
    if found.is_empty() {
        found = with(Patience::Last);
    }
    let mut seen = BTreeSet::new();
    found.retain(|naming| seen.insert(&naming.item.id));
    found
}

fn whole_or_near<'a>(words: &[&str], patience: Patience, rules: &'a RulePack) -> Vec<Naming<'a>> {
    let (mut whole, mut near): (Vec<Naming<'_>>, Vec<Naming<'_>>) = (Vec::new(), Vec::new());
    for length in (1..=words.len()).rev() {
        let stretches = words.windows(length).enumerate();
        let all = stretches.flat_map(|(first, stretch)| {
            namings(&stretch.join(" "), first..first + length, patience, rules)
        });
        let (mut same, mut others): (Vec<_>, Vec<_>) =
            all.partition(|naming| naming.said.how == Match::Same);
        // A name inside a longer one says nothing.
        same.retain(|naming| whole.iter().all(|longer| longer.said.is_apart_from(&naming.said)));
        whole.extend(same);
        if whole.is_empty() && near.len() < CANDIDATES {
            others.sort_by_cached_key(|naming| naming.rank(words));
            near.extend(others);
        }
    }
    whole.sort_by_key(|naming| naming.said.words.start);
    if whole.is_empty() { near } else { whole }
}

/// Items of which a name has these words, or is them but for typing errors; the words of an item's id
/// are a name, too. A label's words are whole, unlike those somebody is typing: "clean" is not the
/// beginning of "cleaning agent".
fn namings<'a>(
    stretch: &str,
    words: Range<usize>,
    patience: Patience,
    rules: &'a RulePack,
) -> Vec<Naming<'a>> {
    let said = |how| Said { words: words.clone(), how };
    let by_names = rules.words_like(stretch).filter_map(|like: Like<'a>| {
        let said = said(Match::of(&like.letters, stretch, patience)?);
        Some(Naming { item: like.item, name: fold(like.written), said, distance: like.distance })
    });
    let by_ids = rules.items().iter().filter_map(|item| {
        let name = item.id.replace('-', " ");
        let how = Match::of(&name, stretch, patience).filter(|how| *how != Match::Typed)?;
        Some(Naming { item, name, said: said(how), distance: 0 })
    });
    by_names.chain(by_ids).collect()
}

impl Said {
    fn is_apart_from(&self, other: &Self) -> bool {
        self.words.end <= other.words.start || other.words.end <= self.words.start
    }
}

impl Naming<'_> {
    /// What matches of one length are sorted by, the best the least. Of many rows with "plastic" in
    /// them, "rigid plastic container" means one of the containers.
    fn rank(&self, label: &[&str]) -> (Match, Reverse<usize>, usize, usize, usize) {
        let is_shared = |word: &&&str| !is_function_word(word) && self.has_word(word);
        let shared = label.iter().filter(is_shared).count();
        (self.said.how, Reverse(shared), self.distance, self.said.words.start, self.name.len())
    }

    /// Whether a word stands in the name or in the item's id.
    fn has_word(&self, word: &str) -> bool {
        self.name.split(' ').chain(self.item.id.split('-')).any(|known| known == word)
    }
}
