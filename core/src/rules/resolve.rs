//! From what was perceived to what is to be done.
//!
//! The guards, in order:
//! 1. the pack speaks for that day and knows those zones;
//! 2. a sign of danger beats everything an item or class would lead to;
//! 3. the item exists in this pack, by id or by name;
//! 4. its class is one the item may have, or the person confirms it;
//! 5. a rule for the item decides; circumstances nobody knows are asked for;
//! 6. without an item, the rule for the class decides or asks its one question; without a class,
//!    the question is which of the items it may be;
//! 7. what is left is "not known here" with the community's contact, never residual waste.

use jiff::civil::Date;

use super::choose::Choice;
use super::instruction::{AskedAnswer, Instruction, Verdict, Why};
use super::item::Item;
use super::pack::RulePack;
use super::perceived::{Context, Fact, Perceived, Seen};
use super::rule::{Hazard, Outcome, Rule};

impl RulePack {
    /// What is to be done with one thing: one instruction, followed by one for each part that
    /// has to be taken off. Never empty.
    pub fn resolve(&self, seen: &Perceived, context: &Context) -> Vec<Instruction> {
        let answer = Answering { pack: self, language: self.language(&context.language), context };
        let whole = answer.whole(seen);
        let parts = answer.parts(seen, &whole);
        std::iter::once(whole).chain(parts).collect()
    }
}

/// One question to the pack: what all steps of answering share.
pub(super) struct Answering<'a> {
    pub(super) pack: &'a RulePack,
    pub(super) language: &'a str,
    pub(super) context: &'a Context,
}

impl<'a> Answering<'a> {
    fn whole(&self, seen: &Perceived) -> Instruction {
        let item = seen.item.as_deref().and_then(|item| self.pack.lookup(item));
        let blank = self.blank(seen, item);
        if let Some(why) = self.outside() {
            return self.unknown(blank, why);
        }
        if let Some(answer) = self.hazard(seen, item, &blank) {
            return answer;
        }
        match item {
            Some(item) if !self.plausible(seen, item) => self.doubt_item(blank, item),
            Some(item) => self.by_item(seen, item, blank),
            None => self.by_class(seen, blank),
        }
    }

    fn parts(&self, seen: &Perceived, whole: &Instruction) -> Vec<Instruction> {
        let undecided = matches!(whole.verdict, Verdict::Ask | Verdict::Unknown);
        let item = whole.item.as_deref().and_then(|id| self.pack.lookup(id));
        let Some(item) = item.filter(|_| !undecided) else {
            return Vec::new();
        };
        let there = |id: &&String| seen.parts.as_ref().is_none_or(|parts| parts.contains(id));
        let parts = item.parts.iter().filter(there).filter_map(|id| self.pack.lookup(id));
        parts.map(|part| self.part(seen, item, part)).collect()
    }

    fn part(&self, seen: &Perceived, whole: &Item, part: &Item) -> Instruction {
        let alone = Perceived { state: seen.state, ..Perceived::default() };
        let blank = Instruction {
            class: part.classes.first().copied(),
            part_of: Some(whole.id.clone()),
            ..self.blank(&alone, Some(part))
        };
        self.by_item(&alone, part, blank)
    }

    /// Guard 1: nothing is said about days and zones the pack does not speak for.
    fn outside(&self) -> Option<Why> {
        let info = &self.pack.info;
        if !(info.from..=info.until).contains(&self.context.date) {
            return Some(Why::OutOfDate);
        }
        let known = |zone: &String| self.pack.zones.iter().any(|row| row.id == *zone);
        (!self.context.zones.iter().all(known)).then_some(Why::UnknownZone)
    }

    /// Guard 2. A cue the pack has no row for is not ignored: better no answer than a battery in
    /// a bin.
    fn hazard(
        &self,
        seen: &Perceived,
        item: Option<&Item>,
        blank: &Instruction,
    ) -> Option<Instruction> {
        let covered = |id: &String| item.is_some_and(|item| item.covers.contains(id));
        let open = |sure| seen.hazards.iter().find(|cue| cue.seen == sure && !covered(&cue.hazard));
        let cue = open(Seen::Yes).or_else(|| open(Seen::Unsure))?;
        let row = self.pack.hazards.iter().find(|hazard| hazard.id == cue.hazard);
        Some(match row {
            None => self.unknown(blank.clone(), Why::UnknownHazard),
            Some(hazard) if cue.seen == Seen::Yes => self.by_hazard(hazard, blank.clone()),
            Some(hazard) => self.ask_hazard(hazard, blank.clone()),
        })
    }

    fn by_hazard(&self, hazard: &Hazard, blank: Instruction) -> Instruction {
        let decided = Instruction {
            rule: Some(hazard.id.clone()),
            never_in: self.stream_names(&hazard.never_in),
            steps: self.steps(&hazard.steps),
            note: self.optional(&hazard.note),
            source: self.source(&hazard.source),
            ..blank
        };
        self.to_stream(&hazard.stream, decided)
    }

    fn ask_hazard(&self, hazard: &Hazard, blank: Instruction) -> Instruction {
        let answer = |text: &str, present| AskedAnswer {
            text: text.to_owned(),
            fact: Fact::Hazard { id: hazard.id.clone(), present },
        };
        let phrases = self.phrases();
        let answers = vec![answer(&phrases.yes, true), answer(&phrases.no, false)];
        self.ask(self.text(&hazard.question), answers, blank)
    }

    /// Guard 4.
    fn plausible(&self, seen: &Perceived, item: &Item) -> bool {
        seen.confirmed || seen.known_class().is_some_and(|class| item.classes.contains(&class))
    }

    fn doubt_item(&self, blank: Instruction, item: &Item) -> Instruction {
        let phrases = self.phrases();
        let answers = vec![
            AskedAnswer { text: phrases.yes.clone(), fact: Fact::Item(item.id.clone()) },
            AskedAnswer { text: phrases.no.clone(), fact: Fact::NotThatItem },
        ];
        let question = phrases.is_it(&self.text(&item.names));
        // Until it is confirmed the thing is called by its class.
        let unconfirmed =
            Instruction { item: None, label: phrases.class(blank.class).to_owned(), ..blank };
        self.ask(question, answers, unconfirmed)
    }

    /// Guard 5.
    fn by_item(&self, seen: &Perceived, item: &Item, blank: Instruction) -> Instruction {
        let choice =
            self.pack.choose_rule(self.pack.index.rules_of_item(&item.id), seen, self.context);
        match choice {
            Choice::Nothing if blank.part_of.is_none() => self.by_class(seen, blank),
            choice => self.chosen(choice, seen, blank),
        }
    }

    /// Guards 6 and 7.
    fn by_class(&self, seen: &Perceived, blank: Instruction) -> Instruction {
        let Some(class) = seen.known_class() else {
            return self.ask_which(seen, blank);
        };
        let choice =
            self.pack.choose_rule(self.pack.index.rules_of_class(class), seen, self.context);
        self.chosen(choice, seen, blank)
    }

    fn chosen(&self, choice: Choice<'_>, seen: &Perceived, blank: Instruction) -> Instruction {
        match choice {
            Choice::Rule(rule) => self.by_rule(rule, seen, blank),
            Choice::Open(doubt) => self.ask_doubt(doubt, blank),
            Choice::Nothing => self.unknown(blank, Why::NoRule),
        }
    }

    fn by_rule(&self, rule: &Rule, seen: &Perceived, blank: Instruction) -> Instruction {
        let decided = Instruction {
            rule: Some(rule.id.clone()),
            steps: self.steps(&rule.steps),
            note: self.optional(&rule.note),
            source: self.source(&rule.source),
            changes_on: rule.ends_after(self.context.date),
            ..blank
        };
        match &rule.then {
            Outcome::Stream(stream) => self.to_stream(stream, decided),
            Outcome::Ask(_) if seen.nothing_fits => self.unknown(decided, Why::NoRule),
            Outcome::Ask(question) => self.ask_kind(question, decided),
            Outcome::NotAccepted => Instruction { verdict: Verdict::NotAccepted, ..decided },
            Outcome::Unknown => self.unknown(decided, Why::NoRule),
        }
    }

    fn to_stream(&self, id: &str, decided: Instruction) -> Instruction {
        let Some(stream) = self.pack.streams.iter().find(|stream| stream.id == id) else {
            return self.unknown(decided, Why::NoRule);
        };
        let Some(ways) = self.pack.ways(stream, self.context) else {
            return self.ask_zone(Some(id), decided);
        };
        let Some(first) = ways.first() else {
            return self.unknown(decided, Why::NoRule);
        };
        let ends = ways.iter().filter_map(|way| way.until.and_then(day_after));
        Instruction {
            verdict: first.how.into(),
            changes_on: ends.chain(decided.changes_on).min(),
            stream: Some(self.stream(stream)),
            ways: ways.iter().map(|way| self.way(way)).collect(),
            next: if first.how.needs_place() { None } else { self.next(id) },
            ..decided
        }
    }

    pub(super) fn unknown(&self, blank: Instruction, why: Why) -> Instruction {
        Instruction {
            verdict: Verdict::Unknown,
            why: Some(why),
            contact: Some(self.pack.info.contact.clone()),
            steps: Vec::new(),
            ..blank
        }
    }

    fn blank(&self, seen: &Perceived, item: Option<&Item>) -> Instruction {
        let class = seen.known_class();
        let label = match item {
            Some(item) => self.text(&item.names),
            None => self.phrases().class(class).to_owned(),
        };
        Instruction {
            language: self.language.to_owned(),
            class,
            item: item.map(|item| item.id.clone()),
            part_of: None,
            label,
            verdict: Verdict::Unknown,
            why: None,
            stream: None,
            ways: Vec::new(),
            next: None,
            never_in: Vec::new(),
            steps: Vec::new(),
            note: None,
            question: None,
            contact: None,
            rule: None,
            source: None,
            changes_on: None,
        }
    }
}

fn day_after(date: Date) -> Option<Date> {
    date.tomorrow().ok()
}

#[cfg(test)]
mod tests;
