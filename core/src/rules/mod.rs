//! Rule packs: what a community wants done with an item.
//!
//! The vision model perceives; the pack decides; templates speak.
//!
//! ```text
//! text      texts in several languages; folding for comparison
//! class     the nine classes the detector knows
//! pack      one community: who it is, its sources, its tables
//! bounds    how large its tables may be
//! zone      districts, and which row counts where
//! stream    kinds of waste, the ways they are collected, bags and places
//! notice    bulky waste, fees, deposits, penalties
//! item      things with names, aliases, classes and parts
//! rule      item or class + circumstances → stream, question, or "not accepted"
//! perceived what the model saw, and where and when it was seen
//! choose    which of several rows applies; what has to be asked first
//! resolve   the guards, in order: perceived → instruction
//! ask       the one question that settles what the photo leaves open
//! show      pack rows in one language, references followed
//! instruction  the answer, in one language, ready to show
//! index     what is looked up by id or word, sorted once
//! kana      kana compared by sound
//! phrases   sentence templates, one file a language
//! search    names and aliases, with typing errors
//! edits     how many typing errors lie between two words
//! directory all items from A to Z, and the page of one
//! find_place  a typed postcode, street or name → community or zone
//! validate  everything a pack must satisfy before it may be opened
//! schema    the shape of a pack's files, for editors
//! cases     worked examples a pack carries along
//! ```
//!
//! Invariants: this module reads no files and no clock. Every bin, bag, price, place and day that
//! reaches the user is text of a pack row; what the model wrote is only ever *compared* with ids
//! and names of the pack, never passed on.

mod ask;
mod bounds;
mod cases;
mod choose;
mod class;
mod directory;
pub(crate) mod edits;
mod error;
mod find_place;
#[cfg(test)]
pub(crate) mod fixtures;
mod index;
mod instruction;
mod item;
mod kana;
mod notice;
mod pack;
mod perceived;
mod phrases;
mod resolve;
mod rule;
mod schema;
mod search;
mod show;
mod stream;
mod text;
mod validate;
mod zone;

pub use cases::{Case, Expected, Mismatch};
pub use class::Class;
pub use directory::{ItemPage, Section};
pub use error::{Error, Finding};
pub use find_place::Found;
pub use instruction::{
    AskedAnswer, AskedQuestion, BagText, Instruction, NextCollection, PlaceText, SiteText,
    SizeText, SourceText, StreamText, Verdict, WayText, Why,
};
pub use item::Item;
pub use notice::{Notice, NoticeKind};
pub use pack::{Contact, PackInfo, RulePack, Source};
pub use perceived::{Context, Cue, Fact, Perceived, Seen, State};
pub use phrases::certainty_word;
pub use rule::{Answer, Hazard, Outcome, Question, Rule, Step, When};
pub use schema::schema;
pub use search::Hit;
pub use stream::{Bag, BagSize, How, Moment, Place, Price, SetOut, Site, Stream, Way};
pub use text::Texts;
pub use zone::{Side, Street, Zone};

pub(crate) use bounds::LONGEST_FILE;
pub(crate) use phrases::Lead;
pub(crate) use search::Like;
pub(crate) use text::fold;
