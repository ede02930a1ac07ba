//! The answer for one thing, in one language, ready to show.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::Class;
use super::pack::Contact;
use super::perceived::Fact;
use super::phrases::Phrases;
use super::stream::{How, SetOut};

/// What is to be done with one thing, or what has to be known first.
///
/// Every text is copied from a pack row or from the sentence templates; nothing the model wrote
/// gets in here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instruction {
    /// Language of all texts.
    pub language: String,
    /// Class of the thing, if the detector's label was one of the nine.
    pub class: Option<Class>,
    /// Item of the pack, once known.
    pub item: Option<String>,
    /// For a part: the item it has to be taken off.
    pub part_of: Option<String>,
    /// What to call the thing.
    pub label: String,
    /// What is to be done, in one word.
    pub verdict: Verdict,
    /// Why the pack does not know, when it does not.
    pub why: Option<Why>,
    /// Stream it belongs to.
    pub stream: Option<StreamText>,
    /// How that stream is collected here and today; the first is the one to recommend.
    pub ways: Vec<WayText>,
    /// When it is fetched next, where the recommended way is to put it out and a plan lists it.
    pub next: Option<NextCollection>,
    /// Names of the streams it must never get into.
    pub never_in: Vec<String>,
    /// What to do before, in order.
    pub steps: Vec<String>,
    /// Anything else to know.
    pub note: Option<String>,
    /// The one question to answer before an instruction can be given.
    pub question: Option<AskedQuestion>,
    /// Who to ask; always there when the verdict is [`Verdict::Unknown`].
    pub contact: Option<Contact>,
    /// Id of the rule or hazard that decided.
    pub rule: Option<String>,
    /// Where it is written.
    pub source: Option<SourceText>,
    /// First day on which the answer may be another one.
    pub changes_on: Option<Date>,
}

/// When a stream is fetched next, as far as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextCollection {
    /// On this day.
    On {
        /// The day.
        date: Date,
        /// The regular day, where this one stands in for it.
        instead_of: Option<Date>,
        /// Why it was moved, where that is published.
        reason: Option<String>,
    },
    /// It depends on the zone, and nobody has said which.
    AskZone,
    /// The published plan ended; nothing is known about later days.
    NoOfficialDates {
        /// Last day of the plan.
        since: Date,
    },
}

/// What is to be done, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
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
    /// The community does not take it.
    NotAccepted,
    /// A question has to be answered first.
    Ask,
    /// Not known here.
    Unknown,
}

impl From<How> for Verdict {
    fn from(how: How) -> Self {
        match how {
            How::Kerb => Self::Kerb,
            How::HandOver => Self::HandOver,
            How::DropOff => Self::DropOff,
            How::TakeBack => Self::TakeBack,
            How::Deposit => Self::Deposit,
            How::Appointment => Self::Appointment,
            How::Hazardous => Self::Hazardous,
        }
    }
}

/// Why the pack does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The day lies outside the time the pack speaks for.
    OutOfDate,
    /// The household lies in a zone the pack does not have.
    UnknownZone,
    /// Neither the class nor the item is one of the pack's.
    NotRecognised,
    /// It is known, but no rule says what to do with it.
    NoRule,
    /// A sign of danger the pack has no row for.
    UnknownHazard,
}

/// A stream as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamText {
    /// Its id, which calendars refer to.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its pictogram.
    pub icon: String,
}

/// A way of collection as shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WayText {
    /// What the person does.
    pub how: How,
    /// The bin, bundle or slot.
    pub container: Option<String>,
    /// Colour of the container, as `#rrggbb`.
    pub colour: Option<String>,
    /// Where it is brought.
    pub place: Option<PlaceText>,
    /// Bags that must be used; any one of them will do.
    pub bags: Vec<BagText>,
    /// When it may stand outside.
    pub set_out: Option<SetOut>,
    /// Money that comes back, as printed: amount and currency.
    pub refund: Option<String>,
    /// Anything else to know.
    pub note: Option<String>,
    /// Where it is written.
    pub source: Option<SourceText>,
}

/// A place as shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceText {
    /// Its id.
    pub id: String,
    /// Its name, so that it can follow "bring it to".
    pub name: String,
    /// Street and number.
    pub address: Option<String>,
    /// Latitude and longitude in degrees (WGS 84).
    pub position: Option<[f64; 2]>,
    /// When it is open, in OpenStreetMap's notation.
    pub opening_hours: Option<String>,
    /// Other conditions.
    pub note: Option<String>,
    /// Single addresses of it in the zones of the household.
    pub sites: Vec<SiteText>,
}

/// An address as shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteText {
    /// Street and number, as signposted.
    pub name: String,
    /// Latitude and longitude in degrees (WGS 84).
    pub position: Option<[f64; 2]>,
    /// When it is open, in OpenStreetMap's notation.
    pub opening_hours: Option<String>,
}

/// A bag as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BagText {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its colour, as `#rrggbb`.
    pub colour: Option<String>,
    /// Sizes on sale.
    pub sizes: Vec<SizeText>,
    /// Where it is sold.
    pub sold_at: Option<String>,
    /// Where it is not valid.
    pub not_valid: Option<String>,
}

/// A size of a bag as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SizeText {
    /// Volume in litres.
    pub litres: u32,
    /// Amount and currency, as printed.
    pub price: Option<String>,
    /// Year, month or day the price was true.
    pub as_of: Option<String>,
    /// What the amount covers, when it is not the whole price.
    pub covers: Option<String>,
}

/// A source as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceText {
    /// Title of the page or data set.
    pub title: String,
    /// Who published it.
    pub publisher: String,
    /// Its address.
    pub url: String,
    /// Day the text was read.
    pub retrieved: Date,
    /// Day somebody checked the live page; `None` if nobody did.
    pub verified: Option<Date>,
}

/// A question as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedQuestion {
    /// The question.
    pub text: String,
    /// What can be answered.
    pub answers: Vec<AskedAnswer>,
}

/// An answer as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedAnswer {
    /// What the button says.
    pub text: String,
    /// What it means: apply it and resolve again.
    pub fact: Fact,
}

impl Instruction {
    /// The instruction as one short text, for a list, a screen reader or a terminal.
    pub fn sentence(&self) -> String {
        Phrases::of(&self.language).sentence(self)
    }

    /// What does not fit into the sentence, one line each: prices with their year, times to put
    /// it out, conditions of places, and where it is written.
    pub fn details(&self) -> Vec<String> {
        Phrases::of(&self.language).details(self)
    }
}
