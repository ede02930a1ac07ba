//! `cargo xtask apps`: what both phone apps share. `apps/strings.tsv` are their words and
//! `apps/features.tsv` is what they can do; the tables in their READMEs, the string catalogs of
//! the iOS app and the names of its keys are written from these.

use std::fs;
use std::path::{Path, PathBuf};

use crate::args::Args;
use crate::bundled;
use crate::failure::{Failure, Result};

pub mod android;
pub mod catalog;
pub mod features;
pub mod glossary;

use glossary::Glossary;

const USAGE: &str = "cargo xtask apps: writes the apps' shared tables and words anew";

/// A file that is made from the shared lists, and what it has to say.
pub struct Made {
    /// Where it lies.
    pub path: PathBuf,
    /// The whole file.
    pub text: String,
}

impl Made {
    /// Whether the file says just that.
    pub fn is_current(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|text| text == self.text)
    }
}

/// Runs the task.
pub fn run(mut args: Args) -> Result<()> {
    if args.next(USAGE)?.is_some() {
        return Err(Failure::new(USAGE));
    }
    for made in all(&bundled::root())? {
        if !made.is_current() {
            fs::write(&made.path, &made.text).map_err(|e| Failure::io(&made.path, &e))?;
            println!("{}", made.path.display());
        }
    }
    Ok(())
}

/// Every file made from the shared lists of the repository at `root`.
///
/// # Errors
/// If a list or a README cannot be read or is not what it should be.
pub fn all(root: &Path) -> Result<Vec<Made>> {
    let glossary = Glossary::read(&root.join("apps/strings.tsv"))?;
    let rows = features::read(&root.join("apps/features.tsv"))?;
    let mut made = vec![
        features::in_readme(&root.join("android/README.md"), &rows, |row| &row.android)?,
        features::in_readme(&root.join("ios/README.md"), &rows, |row| &row.ios)?,
    ];
    made.extend(catalog::made(root, &glossary));
    Ok(made)
}

/// A file of the repository as text.
fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| Failure::io(path, &e))
}

/// The rows of a tab-separated list: its first line names the columns, lines with `#` say what
/// follows.
fn rows(path: &Path, columns: usize) -> Result<Vec<Vec<String>>> {
    let text = read(path)?;
    let lines = text.lines().enumerate().skip(1).filter(|(_, line)| !line.starts_with('#'));
    let row = |(at, line): (usize, &str)| {
        let cells: Vec<_> = line.split('\t').map(str::to_owned).collect();
        let whole = cells.len() == columns && cells.iter().all(|cell| !cell.trim().is_empty());
        let words = || format!("{}:{}: wants {columns} cells", path.display(), at + 1);
        if whole { Ok(cells) } else { Err(Failure::new(words())) }
    };
    lines.map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_from_the_shared_lists_is_current() {
        for made in all(&bundled::root()).unwrap() {
            assert!(made.is_current(), "run `cargo xtask apps`: {}", made.path.display());
        }
    }

    #[test]
    fn a_row_with_a_missing_cell_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.tsv");
        fs::write(&list, "a\tb\n# a group\n1\t2\n3\t \n").unwrap();
        let words = rows(&list, 2).unwrap_err().to_string();
        assert!(words.contains("list.tsv:4"), "{words}");
    }
}
