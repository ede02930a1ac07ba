//! Sentence templates, one JSON file a language.
//!
//! They hold grammar only. What is brought where in which bag at what price comes from the pack.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use super::class::Class;
use super::instruction::{
    BagText, Instruction, NextCollection, SizeText, SourceText, Verdict, WayText,
};
use super::rule::Doubt;
use super::stream::{Moment, SetOut};
use crate::certainty::Certainty;

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
    steps: String,
    /// Japanese does not separate steps by a semicolon and a blank.
    #[serde(default = "semicolon")]
    between_steps: String,
    bag: String,
    sites: String,
    sold_at: String,
    price: String,
    refund: String,
    put_out_from: String,
    put_out_by: String,
    day_before: String,
    same_day: String,
    day_after: String,
    never_in: String,
    next: String,
    next_moved: String,
    no_official_dates: String,
    date: String,
    weekdays: [String; 7],
    months: [String; 12],
    source: String,
    source_verified: String,
    is_it_dirty: String,
    pub(super) clean: String,
    pub(super) dirty: String,
    is_it_longer: String,
    has_deposit_mark: String,
    is_mostly: String,
    is_it_that: String,
    pub(super) what_is_it: String,
    pub(super) yes: String,
    pub(super) no: String,
    pub(super) something_else: String,
    certainty: BTreeMap<Certainty, String>,
    leads: Leads,
}

/// Templates of the facts an answer may lead with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Leads {
    hazard: String,
    tonight: String,
    moved: String,
    change: String,
    bag: String,
    deposit: String,
}

/// A fact to lead with: all that its sentence needs but the names of the things it is about. Texts
/// are those of pack rows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lead<'a> {
    /// These things are dangerous.
    Hazard { stream: &'a str },
    /// This stream has to be put out.
    Tonight { stream: &'a str, date: Date },
    /// This stream is fetched on another day.
    Moved { stream: &'a str, date: Date, regular: Date, reason: Option<&'a str> },
    /// The answer for these things changes.
    Change { date: Date },
    /// Only these bags will do.
    Bag { bags: &'a [BagText] },
    /// Money comes back.
    Deposit { place: &'a str, refund: Option<&'a str> },
}

impl Lead<'_> {
    /// The sentence in `language` about the things called `labels`.
    pub(crate) fn write(self, labels: &str, language: &str) -> String {
        Phrases::of(language).lead(self, labels)
    }
}

/// The first one is used for languages without templates of their own.
static LANGUAGES: LazyLock<Vec<Phrases>> = LazyLock::new(|| {
    let bundled = [
        include_str!("phrases/en.json"),
        include_str!("phrases/da.json"),
        include_str!("phrases/de.json"),
        include_str!("phrases/it.json"),
        include_str!("phrases/ja.json"),
        include_str!("phrases/ko.json"),
        include_str!("phrases/nl.json"),
        include_str!("phrases/zh-TW.json"),
    ];
    bundled
        .into_iter()
        .map(|json| serde_json::from_str(json).expect("a test parses every bundled file"))
        .collect()
});

/// How sure the app is, in the word that people read: "sure", „wahrscheinlich“. A language without
/// words of its own takes those of its base (`"de-CH"` → `"de"`), else English ones.
pub fn certainty_word(certainty: Certainty, language: &str) -> &'static str {
    let base = language.split('-').next().unwrap_or_default();
    let phrases = Phrases::in_language(language).unwrap_or_else(|| Phrases::of(base));
    phrases.certainty.get(&certainty).map_or(certainty.id(), String::as_str)
}

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
            Doubt::Mostly(class) => fill(&self.is_mostly, &[("class", self.class(Some(class)))]),
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
            let steps = instruction.steps.join(&self.between_steps);
            head = fill(&self.steps, &[("head", &head), ("steps", &steps)]);
        }
        let mut parts = vec![stop(&head)];
        parts.extend(instruction.ways.first().into_iter().flat_map(|way| self.extras(way)));
        parts.extend(instruction.next.as_ref().and_then(|next| self.next(next)));
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

    fn extras(&self, way: &WayText) -> Vec<String> {
        let mut extras = Vec::new();
        if !way.bags.is_empty() {
            let bags: Vec<_> = way.bags.iter().map(bag).collect();
            extras.push(fill(&self.bag, &[("bags", &bags.join(" / "))]));
        }
        if let Some(refund) = &way.refund {
            extras.push(fill(&self.refund, &[("refund", refund)]));
        }
        extras.extend(way.note.as_deref().map(stop));
        extras
    }

    /// "Next collection: …"; nothing where the zone has to be asked for first.
    fn next(&self, next: &NextCollection) -> Option<String> {
        match next {
            NextCollection::On { date, instead_of: None, .. } => {
                Some(fill(&self.next, &[("date", &self.date(*date))]))
            }
            NextCollection::On { date, instead_of: Some(regular), reason } => {
                let reason =
                    reason.as_ref().map(|reason| format!(", {reason}")).unwrap_or_default();
                let values = [
                    ("date", self.date(*date)),
                    ("regular", self.date(*regular)),
                    ("reason", reason),
                ];
                Some(fill(
                    &self.next_moved,
                    &values.each_ref().map(|(key, text)| (*key, text.as_str())),
                ))
            }
            NextCollection::NoOfficialDates { since } => {
                Some(fill(&self.no_official_dates, &[("date", &self.date(*since))]))
            }
            NextCollection::AskZone => None,
        }
    }

    fn lead(&self, lead: Lead<'_>, labels: &str) -> String {
        let leads = &self.leads;
        match lead {
            Lead::Hazard { stream } => {
                fill(&leads.hazard, &[("labels", labels), ("stream", stream)])
            }
            Lead::Tonight { stream, date } => {
                fill(&leads.tonight, &[("stream", stream), ("date", &self.date(date))])
            }
            Lead::Moved { stream, date, regular, reason } => {
                let reason = reason.map(|reason| format!(", {reason}")).unwrap_or_default();
                let (date, regular) = (self.date(date), self.date(regular));
                let values = [
                    ("stream", stream),
                    ("date", &date),
                    ("regular", &regular),
                    ("reason", &reason),
                ];
                fill(&leads.moved, &values)
            }
            Lead::Change { date } => {
                fill(&leads.change, &[("labels", labels), ("date", &self.date(date))])
            }
            Lead::Bag { bags } => {
                let bags: Vec<_> = bags.iter().map(bag).collect();
                fill(&leads.bag, &[("labels", labels), ("bags", &bags.join(" / "))])
            }
            Lead::Deposit { place, refund } => {
                let head = fill(&leads.deposit, &[("labels", labels), ("place", place)]);
                let refund = refund.map(|sum| fill(&self.refund, &[("refund", sum)]));
                std::iter::once(head).chain(refund).collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// A day as people of that language write it.
    pub(crate) fn date(&self, date: Date) -> String {
        let weekday = date.weekday().to_monday_zero_offset() as usize;
        let values = [
            ("weekday", self.weekdays[weekday].as_str()),
            ("day", &date.day().to_string()),
            ("month", &self.months[date.month() as usize - 1]),
            ("year", &date.year().to_string()),
        ];
        fill(&self.date, &values)
    }

    /// What does not fit into the sentence, one line each: prices, times, places, sources.
    pub(super) fn details(&self, instruction: &Instruction) -> Vec<String> {
        let ways = &instruction.ways;
        let mut details: Vec<_> = ways.iter().flat_map(|way| self.way_details(way)).collect();
        if !instruction.never_in.is_empty() {
            details.push(fill(&self.never_in, &[("streams", &instruction.never_in.join(", "))]));
        }
        let sources = ways.iter().map(|way| &way.source);
        for source in std::iter::once(&instruction.source).chain(sources).flatten() {
            let line = self.cited(source);
            if !details.contains(&line) {
                details.push(line);
            }
        }
        details
    }

    fn way_details(&self, way: &WayText) -> Vec<String> {
        let mut details: Vec<_> = way.bags.iter().flat_map(|bag| self.bag_details(bag)).collect();
        details.extend(way.set_out.iter().flat_map(|window| self.window(window)));
        if let Some(place) = &way.place {
            let texts = [&place.address, &place.opening_hours, &place.note].into_iter().flatten();
            details.extend(texts.map(|text| stop(&format!("{}: {text}", place.name))));
            let sites: Vec<_> = place.sites.iter().map(|site| site.name.as_str()).collect();
            if !sites.is_empty() {
                details.push(fill(&self.sites, &[("sites", &sites.join("; "))]));
            }
        }
        details
    }

    fn bag_details(&self, bag: &BagText) -> Vec<String> {
        let prices = bag.sizes.iter().filter_map(|size| self.price(bag, size));
        let sold_at = bag
            .sold_at
            .iter()
            .map(|shops| fill(&self.sold_at, &[("bag", &bag.name), ("shops", shops)]));
        sold_at.chain(prices).chain(bag.not_valid.as_deref().map(stop)).collect()
    }

    /// An amount is never shown without its year, nor a fee share as if it were the price.
    fn price(&self, bag: &BagText, size: &SizeText) -> Option<String> {
        let litres = size.litres.to_string();
        let covers = size.covers.as_ref().map(|covers| format!(", {covers}")).unwrap_or_default();
        let values = [
            ("bag", bag.name.as_str()),
            ("litres", &litres),
            ("price", size.price.as_deref()?),
            ("as_of", size.as_of.as_deref()?),
            ("covers", &covers),
        ];
        Some(fill(&self.price, &values))
    }

    fn cited(&self, source: &SourceText) -> String {
        let (read, checked) = (source.retrieved.to_string(), source.verified);
        let template = if checked.is_some() { &self.source_verified } else { &self.source };
        let verified = checked.map(|day| day.to_string()).unwrap_or_default();
        let values = [
            ("publisher", source.publisher.as_str()),
            ("title", &source.title),
            ("retrieved", &read),
            ("verified", &verified),
        ];
        fill(template, &values)
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
    let sizes: Vec<_> = bag.sizes.iter().map(|size| size.litres.to_string()).collect();
    format!("{} ({} l)", bag.name, sizes.join(", "))
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

fn semicolon() -> String {
    "; ".to_owned()
}

/// Ends a text with the full stop of its own script, unless it is ended already.
fn stop(text: &str) -> String {
    if text.ends_with(['.', '!', '?', '。', '！', '？']) {
        return text.to_owned();
    }
    let mark = if text.chars().next_back().is_some_and(is_ideographic) { '。' } else { '.' };
    format!("{text}{mark}")
}

/// Whether a letter or bracket is written as wide as an ideograph, as in Chinese and Japanese.
fn is_ideographic(letter: char) -> bool {
    matches!(letter, '\u{3000}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_language_is_complete() {
        for phrases in LANGUAGES.iter() {
            assert_eq!(phrases.classes.len(), Class::ALL.len(), "{}", phrases.language);
            assert_eq!(phrases.certainty.len(), Certainty::ALL.len(), "{}", phrases.language);
        }
        assert_eq!(LANGUAGES[0].language, "en", "English is what other languages fall back to");
    }

    #[test]
    fn certainty_has_three_words_a_language() {
        let german = Certainty::ALL.map(|word| certainty_word(word, "de-CH"));
        assert_eq!(german, ["sicher", "wahrscheinlich", "unsicher"]);
        assert_eq!(certainty_word(Certainty::Sure, "zh-TW"), "確定");
        assert_eq!(certainty_word(Certainty::Likely, "fi"), "likely");
    }

    #[test]
    fn sentences_end_in_the_full_stop_of_their_script() {
        assert_eq!(stop("Glass → Glass collection"), "Glass → Glass collection.");
        assert_eq!(stop("玻璃 → 立體類回收物"), "玻璃 → 立體類回收物。");
        assert_eq!(stop("是哪一種？（紙箱／報紙）"), "是哪一種？（紙箱／報紙）。");
        assert_eq!(stop("乾淨嗎？"), "乾淨嗎？");
        assert_eq!(stop("Done!"), "Done!");
    }

    #[test]
    fn steps_are_separated_as_the_language_does() {
        let between = |language: &str| Phrases::of(language).between_steps.as_str();
        assert_eq!([between("en"), between("ja"), between("ko")], ["; ", "。", ", "]);
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
