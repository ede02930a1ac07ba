//! Everything a pack must satisfy before it may be opened.
//!
//! ```text
//! rows        ids, dates, amounts, texts in every language
//! plan        the schedule and the notices
//! references  every id that is mentioned exists, and every row is used
//! coverage    on every day, in every zone, every class and item is decided, and only once
//! ```

mod coverage;
mod plan;
mod references;
mod rows;

use super::error::Finding;
use super::pack::RulePack;

/// Collects findings about one pack.
struct Report<'a> {
    pack: &'a RulePack,
    findings: Vec<Finding>,
}

impl RulePack {
    /// Everything that is wrong with the pack; empty if it may be used.
    pub fn validate(&self) -> Vec<Finding> {
        let mut report = Report { pack: self, findings: Vec::new() };
        rows::check(&mut report);
        plan::check(&mut report);
        references::check(&mut report);
        // Gaps and contradictions can only be judged once ids and dates mean something.
        if report.findings.is_empty() {
            coverage::check(&mut report);
        }
        report.findings
    }
}

impl Report<'_> {
    fn add(&mut self, at: At<'_>, message: impl Into<String>) {
        self.findings.push(Finding {
            file: at.file,
            row: at.row.to_owned(),
            field: at.field,
            message: message.into(),
        });
    }

    fn require(&mut self, holds: bool, at: At<'_>, message: impl FnOnce() -> String) {
        if !holds {
            self.add(at, message());
        }
    }
}

/// A place in a pack.
#[derive(Clone, Copy)]
struct At<'a> {
    file: &'static str,
    row: &'a str,
    field: &'static str,
}

fn at<'a>(file: &'static str, row: &'a str, field: &'static str) -> At<'a> {
    At { file, row, field }
}

#[cfg(test)]
mod bad_packs;
#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::rules::fixtures::{findings, tiny};
    use crate::rules::pack::RulePack;

    /// Asserts that bending `file` is reported at `place` with a message that contains `message`.
    #[track_caller]
    fn reports(file: &str, bend: impl FnOnce(&mut Value), expected: &str) {
        let found: Vec<_> = findings(file, bend).iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|found| found.contains(expected)), "{found:#?}");
    }

    #[test]
    fn the_tiny_pack_is_sound() {
        assert_eq!(RulePack::parse(tiny()).unwrap().validate(), []);
    }

    #[test]
    fn ids_are_plain_and_unique() {
        reports(
            "steps.json",
            |rows| rows[0]["id"] = json!("Rinse it"),
            "steps.json: Rinse it.id: use a-z",
        );
        reports(
            "zones.json",
            |rows| rows[1]["id"] = json!("hill"),
            "zones.json: hill.id: used twice",
        );
    }

    #[test]
    fn texts_exist_in_every_language_of_the_pack() {
        reports(
            "pack.json",
            |pack| pack["languages"] = json!(["en", "de"]),
            "tub.names: no text in de",
        );
        reports(
            "pack.json",
            |pack| pack["languages"] = json!(["en", "tlh"]),
            "tlh: no sentence templates",
        );
        reports(
            "steps.json",
            |rows| rows[0]["text"] = json!({"en": " "}),
            "rinse.text: no text in en",
        );
    }

    #[test]
    fn every_id_that_is_mentioned_exists() {
        reports(
            "rules.json",
            |rows| rows[2]["source"] = json!("hearsay"),
            "rules.json: tubs.source: hearsay",
        );
        reports(
            "rules.json",
            |rows| rows[2]["steps"] = json!(["soak"]),
            "tubs.steps: soak: no such row",
        );
        reports("rules.json", |rows| rows[2]["then"] = json!({"stream": "sea"}), "tubs.then: sea");
        reports("rules.json", |rows| rows[0]["then"] = json!({"ask": "why"}), "class.then: why");
        reports(
            "streams.json",
            |rows| rows[1]["ways"][0]["place"] = json!("moon"),
            "packaging.ways.place: moon",
        );
        reports(
            "streams.json",
            |rows| rows[1]["ways"][0]["zones"] = json!(["sea"]),
            "packaging.ways.zones: sea",
        );
        reports(
            "questions.json",
            |rows| rows[0]["answers"][0]["item"] = json!("tank"),
            "kind.answers: tank",
        );
        reports("items.json", |rows| rows[0]["parts"] = json!(["lid"]), "tub.parts: lid");
    }

    #[test]
    fn every_row_is_used() {
        let extra = json!({"id": "soak", "text": {"en": "soak it"}});
        reports(
            "steps.json",
            |rows| rows.as_array_mut().unwrap().push(extra),
            "soak: nothing refers to it",
        );
    }

    #[test]
    fn what_is_brought_somewhere_says_where() {
        reports(
            "streams.json",
            |rows| rows[2]["ways"][0]["place"] = Value::Null,
            "danger.ways.place: it has to be brought",
        );
    }

    #[test]
    fn every_class_and_item_has_a_rule_on_every_day_in_every_zone() {
        reports(
            "rules.json",
            |rows| drop(rows[1]["classes"].as_array_mut().unwrap().remove(0)),
            "glass.classes: no rule for the class on 2026-01-01",
        );
        reports(
            "rules.json",
            |rows| rows[2]["until"] = json!("2027-06-30"),
            "items.json: tub: no rule for the item on 2027-07-01",
        );
        reports(
            "rules.json",
            |rows| rows[2]["zones"] = json!(["hill"]),
            "tub: no rule for the item on 2026-01-01 in lake",
        );
        reports(
            "streams.json",
            |rows| rows[1]["ways"][1]["from"] = json!("2027-01-02"),
            "packaging.ways: no way to get rid of it on 2027-01-01 in hill",
        );
    }

    #[test]
    fn sites_belong_to_a_place_and_a_zone() {
        let mut files = tiny();
        let site =
            json!([{"name": "1 Hill Road", "places": ["moon"], "zones": [], "source": "page"}]);
        files.insert("sites.json".into(), site.to_string());
        let found = RulePack::parse(files).unwrap().validate();
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "sites.json: 1 Hill Road.places: moon: no such row",
                "sites.json: 1 Hill Road.zones: nobody would see it",
            ]
        );
    }

    #[test]
    fn where_bags_are_needed_one_is_valid() {
        let mut files = tiny();
        let bag = json!([{"id": "bag", "names": {"en": "Bag"}, "zones": ["hill"], "sizes": [{"litres": 20}], "source": "page"}]);
        files.insert("bags.json".into(), bag.to_string());
        let mut streams: Value = serde_json::from_str(&files["streams.json"]).unwrap();
        streams[0]["ways"][0]["bags"] = json!(["bag"]);
        files.insert("streams.json".into(), streams.to_string());
        let found = RulePack::parse(files).unwrap().validate();
        assert_eq!(found.len(), 1, "{found:#?}");
        let message = found[0].to_string();
        assert_eq!(message, "streams.json: rest.ways.bags: no bag is valid on 2026-01-01 in lake");
    }

    #[test]
    fn rules_neither_contradict_nor_repeat_each_other() {
        let again = |then: &str| json!({"id": "again", "items": ["tub"], "then": {"stream": then}, "source": "page"});
        reports(
            "rules.json",
            |rows| rows.as_array_mut().unwrap().push(again("rest")),
            "again: contradicts tubs",
        );
        reports(
            "rules.json",
            |rows| rows.as_array_mut().unwrap().push(again("packaging")),
            "again: repeats tubs",
        );
    }

    #[test]
    fn residual_waste_is_never_the_default_of_a_class() {
        reports(
            "rules.json",
            |rows| rows[1]["then"] = json!({"stream": "rest"}),
            "others.then: residual waste cannot be",
        );
    }

    #[test]
    fn one_word_means_one_item() {
        reports(
            "items.json",
            |rows| rows[1]["aliases"] = json!({"en": ["POT"]}),
            "tray.aliases: \"POT\" also means tub",
        );
    }

    #[test]
    fn dates_run_forwards_and_money_is_money() {
        reports(
            "rules.json",
            |rows| {
                rows[2]["from"] = json!("2027-01-02");
                rows[2]["until"] = json!("2027-01-01");
            },
            "tubs.until: ends before",
        );
        let refund = |amount: &str, as_of: &str| json!({"amount": amount, "currency": "CHF", "as_of": as_of, "source": "page"});
        reports(
            "streams.json",
            |rows| rows[2]["ways"][0]["refund"] = refund("1,30", "2023"),
            "danger.ways.refund: amount",
        );
        reports(
            "streams.json",
            |rows| rows[2]["ways"][0]["refund"] = refund("1.30", "soon"),
            "danger.ways.refund: as_of",
        );
    }

    #[test]
    fn the_battery_cue_is_known_everywhere() {
        reports(
            "hazards.json",
            |rows| rows[0]["id"] = json!("acid"),
            "battery-inside: every pack needs it",
        );
    }
}
