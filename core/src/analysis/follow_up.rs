//! What a person adds: an answer to a question, or the right item. The rules are asked again; the
//! model is not.

use super::Analysis;
use crate::dispose::Sorted;
use crate::highlight;
use crate::rules::{Context, Fact, Perceived, RulePack};

impl Sorted {
    /// The same thing after a person answered a question about it. An answer about the household
    /// (its zone) goes into `context`, which then holds for every other thing, too.
    pub fn follow_up(
        perceived: Perceived,
        fact: &Fact,
        rules: &RulePack,
        context: &mut Context,
    ) -> Self {
        if let Fact::Zone(zone) = fact
            && !context.zones.contains(zone)
        {
            context.zones.push(zone.clone());
        }
        Self::of(perceived.with(fact), rules, context)
    }
}

impl Analysis {
    /// Takes a person's answer to the question about an item, or a correction
    /// ([`Fact::Item`] with the right id): new instructions for it, and new highlights. A zone
    /// concerns all items. Of highlights that still hold, the first stays first.
    ///
    /// `false` if there is no such item; nothing changes then.
    pub fn answer(&mut self, item: usize, fact: &Fact, rules: &RulePack) -> bool {
        let Some(perceived) = self.items.get(item).map(|item| item.perceived.clone()) else {
            return false;
        };
        let sorted = Sorted::follow_up(perceived, fact, rules, &mut self.context);
        self.put(item, sorted);
        if matches!(fact, Fact::Zone(_)) {
            for index in 0..self.items.len() {
                let perceived = self.items[index].perceived.clone();
                self.put(index, Sorted::of(perceived, rules, &self.context));
            }
        }
        self.renew_highlights(rules);
        true
    }

    fn put(&mut self, item: usize, sorted: Sorted) {
        let item = &mut self.items[item];
        (item.perceived, item.instructions) = (sorted.perceived, sorted.instructions);
    }

    fn renew_highlights(&mut self, rules: &RulePack) {
        let lead = self.highlights.first().map(|fact| fact.id.clone());
        let instructions: Vec<_> = self.items.iter().map(|i| i.instructions.as_slice()).collect();
        let facts = highlight::facts(&instructions, rules, &self.context, self.now);
        self.highlights = match lead {
            Some(id) => highlight::led_by(facts, &id),
            None => facts,
        };
    }
}
