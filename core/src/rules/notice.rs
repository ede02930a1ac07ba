//! What goes beyond single items: bulky waste, fees, deposits, penalties.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::stream::Price;
use super::text::Texts;

/// One thing to know about a community's waste besides what goes where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Unique among the notices of the pack.
    pub id: String,
    /// What it is about.
    pub kind: NoticeKind,
    /// The notice itself: limits, conditions, how to go about it.
    pub text: Texts,
    /// What it costs, or the least it costs.
    #[serde(default)]
    pub price: Option<Price>,
    /// The most it costs.
    #[serde(default)]
    pub price_to: Option<Price>,
    /// Days between booking and collection.
    #[serde(default)]
    pub lead_days: Option<u16>,
    /// Where to book, in international form.
    #[serde(default)]
    pub phone: Option<String>,
    /// Where to book.
    #[serde(default)]
    pub url: Option<String>,
    /// Streams it is about; empty for all.
    #[serde(default)]
    pub streams: Vec<String>,
    /// Zones it counts in; empty for everywhere.
    #[serde(default)]
    pub zones: Vec<String>,
    /// First day it counts.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day it counts.
    #[serde(default)]
    pub until: Option<Date>,
    /// Id of the source.
    pub source: String,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Things too large for bin or bag.
    Bulky,
    /// What wrong sorting costs.
    Penalty,
    /// What collection costs.
    Fee,
    /// Money that comes back.
    Deposit,
}
