//! The facts of one photo: from instructions, the calendar and the community's clock.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};

use super::{Highlight, HighlightKind};
use crate::rules::{Context, Instruction, Lead, NextCollection, RulePack, Verdict};

/// A change or a moved day farther away than this concerns nobody yet, in days.
const SOON: i32 = 31;

/// Everything worth leading with, the most urgent first: what is dangerous, what has to be put out
/// now (the streams of these items before others), moved days, bags, deposits, coming changes.
/// Among equals the fact about more items comes first, then the earlier one.
///
/// `items` holds the instructions of each item; `now` is the community's wall clock.
pub fn facts(
    items: &[&[Instruction]],
    rules: &RulePack,
    context: &Context,
    now: DateTime,
) -> Vec<Highlight> {
    let mut facts = Facts { rules, context, found: BTreeMap::new() };
    for (index, instructions) in items.iter().enumerate() {
        for instruction in *instructions {
            facts.add_from(index, instruction);
        }
    }
    facts.add_tonight(items, now);
    let language = rules.language(&context.language);
    let drafts = facts.found.into_values();
    let mut found: Vec<_> = drafts.map(|draft| draft.finish(language)).collect();
    found.sort_by_key(urgency);
    found
}

/// What is sorted by: a collection of nothing on the photo comes last.
fn urgency(fact: &Highlight) -> (bool, HighlightKind, usize, Option<Date>, String) {
    let count = usize::MAX - fact.items.len();
    (fact.items.is_empty(), fact.kind, count, fact.date, fact.id.clone())
}

/// The facts as they are gathered, by id: what concerns several items is one fact.
struct Facts<'a> {
    rules: &'a RulePack,
    context: &'a Context,
    found: BTreeMap<String, Draft<'a>>,
}

/// A fact that further items may join.
struct Draft<'a> {
    highlight: Highlight,
    /// What the things are called that it is about.
    labels: Vec<&'a str>,
    lead: Lead<'a>,
}

impl Draft<'_> {
    fn finish(self, language: &str) -> Highlight {
        let text = self.lead.write(&self.labels.join(", "), language);
        Highlight { text, ..self.highlight }
    }
}

impl<'a> Facts<'a> {
    fn add_from(&mut self, item: usize, instruction: &'a Instruction) {
        for (kind, subject, date, lead) in self.leads(instruction) {
            let stream = instruction.stream.as_ref().map(|stream| stream.id.as_str());
            let highlight = blank(kind, subject, stream, date);
            let draft = self.found.entry(highlight.id.clone()).or_insert(Draft {
                highlight,
                labels: Vec::new(),
                lead,
            });
            if !draft.highlight.items.contains(&item) {
                draft.highlight.items.push(item);
            }
            if !draft.labels.contains(&instruction.label.as_str()) {
                draft.labels.push(&instruction.label);
            }
        }
    }

    /// What one instruction says that is worth leading with: kind, subject, day, sentence.
    fn leads(
        &self,
        instruction: &'a Instruction,
    ) -> Vec<(HighlightKind, &'a str, Option<Date>, Lead<'a>)> {
        let Some(stream) = &instruction.stream else { return Vec::new() };
        let (id, name) = (stream.id.as_str(), stream.name.as_str());
        let mut leads = Vec::new();
        if instruction.verdict == Verdict::Hazardous || self.is_by_hazard(instruction) {
            leads.push((HighlightKind::Hazard, id, None, Lead::Hazard { stream: name }));
        }
        if let Some(way) = instruction.ways.first() {
            if let [first, ..] = way.bags.as_slice() {
                let lead = Lead::Bag { bags: &way.bags };
                leads.push((HighlightKind::Bag, &first.id, None, lead));
            }
            if instruction.verdict == Verdict::Deposit || way.refund.is_some() {
                let place = way.place.as_ref().map_or(name, |place| &place.name);
                let lead = Lead::Deposit { place, refund: way.refund.as_deref() };
                leads.push((HighlightKind::Deposit, id, None, lead));
            }
        }
        if let Some(date) = instruction.changes_on.filter(|date| self.is_soon(*date)) {
            let subject = instruction.item.as_deref().unwrap_or(id);
            leads.push((HighlightKind::Change, subject, Some(date), Lead::Change { date }));
        }
        if let Some(NextCollection::On { date, instead_of: Some(regular), reason }) =
            &instruction.next
            && self.is_soon(*date)
        {
            let reason = reason.as_deref();
            let lead = Lead::Moved { stream: name, date: *date, regular: *regular, reason };
            leads.push((HighlightKind::Moved, id, Some(*date), lead));
        }
        leads
    }

    fn is_by_hazard(&self, instruction: &Instruction) -> bool {
        self.rules.hazards().iter().any(|hazard| Some(&hazard.id) == instruction.rule.as_ref())
    }

    /// One fact for each stream that has to be put out before tomorrow's end.
    fn add_tonight(&mut self, items: &[&'a [Instruction]], now: DateTime) {
        let (rules, context) = (self.rules, self.context);
        let language = rules.language(&context.language);
        for due in rules.calendar(&context.zones).tonight(now) {
            let (id, date) = (due.collection.stream, due.collection.date);
            let Some(stream) = rules.streams().iter().find(|stream| stream.id == id) else {
                continue;
            };
            let goes_there = |instructions: &[Instruction]| {
                instructions.iter().any(|one| one.stream.as_ref().is_some_and(|s| s.id == id))
            };
            let concerned = items.iter().enumerate().filter(|(_, all)| goes_there(all));
            let highlight = Highlight {
                items: concerned.map(|(index, _)| index).collect(),
                ..blank(HighlightKind::Tonight, id, Some(id), Some(date))
            };
            let lead = Lead::Tonight { stream: stream.names.get(language), date };
            let draft = Draft { highlight, labels: Vec::new(), lead };
            self.found.entry(draft.highlight.id.clone()).or_insert(draft);
        }
    }

    fn is_soon(&self, date: Date) -> bool {
        let today = self.context.date;
        date >= today && (date - today).get_days() <= SOON
    }
}

fn blank(
    kind: HighlightKind,
    subject: &str,
    stream: Option<&str>,
    date: Option<Date>,
) -> Highlight {
    Highlight {
        id: format!("{}-{subject}", kind.name()),
        kind,
        text: String::new(),
        items: Vec::new(),
        stream: stream.map(str::to_owned),
        date,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::fixtures::{bundled, item};
    use crate::rules::{Perceived, RulePack};

    /// Ids of the facts about some things, in order.
    fn found(community: &str, zones: &[&str], now: DateTime, seen: &[Perceived]) -> Vec<String> {
        let rules = RulePack::from_files(bundled(community)).unwrap();
        let zones = zones.iter().map(|zone| (*zone).to_owned()).collect();
        let context = Context { zones, date: now.date(), language: "en".into() };
        let resolved: Vec<_> = seen.iter().map(|one| rules.resolve(one, &context)).collect();
        let items: Vec<_> = resolved.iter().map(Vec::as_slice).collect();
        let facts = facts(&items, &rules, &context, now);
        assert!(facts.iter().all(|fact| !fact.text.is_empty() && !fact.text.contains('{')));
        facts.into_iter().map(|fact| fact.id).collect()
    }

    const NOON: DateTime = jiff::civil::date(2026, 11, 25).at(12, 0, 0, 0);

    #[test]
    fn danger_comes_first_and_once() {
        let seen = [
            item("metal", "aluminium-foil"),
            item("special", "spray-can"),
            item("special", "paint"),
        ];
        assert_eq!(found("de/munich", &[], NOON, &seen), ["hazard-hazardous"]);
    }

    #[test]
    fn nothing_is_urgent_about_a_newspaper() {
        assert!(found("de/munich", &[], NOON, &[item("paper", "newspaper")]).is_empty());
    }

    #[test]
    fn a_rule_that_ends_soon_is_a_fact() {
        let now = jiff::civil::date(2026, 12, 20).at(12, 0, 0, 0);
        let seen = [item("metal", "pan")];
        assert_eq!(found("de/munich", &["westend"], now, &seen), ["change-pan"]);
        assert!(found("de/munich", &["westend"], NOON, &seen).is_empty(), "too far away");
    }
}
