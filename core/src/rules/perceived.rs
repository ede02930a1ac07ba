//! What the model saw, where and when it was seen, and what a person added.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::Class;

/// One detected thing. The strings come from the model and may be anything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Perceived {
    /// Label of the detector.
    pub class: String,
    /// Finer guess: an item id of the pack, or words for it.
    pub item: Option<String>,
    /// Items it may be while none of them is sure: ids of the pack, the likeliest first.
    pub candidates: Vec<String>,
    /// Whether it is soiled.
    pub state: State,
    /// Ids of the parts it has, where known; else it is taken to have all that its item has.
    pub parts: Option<Vec<String>>,
    /// Longest side in centimetres, where known.
    pub size_cm: Option<u32>,
    /// Whether it carries a deposit mark, where known.
    pub deposit_mark: Option<bool>,
    /// The class more than half of it is of, where known.
    pub mostly: Option<Class>,
    /// Classes that are known not to be the greater half.
    pub mostly_not: Vec<Class>,
    /// Signs of danger.
    pub hazards: Vec<Cue>,
    /// A person chose the item: its class is no longer doubted.
    pub confirmed: bool,
    /// A person was asked and none of the answers fitted.
    pub nothing_fits: bool,
}

/// Whether a thing is soiled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Empty and clean enough to recycle.
    Clean,
    /// With leftovers.
    Dirty,
    /// Cannot be told from the photo.
    #[default]
    Unsure,
}

/// A sign of danger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    /// Hazard id of the pack, for instance `battery-inside`.
    pub hazard: String,
    /// How sure the model is.
    pub seen: Seen,
}

/// How sure the model is of a cue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// The danger is there.
    Yes,
    /// It is not.
    No,
    /// Cannot be told from the photo.
    Unsure,
}

/// Where, when and in which language an answer is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// Zones the household lies in; empty while nobody has said.
    #[serde(default)]
    pub zones: Vec<String>,
    /// The day the thing is to be thrown away.
    pub date: Date,
    /// Language tag, for instance `"de-CH"`. [`super::PackInfo::language`] says what
    /// is given where the pack lacks it.
    #[serde(default)]
    pub language: String,
}

/// What an answer to a question adds. The caller applies it and resolves again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// It is this item, by id.
    Item(String),
    /// It is not the item the model guessed; only the class still counts.
    NotThatItem,
    /// None of the answers fitted.
    NothingFits,
    /// It is clean or dirty.
    State(State),
    /// Longest side in centimetres (a value on the right side of the limit asked about).
    SizeCm(u32),
    /// Whether it carries a deposit mark.
    DepositMark(bool),
    /// Whether more than half of it is of a class.
    Mostly {
        /// The class.
        class: Class,
        /// So or not.
        so: bool,
    },
    /// Whether a hazard is there.
    Hazard {
        /// Hazard id of the pack.
        id: String,
        /// There or not.
        present: bool,
    },
    /// The household lies in this zone, by id: belongs into [`Context::zones`].
    Zone(String),
}

impl Perceived {
    /// A thing of which only the detector's label is known.
    pub fn of_class(label: &str) -> Self {
        Self { class: label.to_owned(), ..Self::default() }
    }

    /// The class behind the label, if it is one of the nine.
    pub fn known_class(&self) -> Option<Class> {
        Class::from_label(&self.class)
    }

    /// Whether more than half of it is of a class, where that is known.
    pub(super) fn is_mostly(&self, class: Class) -> Option<bool> {
        let other = || self.mostly_not.contains(&class).then_some(false);
        self.mostly.map(|known| known == class).or_else(other)
    }

    /// The same thing with what a person said about it. A zone says something about the household
    /// and leaves the thing as it is.
    #[must_use]
    pub fn with(mut self, fact: &Fact) -> Self {
        match fact {
            Fact::Item(id) => {
                self.item = Some(id.clone());
                // Parts were seen of what it was taken for.
                self.parts = None;
                self.candidates.clear();
                self.confirmed = true;
            }
            Fact::NotThatItem => {
                self.item = None;
                self.parts = None;
            }
            Fact::NothingFits => {
                self.candidates.clear();
                self.nothing_fits = true;
            }
            Fact::State(state) => self.state = *state,
            Fact::SizeCm(size) => self.size_cm = Some(*size),
            Fact::DepositMark(there) => self.deposit_mark = Some(*there),
            Fact::Mostly { class, so: true } => self.mostly = Some(*class),
            Fact::Mostly { class, so: false } => self.mostly_not.push(*class),
            Fact::Hazard { id, present } => {
                let seen = if *present { Seen::Yes } else { Seen::No };
                self.hazards.retain(|cue| cue.hazard != *id);
                self.hazards.push(Cue { hazard: id.clone(), seen });
            }
            Fact::Zone(_) => {}
        }
        self
    }
}
