//! What comes from strangers may be anything: a model file from the internet, a rule pack from a
//! neighbour, a calendar from a town hall, a photo from anywhere. Each is refused with a typed error
//! that names the file and says what to do, or taken as far as it is sound; at once, in little
//! memory, and never with a panic.
//!
//! ```text
//! limits     what one input may take
//! tiny       a model pack made here, to be spoilt
//! weights    model packs and their weights
//! archives   packs and adapters in ZIP files
//! adapters   PEFT folders
//! tokenizer  tokenizer.json, and what a person types
//! rules      rule packs
//! calendars  iCalendar files
//! images     photos
//! ```

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[macro_use]
mod limits;

mod adapters;
mod archives;
mod calendars;
mod images;
mod rules;
#[path = "../../src/stopwatch.rs"]
mod stopwatch;
mod tiny;
mod tokenizer;
mod weights;

#[test]
fn every_bad_input_has_a_name_of_its_own() {
    let families = [
        ("weights", weights::NAMES),
        ("archives", archives::NAMES),
        ("adapters", adapters::NAMES),
        ("tokenizer", tokenizer::NAMES),
        ("rules", rules::NAMES),
        ("calendars", calendars::NAMES),
        ("images", images::NAMES),
    ];
    let mut all: Vec<&str> = families.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "a name is there twice");
    let each = families.map(|(family, names)| format!("{family} {}", names.len()));
    println!("{count} bad inputs: {}", each.join(", "));
}
