//! The words of both apps, in English and German.

use std::collections::BTreeSet;
use std::path::Path;

use super::rows;
use crate::failure::{Failure, Result};

/// One wording.
pub struct Word {
    /// What the apps know it by; `.one` and `.other` at its end are the two forms of a count.
    pub key: String,
    /// `both`, `android` or `ios`.
    pub apps: String,
    /// With gaps `{1}`, `{2}` for what is filled in.
    pub en: String,
    /// With the same gaps.
    pub de: String,
}

/// All of them, in the order of the list.
pub struct Glossary(pub Vec<Word>);

impl Glossary {
    /// Reads the list.
    ///
    /// # Errors
    /// If it cannot be read, a row is not whole, a key stands there twice, the two languages leave
    /// different gaps, or a count has only one of its forms.
    pub fn read(path: &Path) -> Result<Self> {
        let word = |cells: Vec<String>| {
            let [key, apps, en, de] = <[String; 4]>::try_from(cells).expect("four cells");
            Word { key, apps, en, de }
        };
        let words: Vec<Word> = rows(path, 4)?.into_iter().map(word).collect();
        let mut keys = BTreeSet::new();
        let fault = words.iter().find_map(|word| {
            let twice = !keys.insert(word.key.clone());
            let app = !["both", "android", "ios"].contains(&word.apps.as_str());
            let gaps = gaps(&word.en) != gaps(&word.de);
            (twice || app || gaps).then_some(&word.key)
        });
        let lonely = keys.iter().find(|key| {
            let other = key.strip_suffix(".one").map(|stem| format!("{stem}.other"));
            let one = key.strip_suffix(".other").map(|stem| format!("{stem}.one"));
            other.or(one).is_some_and(|form| !keys.contains(&form))
        });
        match fault.or(lonely) {
            Some(key) => Err(Failure::new(format!("{}: {key}", path.display()))),
            None => Ok(Self(words)),
        }
    }

    /// The words of one app: `android` or `ios`.
    pub fn of<'a>(&'a self, app: &'a str) -> impl Iterator<Item = &'a Word> {
        self.0.iter().filter(move |word| word.apps == app || word.apps == "both")
    }
}

/// The gaps of a wording, `1` to `9`.
pub fn gaps(text: &str) -> BTreeSet<char> {
    let parts = text.split('{').skip(1);
    parts.filter_map(|part| part.chars().next().filter(|_| part[1..].starts_with('}'))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Result<Glossary> {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("strings.tsv");
        std::fs::write(&list, format!("key\tapps\ten\tde\n{lines}")).unwrap();
        Glossary::read(&list)
    }

    #[test]
    fn a_list_that_would_mislead_is_refused() {
        assert_eq!(read("a\tios\tA {1}\tB {1}\nb\tboth\tB\tC\n").unwrap().of("android").count(), 1);
        for (wrong, lines) in [
            ("the same key twice", "a\tboth\tA\tA\na\tboth\tB\tB\n"),
            ("another gap", "a\tboth\tA {1}\tA {2}\n"),
            ("an unknown app", "a\twatch\tA\tA\n"),
            ("a count without its other form", "a.one\tboth\tA\tA\n"),
        ] {
            assert!(read(lines).is_err(), "{wrong}");
        }
    }
}
