//! The published plan of one community: `schedule.json` of a rule pack.

use jiff::civil::{Date, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::Texts;

/// What is collected when: rows, and the provider's own list of holidays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Days the provider treats as holidays: its own list, not the country's.
    #[serde(default)]
    pub holidays: Vec<Holiday>,
    /// One row for each round of a truck.
    #[serde(default)]
    pub rows: Vec<Row>,
}

/// A day on which collections may differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// The day.
    pub date: Date,
    /// What it is called.
    pub names: Texts,
    /// Id of the source.
    pub source: String,
}

/// One round: these streams, in these zones, on these days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Unique among the rows.
    pub id: String,
    /// Streams the round takes.
    pub streams: Vec<String>,
    /// Zones it serves; empty for everywhere.
    #[serde(default)]
    pub zones: Vec<String>,
    /// The regular days.
    pub when: When,
    /// Months (1 to 12) in which it runs; empty for all of them.
    #[serde(default)]
    pub months: Vec<i8>,
    /// First day it is published for.
    pub from: Date,
    /// Last day it is published for. Nothing is said about later days.
    pub until: Date,
    /// What becomes of a collection that falls on a holiday.
    #[serde(default)]
    pub holiday: Policy,
    /// Regular days on which it does not run.
    #[serde(default)]
    pub except: Vec<Date>,
    /// Regular days for which another one is published.
    #[serde(default)]
    pub moves: Vec<Move>,
    /// Further days.
    #[serde(default)]
    pub extra: Vec<Date>,
    /// Id of the source.
    pub source: String,
}

/// The regular days of a round.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum When {
    /// Every week on these days.
    Weekly(Weekly),
    /// The n-th weekday of each month.
    Monthly(Monthly),
    /// Every n-th week, on the weekday of a known collection.
    EveryWeeks(EveryWeeks),
    /// The published list, complete.
    Dates(Dates),
}

/// Every week on these days.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weekly {
    /// The days of the week.
    pub weekly: Vec<Day>,
}

/// Every n-th week, on the weekday of a known collection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EveryWeeks {
    /// 2 for every other week.
    pub every_weeks: u32,
    /// Any one regular collection.
    pub anchor: Date,
}

/// Weekdays counted within each month.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Monthly {
    /// For instance the second and the fourth Wednesday.
    pub monthly: Vec<NthDay>,
}

/// The published list of days, complete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dates {
    /// Every day there is.
    pub dates: Vec<Date>,
}

/// The n-th of some weekday in a month.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct NthDay {
    /// 1 to 5, or −1 for the last one.
    pub nth: i8,
    /// The day of the week.
    pub weekday: Day,
}

/// A day of the week, written out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<Day> for Weekday {
    fn from(day: Day) -> Self {
        match day {
            Day::Monday => Self::Monday,
            Day::Tuesday => Self::Tuesday,
            Day::Wednesday => Self::Wednesday,
            Day::Thursday => Self::Thursday,
            Day::Friday => Self::Friday,
            Day::Saturday => Self::Saturday,
            Day::Sunday => Self::Sunday,
        }
    }
}

/// What becomes of a collection that falls on a holiday.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// It takes place.
    #[default]
    AsNormal,
    /// It is left out.
    Skip,
    /// It takes place on the next day that is no holiday.
    PlusOne,
    /// It and all later ones of that week take place one day later for each holiday of the week, on
    /// Saturday at the latest.
    SlideWeek,
    /// It takes place on the last day before that is no holiday.
    PullForward,
    /// It is left out, and what was put by is taken at the next regular one.
    NextCycle,
    /// Each case is published one by one, under `moves` and `except`.
    Listed,
}

/// A regular day and the one published instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// The regular day.
    pub from: Date,
    /// The day it takes place.
    pub to: Date,
    /// The day of the week that is printed beside it: it must fit, or one of the two is a slip.
    #[serde(default)]
    pub weekday: Option<Day>,
    /// Why.
    #[serde(default)]
    pub reason: Option<Texts>,
}

impl Schedule {
    /// The holiday on a day, if it is one.
    pub fn holiday(&self, date: Date) -> Option<&Holiday> {
        self.holidays.iter().find(|holiday| holiday.date == date)
    }
}
