//! One clear line for whatever went wrong, and exit code 2.

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;

/// A task's result.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why a task stopped, in words for the person who started it.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure in our own words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// An input or output failure, naming the file.
    pub fn io(path: &Path, error: &std::io::Error) -> Self {
        Self(format!("{}: {error}", path.display()))
    }

    /// What was being done, before the reason.
    #[must_use]
    pub fn during(self, what: impl fmt::Display) -> Self {
        Self(format!("{what}: {}", self.0))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Any error with its sources becomes one line.
impl<E: StdError> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut words = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            let inner_words = inner.to_string();
            // Transparent errors repeat their source's words.
            if !words.contains(&inner_words) {
                words = format!("{words}: {inner_words}");
            }
            source = inner.source();
        }
        Self(words.replace('\n', " "))
    }
}
