//! The files of the pack.
//!
//! What a pack must have and no table says is filled in the most cautious way: every class is
//! `unknown`, a thing with a battery inside leads to the contact, and each item carries the class
//! `general` (unlabelled things), because the app then asks before it believes any other.

use std::collections::BTreeMap;

use kerbside_core::rules::{self, Class, Finding, RulePack};
use serde::Serialize;
use serde_json::{Value, json};

use super::error::Error;
use super::items::Item;
use super::kinds::{ASK_OFFICE, Kind};
use super::names::{Ids, key};
use super::options::Options;
use super::report::Findings;
use super::schedule::Schedule;
use super::wording::{self, Wording};
use super::zones::Zones;

/// Id of the one source: the tables.
pub(super) const SOURCE: &str = "tables";
const OFFICE: &str = "office";

/// Name and contents of a file.
pub(super) type File = (&'static str, String);

/// What the files are made of.
pub(super) struct Parts<'a> {
    pub(super) options: &'a Options,
    pub(super) zones: &'a Zones,
    pub(super) kinds: &'a [Kind],
    pub(super) items: &'a [Item],
}

/// Every file of the pack, opened once to see that it holds together.
///
/// # Errors
/// If it does not: a mistake of this task.
pub(super) fn files(
    parts: &Parts<'_>,
    schedule: &Schedule,
    found: &mut Findings,
) -> Result<Vec<File>, Error> {
    let files = parts.write(&parts.options.language, schedule);
    match RulePack::from_files(files.iter().cloned()) {
        Ok(_) => {}
        Err(rules::Error::Invalid(findings)) if findings.iter().all(is_untranslated) => {
            let language = &parts.options.language;
            let message =
                format!("the app has no sentences in {language} yet and cannot open the pack");
            found.warn("pack.json", None, Some(language), message);
            // Anything else that may be wrong shows under the label of a language it has.
            RulePack::from_files(parts.write("en", schedule))?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(files)
}

fn is_untranslated(finding: &Finding) -> bool {
    (finding.file, finding.field) == ("pack.json", "languages")
}

impl Parts<'_> {
    /// The files, with texts labelled as `language`.
    fn write(&self, language: &str, schedule: &Schedule) -> Vec<File> {
        let wording = wording::of(&self.options.language);
        let say = Author { parts: self, language, wording };
        vec![
            ("pack.json", pretty(&say.info(schedule))),
            ("sources.json", lines(&[say.source()])),
            ("zones.json", lines(&say.zones())),
            ("streams.json", lines(&say.streams())),
            ("places.json", lines(&[say.office()])),
            ("items.json", lines(&say.items())),
            ("rules.json", lines(&say.rules())),
            ("hazards.json", lines(&[say.battery()])),
            ("schedule.json", schedule.to_json()),
        ]
    }
}

/// Writes the rows of each file.
struct Author<'a> {
    parts: &'a Parts<'a>,
    language: &'a str,
    wording: Wording,
}

impl Author<'_> {
    fn text(&self, text: &str) -> Value {
        json!({ self.language: text })
    }

    fn info(&self, schedule: &Schedule) -> Value {
        let options = self.parts.options;
        let spoken_for = schedule.period();
        let mut contact = json!({ "name": options.contact() });
        if let Some(phone) = &options.phone {
            contact["phone"] = json!(phone);
        }
        contact["source"] = json!(SOURCE);
        json!({
            "id": options.id,
            "names": self.text(&options.name),
            "country": "jp",
            "languages": [self.language],
            "time_zone": "Asia/Tokyo",
            "version": options.today,
            "from": options.from.unwrap_or(spoken_for.from),
            "until": options.until.unwrap_or(spoken_for.until),
            "licence": options.licence,
            "attribution": options.attribution.iter().collect::<Vec<_>>(),
            "contact": contact,
            "zone_question": self.text(self.wording.zone_question),
        })
    }

    fn source(&self) -> Value {
        let options = self.parts.options;
        json!({
            "id": SOURCE, "title": options.title, "publisher": options.publisher(),
            "url": options.url, "language": options.language, "retrieved": options.today,
            "verified": null,
        })
    }

    fn zones(&self) -> Vec<Value> {
        let zones = self.parts.zones;
        let wards =
            zones.wards.iter().map(|(id, name)| json!({ "id": id, "names": self.text(name) }));
        let areas = zones.areas.iter().map(|zone| {
            let mut row = json!({ "id": zone.id, "names": self.text(&zone.name) });
            if let Some(parent) = &zone.parent {
                row["parent"] = json!(parent);
            }
            row
        });
        wards.chain(areas).collect()
    }

    /// A stream for each kind of waste that is collected, and one for what no table decides.
    fn streams(&self) -> Vec<Value> {
        let kinds = self.parts.kinds.iter().map(|kind| {
            json!({
                "id": kind.id, "names": self.text(&kind.label), "icon": "other",
                "ways": self.ways(kind), "source": SOURCE,
            })
        });
        let ask = json!({
            "id": ASK_OFFICE, "names": self.text(self.wording.ask_office), "icon": "hazardous",
            "ways": [{ "how": "hazardous", "place": OFFICE, "source": SOURCE }], "source": SOURCE,
        });
        kinds.chain([ask]).collect()
    }

    fn ways(&self, kind: &Kind) -> Vec<Value> {
        let way = |note: &str, areas: &[usize]| {
            let mut way = json!({ "how": "kerb" });
            if !areas.is_empty() {
                let id = |area: &usize| &self.parts.zones.areas[*area].id;
                way["zones"] = json!(areas.iter().map(id).collect::<Vec<_>>());
            }
            if !note.is_empty() {
                way["note"] = self.text(note);
            }
            way["source"] = json!(SOURCE);
            way
        };
        let local = kind.local_notes.iter().map(|(note, areas)| way(note, areas));
        std::iter::once(way(&kind.note, &[])).chain(local).collect()
    }

    fn office(&self) -> Value {
        let name = self.wording.place_named_by.replace("{contact}", self.parts.options.contact());
        json!({ "id": OFFICE, "names": self.text(&name), "source": SOURCE })
    }

    fn items(&self) -> Vec<Value> {
        let item = |item: &Item| json!({ "id": item.id, "names": self.text(&item.name), "classes": [Class::General] });
        self.parts.items.iter().map(item).collect()
    }

    /// Items with the same kind and notice share a rule. No class is decided by any table.
    fn rules(&self) -> Vec<Value> {
        let mut decided: BTreeMap<(Option<usize>, String), Vec<&str>> = BTreeMap::new();
        for item in self.parts.items {
            let note = self.note(item);
            decided.entry((item.kind, note)).or_default().push(&item.id);
        }
        let mut ids = Ids::default();
        let classes = json!({
            "id": ids.of("", "classes"), "classes": Class::ALL, "then": "unknown", "source": SOURCE,
        });
        let rules = decided.into_iter().map(|((kind, note), items)| {
            let kind = kind.map(|kind| &self.parts.kinds[kind].id);
            let about = format!("{}:{note}", kind.map_or("", String::as_str));
            let then = kind.map_or(json!("unknown"), |id| json!({ "stream": id }));
            // Not the name itself: a notice makes no readable id, and some would be plain ASCII.
            let id = ids.of("rule", &format!("規則{about}"));
            let mut rule = json!({ "id": id, "items": items, "then": then });
            if !note.is_empty() {
                rule["note"] = self.text(&note);
            }
            rule["source"] = json!(SOURCE);
            rule
        });
        let rules: Vec<_> = rules.collect();
        std::iter::once(classes).chain(rules).collect()
    }

    /// The notice; before it, the name of a kind of waste that is not collected, which would
    /// otherwise be lost.
    fn note(&self, item: &Item) -> String {
        let named = item.kind.is_none() && !key(&item.label).is_empty();
        let label = if named { item.label.as_str() } else { "" };
        let parts: Vec<_> =
            [label, &item.notice].into_iter().filter(|text| !text.is_empty()).collect();
        parts.join(": ")
    }

    fn battery(&self) -> Value {
        json!({
            "id": "battery-inside", "names": self.text(self.wording.battery),
            "question": self.text(self.wording.battery_question), "stream": ASK_OFFICE,
            "source": SOURCE,
        })
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// A table with a row on each line, as the other packs are written.
pub(super) fn lines<T: Serialize>(rows: &[T]) -> String {
    let row = |row: &T| {
        let value = serde_json::to_string(row).expect("texts, numbers and days are always JSON");
        format!("  {value}")
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    format!("[\n{}\n]\n", rows.join(",\n"))
}
