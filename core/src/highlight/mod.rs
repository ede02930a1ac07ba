//! What to lead with: the few facts about a photo's items that a person should read first.
//!
//! ```text
//! facts     instructions + calendar → facts, the most urgent first
//! question  facts → prompt, and the shape of its answer
//! ```
//!
//! # The contract
//!
//! Engine, training data and recipes share this form; [`Question`] is the only code that writes or
//! reads it. The prompt lists up to [`FACTS`] facts, in no particular order:
//!
//! ```text
//! highlight tonight-paper=collected of 2 in 1 days;hazard-electronics=danger of 1
//!
//! prompt  = "highlight " fact { ";" fact }
//! fact    = id "=" what " of " items on the photo it is about [ " in " days " days" ]
//! what    = "danger" | "collected" | "other day" | "bag" | "money back" | "changes"
//! ```
//!
//! The answer names one of them by id: `<s_lead>hazard-electronics</s_lead>`.
//!
//! Invariant: a fact is computed from rows of the rule pack and its plan. Whoever picks one, picks
//! it by id; no text of a model is ever shown.

mod facts;
mod question;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use facts::facts;
pub use question::{FACTS, Question};

use crate::cancel::CancelToken;
use crate::dispose::SURE;
use crate::engine::{Answer, HIGHLIGHT, Session};
use crate::error::Result;
use crate::rules::Context;

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
    /// The same facts with the one to lead with in front. Without an adapter for the task, or
    /// where the model is not sure ([`crate::dispose::SURE`]), they stay in the order they came
    /// in, which [`facts()`] made one of urgency.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`]; with an adapter for the task also [`crate::Error::NoPhoto`].
    pub fn highlight(
        &mut self,
        facts: Vec<Highlight>,
        context: &Context,
        cancel: &CancelToken,
    ) -> Result<Vec<Highlight>> {
        cancel.check()?;
        let Some(adapter) = self.engine().adapter_of(HIGHLIGHT)?.filter(|_| facts.len() > 1) else {
            return Ok(facts);
        };
        let question = Question::new(&facts, context);
        let said = self.pick(&question, cancel)?;
        let sure = said.chances.of("/lead") >= adapter.sure().unwrap_or(SURE);
        let lead = question.read(&said.value).filter(|_| sure).map(str::to_owned);
        Ok(match lead {
            Some(id) => led_by(facts, &id),
            None => facts,
        })
    }

    /// Which fact the model would lead with, sure or not.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`], [`crate::Error::NoPhoto`].
    pub fn pick(&mut self, question: &Question<'_>, cancel: &CancelToken) -> Result<Answer> {
        self.ask_structured(HIGHLIGHT, &question.prompt(), &question.schema(), cancel)
    }
}

/// The facts with the one called `id` in front, if it is among them.
pub(crate) fn led_by(mut facts: Vec<Highlight>, id: &str) -> Vec<Highlight> {
    if let Some(at) = facts.iter().position(|fact| fact.id == id) {
        facts[..=at].rotate_right(1);
    }
    facts
}
