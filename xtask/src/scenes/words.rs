//! The words that scenes are worded with, by language.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What stands before or after a thing's name, and what it says of the thing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Says nothing that matters.
    pub plain_before: Vec<String>,
    /// Says nothing that matters.
    pub plain_after: Vec<String>,
    /// Clean and empty.
    pub clean_before: Vec<String>,
    /// Clean and empty.
    pub clean_after: Vec<String>,
    /// With leftovers.
    pub dirty_before: Vec<String>,
    /// With leftovers.
    pub dirty_after: Vec<String>,
    /// A battery is inside.
    pub battery_before: Vec<String>,
    /// A battery is inside.
    pub battery_after: Vec<String>,
    /// No battery is inside.
    pub no_battery_after: Vec<String>,
    /// The part is there; `{part}` is its name.
    pub part_after: Vec<String>,
    /// The part is not there.
    pub no_part_after: Vec<String>,
}

/// The words of every language.
pub fn words() -> BTreeMap<String, Words> {
    serde_json::from_str(include_str!("words.json")).expect("a test reads the bundled words")
}

/// Things a detector may report that no community has a rule for, and names that only look like
/// those of waste. All English.
pub fn nothing() -> Vec<&'static str> {
    include_str!("nothing.txt").lines().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_words_are_read_and_parts_have_their_gap() {
        let all = words();
        assert!(all.len() >= 8 && nothing().len() > 50);
        for words in all.values() {
            let with_part = words.part_after.iter().chain(&words.no_part_after);
            assert!(with_part.clone().all(|text| text.contains("{part}")));
        }
    }
}
