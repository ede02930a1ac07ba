//! What can be wrong with a rule pack.

use std::fmt;

/// Why a rule pack was not opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file the pack cannot do without.
    #[error("{0}: missing; fetch the rule pack again")]
    MissingFile(&'static str),
    /// A file no reader knows: most likely a misspelt name whose rows would silently be lost.
    #[error("{0}: not a file of a rule pack; take it out, or give it its right name")]
    UnknownFile(String),
    /// A file far longer than any town's table.
    #[error("{file}: longer than {} MB; split the pack", limit >> 20)]
    TooLong {
        /// Name of the file inside the pack's folder.
        file: String,
        /// Most bytes a file may have.
        limit: usize,
    },
    /// More of something than any town has.
    #[error("{file}: too many {what}, at most {limit} are read; split the pack")]
    TooMany {
        /// Name of the file inside the pack's folder.
        file: String,
        /// Of what.
        what: String,
        /// How many there may be.
        limit: usize,
    },
    /// Written for a later engine.
    #[error("pack.json: the pack has schema {found}, this engine reads {here}; update the app")]
    TooNew {
        /// The pack's schema.
        found: u32,
        /// The one that is read.
        here: u32,
    },
    /// Not JSON, or not of the expected shape; the source names line and column.
    #[error("{file}: {source}; mend the file, or fetch the rule pack again")]
    Json {
        /// Name of the file inside the pack's folder.
        file: String,
        /// What serde found, with line and column.
        source: serde_json::Error,
    },
    /// Well-formed, but it does not hold together.
    #[error("{} problems, the first: {}; the pack's author must mend them", .0.len(), .0[0])]
    Invalid(Vec<Finding>),
}

/// One thing wrong with a pack, and where to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Name of the file inside the pack's folder.
    pub file: &'static str,
    /// Id of the row; empty for the file as a whole.
    pub row: String,
    /// Field of the row; empty for the row as a whole.
    pub field: &'static str,
    /// What is wrong, as a sentence for the pack's author.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file)?;
        if !self.row.is_empty() {
            write!(out, ": {}", self.row)?;
        }
        if !self.field.is_empty() {
            write!(out, ".{}", self.field)?;
        }
        write!(out, ": {}", self.message)
    }
}
