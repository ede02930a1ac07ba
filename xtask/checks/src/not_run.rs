//! Tests that lack something on this machine. For cargo they have passed, and it hides what they
//! print: so they write down why they did not run, and `cargo xtask test` says it at the end.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::{env, thread};

/// The environment's name for the file in which tests write.
const LIST: &str = "KERBSIDE_NOT_RUN";

/// Says that the running test cannot do what it is for, and why.
///
/// # Panics
/// If it cannot be written down.
pub fn not_run(why: impl Display) {
    println!("not run: {why}");
    if let Some(list) = env::var_os(LIST) {
        let current = thread::current();
        let test = current.name().unwrap_or("a test");
        append(Path::new(&list), test, &why.to_string()).expect("the list is open for writing");
    }
}

/// One line in one call, so that tests that write at the same time do not mix.
fn append(list: &Path, test: &str, why: &str) -> io::Result<()> {
    let mut file = File::options().create(true).append(true).open(list)?;
    file.write_all(format!("{test}: {}\n", why.replace('\n', " ")).as_bytes())
}

/// The file that the tests of one check write in.
pub(crate) struct List(PathBuf);

impl List {
    /// An empty one for a check.
    ///
    /// # Errors
    /// If the one before cannot be taken away.
    pub fn begin(folder: &Path, check: &str) -> io::Result<Self> {
        let path = folder.join(format!("not-run-{check}.txt"));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self(path)),
        }
    }

    /// What a test's environment must have.
    pub fn variable(&self) -> (&'static str, &Path) {
        (LIST, &self.0)
    }

    /// The tests that did not run, each with its reason.
    pub fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_run_is_listed_with_its_reason() {
        let folder = env::temp_dir().join(format!("kerbside-not-run-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let list = List::begin(&folder, "tests").unwrap();
        assert_eq!(list.lines(), Vec::<String>::new());
        append(list.variable().1, "photos::real", "no folder\nof photos").unwrap();
        append(list.variable().1, "disk::full", "no mounts").unwrap();
        assert_eq!(list.lines(), ["photos::real: no folder of photos", "disk::full: no mounts"]);
        assert_eq!(List::begin(&folder, "tests").unwrap().lines(), Vec::<String>::new());
        fs::remove_dir_all(&folder).unwrap();
    }
}
