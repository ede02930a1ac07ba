//! What both apps can do: one list, a table in each README.

use std::fmt::Write as _;
use std::path::Path;

use super::{Made, read as text_of, rows};
use crate::failure::{Failure, Result};

const BEGIN: &str = "<!-- features: written by `cargo xtask apps` from apps/features.tsv -->\n";
const END: &str = "<!-- features end -->";
/// In the list: nothing special on this system.
const SAME: &str = "=";
/// In the list: this system does not do it.
const NONE: &str = "-";

/// One thing a person can do.
pub struct Feature {
    screen: String,
    words: String,
    /// How Android does it, where that is special.
    pub android: String,
    /// How iOS does it, where that is special.
    pub ios: String,
}

/// Reads the list.
///
/// # Errors
/// If it cannot be read or a row is not whole.
pub fn read(path: &Path) -> Result<Vec<Feature>> {
    let feature = |cells: Vec<String>| {
        let [screen, words, android, ios] = <[String; 4]>::try_from(cells).expect("four cells");
        Feature { screen, words, android, ios }
    };
    Ok(rows(path, 4)?.into_iter().map(feature).collect())
}

/// The README with the table of one system between its marks.
///
/// # Errors
/// If it cannot be read or the marks are not there.
pub fn in_readme(
    path: &Path,
    features: &[Feature],
    own: impl Fn(&Feature) -> &String,
) -> Result<Made> {
    let text = text_of(path)?;
    let parts = text.split_once(BEGIN).and_then(|(head, rest)| Some((head, rest.split_once(END)?)));
    let (head, (_, tail)) =
        parts.ok_or_else(|| Failure::new(format!("{}: no features' marks", path.display())))?;
    Ok(Made {
        path: path.to_owned(),
        text: format!("{head}{BEGIN}{}{END}{tail}", table(features, own)),
    })
}

fn table(features: &[Feature], own: impl Fn(&Feature) -> &String) -> String {
    let mut text = String::from("| Screen | What it does |\n|---|---|\n");
    let mut screen = "";
    for feature in features.iter().filter(|feature| own(feature) != NONE) {
        let name = if feature.screen == screen { "" } else { &feature.screen };
        screen = &feature.screen;
        let _ = match own(feature).as_str() {
            SAME => writeln!(text, "| {name} | {} |", feature.words),
            own => writeln!(text, "| {name} | {} ({own}) |", feature.words),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_between_its_marks_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let readme = folder.path().join("README.md");
        std::fs::write(&readme, format!("before\n{BEGIN}old\n{END}\nafter\n")).unwrap();
        let feature = |words: &str, ios: &str| Feature {
            screen: "Camera".to_owned(),
            words: words.to_owned(),
            android: SAME.to_owned(),
            ios: ios.to_owned(),
        };
        let features =
            [feature("light", SAME), feature("alarm", NONE), feature("choose", "picker")];
        let made = in_readme(&readme, &features, |f| &f.ios).unwrap();
        let table =
            "| Screen | What it does |\n|---|---|\n| Camera | light |\n|  | choose (picker) |\n";
        assert_eq!(made.text, format!("before\n{BEGIN}{table}{END}\nafter\n"));

        std::fs::write(&readme, "no marks").unwrap();
        assert!(in_readme(&readme, &features, |f| &f.ios).is_err());
    }
}
