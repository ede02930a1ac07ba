//! Rules: item or class, circumstances, outcome. And what they refer to.

use jiff::ToSpan;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choose::in_force;
use super::class::Class;
use super::perceived::{Perceived, State};
use super::text::Texts;

/// What is done with some items, or with a class of which nothing finer is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Unique among the rules of the pack.
    pub id: String,
    /// Items it decides.
    #[serde(default)]
    pub items: Vec<String>,
    /// Classes it decides while nothing finer is known.
    #[serde(default)]
    pub classes: Vec<Class>,
    /// Zones it counts in; empty for everywhere.
    #[serde(default)]
    pub zones: Vec<String>,
    /// Circumstances it counts under; empty for all.
    #[serde(default)]
    pub when: When,
    /// First day it counts.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day it counts.
    #[serde(default)]
    pub until: Option<Date>,
    /// Months (1 to 12) in which it counts, every year; empty for all of them.
    #[serde(default)]
    pub months: Vec<i8>,
    /// Among rules that all apply the highest priority wins, then the most specific zone, then
    /// the most conditions.
    #[serde(default)]
    pub priority: i32,
    /// What is done.
    pub then: Outcome,
    /// Ids of the steps that come before, in order.
    #[serde(default)]
    pub steps: Vec<String>,
    /// Anything else to know.
    #[serde(default)]
    pub note: Option<Texts>,
    /// Id of the source.
    pub source: String,
}

impl Rule {
    /// Whether it counts on a day.
    pub(super) fn in_force(&self, date: Date) -> bool {
        in_force(self.from, self.until, date) && self.in_season(date)
    }

    fn in_season(&self, date: Date) -> bool {
        self.months.is_empty() || self.months.contains(&date.month())
    }

    /// The first day after `date` on which it may no longer count.
    pub(super) fn ends_after(&self, date: Date) -> Option<Date> {
        let until = self.until.and_then(|day| day.tomorrow().ok());
        let months = (1..=12).filter_map(|n| date.first_of_month().checked_add(n.months()).ok());
        let off_season = months.into_iter().find(|day| !self.in_season(*day));
        until.into_iter().chain(off_season).min()
    }
}

/// What a rule leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A stream, by id.
    Stream(String),
    /// A question, by id.
    Ask(String),
    /// The community does not take it; the rule's note says what to do instead.
    NotAccepted,
    /// The pack deliberately does not know: the contact is shown.
    Unknown,
}

/// Circumstances of a rule. A field left out does not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// Soiled (`true`) or clean (`false`).
    #[serde(default)]
    pub dirty: Option<bool>,
    /// Longest side above this many centimetres.
    #[serde(default)]
    pub longer_than_cm: Option<u32>,
    /// Longest side at most this many centimetres.
    #[serde(default)]
    pub up_to_cm: Option<u32>,
    /// Carries a deposit mark.
    #[serde(default)]
    pub deposit_mark: Option<bool>,
    /// More than half of it is of this kind.
    #[serde(default)]
    pub mostly: Option<Class>,
    /// Counts only when the photo shows it: nobody is asked about every box whether it is greasy.
    #[serde(default)]
    pub only_if_seen: bool,
}

/// Something the perception leaves open and a rule depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    Dirty,
    LongerThan(u32),
    DepositMark,
    Mostly(Class),
    Zone,
}

/// How a rule's circumstances compare with what was perceived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Yes,
    Maybe(Doubt),
    No,
}

impl When {
    /// Number of circumstances named.
    pub(super) fn count(&self) -> usize {
        usize::from(self.dirty.is_some())
            + usize::from(self.longer_than_cm.is_some())
            + usize::from(self.up_to_cm.is_some())
            + usize::from(self.deposit_mark.is_some())
            + usize::from(self.mostly.is_some())
    }

    pub(super) fn fit(&self, seen: &Perceived) -> Fit {
        let dirty = match seen.state {
            State::Clean => Some(false),
            State::Dirty => Some(true),
            State::Unsure => None,
        };
        let longer = |limit: u32| seen.size_cm.map(|size| size > limit);
        let tests = [
            (self.dirty, dirty, Doubt::Dirty),
            (self.deposit_mark, seen.deposit_mark, Doubt::DepositMark),
            self.mostly_test(seen),
            Self::size_test(self.longer_than_cm, true, longer),
            Self::size_test(self.up_to_cm, false, longer),
        ];
        let fit = tests.into_iter().map(|(wanted, is, doubt)| one(wanted, is, doubt));
        match fit.fold(Fit::Yes, both) {
            Fit::Maybe(_) if self.only_if_seen => Fit::No,
            fit => fit,
        }
    }

    fn mostly_test(&self, seen: &Perceived) -> (Option<bool>, Option<bool>, Doubt) {
        let class = self.mostly.unwrap_or(Class::General);
        (self.mostly.map(|_| true), seen.is_mostly(class), Doubt::Mostly(class))
    }

    fn size_test(
        limit: Option<u32>,
        wanted: bool,
        longer: impl Fn(u32) -> Option<bool>,
    ) -> (Option<bool>, Option<bool>, Doubt) {
        let threshold = limit.unwrap_or_default();
        (limit.map(|_| wanted), longer(threshold), Doubt::LongerThan(threshold))
    }
}

fn one(wanted: Option<bool>, is: Option<bool>, doubt: Doubt) -> Fit {
    match (wanted, is) {
        (None, _) => Fit::Yes,
        (Some(_), None) => Fit::Maybe(doubt),
        (Some(wanted), Some(is)) if wanted == is => Fit::Yes,
        (Some(_), Some(_)) => Fit::No,
    }
}

/// A definite "no" settles it whatever else is in doubt.
pub(super) fn both(first: Fit, second: Fit) -> Fit {
    match (first, second) {
        (Fit::No, _) | (_, Fit::No) => Fit::No,
        (Fit::Maybe(doubt), _) | (_, Fit::Maybe(doubt)) => Fit::Maybe(doubt),
        (Fit::Yes, Fit::Yes) => Fit::Yes,
    }
}

/// A preparation step, worded once and used by many rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Unique among the steps of the pack.
    pub id: String,
    /// The step as a short instruction, without a full stop.
    pub text: Texts,
}

/// The one question that turns a class into an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Unique among the questions of the pack.
    pub id: String,
    /// The question, with its question mark.
    pub text: Texts,
    /// What can be answered. "Something else" is always added.
    pub answers: Vec<Answer>,
}

/// One answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Id of the item it then is.
    pub item: String,
    /// Wording, when the item's name is not enough.
    #[serde(default)]
    pub text: Option<Texts>,
}

/// A danger that outranks every other rule, such as a battery inside a toy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hazard {
    /// Unique among the hazards of the pack; the cue the model is allowed to write.
    pub id: String,
    /// What it is called.
    pub names: Texts,
    /// Yes-or-no question for when the cue is unsure.
    pub question: Texts,
    /// Id of the stream such things go to.
    pub stream: String,
    /// Ids of the streams it must never get into.
    #[serde(default)]
    pub never_in: Vec<String>,
    /// Ids of the steps that come before: how to wrap it.
    #[serde(default)]
    pub steps: Vec<String>,
    /// Why it is dangerous, and anything else to know.
    #[serde(default)]
    pub note: Option<Texts>,
    /// Id of the source.
    pub source: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circumstances_fit_fail_or_leave_a_doubt() {
        let dirty = When { dirty: Some(true), ..When::default() };
        let seen = |state| Perceived { state, ..Perceived::default() };
        assert_eq!(dirty.fit(&seen(State::Dirty)), Fit::Yes);
        assert_eq!(dirty.fit(&seen(State::Clean)), Fit::No);
        assert_eq!(dirty.fit(&seen(State::Unsure)), Fit::Maybe(Doubt::Dirty));
    }

    #[test]
    fn the_size_limit_itself_still_counts_as_short() {
        let long = When { longer_than_cm: Some(30), ..When::default() };
        let short = When { up_to_cm: Some(30), ..When::default() };
        let sized = |cm| Perceived { size_cm: Some(cm), ..Perceived::default() };
        assert_eq!((long.fit(&sized(30)), short.fit(&sized(30))), (Fit::No, Fit::Yes));
        assert_eq!((long.fit(&sized(31)), short.fit(&sized(31))), (Fit::Yes, Fit::No));
        assert_eq!(long.fit(&Perceived::default()), Fit::Maybe(Doubt::LongerThan(30)));
    }

    #[test]
    fn what_only_counts_when_seen_raises_no_doubt() {
        let dirty = When { dirty: Some(true), only_if_seen: true, ..When::default() };
        assert_eq!(dirty.fit(&Perceived::default()), Fit::No);
        assert_eq!(dirty.fit(&Perceived { state: State::Dirty, ..Perceived::default() }), Fit::Yes);
    }

    #[test]
    fn one_definite_no_outweighs_any_doubt() {
        let when = When { dirty: Some(true), deposit_mark: Some(true), ..When::default() };
        let seen = Perceived { deposit_mark: Some(false), ..Perceived::default() };
        assert_eq!(when.fit(&seen), Fit::No);
    }
}
