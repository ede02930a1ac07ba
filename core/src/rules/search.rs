//! Finding an item by typing its name: prefixes, typing errors, missing accents.

use std::collections::BTreeMap;

use super::index::{Word, mask};
use super::item::Item;
use super::pack::RulePack;
use super::text::fold;

/// An item found, and by which of its words.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit<'a> {
    /// The item.
    pub item: &'a Item,
    /// The name or alias that matched.
    pub word: &'a str,
    /// How far off the word is: 0 for the same word in the asked language, more for worse.
    pub distance: usize,
}

/// Words of a language other than the asked one still match, but come after.
const OTHER_LANGUAGE: usize = 1;

impl RulePack {
    /// Items whose name or alias starts with, contains or resembles `query`, best first. Words in
    /// `language` come before equally good ones in others.
    pub fn search(&self, query: &str, language: &str) -> Vec<Hit<'_>> {
        let query = Query::new(&fold(query));
        if query.letters.is_empty() {
            return Vec::new();
        }
        let language = self.language(language);
        let mut best: BTreeMap<usize, Hit<'_>> = BTreeMap::new();
        for word in &self.index.words {
            let Some(distance) = query.distance(word) else { continue };
            let item = &self.items[word.item];
            let Some((of, text)) = item.words().nth(word.nth) else { continue };
            let other = if of == language { 0 } else { OTHER_LANGUAGE };
            let hit = Hit { item, word: text, distance: distance * 2 + other };
            let known = best.entry(word.item).or_insert_with(|| hit.clone());
            if hit.distance < known.distance {
                *known = hit;
            }
        }
        let mut hits: Vec<_> = best.into_values().collect();
        hits.sort_by_key(|hit| (hit.distance, hit.word.chars().count()));
        hits
    }
}

/// What was typed, ready to be compared.
struct Query {
    letters: Vec<char>,
    mask: u64,
}

impl Query {
    fn new(folded: &str) -> Self {
        let letters: Vec<char> = folded.chars().collect();
        Self { mask: mask(&letters), letters }
    }

    /// 0 same, 1 start of the word, 2 start of a later word, 3 inside, 4 and more with typing
    /// errors.
    fn distance(&self, word: &Word) -> Option<usize> {
        // Each letter the word lacks is at least one error: most words are out at once.
        let lacking = (self.mask & !word.mask).count_ones() as usize;
        if lacking > self.allowed() {
            return None;
        }
        let (wanted, word) = (&self.letters, &word.letters);
        let starts = || (0..word.len()).filter(|&at| at == 0 || word[at - 1] == ' ');
        let at = match lacking {
            0 => (0..word.len()).find(|&at| word[at..].starts_with(wanted)),
            _ => None,
        };
        match at {
            Some(0) if word.len() == wanted.len() => Some(0),
            Some(0) => Some(1),
            Some(_) if starts().any(|start| word[start..].starts_with(wanted)) => Some(2),
            // A single letter inside a word says nothing, a single ideograph does.
            Some(_) if wanted.len() > 1 || !wanted[0].is_ascii() => Some(3),
            _ => starts().filter_map(|start| self.typing_errors(&word[start..])).min(),
        }
    }

    /// How many typing errors are forgiven: few in short words, which soon mean something else.
    fn allowed(&self) -> usize {
        match self.letters.len() {
            0..=3 => 0,
            4..=7 => 1,
            _ => 2,
        }
    }

    /// 3 + number of errors between the query and the nearest beginning of `word`, if they are
    /// few for the length.
    fn typing_errors(&self, word: &[char]) -> Option<usize> {
        let allowed = self.allowed();
        // What lies beyond the query's length and its errors cannot change the distance.
        let reach = word.len().min(self.letters.len() + allowed);
        let errors = prefix_distance(&self.letters, &word[..reach]);
        (errors <= allowed).then_some(3 + errors)
    }
}

/// Least number of insertions, deletions, substitutions and swaps of neighbours that turn
/// `wanted` into a beginning of `word` (optimal string alignment distance).
fn prefix_distance(wanted: &[char], word: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=word.len()).collect();
    for (row, letter) in wanted.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in word.iter().enumerate() {
            let substituted = above[column] + usize::from(letter != other);
            let mut least = substituted.min(above[column + 1] + 1).min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && *letter == word[column - 1] && wanted[row - 1] == *other;
            if swapped {
                least = least.min(before[column - 1] + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut above, current);
    }
    above.into_iter().min().unwrap_or(wanted.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(wanted: &str, word: &str) -> Option<usize> {
        let letters: Vec<char> = fold(word).chars().collect();
        Query::new(&fold(wanted)).distance(&Word { item: 0, nth: 0, mask: mask(&letters), letters })
    }

    #[test]
    fn better_matches_score_lower() {
        assert_eq!(score("karton", "Karton"), Some(0));
        assert_eq!(score("kar", "Karton"), Some(1));
        assert_eq!(score("dose", "Alu-Dose"), Some(2));
        assert_eq!(score("flasche", "Glasflasche"), Some(3));
        assert_eq!(score("kratonschachtel", "Kartonschachtel"), Some(4));
        assert_eq!(score("battrei", "Batterie"), Some(4));
        assert_eq!(score("xyz", "Karton"), None);
    }

    #[test]
    fn short_queries_allow_no_typing_errors() {
        assert_eq!(score("pat", "PET-Flasche"), None);
        assert_eq!(score("瓶", "ガラス瓶"), Some(3));
        assert_eq!(score("a", "Glas"), None);
    }

    #[test]
    fn a_prefix_may_itself_be_mistyped() {
        assert_eq!(prefix_distance(&['k', 'a', 't'], &['k', 'a', 'r', 't', 'o', 'n']), 1);
        assert_eq!(prefix_distance(&['a', 'b'], &['b', 'a']), 1);
        assert_eq!(prefix_distance(&['a'], &[]), 1);
    }

    #[test]
    fn items_are_found_by_mistyped_foreign_and_unaccented_words() {
        let pack = crate::rules::fixtures::zurich();
        let found = |query, language| {
            pack.search(query, language).first().map(|hit| hit.item.id.clone()).unwrap_or_default()
        };
        assert_eq!(found("batterie", "de"), "battery");
        assert_eq!(found("batery", "en"), "battery");
        assert_eq!(found("joghurtbecher", "en"), "yoghurt-cup");
        assert_eq!(found("parfumflasche", "de"), "perfume-bottle");
        assert_eq!(found("tetra", "de"), "drink-carton");
        assert_eq!(found("qqqqq", "de"), "");
    }

    #[test]
    fn japanese_words_are_found_by_any_script() {
        let pack = RulePack::from_files(crate::rules::fixtures::bundled("jp/shibuya")).unwrap();
        let found = |query| pack.search(query, "ja").first().map(|hit| hit.item.id.clone());
        let battery = found("電池");
        assert!(battery.is_some());
        for spelling in ["でんち", "デンチ", "denchi", "ﾃﾞﾝﾁ"] {
            let ids: Vec<_> =
                pack.search(spelling, "ja").into_iter().map(|hit| hit.item.id.clone()).collect();
            assert!(battery.as_ref().is_some_and(|id| ids.contains(id)), "{spelling}: {ids:?}");
        }
    }

    #[test]
    fn words_of_the_asked_language_come_first() {
        let pack = crate::rules::fixtures::zurich();
        let words = |language| pack.search("thermometer", language)[0].distance;
        assert_eq!((words("de"), words("en")), (0, 0));
        assert_eq!(pack.search("Altmetall", "de")[0].distance, 0);
        assert_eq!(pack.search("Altmetall", "en")[0].distance, OTHER_LANGUAGE);
    }
}
