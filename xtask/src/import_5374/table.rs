//! A CSV file as rows, whatever its encoding and separator.
//!
//! Forgiven: UTF-8 with and without byte order mark, UTF-16 with one, CP932 (what Japanese
//! spreadsheets write); `,` `;` or a tab between cells; line breaks inside quotes; rows of any
//! length; blank rows.

use std::fs;
use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8};

use super::error::Error;
use super::names::tidy;
use super::report::Findings;

const MAX_BYTES: u64 = 64 << 20;

/// A folder with tables.
pub(super) struct Folder(PathBuf);

/// The rows of one file, blank ones left out.
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
}

/// One row, its cells on one line each, without blanks around.
pub(super) struct Row {
    /// Line of the file the row begins on, from 1.
    pub(super) line: u64,
    cells: Vec<String>,
}

impl Row {
    /// The cell in this column; empty if the row ends before.
    pub(super) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// Every cell.
    pub(super) fn cells(&self) -> &[String] {
        &self.cells
    }
}

impl Folder {
    /// A folder that may hold tables.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        if path.is_dir() {
            Ok(Self(path.to_owned()))
        } else {
            Err(Error::NoFolder(path.to_owned()))
        }
    }

    /// A table without which there is nothing to import.
    pub(super) fn needed(&self, file: &'static str, found: &mut Findings) -> Result<Table, Error> {
        let table = self.table(file, found)?;
        table.ok_or_else(|| Error::Missing { folder: self.0.clone(), table: file })
    }

    /// A table towns may leave out.
    pub(super) fn table(
        &self,
        file: &'static str,
        found: &mut Findings,
    ) -> Result<Option<Table>, Error> {
        let path = self.0.join(file);
        if !path.exists() {
            return Ok(None);
        }
        let text = text(&path)?;
        if text.matches('"').count() % 2 == 1 {
            found.warn(
                file,
                None,
                None,
                "an odd number of quotation marks: rows may have run together",
            );
        }
        Ok(Some(Table { rows: rows(&path, &text)? }))
    }
}

fn text(path: &Path) -> Result<String, Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let bytes = fs::metadata(path).map_err(io)?.len();
    if bytes > MAX_BYTES {
        return Err(Error::TooLarge { path: path.to_owned(), bytes });
    }
    let bytes = fs::read(path).map_err(io)?;
    decode(&bytes).ok_or_else(|| Error::Encoding(path.to_owned()))
}

/// The text, if the bytes are one. CP932 comes last because almost any bytes could be meant by it.
fn decode(bytes: &[u8]) -> Option<String> {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let tried = marked.map_or_else(|| vec![UTF_8, SHIFT_JIS], |encoding| vec![encoding]);
    let text = tried.into_iter().find_map(|encoding| {
        let (text, wrong) = encoding.decode_with_bom_removal(bytes);
        (!wrong).then(|| text.into_owned())
    });
    // A zero byte is in no table: this is some other file with a table's name.
    text.filter(|text| !text.contains('\0'))
}

fn rows(path: &Path, text: &str) -> Result<Vec<Row>, Error> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(text))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut lines = Lines { text, byte: 0, line: 1 };
    for record in reader.records() {
        let record = record.map_err(|source| Error::Csv { path: path.to_owned(), source })?;
        let line = lines.at(record.position().map_or(0, csv::Position::byte));
        let cells: Vec<_> = record.iter().map(tidy).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push(Row { line, cells });
        }
    }
    Ok(rows)
}

/// Counts lines as an editor does. The reader's own count stands before the line ends it skips.
struct Lines<'a> {
    text: &'a str,
    byte: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first byte at or after this one that ends no line.
    fn at(&mut self, byte: u64) -> u64 {
        let reached = usize::try_from(byte).unwrap_or(usize::MAX);
        let rest = self.text.as_bytes().iter().enumerate().skip(self.byte);
        for (index, letter) in rest {
            if index >= reached && !matches!(letter, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*letter == b'\n');
            self.byte = index + 1;
        }
        self.line
    }
}

/// What the first line uses most, quoted cells aside.
fn separator(text: &str) -> u8 {
    let unquoted = text.lines().next().unwrap_or_default().split('"').step_by(2);
    let count =
        |separator| unquoted.clone().flat_map(str::chars).filter(|c| *c == separator).count();
    let best = [';', '\t'].into_iter().filter(|other| count(*other) > count(','));
    best.max_by_key(|other| count(*other)).map_or(b',', |separator| separator as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        rows(Path::new("t.csv"), text).unwrap().into_iter().map(|row| row.cells).collect()
    }

    #[test]
    fn bytes_are_read_in_every_encoding_towns_use() {
        let (cp932, ..) = SHIFT_JIS.encode("地名,髙橋①");
        assert_eq!(decode(&cp932).as_deref(), Some("地名,髙橋①"));
        assert_eq!(decode("\u{feff}地名".as_bytes()).as_deref(), Some("地名"));
        assert_eq!(decode(b"\xff\xfe\x30\x57").as_deref(), Some("地"));
        assert_eq!(decode(b"\xff\xff"), None);
        assert_eq!(decode(b"a\0b"), None);
        assert_eq!(decode(b"").as_deref(), Some(""));
    }

    #[test]
    fn the_separator_is_seen_behind_quotes() {
        assert_eq!(separator("\"a;b;c\",d\n;;;;"), b',');
        assert_eq!(separator("a;b, c;d"), b';');
        assert_eq!(separator("a\tb"), b'\t');
        assert_eq!(separator(""), b',');
    }

    #[test]
    fn rows_keep_their_line_and_cells_lose_theirs() {
        let text = "a,\"b\nc\"\n\n , \nd\n";
        assert_eq!(cells(text), [vec!["a", "b c"], vec!["d"]]);
        let lines = |text: &str| -> Vec<u64> {
            rows(Path::new("t"), text).unwrap().iter().map(|row| row.line).collect()
        };
        assert_eq!(lines(text), [1, 5]);
        assert_eq!(lines("a\r\n\r\nb\r\n\"c\r\nd\"\r\ne"), [1, 3, 4, 6]);
    }
}
