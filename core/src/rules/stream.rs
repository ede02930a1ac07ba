//! Kinds of waste, the ways they are collected, and the bags and places that belong to them.

use jiff::civil::{Date, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::Texts;

/// A kind of waste that is kept apart: what a rule sends an item to, and what a calendar lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// Unique among the streams of the pack.
    pub id: String,
    /// What the community calls it.
    pub names: Texts,
    /// Name of a pictogram the apps draw.
    pub icon: String,
    /// What is left when nothing else fits. Such a stream can be reached through an item, never
    /// as the default of a class: not knowing a thing is no reason to burn it.
    #[serde(default)]
    pub residual: bool,
    /// Examples of what goes in.
    #[serde(default)]
    pub accepts: Option<Texts>,
    /// Examples of what is often put in by mistake.
    #[serde(default)]
    pub rejects: Option<Texts>,
    /// How it is collected, in the order to recommend. Zone-specific ways replace the general ones.
    pub ways: Vec<Way>,
    /// Id of the source the stream as such comes from.
    pub source: String,
}

/// One way a stream is collected, in some zones and for some time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// What the person does.
    pub how: How,
    /// Zones it exists in; empty for everywhere.
    #[serde(default)]
    pub zones: Vec<String>,
    /// First day it exists.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day it exists.
    #[serde(default)]
    pub until: Option<Date>,
    /// The bin, bundle or slot it goes into.
    #[serde(default)]
    pub container: Option<Texts>,
    /// Colour of the container, as `#rrggbb`.
    #[serde(default)]
    pub colour: Option<String>,
    /// Id of the place it is brought to.
    #[serde(default)]
    pub place: Option<String>,
    /// Ids of the bags that must be used; any one of them will do.
    #[serde(default)]
    pub bags: Vec<String>,
    /// When it may stand outside, relative to the day of collection.
    #[serde(default)]
    pub set_out: Option<SetOut>,
    /// What comes back to whoever hands it in.
    #[serde(default)]
    pub refund: Option<Price>,
    /// Anything else to know.
    #[serde(default)]
    pub note: Option<Texts>,
    /// Id of the source.
    pub source: String,
}

/// What the person does with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Put it out at the kerb or into a bin on the premises.
    Kerb,
    /// Hand it to the crew of the truck.
    HandOver,
    /// Bring it to a public collection point.
    DropOff,
    /// Bring it back to a shop.
    TakeBack,
    /// Bring it back for money.
    Deposit,
    /// Have it fetched by appointment.
    Appointment,
    /// Hand it to people trained for it.
    Hazardous,
}

impl How {
    /// Whether the person has to go somewhere.
    pub(super) fn needs_place(self) -> bool {
        !matches!(self, Self::Kerb | Self::HandOver)
    }
}

/// The window in which a container may stand outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetOut {
    /// Not before this moment.
    #[serde(default)]
    pub from: Option<Moment>,
    /// Not after this moment.
    #[serde(default)]
    pub by: Option<Moment>,
}

/// A wall-clock time on or near the day of collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// Days after the day of collection: −1 the day before, 0 the day itself, 1 the day after.
    pub day: i8,
    /// Local time of the community.
    pub time: Time,
}

/// A bag that has to be bought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bag {
    /// Unique among the bags of the pack.
    pub id: String,
    /// What it is called at the till.
    pub names: Texts,
    /// Colour, as `#rrggbb`.
    #[serde(default)]
    pub colour: Option<String>,
    /// Sizes on sale.
    pub sizes: Vec<BagSize>,
    /// Where it is sold.
    #[serde(default)]
    pub sold_at: Option<Texts>,
    /// Where it is *not* valid, or which look-alikes are not.
    #[serde(default)]
    pub not_valid: Option<Texts>,
    /// Zones it is valid in; empty for everywhere.
    #[serde(default)]
    pub zones: Vec<String>,
    /// Id of the source.
    pub source: String,
}

/// One size of a bag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BagSize {
    /// Volume in litres.
    pub litres: u32,
    /// Price, where a source gives one.
    #[serde(default)]
    pub price: Option<Price>,
}

/// An amount of money that was true at some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Decimal amount with a full stop, as printed (`"1.30"`): money is not a float.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Year, month or day the source speaks of (`"2023"`, `"2023-04"`, `"2023-04-01"`).
    pub as_of: String,
    /// What the amount covers, when it is not the whole price.
    #[serde(default)]
    pub covers: Option<Texts>,
    /// Id of the source.
    pub source: String,
}

/// One address of a kind of place: this collection point, that recycling yard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Street and number, as signposted.
    pub name: String,
    /// Ids of the places it is one of.
    pub places: Vec<String>,
    /// Zones it serves.
    pub zones: Vec<String>,
    /// Latitude and longitude in degrees (WGS 84).
    #[serde(default)]
    pub position: Option<[f64; 2]>,
    /// When it is open, in OpenStreetMap's notation (`"Mo-Fr 08:00-18:00"`).
    #[serde(default)]
    pub opening_hours: Option<String>,
    /// Id of the source.
    pub source: String,
}

/// Where something is brought: one address, or a kind of place ("any shop that sells them").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Unique among the places of the pack.
    pub id: String,
    /// What it is called, so that it can follow "bring it to".
    pub names: Texts,
    /// Street and number, for a single place.
    #[serde(default)]
    pub address: Option<String>,
    /// Latitude and longitude in degrees (WGS 84), for a single place.
    #[serde(default)]
    pub position: Option<[f64; 2]>,
    /// Other conditions, or opening hours that have no notation.
    #[serde(default)]
    pub note: Option<Texts>,
    /// Zones it serves; empty for everywhere.
    #[serde(default)]
    pub zones: Vec<String>,
    /// When it is open, in OpenStreetMap's notation (`"Mo-Fr 08:00-18:00"`).
    #[serde(default)]
    pub opening_hours: Option<String>,
    /// Id of the source.
    pub source: String,
}
