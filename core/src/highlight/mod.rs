//! What to lead with: the few facts about a photo's items that a person should read first.
//!
//! ```text
//! facts   instructions + calendar → facts, the most urgent first
//! ```
//!
//! Invariant: a fact is computed from rows of the rule pack and its plan. Whoever picks one, picks
//! it by id; no text of a model is ever shown.

mod facts;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use facts::facts;

use crate::cancel::CancelToken;
use crate::engine::Session;
use crate::error::Result;

/// One fact, in one language, ready to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Highlight {
    /// Unique among the facts of one analysis: the kind and what it is about.
    pub id: String,
    /// What kind of fact it is.
    pub kind: HighlightKind,
    /// The fact as a sentence.
    pub text: String,
    /// Which items it is about, as positions in the analysis; empty if about none of them.
    pub items: Vec<usize>,
    /// Id of the stream it is about.
    pub stream: Option<String>,
    /// The day it is about.
    pub date: Option<Date>,
}

/// What kind of fact it is, from the most to the least urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HighlightKind {
    /// Something on the photo is dangerous.
    Hazard,
    /// A stream has to be put out before tomorrow's end.
    Tonight,
    /// A collection takes place on another day than usual.
    Moved,
    /// Only a certain bag will do, and it has to be bought.
    Bag,
    /// Money comes back.
    Deposit,
    /// What is true today is not from some day soon on.
    Change,
}

impl HighlightKind {
    /// Its name in ids: the one it has in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hazard => "hazard",
            Self::Tonight => "tonight",
            Self::Moved => "moved",
            Self::Bag => "bag",
            Self::Deposit => "deposit",
            Self::Change => "change",
        }
    }
}

impl Session {
    /// The same facts in the order to show them. Without an adapter for the task that is the order
    /// they came in, which [`facts()`] made one of urgency.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`].
    pub fn highlight(
        &mut self,
        facts: Vec<Highlight>,
        cancel: &CancelToken,
    ) -> Result<Vec<Highlight>> {
        cancel.check()?;
        Ok(facts)
    }
}

/// The facts with the one called `id` in front, if it is among them.
pub(crate) fn led_by(mut facts: Vec<Highlight>, id: &str) -> Vec<Highlight> {
    if let Some(at) = facts.iter().position(|fact| fact.id == id) {
        facts[..=at].rotate_right(1);
    }
    facts
}
