//! Labels in other words, asked of any OpenAI-compatible endpoint (`/v1/chat/completions`). Every
//! answer is checked by the rules; what they do not agree with is counted and left out.

use std::collections::BTreeMap;
use std::time::Duration;

use kerbside_core::dispose::{candidates, folded_label};
use kerbside_core::rules::{Class, Context, Item, Perceived, RulePack, State, Verdict};
use serde::Deserialize;
use serde_json::json;
use xtask::failure::{Failure, Result};
use xtask::scenes::{Scenes, Taught};

/// The environment variable that holds the endpoint's key, if it wants one.
pub const KEY: &str = "KERBSIDE_TEACHER_KEY";

/// How many labels of an item are asked for at once.
const LABELS: usize = 8;
/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// An endpoint to ask.
pub struct Teacher {
    url: String,
    model: String,
    key: Option<String>,
    agent: ureq::Agent,
}

/// Why a label the teacher gave is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rejected {
    /// Empty, or too long for a prompt.
    Length,
    /// The pack knows it already, or as another item.
    Known,
    /// It is the word of a class.
    Class,
    /// Nothing in it leads to the item: the prompt would not offer it.
    NotOffered,
    /// The rules do not know what to do with the item in that state.
    NoRule,
}

impl Rejected {
    fn as_str(self) -> &'static str {
        match self {
            Self::Length => "empty or too long",
            Self::Known => "known already, or another item",
            Self::Class => "the word of a class",
            Self::NotOffered => "does not lead to the item",
            Self::NoRule => "no rule for the item in that state",
        }
    }
}

/// A label as the teacher gives it.
#[derive(Deserialize)]
struct Given {
    label: String,
    #[serde(default)]
    state: State,
}

/// What is read of an endpoint's answer.
#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

impl Teacher {
    /// The endpoint at `url`, with or without `/chat/completions` at its end.
    pub fn new(url: &str, model: &str, key: Option<String>) -> Self {
        let base = url.trim_end_matches('/').trim_end_matches("/chat/completions");
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE));
        Self {
            url: format!("{base}/chat/completions"),
            model: model.to_owned(),
            key,
            agent: config.build().into(),
        }
    }

    /// Asks for labels of every item; returns what was taken and what was not, line by line.
    ///
    /// # Errors
    /// If the endpoint cannot be reached or does not answer in its own form. An answer that is no
    /// list of labels only counts as rejected.
    pub fn teach(&self, scenes: &mut Scenes) -> Result<Vec<String>> {
        let (mut taken, mut unreadable) = (Vec::new(), 0usize);
        let mut rejected: BTreeMap<Rejected, usize> = BTreeMap::new();
        for rules in scenes.packs() {
            for item in rules.items() {
                let Some(labels) = self.ask(rules, item)? else {
                    unreadable += 1;
                    continue;
                };
                for Given { label, state } in labels {
                    let taught = Taught { label, state };
                    match judge(&taught, item, rules) {
                        Ok(()) => taken.push((rules.info().id.clone(), item.id.clone(), taught)),
                        Err(reason) => *rejected.entry(reason).or_default() += 1,
                    }
                }
            }
        }
        let mut notes = vec![
            format!("teacher {}: {} labels taken", self.model, taken.len()),
            format!("teacher: {unreadable} answers were no list of labels"),
        ];
        notes.extend(rejected.iter().map(|(reason, count)| {
            format!("teacher: {count} labels rejected: {}", reason.as_str())
        }));
        notes.iter().for_each(|note| eprintln!("{note}"));
        for (community, item, taught) in taken {
            scenes.teach(&community, &item, taught);
        }
        Ok(notes)
    }

    /// The labels the teacher gives an item; `None` where its answer is no list of them.
    fn ask(&self, rules: &RulePack, item: &Item) -> Result<Option<Vec<Given>>> {
        let names: Vec<&str> = item.words().map(|(_, word)| word).collect();
        let task = format!(
            "An object detector saw this piece of household waste: {}. Give {LABELS} short English \
             labels it could have written (two to five lower-case words each), in words other than \
             these, some of which say that it is clean and empty or that it is dirty. Answer with \
             JSON only: [{{\"label\": \"...\", \"state\": \"clean\" | \"dirty\" | \"unsure\"}}].",
            names.join(", ")
        );
        let body = json!({
            "model": self.model,
            "temperature": 0.7,
            "messages": [{"role": "user", "content": task}],
        });
        let during = |e: ureq::Error| {
            Failure::from(e).during(format!(
                "the teacher, asked about {}/{}",
                rules.info().id,
                item.id
            ))
        };
        let mut request = self.agent.post(&self.url);
        if let Some(key) = &self.key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let mut response = request.send_json(&body).map_err(during)?;
        let answer: Completion = response.body_mut().read_json().map_err(during)?;
        let content = answer.choices.into_iter().next().map(|choice| choice.message.content);
        Ok(content.and_then(|text| list(&text)))
    }
}

/// The JSON array of a text, which models like to wrap into a code block.
fn list(text: &str) -> Option<Vec<Given>> {
    let array = text.get(text.find('[')?..=text.rfind(']')?)?;
    serde_json::from_str(array).ok()
}

/// Whether the rules agree that a label may mean an item in a state.
fn judge(taught: &Taught, item: &Item, rules: &RulePack) -> Result<(), Rejected> {
    let label = taught.label.as_str();
    let folded = folded_label(label);
    let last = label.split_whitespace().next_back().map(folded_label).unwrap_or_default();
    if last.is_empty() || !folded.ends_with(&last) {
        return Err(Rejected::Length);
    }
    if Class::from_label(&folded).is_some() {
        return Err(Rejected::Class);
    }
    if rules.lookup(label).is_some() {
        return Err(Rejected::Known);
    }
    if !candidates(label, rules).iter().any(|row| row.item.id == item.id) {
        return Err(Rejected::NotOffered);
    }
    let seen = Perceived {
        item: Some(item.id.clone()),
        state: taught.state,
        confirmed: true,
        ..Perceived::default()
    };
    let context = Context { zones: Vec::new(), date: rules.info().from, language: String::new() };
    let verdict = rules.resolve(&seen, &context)[0].verdict;
    if verdict == Verdict::Unknown { Err(Rejected::NoRule) } else { Ok(()) }
}
