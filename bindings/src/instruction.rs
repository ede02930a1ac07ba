//! What is to be done with a thing, as records. All texts are ready to show, in one language.

use kerbside_core::rules as core;

use crate::dates::{CivilDate, CivilTime};

/// What is to be done, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
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

/// Why it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Why {
    /// The day lies outside the time the rules speak for.
    OutOfDate,
    /// The household lies in a zone the rules do not have.
    UnknownZone,
    /// Neither the class nor the item is one of the rules'.
    NotRecognised,
    /// It is known, but no rule says what to do with it.
    NoRule,
    /// A sign of danger the rules have no row for.
    UnknownHazard,
}

/// One of the nine classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
#[expect(missing_docs, reason = "the names say it")]
pub enum WasteClass {
    Plastic,
    Glass,
    Paper,
    Carton,
    Metal,
    Foam,
    Special,
    Food,
    General,
}

/// The answer for one thing, or for a part of one.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Instruction {
    /// Language of all texts.
    pub language: String,
    /// Class of the thing, where it is one of the nine.
    pub waste_class: Option<WasteClass>,
    /// Id of the item, once known.
    pub item: Option<String>,
    /// For a part: id of the item it has to be taken off.
    pub part_of: Option<String>,
    /// What to call the thing.
    pub label: String,
    /// What is to be done, in one word.
    pub verdict: Verdict,
    /// Why it is not known, when it is not.
    pub why: Option<Why>,
    /// The whole as one short text.
    pub sentence: String,
    /// What does not fit into the sentence, one line each.
    pub details: Vec<String>,
    /// Stream it belongs to.
    pub stream: Option<Stream>,
    /// How that stream is collected; the first is the one to recommend.
    pub ways: Vec<Way>,
    /// When it is fetched next, where a plan says so.
    pub next: Option<NextCollection>,
    /// Names of the streams it must never get into.
    pub never_in: Vec<String>,
    /// What to do before, in order.
    pub steps: Vec<String>,
    /// Anything else to know.
    pub note: Option<String>,
    /// The one question to answer first.
    pub question: Option<Question>,
    /// Who to ask.
    pub contact: Option<Contact>,
    /// Where it is written.
    pub source: Option<Source>,
    /// First day on which the answer may be another one.
    pub changes_on: Option<CivilDate>,
}

/// A kind of waste that is kept apart.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Stream {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Name of its pictogram.
    pub icon: String,
}

/// One way a stream is collected.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Way {
    /// What the person does; one of the first seven verdicts.
    pub how: Verdict,
    /// The bin, bundle or slot.
    pub container: Option<String>,
    /// Colour of the container, `#rrggbb`.
    pub colour: Option<String>,
    /// Where it is brought.
    pub place: Option<DropOff>,
    /// Bags that must be used; any one of them will do.
    pub bags: Vec<Bag>,
    /// When it may stand outside.
    pub set_out: Option<SetOut>,
    /// Money that comes back, as printed.
    pub refund: Option<String>,
    /// Anything else to know.
    pub note: Option<String>,
    /// Where it is written.
    pub source: Option<Source>,
}

/// When a container may stand outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct SetOut {
    /// Not before.
    pub from: Option<Moment>,
    /// Not after.
    pub by: Option<Moment>,
}

/// A time on or near the day of collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Moment {
    /// Days after the day of collection: −1 the day before.
    pub day: i8,
    /// Local time.
    pub time: CivilTime,
}

/// Where something is brought.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct DropOff {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Street and number.
    pub address: Option<String>,
    /// Where it is.
    pub position: Option<Position>,
    /// When it is open, in OpenStreetMap's notation.
    pub opening_hours: Option<String>,
    /// Other conditions.
    pub note: Option<String>,
    /// Single addresses of it near the household.
    pub sites: Vec<Site>,
}

/// One address.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Site {
    /// Street and number, as signposted.
    pub name: String,
    /// Where it is.
    pub position: Option<Position>,
    /// When it is open, in OpenStreetMap's notation.
    pub opening_hours: Option<String>,
}

/// Degrees (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, uniffi::Record)]
pub struct Position {
    /// North.
    pub latitude: f64,
    /// East.
    pub longitude: f64,
}

/// A bag that has to be bought.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Bag {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its colour, `#rrggbb`.
    pub colour: Option<String>,
    /// Sizes on sale.
    pub sizes: Vec<BagSize>,
    /// Where it is sold.
    pub sold_at: Option<String>,
    /// Where it is not valid.
    pub not_valid: Option<String>,
}

/// A size of a bag.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct BagSize {
    /// Volume in litres.
    pub litres: u32,
    /// As printed.
    pub price: Option<String>,
    /// Year, month or day the price was true.
    pub as_of: Option<String>,
    /// What the amount covers, when it is not the whole price.
    pub covers: Option<String>,
}

/// When a stream is fetched next, as far as it is published.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum NextCollection {
    /// On this day.
    On {
        /// The day.
        date: CivilDate,
        /// The regular day, where this one stands in for it.
        instead_of: Option<CivilDate>,
        /// Why it was moved, where that is published.
        reason: Option<String>,
    },
    /// It depends on the zone, and nobody has said which.
    AskZone,
    /// The published plan ended.
    NoOfficialDates {
        /// Its last day.
        since: CivilDate,
    },
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Question {
    /// The question.
    pub text: String,
    /// What can be answered.
    pub answers: Vec<Answer>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Answer {
    /// What the button says.
    pub text: String,
    /// What it means.
    pub fact: Fact,
}

/// What an answer, or a person's correction, adds.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Fact {
    /// It is this item.
    IsItem {
        /// Id of the item.
        id: String,
    },
    /// It is not the item that was guessed.
    NotThatItem,
    /// None of the answers fitted.
    NothingFits,
    /// It is soiled, or not.
    Dirty {
        /// Whether.
        dirty: bool,
    },
    /// Its longest side is on this side of the limit asked about.
    SizeCm {
        /// In centimetres.
        cm: u32,
    },
    /// It carries a deposit mark, or not.
    DepositMark {
        /// Whether.
        there: bool,
    },
    /// More than half of it is of a class, or not.
    Mostly {
        /// The class.
        waste_class: WasteClass,
        /// Whether.
        so: bool,
    },
    /// A danger is there, or not.
    Hazard {
        /// Id of the hazard.
        id: String,
        /// Whether.
        present: bool,
    },
    /// The household lies in this zone: it belongs into the place.
    Zone {
        /// Id of the zone.
        id: String,
    },
}

/// Who to ask.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Contact {
    /// Name of the office.
    pub name: String,
    /// Telephone number in international form.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Web page.
    pub url: Option<String>,
}

/// Where a fact is written.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Source {
    /// Title of the page or data set.
    pub title: String,
    /// Who published it.
    pub publisher: String,
    /// Its address.
    pub url: String,
    /// Day the text was read.
    pub retrieved: CivilDate,
    /// Day somebody checked the live page.
    pub verified: Option<CivilDate>,
}

/// Each of a list as its record.
pub(crate) fn all<C, R: From<C>>(list: Vec<C>) -> Vec<R> {
    list.into_iter().map(R::from).collect()
}

impl From<core::Instruction> for Instruction {
    fn from(one: core::Instruction) -> Self {
        Self {
            sentence: one.sentence(),
            details: one.details(),
            language: one.language,
            waste_class: one.class.map(WasteClass::from),
            item: one.item,
            part_of: one.part_of,
            label: one.label,
            verdict: one.verdict.into(),
            why: one.why.map(Why::from),
            stream: one.stream.map(Stream::from),
            ways: all(one.ways),
            next: one.next.map(NextCollection::from),
            never_in: one.never_in,
            steps: one.steps,
            note: one.note,
            question: one.question.map(Question::from),
            contact: one.contact.map(Contact::from),
            source: one.source.map(Source::from),
            changes_on: one.changes_on,
        }
    }
}

/// Two enums whose variants are called alike, both ways or one.
macro_rules! alike {
    ($here:ty, $there:ty, [$($name:ident),+ $(,)?]) => {
        impl From<$there> for $here {
            fn from(one: $there) -> Self {
                match one { $(<$there>::$name => Self::$name),+ }
            }
        }
    };
    (both $here:ty, $there:ty, [$($name:ident),+ $(,)?]) => {
        alike!($here, $there, [$($name),+]);
        impl From<$here> for $there {
            fn from(one: $here) -> Self {
                match one { $(<$here>::$name => Self::$name),+ }
            }
        }
    };
}
pub(crate) use alike;

alike!(
    Verdict,
    core::Verdict,
    [Kerb, HandOver, DropOff, TakeBack, Deposit, Appointment, Hazardous, NotAccepted, Ask, Unknown,]
);
alike!(Verdict, core::How, [Kerb, HandOver, DropOff, TakeBack, Deposit, Appointment, Hazardous,]);
alike!(Why, core::Why, [OutOfDate, UnknownZone, NotRecognised, NoRule, UnknownHazard]);
alike!(both WasteClass, core::Class, [
    Plastic, Glass, Paper, Carton, Metal, Foam, Special, Food, General,
]);

impl From<core::StreamText> for Stream {
    fn from(one: core::StreamText) -> Self {
        Self { id: one.id, name: one.name, icon: one.icon }
    }
}

impl From<core::WayText> for Way {
    fn from(one: core::WayText) -> Self {
        Self {
            how: one.how.into(),
            container: one.container,
            colour: one.colour,
            place: one.place.map(DropOff::from),
            bags: all(one.bags),
            set_out: one.set_out.map(SetOut::from),
            refund: one.refund,
            note: one.note,
            source: one.source.map(Source::from),
        }
    }
}

impl From<core::SetOut> for SetOut {
    fn from(one: core::SetOut) -> Self {
        let moment = |moment: core::Moment| Moment { day: moment.day, time: moment.time };
        Self { from: one.from.map(moment), by: one.by.map(moment) }
    }
}

impl From<core::PlaceText> for DropOff {
    fn from(one: core::PlaceText) -> Self {
        Self {
            id: one.id,
            name: one.name,
            address: one.address,
            position: one.position.map(Position::from),
            opening_hours: one.opening_hours,
            note: one.note,
            sites: all(one.sites),
        }
    }
}

impl From<core::SiteText> for Site {
    fn from(one: core::SiteText) -> Self {
        let position = one.position.map(Position::from);
        Self { name: one.name, position, opening_hours: one.opening_hours }
    }
}

impl From<[f64; 2]> for Position {
    fn from([latitude, longitude]: [f64; 2]) -> Self {
        Self { latitude, longitude }
    }
}

impl From<core::BagText> for Bag {
    fn from(one: core::BagText) -> Self {
        Self {
            id: one.id,
            name: one.name,
            colour: one.colour,
            sizes: all(one.sizes),
            sold_at: one.sold_at,
            not_valid: one.not_valid,
        }
    }
}

impl From<core::SizeText> for BagSize {
    fn from(one: core::SizeText) -> Self {
        Self { litres: one.litres, price: one.price, as_of: one.as_of, covers: one.covers }
    }
}

impl From<core::NextCollection> for NextCollection {
    fn from(one: core::NextCollection) -> Self {
        match one {
            core::NextCollection::On { date, instead_of, reason } => {
                Self::On { date, instead_of, reason }
            }
            core::NextCollection::AskZone => Self::AskZone,
            core::NextCollection::NoOfficialDates { since } => Self::NoOfficialDates { since },
        }
    }
}

impl From<core::AskedQuestion> for Question {
    fn from(one: core::AskedQuestion) -> Self {
        Self { text: one.text, answers: all(one.answers) }
    }
}

impl From<core::AskedAnswer> for Answer {
    fn from(one: core::AskedAnswer) -> Self {
        Self { text: one.text, fact: one.fact.into() }
    }
}

impl From<core::Fact> for Fact {
    fn from(one: core::Fact) -> Self {
        match one {
            core::Fact::Item(id) => Self::IsItem { id },
            core::Fact::NotThatItem => Self::NotThatItem,
            core::Fact::NothingFits => Self::NothingFits,
            // Answers say clean or dirty; "unsure" is never one.
            core::Fact::State(state) => Self::Dirty { dirty: state == core::State::Dirty },
            core::Fact::SizeCm(cm) => Self::SizeCm { cm },
            core::Fact::DepositMark(there) => Self::DepositMark { there },
            core::Fact::Mostly { class, so } => Self::Mostly { waste_class: class.into(), so },
            core::Fact::Hazard { id, present } => Self::Hazard { id, present },
            core::Fact::Zone(id) => Self::Zone { id },
        }
    }
}

impl From<Fact> for core::Fact {
    fn from(one: Fact) -> Self {
        match one {
            Fact::IsItem { id } => Self::Item(id),
            Fact::NotThatItem => Self::NotThatItem,
            Fact::NothingFits => Self::NothingFits,
            Fact::Dirty { dirty: true } => Self::State(core::State::Dirty),
            Fact::Dirty { dirty: false } => Self::State(core::State::Clean),
            Fact::SizeCm { cm } => Self::SizeCm(cm),
            Fact::DepositMark { there } => Self::DepositMark(there),
            Fact::Mostly { waste_class, so } => Self::Mostly { class: waste_class.into(), so },
            Fact::Hazard { id, present } => Self::Hazard { id, present },
            Fact::Zone { id } => Self::Zone(id),
        }
    }
}

impl From<core::Contact> for Contact {
    fn from(one: core::Contact) -> Self {
        Self { name: one.name, phone: one.phone, email: one.email, url: one.url }
    }
}

impl From<core::SourceText> for Source {
    fn from(one: core::SourceText) -> Self {
        Self {
            title: one.title,
            publisher: one.publisher,
            url: one.url,
            retrieved: one.retrieved,
            verified: one.verified,
        }
    }
}
