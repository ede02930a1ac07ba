//! Districts of a community, and which row counts where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{Texts, fold};

/// A part of the community in which other rows may count than elsewhere.
///
/// Zones of different streams need not nest: a household can lie in a postcode *and* in a paper
/// district. The context therefore carries a list of zones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Unique among the zones of the pack.
    pub id: String,
    /// What people call it.
    pub names: Texts,
    /// The zone this one lies in: rows of the parent count here too.
    #[serde(default)]
    pub parent: Option<String>,
    /// Postcodes wholly inside the zone.
    #[serde(default)]
    pub postcodes: Vec<String>,
    /// Streets, or parts of them, inside the zone.
    #[serde(default)]
    pub streets: Vec<Street>,
    /// Kind of building it is limited to ("1 to 9 homes"), where that decides.
    #[serde(default)]
    pub building: Option<Texts>,
    /// Streams the zone is drawn for; empty for all of them.
    #[serde(default)]
    pub streams: Vec<String>,
    /// What to ask a person who cannot say whether they live here ("Which bin stands in your
    /// yard?"). The names answer it.
    #[serde(default)]
    pub ask: Option<Texts>,
}

/// A street, or the part of it that lies in a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Street {
    /// Its name, as signposted.
    pub name: String,
    /// First house number; without it, from the beginning.
    #[serde(default)]
    pub from: Option<u32>,
    /// Last house number; without it, to the end.
    #[serde(default)]
    pub to: Option<u32>,
    /// Side of the street, where only one lies in the zone.
    #[serde(default)]
    pub side: Option<Side>,
}

/// One side of a street.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The odd house numbers.
    Odd,
    /// The even ones.
    Even,
}

impl Street {
    /// Whether a house lies on this stretch; `street` is folded.
    pub(super) fn covers(&self, street: &str, number: u32) -> bool {
        let side = match self.side {
            None => true,
            Some(Side::Odd) => !number.is_multiple_of(2),
            Some(Side::Even) => number.is_multiple_of(2),
        };
        let stretch = self.from.unwrap_or(0)..=self.to.unwrap_or(u32::MAX);
        side && stretch.contains(&number) && fold(&self.name) == street
    }
}

/// Whether a row limited to some zones counts at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// It counts; the deeper, the more specific.
    Counts { depth: usize },
    /// Nobody said where the place is.
    Unknown { depth: usize },
    /// It does not count.
    Elsewhere,
}

/// How a row limited to `row_zones` (empty: everywhere) reaches a household in `here` (empty:
/// not known).
pub(super) fn reach(zones: &[Zone], row_zones: &[String], here: &[String]) -> Reach {
    let deepest = |of: &mut dyn Iterator<Item = &String>| {
        of.map(|zone| ancestry(zones, zone).count()).max().unwrap_or_default()
    };
    if row_zones.is_empty() {
        return Reach::Counts { depth: 0 };
    }
    if here.is_empty() {
        return Reach::Unknown { depth: deepest(&mut row_zones.iter()) };
    }
    let mut matching = row_zones.iter().filter(|zone| lies_in(zones, here, zone)).peekable();
    if matching.peek().is_none() {
        return Reach::Elsewhere;
    }
    Reach::Counts { depth: deepest(&mut matching) }
}

fn lies_in(zones: &[Zone], here: &[String], zone: &str) -> bool {
    here.iter().any(|start| ancestry(zones, start).any(|id| id == zone))
}

/// Most zones that lie in one another: city, district, street and one to spare, twice.
pub(super) const DEEPEST: usize = 8;

/// A zone and the zones around it, innermost first. Bounded, so that a cycle in an unchecked pack
/// cannot hang the caller.
pub(super) fn ancestry<'a>(zones: &'a [Zone], start: &str) -> impl Iterator<Item = &'a str> {
    let find = move |id: &str| zones.iter().find(|zone| zone.id == id);
    std::iter::successors(find(start), move |zone| zone.parent.as_deref().and_then(find))
        .map(|zone| zone.id.as_str())
        .take(DEEPEST.min(zones.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones() -> Vec<Zone> {
        serde_json::from_str(
            r#"[{"id": "city", "names": {"en": "City"}},
                {"id": "old-town", "names": {"en": "Old town"}, "parent": "city"},
                {"id": "paper-3", "names": {"en": "Paper district 3"}, "streams": ["paper"]}]"#,
        )
        .unwrap()
    }

    #[test]
    fn rows_of_the_parent_count_in_the_child_and_not_the_other_way_round() {
        let zones = zones();
        let row = |zone: &str| vec![zone.to_owned()];
        let reach = |row: &[String], here: &[&str]| {
            reach(&zones, row, &here.iter().map(|zone| (*zone).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(reach(&[], &["city"]), Reach::Counts { depth: 0 });
        assert_eq!(reach(&row("city"), &["old-town"]), Reach::Counts { depth: 1 });
        assert_eq!(reach(&row("old-town"), &["old-town"]), Reach::Counts { depth: 2 });
        assert_eq!(reach(&row("old-town"), &["city"]), Reach::Elsewhere);
        assert_eq!(reach(&row("old-town"), &[]), Reach::Unknown { depth: 2 });
        assert_eq!(reach(&row("paper-3"), &["old-town", "paper-3"]), Reach::Counts { depth: 1 });
    }

    #[test]
    fn a_cycle_of_parents_ends() {
        let zones: Vec<Zone> = serde_json::from_str(
            r#"[{"id": "a", "names": {"en": "A"}, "parent": "b"},
                {"id": "b", "names": {"en": "B"}, "parent": "a"}]"#,
        )
        .unwrap();
        assert_eq!(ancestry(&zones, "a").collect::<Vec<_>>(), ["a", "b", "a"]);
    }

    #[test]
    fn a_house_lies_on_its_side_and_stretch_of_the_street() {
        let street: Street = serde_json::from_str(
            r#"{"name": "Lange Straße", "from": 11, "to": 99, "side": "odd"}"#,
        )
        .unwrap();
        let here = |number| street.covers(&fold("LANGE STRASSE"), number);
        assert_eq!([9, 11, 12, 99, 101].map(here), [false, true, false, true, false]);
        assert!(!street.covers(&fold("Kurze Straße"), 11));
    }
}
