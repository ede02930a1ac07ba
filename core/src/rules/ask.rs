//! The one question that settles what the photo leaves open.

use super::instruction::{AskedAnswer, AskedQuestion, Instruction, Verdict, Why};
use super::perceived::{Fact, Perceived, State};
use super::resolve::Answering;
use super::rule::{Answer, Doubt, Question};
use super::zone::Zone;

impl Answering<'_> {
    pub(super) fn ask(
        &self,
        text: String,
        answers: Vec<AskedAnswer>,
        blank: Instruction,
    ) -> Instruction {
        Instruction {
            verdict: Verdict::Ask,
            question: Some(AskedQuestion { text, answers }),
            steps: Vec::new(),
            note: None,
            ..blank
        }
    }

    pub(super) fn ask_kind(&self, id: &str, blank: Instruction) -> Instruction {
        let Some(question) = self.pack.questions.iter().find(|question| question.id == id) else {
            return self.unknown(blank, Why::NoRule);
        };
        let mut answers = self.kinds(question);
        answers.push(AskedAnswer {
            text: self.phrases().something_else.clone(),
            fact: Fact::NothingFits,
        });
        self.ask(self.text(&question.text), answers, blank)
    }

    /// Asks which of the items it may be a thing is; there is nothing to ask about none.
    pub(super) fn ask_which(&self, seen: &Perceived, blank: Instruction) -> Instruction {
        let known = seen.candidates.iter().filter_map(|id| self.pack.lookup(id));
        let items: Vec<_> = known.collect();
        if items.is_empty() {
            return self.unknown(blank, Why::NotRecognised);
        }
        let named = items.iter().map(|item| AskedAnswer {
            text: self.text(&item.names),
            fact: Fact::Item(item.id.clone()),
        });
        let phrases = self.phrases();
        let (text, fact) = (phrases.something_else.clone(), Fact::NothingFits);
        let answers = named.chain([AskedAnswer { text, fact }]).collect();
        self.ask(phrases.what_is_it.clone(), answers, blank)
    }

    pub(super) fn kinds(&self, question: &Question) -> Vec<AskedAnswer> {
        let shown = |answer: &Answer| {
            let item = self.pack.lookup(&answer.item)?;
            let text = self.text(answer.text.as_ref().unwrap_or(&item.names));
            Some(AskedAnswer { text, fact: Fact::Item(item.id.clone()) })
        };
        question.answers.iter().filter_map(shown).collect()
    }

    pub(super) fn ask_doubt(&self, doubt: Doubt, blank: Instruction) -> Instruction {
        let phrases = self.phrases();
        let answer = |text: &str, fact| AskedAnswer { text: text.to_owned(), fact };
        let answers = match doubt {
            Doubt::Dirty => vec![
                answer(&phrases.clean, Fact::State(State::Clean)),
                answer(&phrases.dirty, Fact::State(State::Dirty)),
            ],
            Doubt::LongerThan(cm) => vec![
                answer(&phrases.yes, Fact::SizeCm(cm.saturating_add(1))),
                answer(&phrases.no, Fact::SizeCm(cm)),
            ],
            Doubt::DepositMark => vec![
                answer(&phrases.yes, Fact::DepositMark(true)),
                answer(&phrases.no, Fact::DepositMark(false)),
            ],
            Doubt::Mostly(class) => vec![
                answer(&phrases.yes, Fact::Mostly { class, so: true }),
                answer(&phrases.no, Fact::Mostly { class, so: false }),
            ],
            Doubt::Zone => return self.ask_zone(None, blank),
        };
        self.ask(phrases.question(doubt), answers, blank)
    }

    /// Asks for the district; for one stream's only for those drawn for it.
    pub(super) fn ask_zone(&self, stream: Option<&str>, blank: Instruction) -> Instruction {
        let drawn_for = |zone: &&Zone| {
            let here = |stream| zone.streams.iter().any(|id| id == stream);
            zone.streams.is_empty() || stream.is_none_or(here)
        };
        let zones: Vec<_> = self.pack.zones.iter().filter(drawn_for).collect();
        let answers = zones.iter().map(|zone| AskedAnswer {
            text: self.text(&zone.names),
            fact: Fact::Zone(zone.id.clone()),
        });
        // Zones that are told apart by what stands in the yard have a question of their own.
        let own = zones.first().and_then(|zone| zone.ask.as_ref());
        let shared = own.filter(|ask| zones.iter().all(|zone| zone.ask.as_ref() == Some(ask)));
        let general = || self.optional(&self.pack.info.zone_question).unwrap_or_default();
        let question = shared.map_or_else(general, |ask| self.text(ask));
        self.ask(question, answers.collect(), blank)
    }
}
