//! Sets of token ids as contiguous rows of the tied head, so that only those rows are computed.

use std::ops::Range;

/// Token ids as ascending ranges that neither overlap nor touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowSet(Vec<Range<u32>>);

impl RowSet {
    /// The ranges, ascending.
    pub fn as_slice(&self) -> &[Range<u32>] {
        &self.0
    }

    /// Empties the set and keeps its memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Replaces the set by another one's ranges.
    pub fn copy_from(&mut self, other: &RowSet) {
        self.0.clone_from(&other.0);
    }

    /// Adds one id.
    pub fn insert(&mut self, id: u32) {
        self.insert_range(id..id + 1);
    }

    /// Adds a range of ids, joining it with those it overlaps or touches.
    pub fn insert_range(&mut self, mut range: Range<u32>) {
        if range.is_empty() {
            return;
        }
        let first = self.0.partition_point(|other| other.end < range.start);
        let last = self.0.partition_point(|other| other.start <= range.end);
        if first < last {
            range.start = range.start.min(self.0[first].start);
            range.end = range.end.max(self.0[last - 1].end);
            self.0[first] = range;
            self.0.drain(first + 1..last);
        } else {
            self.0.insert(first, range);
        }
    }
}

/// How many ids ascending `rows` hold.
pub fn count(rows: &[Range<u32>]) -> usize {
    rows.iter().map(|range| range.len()).sum()
}

/// Whether ascending `rows` hold `id`.
pub fn contains(rows: &[Range<u32>], id: u32) -> bool {
    let after = rows.partition_point(|range| range.end <= id);
    rows.get(after).is_some_and(|range| range.contains(&id))
}

/// The `index`-th id of `rows`: the token whose logit lies at `index` when logits are packed in
/// the order of `rows`.
pub fn nth(rows: &[Range<u32>], index: usize) -> Option<u32> {
    rows.iter().flat_map(Range::clone).nth(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn touching_ranges_become_one() {
        let mut rows = RowSet::default();
        for range in [10..20, 30..40, 5..6, 20..30, 7..7] {
            rows.insert_range(range);
        }
        assert_eq!(rows.as_slice(), [5..6, 10..40]);
        assert_eq!(nth(rows.as_slice(), 1), Some(10));
        assert_eq!(nth(rows.as_slice(), 31), None);
    }

    proptest! {
        #[test]
        fn rows_are_a_set_of_ids(
            ranges in prop::collection::vec((0u32..60, 0u32..8), 0..12)
        ) {
            let mut rows = RowSet::default();
            let mut set = BTreeSet::new();
            for (start, length) in ranges {
                rows.insert_range(start..start + length);
                set.extend(start..start + length);
            }
            let rows = rows.as_slice();
            prop_assert_eq!(count(rows), set.len());
            prop_assert!(rows.windows(2).all(|pair| pair[0].end < pair[1].start));
            for id in 0..70 {
                prop_assert_eq!(contains(rows, id), set.contains(&id));
            }
            for (index, &id) in set.iter().enumerate() {
                prop_assert_eq!(nth(rows, index), Some(id));
            }
        }
    }
}
