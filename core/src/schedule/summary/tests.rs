//! Own titles, and the share that is right of titles that were collected from real calendars.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use checks::not_run::not_run;

use super::*;

#[track_caller]
fn assert_means(title: &str, meaning: &str) {
    assert_eq!(suggest(title, "").to_string(), meaning, "{title}");
}

#[test]
fn the_table_is_well_formed() {
    const STREAMS: [&str; 11] = [
        "residual",
        "organic",
        "paper",
        "glass",
        "plastic-metal packaging",
        "bulky",
        "hazardous",
        "textiles",
        "garden",
        "christmas-tree",
        "other",
    ];
    let rows = include_str!("words.tsv").lines().skip(1);
    let mut languages = BTreeSet::new();
    for row in rows {
        let columns: Vec<&str> = row.split('\t').collect();
        assert_eq!(columns.len(), 3, "{row}");
        let known = ["nothing", "not"].contains(&columns[1])
            || columns[1].split(" + ").all(|stream| STREAMS.contains(&stream));
        assert!(known, "{row}");
        languages.insert(columns[0]);
    }
    assert_eq!(languages.len(), 11);
    assert!(WORDS.iter().all(|word| !word.text.is_empty()));
}

#[test]
fn several_streams_keep_the_order_of_the_title() {
    assert_means("Glas + Papier/Bio", "glass + paper + organic");
    assert_means("Pappe, Papier", "paper");
}

#[test]
fn negations_are_not_taken_for_what_they_negate() {
    assert_means("Biotonne, keine Gartenabfälle", "organic");
    assert_means("Non Recyclable", "residual");
    assert_means("no glass", "unsure");
    assert_means("不燃ごみ", "other");
    assert_means("びん以外", "unsure");
}

#[test]
fn what_is_no_collection_says_so() {
    for title in [
        "Feiertag: keine Abfuhr",
        "Anmeldeschluss Sperrmüll",
        "Bank Holiday",
        "祝日",
        "Termin płatności",
        "No collection (paper)",
    ] {
        assert_means(title, "not a collection");
    }
}

#[test]
fn brackets_explain_and_only_count_alone() {
    assert_means("Restmüll (kein Papier, Glas)", "residual");
    assert_means("Abholung (Papier)", "paper");
}

#[test]
fn colours_alone_are_not_guessed() {
    for title in ["Grey wheelie bin", "Poubelle verte", "Bins", "", "🗑️", "%&/("] {
        assert_means(title, "unsure");
    }
}

#[test]
fn the_description_helps_a_silent_title() {
    assert_eq!(suggest("Bins", "food waste, paper sack").to_string(), "organic + paper");
    assert_eq!(suggest("Glass", "paper").to_string(), "glass");
}

#[test]
fn entities_and_soft_hyphens_do_not_split_words() {
    assert_means("Grünrück&shy;stände", "garden");
    assert_means("Weihnachts\u{ad}bäume", "christmas-tree");
}

/// The titles may not be copied; they lie in `calendars` of the folder `KERBSIDE_SHARED` names.
#[test]
fn most_real_titles_are_understood() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("KERBSIDE_SHARED").map_or(beside, std::path::PathBuf::from);
    let folder = shared.join("calendars");
    let Ok(table) = std::fs::read_to_string(folder.join("summaries.tsv")) else {
        return not_run(format_args!("no {}/summaries.tsv", folder.display()));
    };
    let mut shares: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for row in table.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [title, language, _, expected, _, note] = columns[..6] else { panic!("{row}") };
        let found = suggest(&title.replace("\\\\", ""), "");
        let right = match &found {
            Suggestion::Streams(streams) => {
                let expected: BTreeSet<&str> = expected.split(" + ").collect();
                streams.iter().copied().collect::<BTreeSet<_>>() == expected
            }
            Suggestion::Unsure => note.contains("unsure"),
            Suggestion::NotACollection => expected == "other",
        };
        let share = shares.entry(language).or_default();
        share.1 += 1;
        share.0 += usize::from(right);
        if !right {
            println!("{language} {title}: {found}, expected {expected}");
        }
    }
    let (right, all) = shares.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    for (language, (right, all)) in &shares {
        println!("{language} {right}/{all}");
    }
    println!("all {right}/{all}");
    assert!(right * 100 >= all * 85, "{right} of {all}");
}
