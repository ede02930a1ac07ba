//! Why nothing was imported.

use std::path::PathBuf;

use jiff::civil::Date;

/// Why nothing was imported. Each says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such folder, or it is a file.
    #[error("{}: no folder; name the one that holds area_days.csv and target.csv", .0.display())]
    NoFolder(PathBuf),
    /// A table without which there is nothing to import.
    #[error("{}: no 5374 folder: {table} is missing", folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The table.
        table: &'static str,
    },
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A table of a size no town needs.
    #[error("{}: {bytes} bytes; a table of more than 64 MiB is not read", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// Bytes that are no text.
    #[error("{}: neither UTF-8 nor CP932 text; save it again as UTF-8", .0.display())]
    Encoding(PathBuf),
    /// The CSV reader gave up.
    #[error("{}: {source}", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: csv::Error,
    },
    /// The table has no rows beyond its header.
    #[error("{0}: no rows; nothing to import")]
    NoRows(String),
    /// The kinds of waste stand in the header, and nowhere else.
    #[error("{0}: no header row; the kinds of waste are named nowhere")]
    NoHeader(String),
    /// No cell could be read.
    #[error("area_days.csv: no cell could be read as days of collection")]
    NoDays,
    /// Weekdays without any date.
    #[error(
        "the tables name weekdays but no date; say with --from and --until for which days they were published"
    )]
    NoPeriod,
    /// A period that ends before it begins.
    #[error("--until {until} is before --from {from}")]
    Backwards {
        /// First day.
        from: Date,
        /// Last day.
        until: Date,
    },
    /// The pack's place is taken.
    #[error("{} exists; remove it or choose another", .0.display())]
    Exists(PathBuf),
    /// An id with other letters than a pack may have.
    #[error("{0:?} cannot be the pack's id: use a-z, 0-9 and -; name one with --id")]
    Id(String),
    /// A language this task has no sentences for.
    #[error("--language {0}: only ja and en")]
    Language(String),
    /// Something that is no web address.
    #[error("--url {0:?}: write the address of the page the tables are from, with https://")]
    Url(String),
    /// An option that must say something.
    #[error("{0} must not be empty")]
    Blank(&'static str),
    /// What was made is not a pack: a mistake of this task.
    #[error("the imported pack does not hold together: {0}")]
    Pack(#[from] kerbside_core::rules::Error),
}
