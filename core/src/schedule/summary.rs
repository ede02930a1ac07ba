//! The title of a calendar's event → the streams it probably means.
//!
//! A suggestion, made from the usual words of eleven languages (`summary/words.tsv`): the person
//! who imports a calendar confirms it. Titles mix languages, so all words are tried at once, the
//! longest first: "non recyclable" is found before "recyclable" can be.
//!
//! In the table `word` is a whole word, `word*` the beginning of one, `*word*` any part. Scripts
//! that write no blanks match anywhere. The meaning "nothing" marks entries that are no
//! collections, "not" the words that negate the next one.

use std::fmt;
use std::sync::LazyLock;

use crate::rules::fold;
use crate::schedule::ics::tidy;

/// What an event may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suggestion {
    /// Names of the streams, in the order of the title, none twice.
    Streams(Vec<&'static str>),
    /// No word of the title is known, or only a colour, which each town uses in its own way.
    Unsure,
    /// A holiday, a deadline, opening hours: nothing is collected.
    NotACollection,
}

/// Streams joined by " + ", "unsure" or "not a collection".
impl fmt::Display for Suggestion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Streams(streams) => out.write_str(&streams.join(" + ")),
            Self::Unsure => out.write_str("unsure"),
            Self::NotACollection => out.write_str("not a collection"),
        }
    }
}

/// Guesses the streams from the title; from the description only if the title says nothing.
pub fn suggest(title: &str, description: &str) -> Suggestion {
    match of_text(title) {
        Suggestion::Unsure => of_text(description),
        found => found,
    }
}

fn of_text(text: &str) -> Suggestion {
    let text = tidy(text);
    // What stands in brackets explains: a colour, a place, what does not belong in.
    match of_words(&without_brackets(&text)) {
        Suggestion::Unsure => of_words(&text),
        found => found,
    }
}

fn of_words(text: &str) -> Suggestion {
    let mut rest = fold(text);
    let mut found: Vec<(usize, &Word)> = Vec::new();
    for word in WORDS.iter() {
        while let Some((start, end)) = word.find(&rest) {
            if word.meaning == Meaning::Nothing {
                return Suggestion::NotACollection;
            }
            // Negations stay in the text, for the word behind them.
            if word.meaning == Meaning::Not {
                break;
            }
            if !is_negated(&rest, start, end) {
                found.push((start, word));
            }
            // A found word is blotted out, so that no shorter one finds a part of it again.
            rest.replace_range(start..end, &"_".repeat(end - start));
        }
    }
    found.sort_by_key(|(start, _)| *start);
    let mut streams = Vec::new();
    for (_, word) in found {
        if let Meaning::Streams(names) = &word.meaning {
            streams
                .extend(names.iter().filter(|name| !streams.contains(*name)).collect::<Vec<_>>());
        }
    }
    if streams.is_empty() { Suggestion::Unsure } else { Suggestion::Streams(streams) }
}

/// Whether the word before says "no", or the letters behind say "other than".
fn is_negated(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].trim_end().rsplit(' ').next().unwrap_or_default();
    let negates = |word: &&Word| word.meaning == Meaning::Not && word.text == before;
    let behind = &text[end..];
    WORDS.iter().any(|word| negates(&word))
        || ["以外", "なし"].iter().any(|not| behind.starts_with(not))
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    text.chars()
        .filter(|letter| {
            match letter {
                '(' | '（' | '[' | '【' => depth += 1,
                ')' | '）' | ']' | '】' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

/// A row's word and what it means.
struct Word {
    text: String,
    meaning: Meaning,
    /// Whether it may stand behind, or before, other letters.
    open_start: bool,
    open_end: bool,
}

#[derive(PartialEq, Eq)]
enum Meaning {
    Streams(Vec<&'static str>),
    Nothing,
    Not,
}

impl Word {
    fn new(pattern: &str, meaning: &'static str) -> Self {
        let text = fold(pattern);
        // Kana, ideographs and hangul lie above the scripts that write blanks.
        let runs_on = text.starts_with(|letter| letter >= '\u{2e80}');
        let meaning = match meaning {
            "nothing" => Meaning::Nothing,
            "not" => Meaning::Not,
            streams => Meaning::Streams(streams.split(" + ").collect()),
        };
        let (open_start, open_end) =
            (runs_on || pattern.starts_with('*'), runs_on || pattern.ends_with('*'));
        Self { text, meaning, open_start, open_end }
    }

    /// Where it stands in a folded text.
    fn find(&self, text: &str) -> Option<(usize, usize)> {
        text.match_indices(&self.text).map(|(start, found)| (start, start + found.len())).find(
            |(start, end)| {
                (self.open_start || !text[..*start].ends_with(char::is_alphanumeric))
                    && (self.open_end || !text[*end..].starts_with(char::is_alphanumeric))
            },
        )
    }
}

/// The table, the longest words first.
static WORDS: LazyLock<Vec<Word>> = LazyLock::new(|| {
    let table: &'static str = include_str!("summary/words.tsv");
    let mut words: Vec<Word> = table
        .lines()
        .skip(1)
        .filter_map(|row| row.split_once('\t')?.1.split_once('\t'))
        .flat_map(|(meaning, words)| words.split(", ").map(|word| Word::new(word, meaning)))
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.text.chars().count()));
    words
});

#[cfg(test)]
mod tests;
