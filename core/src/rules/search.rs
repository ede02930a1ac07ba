//! Finding an item by typing its name: prefixes, typing errors, missing accents.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::edits::prefix_distance;
use super::index::{Counts, Word};
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

/// A name or alias that resembles what was asked for.
pub(crate) struct Like<'a> {
    /// Its item.
    pub item: &'a Item,
    /// The word as the pack writes it.
    pub written: &'a str,
    /// Its letters as they are compared: folded, a second time in Latin ones where it is kana.
    pub letters: String,
    /// How far off it is, 0 for the same word.
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
            let Some(hit) = self.hit(word, distance, language) else { continue };
            match best.entry(word.item) {
                Entry::Vacant(free) => drop(free.insert(hit)),
                Entry::Occupied(mut known) if hit.distance < known.get().distance => {
                    known.insert(hit);
                }
                Entry::Occupied(_) => {}
            }
        }
        let mut hits: Vec<_> = best.into_values().collect();
        hits.sort_by_cached_key(|hit| (hit.distance, hit.word.chars().count()));
        hits
    }

    /// All names and aliases that [`Self::search`] would find an item by, in the order of the file.
    /// `folded` is what [`fold`] makes of what is asked for.
    pub(crate) fn words_like(&self, folded: &str) -> impl Iterator<Item = Like<'_>> {
        let query = Query::new(folded);
        self.index.words.iter().filter_map(move |word| {
            let distance = query.distance(word)?;
            let item = &self.items[word.item];
            let (_, written) = item.words().nth(*word.nth.first()?)?;
            Some(Like { item, written, letters: word.letters.iter().collect(), distance })
        })
    }

    /// The word as it is written, in the asked language if that has it.
    fn hit(&self, word: &Word, distance: usize, language: &str) -> Option<Hit<'_>> {
        let item = &self.items[word.item];
        let written = item.words().enumerate().filter(|(nth, _)| word.nth.contains(nth));
        let (_, (of, text)) = written.min_by_key(|(_, (of, _))| *of != language)?;
        let other = if of == language { 0 } else { OTHER_LANGUAGE };
        Some(Hit { item, word: text, distance: distance * 2 + other })
    }
}

/// What was typed, ready to be compared.
struct Query {
    letters: Vec<char>,
    counts: Counts,
}

impl Query {
    fn new(folded: &str) -> Self {
        let letters: Vec<char> = folded.chars().collect();
        Self { counts: Counts::of(&letters), letters }
    }

    /// 0 same, 1 start of the word, 2 start of a later word, 3 inside, 4 and more with typing
    /// errors.
    fn distance(&self, word: &Word) -> Option<usize> {
        // Each letter the word lacks is at least one error: most words are out at once.
        let lacking = self.counts.beyond(&word.counts);
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
        let errors = prefix_distance(&self.letters, &word[..reach], allowed)?;
        Some(3 + errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(wanted: &str, word: &str) -> Option<usize> {
        let letters: Vec<char> = fold(word).chars().collect();
        Query::new(&fold(wanted)).distance(&Word {
            item: 0,
            nth: vec![0],
            counts: Counts::of(&letters),
            letters,
        })
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
