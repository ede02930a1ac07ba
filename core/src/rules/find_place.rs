//! Where somebody lives, by what they type: a postcode, a street with or without a number, or the
//! name of the community or of one of its districts.

use super::pack::RulePack;
use super::text::fold;
use super::zone::Zone;

/// What typed words lead to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Found<'a> {
    /// The community as a whole: its name was typed.
    Community,
    /// A district.
    Zone(&'a Zone),
}

/// Fewer letters fit too many streets and districts.
const FEWEST_LETTERS: usize = 2;

impl RulePack {
    /// Everything `typed` may mean in this community, in the order of the pack: nothing if it
    /// means nothing here.
    pub fn find_place(&self, typed: &str) -> Vec<Found<'_>> {
        let wanted = fold(typed);
        if wanted.chars().count() < FEWEST_LETTERS {
            return Vec::new();
        }
        let (street, number) = split_number(&wanted);
        let named =
            |texts: &super::Texts| texts.iter().any(|(_, name)| begins(&fold(name), &wanted));
        let in_street = |zone: &Zone| {
            zone.streets.iter().any(|row| match number {
                Some(number) => row.covers(street, number),
                None => begins(&fold(&row.name), &wanted),
            })
        };
        let here = |zone: &&Zone| {
            // Postcodes have letters and blanks in some countries: "1011 AB".
            zone.postcodes.iter().any(|code| fold(code).starts_with(&wanted))
                || in_street(zone)
                || named(&zone.names)
        };
        let community = named(&self.info.names).then_some(Found::Community);
        community.into_iter().chain(self.zones.iter().filter(here).map(Found::Zone)).collect()
    }
}

/// Whether a name or one of its words begins with what was typed.
fn begins(name: &str, wanted: &str) -> bool {
    name.starts_with(wanted)
        || name.match_indices(' ').any(|(at, _)| name[at + 1..].starts_with(wanted))
}

/// "lange strasse 12" → street and house number; "12a" counts as 12.
fn split_number(folded: &str) -> (&str, Option<u32>) {
    let split = folded.rsplit_once(' ').and_then(|(street, last)| {
        let digits = last.len() - last.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        Some((street, last[..digits].parse().ok()?))
    });
    match split {
        Some((street, number)) => (street, Some(number)),
        None => (folded, None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rules::fixtures::{bundled, tiny, zurich};

    fn ids<'a>(pack: &'a RulePack, typed: &str) -> Vec<&'a str> {
        let id = |found: &Found<'a>| match found {
            Found::Community => "the community",
            Found::Zone(zone) => zone.id.as_str(),
        };
        pack.find_place(typed).iter().map(id).collect()
    }

    #[test]
    fn postcodes_and_their_beginnings_lead_to_zones() {
        let pack = zurich();
        assert_eq!(ids(&pack, " 8004 "), ["8004"]);
        assert!(ids(&pack, "800").len() > 3);
        assert!(ids(&pack, "3000").is_empty() && ids(&pack, "8").is_empty());
    }

    #[test]
    fn communities_and_districts_are_found_by_any_of_their_names() {
        let pack = zurich();
        assert!(ids(&pack, "zuri").contains(&"the community"));
        let munich = RulePack::from_files(bundled("de/munich")).unwrap();
        for typed in ["Munich", "münch", "MUNCHEN"] {
            assert_eq!(ids(&munich, typed)[0], "the community", "{typed}");
        }
        assert!(ids(&munich, "Nuremberg").is_empty());
    }

    #[test]
    fn streets_are_found_with_and_without_a_number() {
        let mut files = tiny();
        let mut zones: Value = serde_json::from_str(&files["zones.json"]).unwrap();
        zones[0]["streets"] = json!([{ "name": "Lange Straße", "side": "odd" }]);
        zones[1]["streets"] = json!([{ "name": "Lange Straße", "side": "even" }]);
        files.insert("zones.json".into(), zones.to_string());
        let pack = RulePack::from_files(files).unwrap();
        assert_eq!(ids(&pack, "Lange Strasse 7"), ["hill"]);
        assert_eq!(ids(&pack, "lange straße 12a"), ["lake"]);
        assert_eq!(ids(&pack, "lange"), ["hill", "lake"]);
        assert_eq!(ids(&pack, "strasse"), ["hill", "lake"]);
        assert!(ids(&pack, "kurze strasse 7").is_empty());
    }
}
