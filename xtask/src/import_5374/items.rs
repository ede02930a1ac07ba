//! A–Z rows as items of the pack, each name once.
//!
//! A pack allows a word to mean one item only. Rows of the same name and kind become one item
//! with both notices; rows of the same name and different kinds are told apart by the kind.

use std::collections::{BTreeMap, BTreeSet};

use super::kinds::Kind;
use super::names::{Ids, key};
use super::report::Findings;
use super::targets::{FILE, Target};

/// An item of the pack.
pub(super) struct Item {
    pub(super) id: String,
    pub(super) name: String,
    /// Index of the kind that is collected, if it is.
    pub(super) kind: Option<usize>,
    /// The kind of waste, as written.
    pub(super) label: String,
    pub(super) notice: String,
}

/// The items, in the order of the table.
pub(super) fn of(mut targets: Vec<Target>, kinds: &[Kind], found: &mut Findings) -> Vec<Item> {
    tell_uncollected(&targets, kinds, found);
    add_kinds(&mut targets, kinds, found);
    let mut items = Items::default();
    for group in grouped(targets, |target| key(&target.name)) {
        items.add(group, kinds, found);
    }
    if items.repeated > 0 {
        let message = format!("{} rows repeat an earlier one word for word", items.repeated);
        found.repair_many(items.repeated);
        found.warn(FILE, None, None, message);
    }
    items.items
}

/// Kinds of waste that have no days, told once each.
fn tell_uncollected(targets: &[Target], kinds: &[Kind], found: &mut Findings) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for target in targets.iter().filter(|target| kind_of(&target.label, kinds).is_none()) {
        *counts.entry(&target.label).or_default() += 1;
    }
    for (label, count) in counts {
        let message = format!("{count} things of a kind without days; they lead to the contact");
        found.warn(FILE, None, Some(label), message);
    }
}

/// A kind no row leads to is itself the thing that goes there: 乾電池 go where it says 乾電池.
fn add_kinds(targets: &mut Vec<Target>, kinds: &[Kind], found: &mut Findings) {
    for (index, kind) in kinds.iter().enumerate() {
        if targets.iter().any(|target| kind_of(&target.label, kinds) == Some(index)) {
            continue;
        }
        found.warn(
            FILE,
            None,
            Some(&kind.label),
            "no thing of this kind; the kind itself became an item",
        );
        let (label, name) = (kind.label.clone(), kind.label.clone());
        targets.push(Target { line: 0, label, name, notice: String::new() });
    }
}

fn kind_of(label: &str, kinds: &[Kind]) -> Option<usize> {
    let wanted = key(label);
    kinds.iter().position(|kind| key(&kind.label) == wanted)
}

/// Rows with the same key, in the order of their first.
fn grouped(targets: Vec<Target>, key: impl Fn(&Target) -> String) -> Vec<Vec<Target>> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<Target>> = Vec::new();
    for target in targets {
        let place = *places.entry(key(&target)).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(target);
    }
    groups
}

#[derive(Default)]
struct Items {
    items: Vec<Item>,
    ids: Ids,
    names: BTreeSet<String>,
    repeated: usize,
}

impl Items {
    /// Adds the rows of one name.
    fn add(&mut self, rows: Vec<Target>, kinds: &[Kind], found: &mut Findings) {
        let by_label = grouped(rows, |target| key(&target.label));
        let ambiguous = by_label.len() > 1;
        for rows in by_label {
            let Some((first, others)) = rows.split_first() else { continue };
            let mut notices = vec![first.notice.as_str()];
            for other in others {
                if notices.contains(&other.notice.as_str()) {
                    self.repeated += 1;
                    continue;
                }
                let message = format!("also on line {}; one item with both notices", first.line);
                found.repair(FILE, other.line, &other.name, message);
                notices.push(&other.notice);
            }
            notices.retain(|notice| !notice.is_empty());
            let name = if ambiguous { told_apart(first, found) } else { first.name.clone() };
            let name = self.free(name);
            self.items.push(Item {
                id: self.ids.of("item", &name),
                name,
                kind: kind_of(&first.label, kinds),
                label: first.label.clone(),
                notice: notices.join(" "),
            });
        }
    }

    /// A name no item has yet.
    fn free(&mut self, name: String) -> String {
        let again = (2..).map(|n| format!("{name}（{n}）"));
        let free = std::iter::once(name.clone()).chain(again);
        let free = free.into_iter().find(|name| self.names.insert(key(name)));
        free.expect("there is always another number")
    }
}

fn told_apart(target: &Target, found: &mut Findings) -> String {
    let name = format!("{}（{}）", target.name, target.label);
    let message = format!("stands under several kinds of waste; called {name}");
    found.repair(FILE, target.line, &target.name, message);
    name
}
