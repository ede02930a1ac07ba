//! The command line, one argument after the other.

use std::path::PathBuf;

use crate::failure::{Failure, Result};

/// What follows the task's name.
pub struct Args(std::vec::IntoIter<String>);

impl Args {
    /// Arguments in order.
    pub fn new(args: Vec<String>) -> Self {
        Self(args.into_iter())
    }

    /// The next argument; `--help` answers with `usage` instead.
    ///
    /// # Errors
    /// The usage, when it was asked for.
    pub fn next(&mut self, usage: &str) -> Result<Option<String>> {
        match self.0.next() {
            Some(arg) if arg == "--help" || arg == "-h" => Err(Failure::new(usage)),
            other => Ok(other),
        }
    }

    /// The value that follows `option`.
    ///
    /// # Errors
    /// If there is none.
    pub fn text(&mut self, option: &str) -> Result<String> {
        self.0.next().ok_or_else(|| Failure::new(format!("{option} wants a value")))
    }

    /// The path that follows `option`.
    ///
    /// # Errors
    /// If there is none.
    pub fn path(&mut self, option: &str) -> Result<PathBuf> {
        Ok(self.text(option)?.into())
    }

    /// The whole number that follows `option`.
    ///
    /// # Errors
    /// If there is none.
    pub fn number(&mut self, option: &str) -> Result<usize> {
        let text = self.text(option)?;
        text.parse()
            .map_err(|_| Failure::new(format!("{option} wants a whole number, not {text:?}")))
    }

    /// An argument that is no option.
    ///
    /// # Errors
    /// If it looks like one.
    pub fn positional(&self, arg: &str, usage: &str) -> Result<PathBuf> {
        if arg.starts_with("--") {
            return Err(Failure::new(format!("unknown option {arg}; {usage}")));
        }
        Ok(arg.into())
    }
}
