//! The question about a few things, and the shape of its answer: the contract in code.

use serde_json::{Map, Value};

use super::candidates::{Candidate, candidates_of, marked_label, read_label};
use super::naming::Said;
use super::reading::{Pick, Reading};
use super::saying::Match;
use super::{ITEMS, NONE_SURE, SURE};
use crate::detection::{BBox, Detection};
use crate::generate::chances::Chances;
use crate::generate::schema::Schema;
use crate::rules::{Class, RulePack, Seen, State};

/// One thing of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing<'a> {
    /// The detector's label, as it wrote it.
    pub label: String,
    /// Where it is.
    pub bbox: BBox,
    /// The rows it could be, the best match first.
    pub candidates: Vec<Candidate<'a>>,
    /// The label as the prompt has it, without marks.
    read: String,
}

/// A question about up to [`ITEMS`] things.
#[derive(Debug, Clone, PartialEq)]
pub struct Question<'a> {
    things: Vec<Thing<'a>>,
}

const NONE: &str = "none";
const UNSURE: &str = "unsure";
const STATES: [(&str, State); 3] =
    [("clean", State::Clean), ("dirty", State::Dirty), (UNSURE, State::Unsure)];
const BATTERY: [(&str, Seen); 3] = [("yes", Seen::Yes), ("no", Seen::No), (UNSURE, Seen::Unsure)];

impl<'a> Thing<'a> {
    /// A detected thing and the rows of the pack that could fit it.
    pub fn new(label: &str, bbox: BBox, rules: &'a RulePack) -> Self {
        let read = read_label(label, rules);
        let candidates = candidates_of(&read, rules);
        Self { label: label.to_owned(), bbox, candidates, read }
    }

    /// The row whose name the whole label is, if it is the name of one only: then nobody has to be
    /// asked which it is.
    fn named(&self) -> Option<&str> {
        let words = 0..self.read.split(' ').count();
        let whole = Said { words, how: Match::Same };
        let mut rows = self.candidates.iter().filter(|row| row.said.as_ref() == Some(&whole));
        let row = rows.next()?;
        rows.next().is_none().then_some(row.item.id.as_str())
    }

    /// Ids of the parts that any of the rows has, each once.
    fn parts(&self) -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        for part in self.candidates.iter().flat_map(|row| &row.item.parts) {
            if !parts.contains(part) {
                parts.push(part.clone());
            }
        }
        parts
    }

    fn prompt(&self, number: usize) -> String {
        let [y1, x1, y2, x2] = self.bbox.to_bins();
        let label = marked_label(&self.read, &self.candidates);
        let rows: Vec<_> = self.candidates.iter().map(row).collect();
        let rows = rows.join(",");
        format!("{number}<loc{y1:04}><loc{x1:04}><loc{y2:04}><loc{x2:04}>{label}:{rows}")
    }

    fn schema(&self) -> Schema {
        let ids = self.candidates.iter().map(|row| row.item.id.clone());
        let ids = ids.chain([NONE.to_owned(), UNSURE.to_owned()]).collect();
        let words = |words: [&str; 3]| Schema::Enum(words.map(str::to_owned).to_vec());
        let mut fields = vec![
            ("item".to_owned(), Schema::Enum(ids)),
            ("state".to_owned(), words(STATES.map(|(word, _)| word))),
        ];
        let parts = self.parts();
        if !parts.is_empty() {
            let max = parts.len();
            let items = Box::new(Schema::Enum(parts));
            fields.push(("parts".to_owned(), Schema::List { items, min: 0, max }));
        }
        fields.push(("battery".to_owned(), words(BATTERY.map(|(word, _)| word))));
        Schema::Object(fields)
    }

    /// What the answer must say for `reading` to be read from it. Of parts only those are written
    /// that a row has.
    fn write(&self, reading: &Reading) -> Value {
        let item = match &reading.item {
            Pick::Item(id) => id,
            Pick::None => NONE,
            Pick::Unsure => UNSURE,
        };
        let mut fields = Map::new();
        fields.insert("item".into(), item.into());
        fields.insert("state".into(), word(&STATES, reading.state).into());
        let parts = self.parts();
        if !parts.is_empty() {
            let there = |part: &String| reading.parts.iter().flatten().any(|one| one == part);
            let there: Vec<_> = parts.into_iter().filter(there).collect();
            fields.insert("parts".into(), there.into());
        }
        fields.insert("battery".into(), word(&BATTERY, reading.battery).into());
        Value::Object(fields)
    }
}

impl<'a> Question<'a> {
    /// A question about these things, at most [`ITEMS`] of them.
    pub fn new(things: Vec<Thing<'a>>) -> Self {
        debug_assert!(things.len() <= ITEMS, "{} things in one question", things.len());
        Self { things }
    }

    /// Questions about all detections, in their order.
    pub fn about(detections: &[Detection], rules: &'a RulePack) -> Vec<Self> {
        let ask = |some: &[Detection]| {
            let thing = |one: &Detection| Thing::new(one.label.as_str(), one.bbox, rules);
            Self::new(some.iter().map(thing).collect())
        };
        detections.chunks(ITEMS).map(ask).collect()
    }

    /// The things asked about, in order.
    pub fn things(&self) -> &[Thing<'a>] {
        &self.things
    }

    /// What the model is asked, without image and newline.
    pub fn prompt(&self) -> String {
        let things = self.things.iter().enumerate();
        let things: Vec<_> = things.map(|(index, thing)| thing.prompt(index + 1)).collect();
        format!("dispose {}", things.join(";"))
    }

    /// The shape of the answer.
    pub fn schema(&self) -> Schema {
        let things = self.things.iter().enumerate();
        let fields = things.map(|(index, thing)| ((index + 1).to_string(), thing.schema()));
        Schema::Object(fields.collect())
    }

    /// The answer that says this of each thing, in the shape of [`Self::schema`].
    ///
    /// # Panics
    /// Unless there is one reading for each thing.
    pub fn write(&self, readings: &[Reading]) -> Value {
        assert_eq!(readings.len(), self.things.len(), "one reading for each thing");
        let things = self.things.iter().zip(readings).enumerate();
        let fields =
            things.map(|(index, (thing, reading))| ((index + 1).to_string(), thing.write(reading)));
        Value::Object(fields.collect())
    }

    /// What an answer says of each thing. What is less probable than `threshold`
    /// ([`super::SURE`] where that is `None`), or is not in the answer, is not known; that it is none of
    /// the rows, for which nothing is shown, only has to be as probable as [`super::NONE_SURE`]. A label
    /// that is the name of a row, and says nothing else, is that row whatever the answer says.
    pub fn read(&self, answer: &Value, chances: &Chances, threshold: Option<f32>) -> Vec<Reading> {
        let things = self.things.iter().enumerate();
        things
            .map(|(index, thing)| {
                let said = &answer[(index + 1).to_string()];
                let chance = |field: &str| chances.of(&format!("/{}/{field}", index + 1));
                let sure = |field: &str| chance(field) >= threshold.unwrap_or(SURE);
                let text =
                    |field: &str| said[field].as_str().filter(|_| sure(field)).unwrap_or(UNSURE);
                let is_none = said["item"] == NONE
                    && Class::from_label(&thing.label).is_none()
                    && chance("item") >= NONE_SURE.min(threshold.unwrap_or(SURE));
                let item = || if is_none { NONE } else { text("item") };
                let is_row = |id: &str| thing.candidates.iter().any(|row| row.item.id == id);
                Reading {
                    item: match thing.named().unwrap_or_else(item) {
                        NONE => Pick::None,
                        id if is_row(id) => Pick::Item(id.to_owned()),
                        _ => Pick::Unsure,
                    },
                    state: meaning(&STATES, text("state")).unwrap_or_default(),
                    parts: said["parts"].as_array().filter(|_| sure("parts")).map(|parts| {
                        let known = thing.parts();
                        let said = |part: &String| parts.iter().any(|one| one == part);
                        known.into_iter().filter(said).collect()
                    }),
                    battery: meaning(&BATTERY, text("battery")).unwrap_or(Seen::Unsure),
                }
            })
            .collect()
    }
}

fn row(candidate: &Candidate<'_>) -> String {
    let word = candidate.word.as_ref().map(|word| format!("={word}")).unwrap_or_default();
    let parts: String = candidate.item.parts.iter().map(|part| format!("+{part}")).collect();
    format!("{}{word}{parts}", candidate.item.id)
}

fn word<T: PartialEq>(words: &[(&'static str, T)], meaning: T) -> &'static str {
    words.iter().find(|(_, known)| *known == meaning).map_or(UNSURE, |(word, _)| word)
}

fn meaning<T: Copy>(words: &[(&str, T)], said: &str) -> Option<T> {
    words.iter().find(|(word, _)| *word == said).map(|(_, meaning)| *meaning)
}
