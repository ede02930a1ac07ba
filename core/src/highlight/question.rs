//! Which fact to lead with: the prompt, and the shape of its answer.

use serde_json::{Value, json};

use super::{Highlight, HighlightKind};
use crate::generate::schema::Schema;
use crate::rules::Context;

/// Most facts that are offered; the least urgent ones are left out.
pub const FACTS: usize = 8;

/// The question which of some facts to lead with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question<'a> {
    facts: &'a [Highlight],
    context: &'a Context,
}

const LEAD: &str = "lead";

impl<'a> Question<'a> {
    /// A question about the first [`FACTS`] facts.
    pub fn new(facts: &'a [Highlight], context: &'a Context) -> Self {
        Self { facts: &facts[..facts.len().min(FACTS)], context }
    }

    /// What the model is asked, without image and newline.
    pub fn prompt(&self) -> String {
        let facts: Vec<_> = self.facts.iter().map(|fact| self.fact(fact)).collect();
        format!("highlight {}", facts.join(";"))
    }

    /// The shape of the answer.
    pub fn schema(&self) -> Schema {
        let ids = self.facts.iter().map(|fact| fact.id.clone()).collect();
        Schema::Object(vec![(LEAD.to_owned(), Schema::Enum(ids))])
    }

    /// The answer that leads with a fact.
    pub fn write(&self, id: &str) -> Value {
        json!({ LEAD: id })
    }

    /// The fact that an answer leads with.
    pub fn read(&self, answer: &Value) -> Option<&'a str> {
        let id = answer[LEAD].as_str()?;
        self.facts.iter().find(|fact| fact.id == id).map(|fact| fact.id.as_str())
    }

    fn fact(&self, fact: &Highlight) -> String {
        let what = match fact.kind {
            HighlightKind::Hazard => "danger",
            HighlightKind::Tonight => "collected",
            HighlightKind::Moved => "other day",
            HighlightKind::Bag => "bag",
            HighlightKind::Deposit => "money back",
            HighlightKind::Change => "changes",
        };
        let days = fact.date.map(|date| (date - self.context.date).get_days());
        let days = days.map(|days| format!(" in {days} days")).unwrap_or_default();
        format!("{}={what} of {}{days}", fact.id, fact.items.len())
    }
}
