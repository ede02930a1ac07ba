//! Made-up scenes with their truth, from the bundled rule packs: what adapters for `dispose` and
//! `highlight` are trained and measured on.
//!
//! ```text
//! part       which wordings may be trained on, which are kept for choosing and for measuring
//! words      the words of a language that say how a thing is
//! wording    an item of a pack → a label somebody could give it, and what the label says
//! dispose    a few labelled things in a zone on a day, and what is true of each
//! highlight  the facts of a photo, and the one to lead with
//! ```
//!
//! Everything is drawn from a seed: the same seed, part and number give the same scene.

pub mod dispose;
pub mod highlight;
pub mod part;
pub mod wording;
pub mod words;

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use kerbside_core::rules::{Context, RulePack, State};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::bundled;
use crate::failure::Result;
use part::Part;
use words::Words;

/// Where scenes are made: rule packs, and words to describe things with.
#[derive(Debug)]
pub struct Scenes {
    packs: Vec<RulePack>,
    words: BTreeMap<String, Words>,
    /// More wordings of items, by community and item id, which a teacher gave.
    taught: BTreeMap<(String, String), Vec<Taught>>,
}

/// A label that a teacher gave an item, in English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taught {
    /// The label.
    pub label: String,
    /// The state that the label says the item is in.
    pub state: State,
}

impl Scenes {
    /// Scenes of these communities; of all bundled ones where none is named.
    ///
    /// # Errors
    /// If a rule pack cannot be read.
    pub fn open(communities: &[String]) -> Result<Self> {
        let packs: Result<Vec<RulePack>> = match communities {
            [] => {
                let folders = bundled::communities()?;
                folders.iter().map(|folder| bundled::read_rule_pack(folder)).collect()
            }
            named => named.iter().map(|name| bundled::rule_pack(name)).collect(),
        };
        let (words, taught) = (words::words(), BTreeMap::new());
        Ok(Self { packs: packs.and_then(not_empty)?, words, taught })
    }

    /// The rule packs.
    pub fn packs(&self) -> &[RulePack] {
        &self.packs
    }

    /// Adds a wording of an item. It must have been checked by the rules.
    pub fn teach(&mut self, community: &str, item: &str, taught: Taught) {
        self.taught.entry((community.to_owned(), item.to_owned())).or_default().push(taught);
    }

    /// A pack, and where and when something is thrown away there.
    fn place(&self, rng: &mut ChaCha8Rng) -> (&RulePack, Context) {
        let rules = self.packs.choose(rng).expect("there is a pack");
        let mut zones = Vec::new();
        if rng.random_bool(0.6)
            && let Some(zone) = rules.zones().choose(rng)
        {
            zones.push(zone.id.clone());
        }
        let context = Context { zones, date: date(rules, rng), language: "en".to_owned() };
        (rules, context)
    }
}

/// A day the pack speaks for, often one on which something changes.
fn date(rules: &RulePack, rng: &mut ChaCha8Rng) -> Date {
    let info = rules.info();
    let days = (info.until - info.from).get_days();
    let any = info.from.saturating_add(rng.random_range(0..=days).days());
    let turns = rules.rules().iter().flat_map(|rule| [rule.from, rule.until]).flatten();
    let turns: Vec<Date> = turns.collect();
    let near = turns.choose(rng).map(|turn| turn.saturating_add(rng.random_range(-20..=1).days()));
    let near = near.filter(|_| rng.random_bool(0.3));
    near.unwrap_or(any).clamp(info.from, info.until)
}

/// The random numbers of one scene.
fn rng(seed: u64, part: Part, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number * Part::ALL.len() as u64 + part as u64);
    rng
}

fn not_empty(packs: Vec<RulePack>) -> Result<Vec<RulePack>> {
    match packs.is_empty() {
        true => Err(crate::failure::Failure::new("there are no rule packs")),
        false => Ok(packs),
    }
}
