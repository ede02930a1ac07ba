//! What an answer says of one thing, and what of it is sure enough to be known.

use super::Candidate;
use crate::rules::{Class, Cue, Perceived, Seen, State};

/// What is said of one thing: by the model, or as the truth to train on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Which row of the pack it is.
    pub item: Pick,
    /// Whether it is soiled.
    pub state: State,
    /// Ids of the parts that are there; `None` where that cannot be told, or nothing has parts.
    pub parts: Option<Vec<String>>,
    /// Whether a battery is inside.
    pub battery: Seen,
}

/// Which row of the pack a thing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// The item with this id.
    Item(String),
    /// None of the candidates.
    None,
    /// It could be several of them.
    Unsure,
}

/// The hazard whose cue is the answer's `battery`: every pack has a row for it.
pub(super) const BATTERY: &str = "battery-inside";

impl Reading {
    /// Nothing is known.
    pub const UNSURE: Self =
        Self { item: Pick::Unsure, state: State::Unsure, parts: None, battery: Seen::Unsure };

    /// What is known of a thing found under `label`, `candidates` being the rows it could be.
    ///
    /// Its class is the label, if that is one of the nine; else that of the item, once known.
    pub fn perceived(&self, label: &str, candidates: &[Candidate<'_>]) -> Perceived {
        let picked = candidates.iter().find(|row| self.item == Pick::Item(row.item.id.clone()));
        let open = if self.item == Pick::Unsure { candidates } else { &[] };
        let class = Class::from_label(label)
            .or_else(|| picked.and_then(|row| row.item.classes.first().copied()));
        Perceived {
            class: class.map_or(label, |class| class.label()).to_owned(),
            item: picked.map(|row| row.item.id.clone()),
            state: self.state,
            parts: picked.and_then(|_| self.parts.clone()),
            hazards: self.battery_cue(),
            candidates: open.iter().map(|row| row.item.id.clone()).collect(),
            ..Perceived::default()
        }
    }

    /// A battery that is there or may be; that there is none says nothing of other dangers.
    fn battery_cue(&self) -> Vec<Cue> {
        let cue = || Cue { hazard: BATTERY.to_owned(), seen: self.battery };
        if self.battery == Seen::No { Vec::new() } else { vec![cue()] }
    }
}
