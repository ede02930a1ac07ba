//! A label somebody could give a thing, and what the label says of it.

use std::collections::BTreeMap;

use kerbside_core::dispose::{Pick, Reading, folded_label};
use kerbside_core::rules::{Class, Item, RulePack, Seen, State};
use rand::Rng;
use rand::seq::{IndexedRandom, IteratorRandom};
use rand_chacha::ChaCha8Rng;

use super::part::Part;
use super::words::{Words, nothing};
use super::{Scenes, Taught};

/// A label and what it says, be it true of the thing or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The label.
    pub label: String,
    /// What it says of the thing it is given to.
    pub says: Reading,
    /// How it was made.
    pub kind: Kind,
}

/// How a label was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One of the nine class words.
    Class,
    /// A name or alias of the pack, be it with words that say nothing.
    Name,
    /// ... with words for its state, for a battery or for a part.
    Described,
    /// ... with a typing error.
    Mistyped,
    /// A word of another pack, or a teacher's, that this pack does not have.
    Paraphrase,
    /// A word that several items of the pack share.
    Ambiguous,
    /// Something no pack knows.
    Nothing,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Class,
        Self::Name,
        Self::Described,
        Self::Mistyped,
        Self::Paraphrase,
        Self::Ambiguous,
        Self::Nothing,
    ];

    /// How often, in percent.
    fn share(self) -> u32 {
        match self {
            Self::Class => 20,
            Self::Name => 17,
            Self::Described => 28,
            Self::Mistyped => 12,
            Self::Paraphrase => 8,
            Self::Ambiguous => 7,
            Self::Nothing => 8,
        }
    }

    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Name => "name",
            Self::Described => "described",
            Self::Mistyped => "mistyped",
            Self::Paraphrase => "paraphrase",
            Self::Ambiguous => "ambiguous",
            Self::Nothing => "nothing",
        }
    }
}

/// Draws that give no label of the part before a class word is taken.
const TRIES: usize = 200;
/// Fewest letters of a word that may be mistyped.
const MISTYPED_LETTERS: usize = 5;
/// Words of a name that stand for nothing by themselves.
const SMALL_WORDS: [&str; 12] =
    ["and", "the", "with", "from", "for", "its", "not", "are", "other", "etc", "than", "that"];

/// What a description adds to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Added {
    Nothing,
    Plain,
    State(State),
    Battery(bool),
    Part(bool),
}

impl Scenes {
    /// A label of a part for something in a pack. What is worded with more than a class word is
    /// in one part only.
    pub(super) fn wording(&self, rules: &RulePack, part: Part, rng: &mut ChaCha8Rng) -> Wording {
        let kind = *Kind::ALL.choose_weighted(rng, |kind| kind.share()).expect("shares above 0");
        let of_part =
            |one: &Wording| one.kind == Kind::Class || Part::of(&folded_label(&one.label)) == part;
        let mut drawn = (0..TRIES).filter_map(|_| self.draw(kind, rules, rng));
        let found = drawn.find(|one| is_sound(one, rules) && of_part(one));
        found.unwrap_or_else(|| class_word(rng))
    }

    fn draw(&self, kind: Kind, rules: &RulePack, rng: &mut ChaCha8Rng) -> Option<Wording> {
        match kind {
            Kind::Class => Some(class_word(rng)),
            Kind::Name => {
                let added = if rng.random_bool(0.5) { Added::Plain } else { Added::Nothing };
                self.named(kind, added, rules, rng)
            }
            Kind::Described => self.named(kind, description(rng), rules, rng),
            Kind::Mistyped | Kind::Paraphrase => {
                let added = [Added::Nothing, Added::Plain, description(rng)];
                self.named(kind, *added.choose(rng)?, rules, rng)
            }
            Kind::Ambiguous => {
                let word = shared_words(rules).into_iter().choose(rng)?;
                let (label, says) = self.describe(&word, "en", Added::Plain, None, rules, rng)?;
                let says = Reading { item: Pick::Unsure, ..says };
                Some(Wording { label, says, kind })
            }
            Kind::Nothing => {
                let word = *nothing().choose(rng)?;
                let added = if rng.random_bool(0.5) { Added::Plain } else { description(rng) };
                let (label, says) = self.describe(word, "en", added, None, rules, rng)?;
                Some(Wording { label, says: Reading { item: Pick::None, ..says }, kind })
            }
        }
    }

    /// A label made of a name of an item.
    fn named(
        &self,
        kind: Kind,
        added: Added,
        rules: &RulePack,
        rng: &mut ChaCha8Rng,
    ) -> Option<Wording> {
        let item = rules.items().choose(rng)?;
        if kind == Kind::Paraphrase
            && let Some(taught) = self.taught(item, rules).choose(rng)
            && rng.random_bool(0.5)
        {
            let (label, says) =
                self.describe(&taught.label, "en", Added::Nothing, Some(item), rules, rng)?;
            return Some(Wording { label, says: Reading { state: taught.state, ..says }, kind });
        }
        let (language, name) = match kind {
            Kind::Paraphrase => self.foreign_words(item, rules).into_iter().choose(rng)?,
            _ => item.words().map(|(l, word)| (l.to_owned(), word.to_owned())).choose(rng)?,
        };
        let name = if kind == Kind::Mistyped { mistyped(&name, rng)? } else { name };
        let (label, says) = self.describe(&name, &language, added, Some(item), rules, rng)?;
        Some(Wording { label, says, kind })
    }

    fn taught(&self, item: &Item, rules: &RulePack) -> &[Taught] {
        let key = (rules.info().id.clone(), item.id.clone());
        self.taught.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Words for an item that its pack does not have: those of the same item in other packs, in a
    /// language of the community or in English.
    fn foreign_words(&self, item: &Item, rules: &RulePack) -> Vec<(String, String)> {
        let spoken = |language: &str| {
            language == "en" || rules.info().languages.iter().any(|known| known == language)
        };
        let others = self.packs.iter().filter_map(|pack| pack.lookup(&item.id));
        let others = others.filter(|other| other.id == item.id);
        let words = others.flat_map(Item::words).filter(|(language, _)| spoken(language));
        let unknown = words.filter(|(_, word)| rules.lookup(word).is_none());
        unknown.map(|(language, word)| (language.to_owned(), word.to_owned())).collect()
    }

    /// The name with what is added to it, and what both say. `item` is what the name names.
    fn describe(
        &self,
        name: &str,
        language: &str,
        added: Added,
        item: Option<&Item>,
        rules: &RulePack,
        rng: &mut ChaCha8Rng,
    ) -> Option<(String, Reading)> {
        let none = Words::default();
        let words = self.words.get(language).unwrap_or(&none);
        let parts = item.map(|item| item.parts.clone()).unwrap_or_default();
        let covered = item.is_some_and(|item| item.covers.iter().any(|id| id == "battery-inside"));
        let mut says = Reading {
            item: item.map_or(Pick::None, |item| Pick::Item(item.id.clone())),
            state: State::Unsure,
            parts: Some(parts),
            battery: if covered { Seen::Unsure } else { Seen::No },
        };
        let nothing: &[String] = &[];
        let (before, after) = match added {
            Added::Nothing => return Some((name.to_owned(), says)),
            Added::Plain => (words.plain_before.as_slice(), words.plain_after.as_slice()),
            Added::State(State::Clean) => (&*words.clean_before, &*words.clean_after),
            Added::State(_) => (&*words.dirty_before, &*words.dirty_after),
            Added::Battery(true) => (&*words.battery_before, &*words.battery_after),
            Added::Battery(false) => (nothing, &*words.no_battery_after),
            Added::Part(true) => (nothing, &*words.part_after),
            Added::Part(false) => (nothing, &*words.no_part_after),
        };
        match added {
            Added::State(state) => says.state = state,
            Added::Battery(inside) if !covered => {
                says.battery = if inside { Seen::Yes } else { Seen::No };
            }
            // A battery in a battery, or a phone without one, is another thing.
            Added::Battery(_) => return None,
            _ => {}
        }
        let number = rng.random_range(0..(before.len() + after.len()).max(1));
        let label = match (before.get(number), after.get(number.wrapping_sub(before.len()))) {
            (Some(word), _) => format!("{word} {name}"),
            (None, Some(words)) => format!("{name} {words}"),
            (None, None) => return None,
        };
        let Added::Part(there) = added else { return Some((label, says)) };
        let part = says.parts.iter().flatten().choose(rng)?.clone();
        let named = rules.lookup(&part)?.names.in_language(language)?.to_lowercase();
        if !there {
            says.parts.iter_mut().for_each(|parts| parts.retain(|one| *one != part));
        }
        Some((label.replace("{part}", &named), says))
    }
}

fn class_word(rng: &mut ChaCha8Rng) -> Wording {
    let class = Class::ALL.choose(rng).expect("there are nine");
    let says = Reading { battery: Seen::No, ..Reading::UNSURE };
    Wording { label: class.label().to_owned(), says, kind: Kind::Class }
}

fn description(rng: &mut ChaCha8Rng) -> Added {
    match rng.random_range(0..10) {
        0..=2 => Added::State(State::Clean),
        3..=6 => Added::State(State::Dirty),
        7 => Added::Battery(true),
        8 => Added::Battery(false),
        _ => Added::Part(rng.random_bool(0.4)),
    }
}

/// Whether the rules agree that the label may mean this: it is not the name of another item, nor a
/// class, and the prompt has all of it.
pub(super) fn is_sound(wording: &Wording, rules: &RulePack) -> bool {
    if wording.kind == Kind::Class {
        return true;
    }
    let folded = folded_label(&wording.label);
    let last = wording.label.split_whitespace().next_back().map(folded_label).unwrap_or_default();
    let is_whole = !last.is_empty() && folded.ends_with(&last);
    let named = rules.lookup(&wording.label).or_else(|| rules.lookup(&folded.replace(' ', "-")));
    let agrees = match (named, &wording.says.item) {
        (None, _) => true,
        (Some(item), Pick::Item(id)) => item.id == *id,
        (Some(_), _) => false,
    };
    is_whole && agrees && Class::from_label(&folded).is_none()
}

/// Words that occur in names of several items and name none of them.
fn shared_words(rules: &RulePack) -> Vec<String> {
    let mut items_of: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for item in rules.items() {
        for (_, name) in item.words().filter(|(language, _)| *language == "en") {
            for word in folded_label(name).split(' ').filter(|word| word.len() >= 3) {
                let items = items_of.entry(word.to_owned()).or_default();
                if !items.contains(&item.id.as_str()) {
                    items.push(&item.id);
                }
            }
        }
    }
    let is_shared = |(word, items): &(String, Vec<&str>)| {
        items.len() > 1 && !SMALL_WORDS.contains(&word.as_str()) && rules.lookup(word).is_none()
    };
    items_of.into_iter().filter(is_shared).map(|(word, _)| word).collect()
}

/// The name with one typing error in one of its longer words.
fn mistyped(name: &str, rng: &mut ChaCha8Rng) -> Option<String> {
    let words: Vec<&str> = name.split(' ').collect();
    let is_long = |word: &&str| {
        word.chars().count() >= MISTYPED_LETTERS && word.chars().all(|c| c < '\u{250}')
    };
    let at = (0..words.len()).filter(|at| is_long(&words[*at])).choose(rng)?;
    let mut letters: Vec<char> = words[at].chars().collect();
    // The first letter is seldom wrong.
    let place = rng.random_range(1..letters.len() - 1);
    match rng.random_range(0..4) {
        0 => letters.swap(place, place + 1),
        1 => drop(letters.remove(place)),
        2 => letters.insert(place, letters[place]),
        _ => letters[place] = rng.random_range('a'..='z'),
    }
    let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    words[at] = letters.into_iter().collect();
    let mistyped = words.join(" ");
    (mistyped != name).then_some(mistyped)
}
