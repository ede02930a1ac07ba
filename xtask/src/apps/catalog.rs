//! The words in the form Apple's tools read: string catalogs, and the names of their keys.
//!
//! Format: <https://developer.apple.com/documentation/xcode/localizing-and-varying-text-with-a-string-catalog>

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::Made;
use super::glossary::{Glossary, Word};

const RESOURCES: &str = "ios/SorterKit/Sources/SorterKit/Resources/Localizable.xcstrings";
const KEYS: &str = "ios/SorterKit/Sources/SorterKit/Words/Key.swift";
const INFO: &str = "ios/App/Support/InfoPlist.xcstrings";

/// The catalogs of the iOS app and its list of keys.
pub fn made(root: &Path, glossary: &Glossary) -> [Made; 3] {
    let (system, own): (Vec<_>, Vec<_>) = glossary.of("ios").partition(|word| is_of_system(word));
    let file = |path: &str, text| Made { path: root.join(path), text };
    [file(RESOURCES, catalog(&own)), file(INFO, catalog(&system)), file(KEYS, keys(&own))]
}

/// Whether the system itself shows it, under a key of Apple's.
fn is_of_system(word: &Word) -> bool {
    word.key.starts_with("NS")
}

fn catalog(words: &[&Word]) -> String {
    let unit = |text: &str| json!({"stringUnit": {"state": "translated", "value": apple(text)}});
    let entry = |word: &&Word| {
        let texts = json!({"de": unit(&word.de), "en": unit(&word.en)});
        (word.key.clone(), json!({"extractionState": "manual", "localizations": texts}))
    };
    let mut sorted: Vec<_> = words.iter().map(entry).collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let strings: Map<String, Value> = sorted.into_iter().collect();
    format!("{:#}\n", json!({"sourceLanguage": "en", "strings": strings, "version": "1.0"}))
}

/// Gaps as Foundation writes them: `{1}` → `%1$@`.
fn apple(text: &str) -> String {
    (1..=9).fold(text.to_owned(), |text, n| text.replace(&format!("{{{n}}}"), &format!("%{n}$@")))
}

fn keys(words: &[&Word]) -> String {
    let mut text = String::from(
        "/// The words of the app, by the names both apps give them. Written by `cargo xtask apps` from apps/strings.tsv.\n\
         public enum Key: String, CaseIterable, Sendable {\n",
    );
    let mut names: Vec<_> = words.iter().map(|word| (camel(&word.key), &word.key)).collect();
    names.sort();
    for (name, key) in names {
        let _ = match name == *key {
            true => writeln!(text, "  case {name}"),
            false => writeln!(text, "  case {name} = \"{key}\""),
        };
    }
    text + "}\n"
}

/// `found.one` → `foundOne`.
pub fn camel(key: &str) -> String {
    let mut words = key.split(['_', '.']);
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        name + &letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default()
            + letters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::bundled;

    #[test]
    fn a_key_and_its_gaps_are_turned_into_apples() {
        assert_eq!(camel("next_no_dates"), "nextNoDates");
        assert_eq!(camel("found.one"), "foundOne");
        assert_eq!(apple("from {1} until {2}"), "from %1$@ until %2$@");
    }

    #[test]
    fn every_word_of_the_app_is_used() {
        let root = bundled::root().join("ios");
        let glossary = Glossary::read(&bundled::root().join("apps/strings.tsv")).unwrap();
        let mut sources = String::new();
        for folder in ["SorterKit/Sources", "App", "Widget", "Share"] {
            collect(&root.join(folder), &mut sources);
        }
        let used: Vec<&str> = sources.split(|c: char| !c.is_alphanumeric() && c != '.').collect();
        for word in glossary.of("ios").filter(|word| !is_of_system(word)) {
            let name = format!(".{}", camel(&word.key));
            assert!(used.iter().any(|text| text.ends_with(&name)), "nothing says {}", word.key);
        }
    }

    fn collect(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, text);
            } else if path.extension().is_some_and(|e| e == "swift") && !path.ends_with("Key.swift")
            {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
}
