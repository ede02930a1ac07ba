//! What is looked up by id or by word, sorted once when a pack is opened.

use std::collections::HashMap;

use super::class::Class;
use super::item::Item;
use super::kana::romaji;
use super::rule::Rule;
use super::text::fold;

/// Positions of rows in their tables.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Index {
    items: HashMap<String, usize>,
    by_word: HashMap<String, usize>,
    /// Every name and alias, folded, in the order of the items.
    pub words: Vec<Word>,
    /// Words that mean two items.
    pub clashes: Vec<Clash>,
    rules_of_item: HashMap<String, Vec<usize>>,
    rules_of_class: HashMap<Class, Vec<usize>>,
}

/// A name or alias, ready to be compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word {
    /// Position of its item.
    pub item: usize,
    /// Positions among the item's words: languages may share a word.
    pub nth: Vec<usize>,
    /// Letters as they are compared.
    pub letters: Vec<char>,
    /// How often each letter occurs.
    pub counts: Counts,
}

/// A word that means two items.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clash {
    /// Position of the later item.
    pub item: usize,
    /// Position of the word among its words.
    pub nth: usize,
    /// Position of the earlier item.
    pub other: usize,
}

/// How often letters occur, thirty-two kinds of them. Letters that share a kind only make the
/// counts less telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts([u8; 32]);

impl Counts {
    pub(super) fn of(letters: &[char]) -> Self {
        let mut counts = [0u8; 32];
        for letter in letters {
            let kind = &mut counts[*letter as usize % 32];
            *kind = kind.saturating_add(1);
        }
        Self(counts)
    }

    /// Letters of `self` that `other` lacks: no fewer errors lie between the two words.
    pub(super) fn beyond(&self, other: &Self) -> usize {
        let lacking = self.0.iter().zip(&other.0).map(|(here, there)| here.saturating_sub(*there));
        lacking.map(usize::from).sum()
    }
}

impl Index {
    pub(super) fn new(items: &[Item], rules: &[Rule]) -> Self {
        let mut index = Self::default();
        for (position, item) in items.iter().enumerate() {
            index.items.entry(item.id.clone()).or_insert(position);
            let first = index.words.len();
            for (nth, (_, word)) in item.words().enumerate() {
                index.add_word(position, first, nth, fold(word));
            }
        }
        for (position, rule) in rules.iter().enumerate() {
            for item in &rule.items {
                index.rules_of_item.entry(item.clone()).or_default().push(position);
            }
            for class in &rule.classes {
                index.rules_of_class.entry(*class).or_default().push(position);
            }
        }
        index
    }

    /// `first` is where the words of this item begin.
    fn add_word(&mut self, item: usize, first: usize, nth: usize, folded: String) {
        if folded.is_empty() {
            return;
        }
        for text in std::iter::once(folded.clone()).chain(romaji(&folded)) {
            let letters: Vec<char> = text.chars().collect();
            match self.words[first..].iter_mut().find(|word| word.letters == letters) {
                Some(same) => same.nth.push(nth),
                None => {
                    let counts = Counts::of(&letters);
                    self.words.push(Word { item, nth: vec![nth], letters, counts });
                }
            }
        }
        let other = *self.by_word.entry(folded).or_insert(item);
        if other != item {
            self.clashes.push(Clash { item, nth, other });
        }
    }

    pub(super) fn item(&self, id: &str) -> Option<usize> {
        self.items.get(id).copied()
    }

    /// The first item a folded word names.
    pub(super) fn named(&self, folded: &str) -> Option<usize> {
        self.by_word.get(folded).copied()
    }

    /// Rules that mention an item, in the order of the file.
    pub(super) fn rules_of_item(&self, id: &str) -> &[usize] {
        self.rules_of_item.get(id).map_or(&[], Vec::as_slice)
    }

    /// Rules that mention a class, in the order of the file.
    pub(super) fn rules_of_class(&self, class: Class) -> &[usize] {
        self.rules_of_class.get(&class).map_or(&[], Vec::as_slice)
    }

    /// Groups of rules that decide the same item or class.
    pub(super) fn rivals(&self) -> impl Iterator<Item = &[usize]> {
        self.rules_of_item.values().chain(self.rules_of_class.values()).map(Vec::as_slice)
    }
}
