//! Which found item is which true one.

use super::scene::Scene;

/// IoU from which a predicted mask and an outlined item are the same thing.
pub const MATCH_IOU: f64 = 0.5;

/// How the items of one photo pair up.
#[derive(Debug, Clone, PartialEq)]
pub struct Matches {
    /// For every true item, the one found for it.
    pub of_items: Vec<Option<usize>>,
    /// What became of every found one.
    pub of_found: Vec<Fate>,
}

/// What became of a found item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is this true item.
    Matched(usize),
    /// It is something that is not asked for: small, or part of a crowd.
    Ignored,
    /// It is nothing that is there, or a second one of what is.
    Invented,
}

impl Matches {
    /// Pairs at [`MATCH_IOU`] or more, best first, none used twice.
    pub fn of(scene: &Scene) -> Self {
        let pairs = pair_up(&scene.ious[..scene.items.len()]);
        let mut of_items = vec![None; scene.items.len()];
        let mut of_found = vec![Fate::Invented; scene.found.len()];
        for (item, found) in pairs {
            of_items[item] = Some(found);
            of_found[found] = Fate::Matched(item);
        }
        let small = &scene.ious[scene.items.len()..];
        for (index, fate) in of_found.iter_mut().enumerate() {
            let is_small_one = small.iter().any(|row| row[index] >= MATCH_IOU);
            let lies_in_ignored = scene.found[index].in_ignored > 0.5;
            if *fate == Fate::Invented && (is_small_one || lies_in_ignored) {
                *fate = Fate::Ignored;
            }
        }
        Self { of_items, of_found }
    }

    /// How many found items are nothing that is there.
    pub fn invented(&self) -> usize {
        self.of_found.iter().filter(|fate| **fate == Fate::Invented).count()
    }
}

/// (item, found) of the IoUs `[items, found]`.
fn pair_up(ious: &[Vec<f64>]) -> Vec<(usize, usize)> {
    let mut candidates: Vec<(f64, usize, usize)> = ious
        .iter()
        .enumerate()
        .flat_map(|(item, row)| row.iter().enumerate().map(move |(other, &iou)| (iou, item, other)))
        .filter(|(iou, ..)| *iou >= MATCH_IOU)
        .collect();
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (_, item, other) in candidates {
        if !pairs.iter().any(|&(a, b)| a == item || b == other) {
            pairs.push((item, other));
        }
    }
    pairs
}
