//! The rows of a rule pack that could fit a label: by its words, and by its class.

use super::naming::{Naming, Said, named_by};
use super::spelling::spelled;
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

/// The label ([`read_label`]) with marks around the words that say the first row's name: what is
/// left is what the label says besides.
pub(super) fn marked_label(label: &str, rows: &[Candidate<'_>]) -> String {
    let Some(Said { words, how }) = rows.first().and_then(|row| row.said.as_ref()) else {
        return label.to_owned();
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
/// Most words of a matching name that the prompt has.
const NAME_WORDS: usize = 4;

/// A label folded, and cut at a word where it is too long.
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

/// A label as the prompt has it: folded, slips in a name of the pack put right.
pub(super) fn read_label(label: &str, rules: &RulePack) -> String {
    let label = folded_label(label);
    if Class::from_label(&label).is_some() { label } else { spelled(&label, rules) }
}

/// The rows that could fit a label, the best match first, at most [`CANDIDATES`]: those whose
/// names the label says, be it with typing errors; and where the label says a class, those that
/// the pack asks about for that class, then its other items.
///
/// The label of a class alone says no name: "glass" is not the beginning of "glass bottle".
pub fn candidates<'a>(label: &str, rules: &'a RulePack) -> Vec<Candidate<'a>> {
    candidates_of(&read_label(label, rules), rules)
}

/// The same of a label as [`read_label`] leaves it.
pub(super) fn candidates_of<'a>(label: &str, rules: &'a RulePack) -> Vec<Candidate<'a>> {
    let class = Class::from_label(label);
    let named = if class.is_some() { Vec::new() } else { named_by(label, rules) };
    let mut all: Vec<_> = named
        .into_iter()
        .map(|Naming { item, name, said, .. }| Candidate {
            item,
            word: told_by(item, &name),
            said: Some(said),
        })
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
