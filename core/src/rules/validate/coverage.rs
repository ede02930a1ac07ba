//! On every day, in every zone, every class and item is decided, and only once.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Report, at};
use crate::rules::class::Class;
use crate::rules::pack::RulePack;
use crate::rules::perceived::Context;
use crate::rules::rule::Rule;
use crate::rules::zone::{Reach, Zone, ancestry, reach};

/// Most rules that decide one item or class: each is compared with each.
const MOST_RIVALS: usize = 200;

/// Most questions of what is done with something somewhere on some day: a second's work.
const MOST_QUESTIONS: usize = 5_000_000;

pub(super) fn check(report: &mut Report<'_>) {
    let pack = report.pack;
    let things = pack.items.len() + pack.rules.len() + pack.streams.len();
    let Some(contexts) = contexts(pack, MOST_QUESTIONS / things.max(1)) else {
        let message = "too many zones and changes to look at each: split the pack";
        return report.add(at("rules.json", "", ""), message);
    };
    for context in contexts {
        classes(report, &context);
        items(report, &context);
        streams(report, &context);
    }
    // The same gap on several days or in several zones is one thing to mend.
    let mut seen = BTreeSet::new();
    report.findings.retain(|found| seen.insert((found.file, found.row.clone(), found.field)));
    contradictions(report);
}

/// Every combination of zone and day on which anything changes: between two such days all rows
/// stay the same, and of the zones no row is limited to one stands for all. `None` if they are
/// more than `most`.
fn contexts(pack: &RulePack, most: usize) -> Option<Vec<Context>> {
    let limits = limits(pack);
    let special = |zone: &&Zone| ancestry(&pack.zones, &zone.id).any(|id| limits.contains(id));
    let (special, plain): (Vec<_>, Vec<_>) = pack.zones.iter().partition(special);
    let mut zones: Vec<Vec<String>> = special
        .into_iter()
        .chain(plain.first().copied())
        .map(|zone| vec![zone.id.clone()])
        .collect();
    if zones.is_empty() {
        zones.push(Vec::new());
    }
    let on = |date: Date| {
        let here = zones.iter().cloned();
        here.map(move |zones| Context { zones, date, language: String::new() })
    };
    let days = turning_days(pack);
    (days.len() * zones.len() <= most).then(|| days.into_iter().flat_map(on).collect())
}

/// Zones that some rule, way or bag is limited to.
fn limits(pack: &RulePack) -> BTreeSet<&str> {
    let rules = pack.rules.iter().map(|rule| &rule.zones);
    let ways = pack.streams.iter().flat_map(|stream| &stream.ways).map(|way| &way.zones);
    let bags = pack.bags.iter().map(|bag| &bag.zones);
    rules.chain(ways).chain(bags).flatten().map(String::as_str).collect()
}

fn turning_days(pack: &RulePack) -> BTreeSet<Date> {
    let (first, last) = (pack.info.from, pack.info.until);
    let rules = pack.rules.iter().map(|rule| (rule.from, rule.until));
    let ways = pack.streams.iter().flat_map(|stream| &stream.ways).map(|way| (way.from, way.until));
    let mut days = BTreeSet::from([first, last]);
    for (from, until) in rules.chain(ways) {
        days.extend(from);
        days.extend(until.and_then(|day| day.tomorrow().ok()));
    }
    if pack.rules.iter().any(|rule| !rule.months.is_empty()) {
        days.extend(first_days_of_months(first, last));
    }
    days.retain(|day| (first..=last).contains(day));
    days
}

fn first_days_of_months(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first.first_of_month().series(1.month()).take_while(move |day| *day <= last)
}

fn counts(pack: &RulePack, rule: &Rule, context: &Context) -> bool {
    rule.in_force(context.date)
        && !matches!(reach(&pack.zones, &rule.zones, &context.zones), Reach::Elsewhere)
}

fn classes(report: &mut Report<'_>, context: &Context) {
    let pack = report.pack;
    for class in Class::ALL {
        let mut rules = pack.index.rules_of_class(class).iter().map(|rule| &pack.rules[*rule]);
        let decided = rules.any(|rule| counts(pack, rule, context));
        report.require(decided, at("rules.json", class.label(), "classes"), || {
            format!("no rule for the class {}; say \"unknown\" if that is so", here(context))
        });
    }
}

fn items(report: &mut Report<'_>, context: &Context) {
    let pack = report.pack;
    for item in &pack.items {
        let mut rules = pack.index.rules_of_item(&item.id).iter().map(|rule| &pack.rules[*rule]);
        let decided = rules.any(|rule| counts(pack, rule, context));
        report.require(decided, at("items.json", &item.id, ""), || {
            format!("no rule for the item {}", here(context))
        });
    }
}

fn streams(report: &mut Report<'_>, context: &Context) {
    let pack = report.pack;
    for stream in &pack.streams {
        let Some(ways) = pack.ways(stream, context) else { continue };
        report.require(!ways.is_empty(), at("streams.json", &stream.id, "ways"), || {
            format!("no way to get rid of it {}", here(context))
        });
        let bagged =
            ways.iter().all(|way| way.bags.is_empty() || pack.bags(way, context).next().is_some());
        report.require(bagged, at("streams.json", &stream.id, "ways.bags"), || {
            format!("no bag is valid {}", here(context))
        });
    }
}

fn here(context: &Context) -> String {
    let zones = if context.zones.is_empty() {
        String::new()
    } else {
        format!(" in {}", context.zones.join(", "))
    };
    format!("on {}{zones}", context.date)
}

fn contradictions(report: &mut Report<'_>) {
    let rules = &report.pack.rules;
    let mut clashing = BTreeSet::new();
    let (many, few): (Vec<_>, Vec<_>) =
        report.pack.index.rivals().partition(|rivals| rivals.len() > MOST_RIVALS);
    for rivals in few {
        for (nth, later) in rivals.iter().enumerate() {
            let earlier = rivals[..nth].iter();
            let clashes = earlier.filter(|earlier| same_rank(&rules[*later], &rules[**earlier]));
            clashing.extend(clashes.map(|earlier| (*later, *earlier)));
        }
    }
    for rivals in many {
        let message = format!("one of {} rules about the same thing", rivals.len());
        report.add(at("rules.json", &rules[rivals[0]].id, ""), message);
    }
    for (later, earlier) in clashing {
        let (rule, other) = (&rules[later], &rules[earlier]);
        let word = if other.then == rule.then { "repeats" } else { "contradicts" };
        report.add(at("rules.json", &rule.id, ""), format!("{word} {}", other.id));
    }
}

/// Whether two rules about the same thing can both apply and neither outranks the other.
fn same_rank(rule: &Rule, other: &Rule) -> bool {
    let places =
        rule.zones == other.zones || rule.zones.iter().any(|zone| other.zones.contains(zone));
    let starts_before = |from: Option<Date>, until: Option<Date>| {
        from.zip(until).is_none_or(|(from, until)| from <= until)
    };
    let days = starts_before(rule.from, other.until) && starts_before(other.from, rule.until);
    let months = rule.months.is_empty()
        || other.months.is_empty()
        || rule.months.iter().any(|month| other.months.contains(month));
    places && days && months && rule.when == other.when && rule.priority == other.priority
}
