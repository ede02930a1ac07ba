//! One VEVENT → one entry.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Warning;
use super::lines::Line;
use super::moment::{Clock, Moment, Zones};
use super::rule;
use crate::schedule::recurrence::Recurrence;

/// Something a calendar says happens on a day, once or by a rule.
///
/// Days of the rule, exceptions and moves are days on the entry's own clock; only when they leave
/// the import do they become local days.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Line of its BEGIN:VEVENT, from 1.
    pub line: usize,
    /// Which of the imported files it stands in, from 0.
    pub file: usize,
    /// What other entries and later exports call it.
    pub uid: Option<String>,
    /// The title, escapes and HTML entities undone, without outer blanks.
    pub summary: String,
    /// Longer text; empty if there is none.
    pub description: String,
    /// The local day it (first) happens on.
    pub date: Date,
    /// The rule it repeats by.
    pub recurrence: Option<Recurrence>,
    /// Days on which it does not happen though the rule says so.
    pub exdates: BTreeSet<Date>,
    /// Days on which it happens besides the rule.
    pub rdates: BTreeSet<Date>,
    /// The day of the entry with the same UID that this one replaces.
    pub recurrence_id: Option<Date>,
    /// How often it was revised: of two entries with one UID the higher number counts.
    pub sequence: u32,
    /// It was called off.
    pub cancelled: bool,
    /// Free labels.
    pub categories: Vec<String>,
    pub(super) start: Moment,
    /// Where the bins of its file stand.
    home: TimeZone,
}

/// Longest title, description and UID that are kept, in letters.
const MAX_TEXT: usize = 2_000;

impl Entry {
    /// Makes an entry of the lines between BEGIN:VEVENT and END:VEVENT.
    ///
    /// # Errors
    /// A sentence that says why it has no day.
    pub(super) fn parse(
        lines: &[Line],
        (file, line): (usize, usize),
        home: &TimeZone,
        zones: Zones,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, String> {
        let first = |name: &str| lines.iter().find(|line| line.name == name);
        let text = |name: &str| first(name).map(|line| clip(&line.text())).unwrap_or_default();

        let start_line = first("DTSTART").ok_or("it has no DTSTART")?;
        let start = Moment::parse(&start_line.value, start_line, zones)
            .ok_or_else(|| format!("DTSTART:{} is no date", clip_to(&start_line.value, 40)))?;
        if start.clock == Clock::Unclear {
            warnings.push(Warning::new(start_line.number, "the time cannot be read, the day can"));
        }
        if let Some(again) = lines.iter().filter(|line| line.name == "DTSTART").nth(1) {
            warnings.push(Warning::new(again.number, "a second DTSTART was passed over"));
        }
        let mut days = |name: &str| days_of(lines, name, &start, home, zones, warnings);
        let (exdates, rdates, recurrence_id) =
            (days("EXDATE"), days("RDATE"), days("RECURRENCE-ID").first().copied());
        let recurrence = read_rule(lines, &start, home, zones, warnings);
        warn_of_length(first("DTEND"), &start, zones, warnings);
        Ok(Self {
            line,
            file,
            uid: Some(text("UID").trim().to_owned()).filter(|uid| !uid.is_empty()),
            summary: tidy(&text("SUMMARY")),
            description: text("DESCRIPTION"),
            date: start.local_day(home),
            recurrence,
            exdates,
            rdates,
            recurrence_id,
            sequence: text("SEQUENCE").trim().parse().unwrap_or(0),
            cancelled: text("STATUS").trim().eq_ignore_ascii_case("CANCELLED"),
            categories: lines
                .iter()
                .filter(|line| line.name == "CATEGORIES")
                .flat_map(|line| line.value.split(',').take(50).map(tidy).collect::<Vec<_>>())
                .filter(|category| !category.is_empty())
                .collect(),
            start,
            home: home.clone(),
        })
    }

    /// The local day of a day on the entry's own clock.
    pub(super) fn local_day(&self, day: Date) -> Date {
        Moment { day, clock: self.start.clock.clone() }.local_day(&self.home)
    }
}

/// All values of all lines of one name, as days on the clock of `start`. Whoever writes an
/// exception means the day: no rule here has two occurrences on one.
fn days_of(
    lines: &[Line],
    name: &str,
    start: &Moment,
    home: &TimeZone,
    zones: Zones,
    warnings: &mut Vec<Warning>,
) -> BTreeSet<Date> {
    let mut days = BTreeSet::new();
    for line in lines.iter().filter(|line| line.name == name) {
        if line.parameter("RANGE").is_some() {
            let message = "moving all later occurrences is not supported: only this one is moved";
            warnings.push(Warning::new(line.number, message));
        }
        for value in line.value.split(',').filter(|value| !value.trim().is_empty()) {
            match Moment::parse(value, line, zones) {
                Some(moment) => {
                    days.insert(moment.on_clock_of(start, home).0);
                }
                None => {
                    let message = format!("{name}:{} is no date", clip_to(value, 40));
                    warnings.push(Warning::new(line.number, message));
                }
            }
        }
    }
    days
}

fn read_rule(
    lines: &[Line],
    start: &Moment,
    home: &TimeZone,
    zones: Zones,
    warnings: &mut Vec<Warning>,
) -> Option<Recurrence> {
    let mut rules = lines.iter().filter(|line| line.name == "RRULE");
    let line = rules.next()?;
    for other in rules.chain(lines.iter().filter(|line| line.name == "EXRULE")) {
        let message = "only the first RRULE counts, this line was passed over";
        warnings.push(Warning::new(other.number, message));
    }
    match rule::parse(line, start, home, zones) {
        Ok(rule) => {
            warnings.extend(rule.notes.into_iter().map(|note| Warning::new(line.number, note)));
            Some(rule.recurrence)
        }
        Err(why) => {
            let message = format!("the rule was not followed, only its first day counts: {why}");
            warnings.push(Warning::new(line.number, message));
            None
        }
    }
}

/// A collection is on one day. Where an entry lasts longer, somebody should look.
fn warn_of_length(end: Option<&Line>, start: &Moment, zones: Zones, warnings: &mut Vec<Warning>) {
    let Some(line) = end else { return };
    let Some(end) = Moment::parse(&line.value, line, zones) else { return };
    let days = (end.day - start.day).get_days();
    if end.clock == Clock::AllDay && start.clock == Clock::AllDay && days > 1 {
        let message = format!("it lasts {days} days, only the first one counts");
        warnings.push(Warning::new(line.number, message));
    }
}

/// A title as a person reads it: HTML entities undone, soft hyphens and outer blanks dropped.
pub(crate) fn tidy(text: &str) -> String {
    const ENTITIES: [(&str, &str); 8] = [
        ("&shy;", ""),
        ("&nbsp;", " "),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        // Last, so that what it leaves behind is not taken for another entity.
        ("&amp;", "&"),
    ];
    let mut tidied = text.replace('\u{ad}', "");
    for (entity, letter) in ENTITIES {
        tidied = tidied.replace(entity, letter);
    }
    tidied.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn clip(text: &str) -> String {
    clip_to(text, MAX_TEXT)
}

fn clip_to(text: &str, letters: usize) -> String {
    text.chars().take(letters).collect()
}
