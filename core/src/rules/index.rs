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
    rules_of_item: HashMap<String, Vec<usize>>,
    rules_of_class: HashMap<Class, Vec<usize>>,
}

/// A name or alias, ready to be compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word {
    /// Position of its item.
    pub item: usize,
    /// Position among the item's words.
    pub nth: usize,
    /// Letters as they are compared.
    pub letters: Vec<char>,
    /// One bit for each letter that occurs.
    pub mask: u64,
}

impl Index {
    pub(super) fn new(items: &[Item], rules: &[Rule]) -> Self {
        let mut index = Self::default();
        for (position, item) in items.iter().enumerate() {
            index.items.entry(item.id.clone()).or_insert(position);
            for (nth, (_, word)) in item.words().enumerate() {
                index.add_word(position, nth, &fold(word));
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

    fn add_word(&mut self, item: usize, nth: usize, folded: &str) {
        if folded.is_empty() {
            return;
        }
        let spelt = romaji(folded);
        for text in std::iter::once(folded).chain(spelt.as_deref()) {
            let letters: Vec<char> = text.chars().collect();
            self.words.push(Word { item, nth, mask: mask(&letters), letters });
        }
        self.by_word.entry(folded.to_owned()).or_insert(item);
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

/// One bit for each letter that occurs; letters that share a bit only make the mask less telling.
pub(super) fn mask(letters: &[char]) -> u64 {
    letters.iter().fold(0, |mask, letter| mask | 1 << (*letter as u32 % 64))
}
