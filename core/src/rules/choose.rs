//! Which of several rows applies on a day, in a zone, to a thing; and what has to be asked first.

use std::cmp::Reverse;

use jiff::civil::Date;

use super::pack::RulePack;
use super::perceived::{Context, Perceived};
use super::rule::{Doubt, Fit, Rule, both};
use super::stream::{Bag, Stream, Way};
use super::zone::{Reach, Zone, reach};

/// The outcome of choosing among rules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Choice<'a> {
    /// This rule applies.
    Rule(&'a Rule),
    /// Which rule applies depends on something nobody has said yet.
    Open(Doubt),
    /// No rule applies.
    Nothing,
}

/// Whether `date` lies within `from..=until`, either end open when missing.
pub(super) fn in_force(from: Option<Date>, until: Option<Date>, date: Date) -> bool {
    from.is_none_or(|first| first <= date) && until.is_none_or(|last| date <= last)
}

impl RulePack {
    /// The rule that decides among `candidates`, positions in the table of rules.
    ///
    /// Rules are tried in order of rank. One that might apply blocks those below it, unless the
    /// doubt makes no difference to what is done.
    pub(super) fn choose_rule(
        &self,
        candidates: &[usize],
        seen: &Perceived,
        context: &Context,
    ) -> Choice<'_> {
        let mut ranked: Vec<_> = candidates
            .iter()
            .map(|position| &self.rules[*position])
            .filter(|rule| rule.in_force(context.date))
            .filter_map(|rule| Ranked::new(&self.zones, rule, seen, context))
            .collect();
        ranked.sort_by_key(|entry| Reverse(entry.rank));
        decide(&ranked)
    }

    /// The ways a stream is collected here and today, best first; `None` when they or their bags
    /// depend on a zone nobody has named yet.
    pub(super) fn ways<'a>(
        &'a self,
        stream: &'a Stream,
        context: &Context,
    ) -> Option<Vec<&'a Way>> {
        let ways = self.ways_here(stream, &context.zones, context.date)?;
        let mut bags = ways.iter().flat_map(|way| self.bags(way, context));
        bags.all(|(_, reach)| !matches!(reach, Reach::Unknown { .. })).then_some(ways)
    }

    /// The ways a stream is collected in `zones` on a day, best first, whatever bags they need;
    /// `None` when they depend on a zone nobody has named yet.
    pub(crate) fn ways_here<'a>(
        &'a self,
        stream: &'a Stream,
        zones: &[String],
        date: Date,
    ) -> Option<Vec<&'a Way>> {
        let reached: Vec<_> = stream
            .ways
            .iter()
            .filter(|way| in_force(way.from, way.until, date))
            .map(|way| (way, reach(&self.zones, &way.zones, zones)))
            .collect();
        if reached.iter().any(|(_, reach)| matches!(reach, Reach::Unknown { .. })) {
            return None;
        }
        // A district with a way of its own has it instead of the general one, not beside it.
        let deepest = reached.iter().filter_map(|(_, reach)| depth(*reach)).max();
        let counts = |reach| depth(reach).is_some() && depth(reach) == deepest;
        Some(reached.iter().filter(|(_, reach)| counts(*reach)).map(|(way, _)| *way).collect())
    }

    /// The bags of a way that are not known to be invalid here.
    pub(super) fn bags<'a>(
        &'a self,
        way: &'a Way,
        context: &'a Context,
    ) -> impl Iterator<Item = (&'a Bag, Reach)> {
        let reached = |bag: &'a Bag| (bag, reach(&self.zones, &bag.zones, &context.zones));
        let named = self.bags.iter().filter(|bag| way.bags.contains(&bag.id));
        named.map(reached).filter(|(_, reach)| *reach != Reach::Elsewhere)
    }
}

fn depth(reach: Reach) -> Option<usize> {
    match reach {
        Reach::Counts { depth } => Some(depth),
        Reach::Unknown { .. } | Reach::Elsewhere => None,
    }
}

struct Ranked<'a> {
    rule: &'a Rule,
    fit: Fit,
    rank: (i32, usize, usize),
}

impl<'a> Ranked<'a> {
    fn new(zones: &[Zone], rule: &'a Rule, seen: &Perceived, context: &Context) -> Option<Self> {
        let (place, depth) = match reach(zones, &rule.zones, &context.zones) {
            Reach::Counts { depth } => (Fit::Yes, depth),
            Reach::Unknown { depth } => (Fit::Maybe(Doubt::Zone), depth),
            Reach::Elsewhere => return None,
        };
        let fit = both(place, rule.when.fit(seen));
        let rank = (rule.priority, depth, rule.when.count());
        (fit != Fit::No).then_some(Self { rule, fit, rank })
    }
}

fn decide<'a>(ranked: &[Ranked<'a>]) -> Choice<'a> {
    let sure = ranked.iter().position(|entry| entry.fit == Fit::Yes);
    let above = &ranked[..sure.unwrap_or(ranked.len())];
    let sure = sure.map(|index| ranked[index].rule);
    let matters = |entry: &&Ranked| sure.is_none_or(|rule| rule.then != entry.rule.then);
    match (above.iter().find(matters).map(|entry| entry.fit), sure) {
        (Some(Fit::Maybe(doubt)), _) => Choice::Open(doubt),
        (_, Some(rule)) => Choice::Rule(rule),
        (_, None) => Choice::Nothing,
    }
}
