//! How large the tables of a pack may be: far beyond any community's, and still small enough that
//! a stranger's pack neither fills a phone's memory nor keeps it busy, for checking compares rows
//! with rows.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::error::Error;
use super::pack::RulePack;

/// Most bytes of a file: twice what 15,000 items in three languages take.
pub(crate) const LONGEST_FILE: usize = 16 << 20;

/// Most values and keys of a file: again twice those of 15,000 items.
const MOST_VALUES: usize = 400_000;

/// Most names and aliases of one item, in all languages.
const MOST_WORDS: usize = 500;

/// Refuses a file that would take more memory than there may be. What is no JSON is left to the
/// reader, which says so.
pub(super) fn check_file(name: &str, bytes: &[u8]) -> Result<(), Error> {
    if bytes.len() > LONGEST_FILE {
        return Err(Error::TooLong { file: name.to_owned(), limit: LONGEST_FILE });
    }
    let mut left = MOST_VALUES;
    // The result says no more than what is left.
    let _ = Count(&mut left).deserialize(&mut serde_json::Deserializer::from_slice(bytes));
    match left {
        0 => Err(too_many(name, "values", MOST_VALUES)),
        _ => Ok(()),
    }
}

/// Refuses tables with more rows, and items with more words, than can be compared with each other.
pub(super) fn check_rows(pack: &RulePack) -> Result<(), Error> {
    for (file, rows, limit) in [
        ("sources.json", pack.sources.len(), 2_000),
        ("zones.json", pack.zones.len(), 5_000),
        ("streams.json", pack.streams.len(), 500),
        ("bags.json", pack.bags.len(), 500),
        ("places.json", pack.places.len(), 2_000),
        ("sites.json", pack.sites.len(), 20_000),
        ("steps.json", pack.steps.len(), 2_000),
        ("questions.json", pack.questions.len(), 1_000),
        ("items.json", pack.items.len(), 20_000),
        ("rules.json", pack.rules.len(), 20_000),
        ("hazards.json", pack.hazards.len(), 200),
        ("cases.json", pack.cases.len(), 20_000),
        ("notices.json", pack.notices.len(), 2_000),
        ("schedule.json", pack.schedule.rows.len(), 2_000),
        ("schedule.json", pack.schedule.holidays.len(), 1_000),
    ] {
        if rows > limit {
            return Err(too_many(file, "rows", limit));
        }
    }
    match pack.items.iter().find(|item| item.words().nth(MOST_WORDS).is_some()) {
        Some(item) => Err(too_many("items.json", &format!("words for {}", item.id), MOST_WORDS)),
        None => Ok(()),
    }
}

fn too_many(file: &str, what: &str, limit: usize) -> Error {
    Error::TooMany { file: file.to_owned(), what: what.to_owned(), limit }
}

/// Counts the values and keys of a JSON text down to 0, and reads no further then.
struct Count<'a>(&'a mut usize);

impl Count<'_> {
    fn one<E: serde::de::Error>(&mut self) -> Result<(), E> {
        *self.0 = self.0.saturating_sub(1);
        if *self.0 == 0 { Err(E::custom("too many values")) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Count<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(mut self, reader: D) -> Result<(), D::Error> {
        self.one()?;
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Count<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<(), S::Error> {
        while items.next_element_seed(Count(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while map.next_key_seed(Count(self.0))?.is_some() {
            map.next_value_seed(Count(self.0))?;
        }
        Ok(())
    }
}
