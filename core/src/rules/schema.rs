//! The shape of a pack's files, for editors and for people who write packs.

use schemars::{JsonSchema, Schema, schema_for};

use super::cases::Case;
use super::item::Item;
use super::notice::Notice;
use super::pack::{PackInfo, Source};
use super::rule::{Hazard, Question, Rule, Step};
use super::stream::{Bag, Place, Site, Stream};
use super::zone::Zone;
use crate::schedule::Schedule;

/// A folder of JSON files: one property of this schema a file.
#[derive(JsonSchema)]
#[schemars(title = "Kerbside rule pack", deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is read")]
struct RulePackFolder {
    /// Who the community is, and for how long the pack may be trusted.
    #[schemars(rename = "pack.json")]
    pack: PackInfo,
    /// Where the facts come from.
    #[schemars(rename = "sources.json")]
    sources: Vec<Source>,
    /// Districts, if something differs between them.
    #[schemars(rename = "zones.json")]
    zones: Option<Vec<Zone>>,
    /// The kinds of waste kept apart, and how each is collected.
    #[schemars(rename = "streams.json")]
    streams: Vec<Stream>,
    /// Bags that have to be bought.
    #[schemars(rename = "bags.json")]
    bags: Option<Vec<Bag>>,
    /// Where things are brought.
    #[schemars(rename = "places.json")]
    places: Option<Vec<Place>>,
    /// The single addresses of those places.
    #[schemars(rename = "sites.json")]
    sites: Option<Vec<Site>>,
    /// What to do with a thing before it goes.
    #[schemars(rename = "steps.json")]
    steps: Option<Vec<Step>>,
    /// Questions that help when only the class is known.
    #[schemars(rename = "questions.json")]
    questions: Option<Vec<Question>>,
    /// What people throw away.
    #[schemars(rename = "items.json")]
    items: Vec<Item>,
    /// What goes where.
    #[schemars(rename = "rules.json")]
    rules: Vec<Rule>,
    /// Dangers that outrank every rule.
    #[schemars(rename = "hazards.json")]
    hazards: Vec<Hazard>,
    /// Worked examples.
    #[schemars(rename = "cases.json")]
    cases: Option<Vec<Case>>,
    /// Bulky waste, fees, deposits, penalties.
    #[schemars(rename = "notices.json")]
    notices: Option<Vec<Notice>>,
    /// What is collected when.
    #[schemars(rename = "schedule.json")]
    schedule: Option<Schedule>,
}

/// The JSON Schema (draft 2020-12) of a pack: an object with one property a file.
pub fn schema() -> Schema {
    schema_for!(RulePackFolder)
}
