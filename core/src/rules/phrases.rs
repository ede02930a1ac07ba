//! Sentence templates, one JSON file a language.
//!
//! They hold grammar only. What is brought where in which bag at what price comes from the pack.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::class::Class;
use super::instruction::{BagText, Instruction, SizeText, Verdict, WayText};
use super::rule::Doubt;
use super::stream::{Moment, SetOut};

/// Templates of one language; `{name}` is a gap. All must be there, or the file is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Phrases {
    language: String,
    classes: BTreeMap<Class, String>,
    unknown_thing: String,
    kerb: String,
    kerb_container: String,
    hand_over: String,
    drop_off: String,
    take_back: String,
    deposit: String,
    appointment: String,
    hazardous: String,
    not_accepted: String,
    unknown: String,
    ask: String,
    or: String,
    bag: String,
    refund: String,
    put_out_from: String,
    put_out_by: String,
    day_before: String,
    same_day: String,
    day_after: String,
    is_it_dirty: String,
    pub(super) clean: String,
    pub(super) dirty: String,
    is_it_longer: String,
    has_deposit_mark: String,
    is_it_that: String,
    pub(super) yes: String,
    pub(super) no: String,
    pub(super) something_else: String,
}

/// The first one is used for languages without templates of their own.
static LANGUAGES: LazyLock<Vec<Phrases>> = LazyLock::new(|| {
    [include_str!("phrases/en.json"), include_str!("phrases/de.json")]
        .into_iter()
        .map(|json| serde_json::from_str(json).expect("a test parses every bundled file"))
        .collect()
});

impl Phrases {
    /// Templates of `language`, or English ones.
    pub(super) fn of(language: &str) -> &'static Self {
        Self::in_language(language).unwrap_or(&LANGUAGES[0])
    }

    /// Templates of exactly `language`.
    pub(super) fn in_language(language: &str) -> Option<&'static Self> {
        LANGUAGES.iter().find(|phrases| phrases.language == language)
    }

    /// What to call a thing of which only the class is known.
    pub(super) fn class(&self, class: Option<Class>) -> &str {
        class.and_then(|class| self.classes.get(&class)).unwrap_or(&self.unknown_thing)
    }

    /// The question that settles a doubt; zones are asked for in the pack's own words.
    pub(super) fn question(&self, doubt: Doubt) -> String {
        match doubt {
            Doubt::Dirty => self.is_it_dirty.clone(),
            Doubt::LongerThan(cm) => fill(&self.is_it_longer, &[("cm", &cm.to_string())]),
            Doubt::DepositMark => self.has_deposit_mark.clone(),
            Doubt::Zone => String::new(),
        }
    }

    /// "Is it a …?"
    pub(super) fn is_it(&self, item: &str) -> String {
        fill(&self.is_it_that, &[("item", item)])
    }

    /// The whole instruction as a short text.
    pub(super) fn sentence(&self, instruction: &Instruction) -> String {
        let mut head = self.head(instruction);
        if !instruction.steps.is_empty() {
            head = format!("{head}: {}", instruction.steps.join("; "));
        }
        let mut parts = vec![stop(&head)];
        parts.extend(instruction.ways.first().into_iter().flat_map(|way| self.details(way)));
        parts.extend(instruction.note.as_deref().map(stop));
        parts.join(" ")
    }

    fn head(&self, instruction: &Instruction) -> String {
        let label = ("label", instruction.label.as_str());
        match instruction.verdict {
            Verdict::NotAccepted => fill(&self.not_accepted, &[label]),
            Verdict::Unknown => {
                let contact = instruction.contact.as_ref().map_or("", |contact| &contact.name);
                fill(&self.unknown, &[label, ("contact", contact)])
            }
            Verdict::Ask => {
                let (question, answers) = asked(instruction);
                fill(&self.ask, &[label, ("question", question), ("answers", &answers)])
            }
            _ => self.collected(instruction, label),
        }
    }

    fn collected(&self, instruction: &Instruction, label: (&str, &str)) -> String {
        let stream = ("stream", instruction.stream.as_ref().map_or("", |stream| &stream.name));
        let way = instruction.ways.first();
        let container = way.and_then(|way| way.container.as_deref());
        let template = match (instruction.verdict, container) {
            (Verdict::Kerb, Some(_)) => &self.kerb_container,
            (Verdict::HandOver, _) => &self.hand_over,
            (Verdict::DropOff, _) => &self.drop_off,
            (Verdict::TakeBack, _) => &self.take_back,
            (Verdict::Deposit, _) => &self.deposit,
            (Verdict::Appointment, _) => &self.appointment,
            (Verdict::Hazardous, _) => &self.hazardous,
            _ => &self.kerb,
        };
        let places: Vec<_> = instruction.ways.iter().filter_map(|way| way.place.as_ref()).collect();
        let mut place = places.first().map(|place| place.name.clone()).unwrap_or_default();
        for other in places.iter().skip(1) {
            place = format!("{place}, {}", fill(&self.or, &[("place", &other.name)]));
        }
        let container = ("container", container.unwrap_or_default());
        fill(template, &[label, stream, container, ("place", &place)])
    }

    fn details(&self, way: &WayText) -> Vec<String> {
        let mut details = Vec::new();
        if !way.bags.is_empty() {
            let bags: Vec<_> = way.bags.iter().map(bag).collect();
            details.push(fill(&self.bag, &[("bags", &bags.join(" / "))]));
        }
        details.extend(way.set_out.iter().flat_map(|window| self.window(window)));
        if let Some(refund) = &way.refund {
            details.push(fill(&self.refund, &[("refund", refund)]));
        }
        details.extend(way.note.as_deref().map(stop));
        details
    }

    fn window(&self, window: &SetOut) -> Vec<String> {
        [(&self.put_out_from, window.from), (&self.put_out_by, window.by)]
            .into_iter()
            .filter_map(|(template, moment)| {
                Some(fill(template, &[("moment", &self.moment(moment?))]))
            })
            .collect()
    }

    fn moment(&self, moment: Moment) -> String {
        let template = match moment.day {
            ..0 => &self.day_before,
            0 => &self.same_day,
            1.. => &self.day_after,
        };
        fill(template, &[("time", &moment.time.strftime("%H:%M").to_string())])
    }
}

fn asked(instruction: &Instruction) -> (&str, String) {
    let Some(question) = &instruction.question else {
        return ("", String::new());
    };
    let answers: Vec<_> = question.answers.iter().map(|answer| answer.text.as_str()).collect();
    (&question.text, answers.join(" / "))
}

fn bag(bag: &BagText) -> String {
    let sizes: Vec<_> = bag.sizes.iter().map(size).collect();
    format!("{} ({})", bag.name, sizes.join(", "))
}

fn size(size: &SizeText) -> String {
    let litres = format!("{} l", size.litres);
    match (&size.price, &size.as_of) {
        (Some(price), Some(as_of)) => format!("{litres}: {price}, {as_of}"),
        _ => litres,
    }
}

/// Replaces the gaps of a template in one pass, so that a `{name}` inside a value stays as it is.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        filled.push_str(before);
        filled.extend(values.iter().filter(|(key, _)| *key == name).map(|(_, value)| *value));
        rest = tail;
    }
    filled + rest
}

fn stop(text: &str) -> String {
    let ended = text.ends_with(['.', '!', '?', '。']);
    if ended { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_language_is_complete() {
        for phrases in LANGUAGES.iter() {
            assert_eq!(phrases.classes.len(), Class::ALL.len(), "{}", phrases.language);
        }
        assert_eq!(LANGUAGES[0].language, "en", "English is what other languages fall back to");
    }

    #[test]
    fn gaps_are_filled_once_and_unknown_gaps_vanish() {
        assert_eq!(fill("{a} and {b}{c}.", &[("a", "{b}"), ("b", "2")]), "{b} and 2.");
    }

    #[test]
    fn moments_name_the_day_relative_to_the_collection() {
        let at = |day| Moment { day, time: jiff::civil::time(7, 0, 0, 0) };
        let english = Phrases::of("en");
        assert_eq!(english.moment(at(0)), "at 07:00 on the day of collection");
        assert_eq!(english.moment(at(-1)), "at 07:00 on the day before collection");
        assert_eq!(english.moment(at(1)), "at 07:00 on the day after collection");
    }
}
