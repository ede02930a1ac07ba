//! Bytes → content lines: unfolded, decoded, split into name, parameters and value.

use super::{Error, Warning};

/// Most bytes of one unfolded line: a description has a few hundred, an endless fold has no end.
const MAX_LINE: usize = 16 * 1024;

/// `NAME;PARAMETER=…:value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it begins in the file, from 1.
    pub number: usize,
    /// In upper case.
    pub name: String,
    /// Names in upper case, values without quotes.
    parameters: Vec<(String, String)>,
    /// As written, still escaped.
    pub value: String,
}

impl Line {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key == name)?;
        Some(found.1.as_str())
    }

    /// The value as text: escapes undone.
    pub fn text(&self) -> String {
        unescape(&self.value)
    }

    fn parse(number: usize, text: &str) -> Option<Self> {
        let colon = unquoted(text, ':').next()?;
        let (head, value) = (&text[..colon], &text[colon + 1..]);
        let mut parts = split_unquoted(head, ';');
        let name = parts.next()?.trim().to_ascii_uppercase();
        let parameters = parts
            .filter_map(|part| part.split_once('='))
            .map(|(key, value)| {
                (key.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned())
            })
            .collect();
        (!name.is_empty()).then(|| Self { number, name, parameters, value: value.to_owned() })
    }
}

/// All content lines of a file; what cannot be one becomes a warning.
pub(super) fn read(bytes: &[u8], warnings: &mut Vec<Warning>) -> Result<Vec<Line>, Error> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Error::Utf16);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // The file as a whole is judged: one faulty byte in a UTF-8 file is no reason to misread all
    // of its umlauts, but a file that is not UTF-8 is nearly always Windows' Western code page.
    let unfolded = unfold(bytes, warnings);
    let is_utf8 = unfolded.iter().all(|(_, line)| is_utf8(line));
    if !is_utf8 {
        let message = "the text is not UTF-8 and was read as Windows-1252: check the umlauts";
        warnings.push(Warning::new(0, message));
    }
    let mut lines = Vec::new();
    for (number, raw) in unfolded {
        // A clipped line may end within a letter, hence lossy.
        let text = if is_utf8 { String::from_utf8_lossy(&raw).into() } else { windows_1252(&raw) };
        match Line::parse(number, &text) {
            Some(line) => lines.push(line),
            None => warnings.push(Warning::new(number, "no colon: the line was passed over")),
        }
    }
    Ok(lines)
}

/// Whether a line is UTF-8; one that was cut may end within a letter.
fn is_utf8(line: &[u8]) -> bool {
    std::str::from_utf8(line)
        .map_or_else(|error| error.error_len().is_none() && line.len() == MAX_LINE, |_| true)
}

/// Joins folded lines *before* the bytes become letters, because a fold may split a letter.
fn unfold(bytes: &[u8], warnings: &mut Vec<Warning>) -> Vec<(usize, Vec<u8>)> {
    let line_end = if bytes.contains(&b'\n') { b'\n' } else { b'\r' };
    let mut lines: Vec<(usize, Vec<u8>)> = Vec::new();
    let mut clipped = 0;
    for (index, raw) in bytes.split(|byte| *byte == line_end).enumerate() {
        let number = index + 1;
        let raw = raw.trim_suffix_of(b'\r');
        if raw.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match (raw[0], lines.last_mut()) {
            (b' ' | b'\t', Some((first, line))) => {
                let room = MAX_LINE.saturating_sub(line.len());
                let rest = &raw[1..];
                line.extend_from_slice(&rest[..rest.len().min(room)]);
                if rest.len() > room && clipped != *first {
                    clipped = *first;
                    warnings.push(too_long(*first));
                }
            }
            _ => {
                if raw.len() > MAX_LINE {
                    warnings.push(too_long(number));
                    clipped = number;
                }
                lines.push((number, raw[..raw.len().min(MAX_LINE)].to_vec()));
            }
        }
    }
    lines
}

fn too_long(number: usize) -> Warning {
    Warning::new(number, format!("the line is longer than {MAX_LINE} bytes and was cut there"))
}

/// `trim_end_matches` for bytes.
trait TrimSuffix {
    fn trim_suffix_of(&self, byte: u8) -> &[u8];
}

impl TrimSuffix for [u8] {
    fn trim_suffix_of(&self, byte: u8) -> &[u8] {
        let end = self.iter().rposition(|found| *found != byte).map_or(0, |last| last + 1);
        &self[..end]
    }
}

/// Where `wanted` stands outside double quotes.
fn unquoted(text: &str, wanted: char) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    text.char_indices().filter_map(move |(at, letter)| {
        quoted ^= letter == '"';
        (letter == wanted && !quoted).then_some(at)
    })
}

fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let ends = unquoted(text, separator).chain(std::iter::once(text.len()));
    let mut start = 0;
    ends.map(move |end| {
        let part = &text[start..end];
        start = (end + separator.len_utf8()).min(text.len());
        part
    })
}

fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(escaped) => text.push(escaped),
                None => {}
            },
            _ => text.push(letter),
        }
    }
    text
}

/// The Western code page of Windows: Latin-1 with signs where Latin-1 has controls.
fn windows_1252(bytes: &[u8]) -> String {
    const SIGNS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    let signs: Vec<char> = SIGNS.chars().collect();
    let letter = |byte: &u8| match byte {
        0x80..=0x9f => signs[usize::from(byte - 0x80)],
        _ => char::from(*byte),
    };
    bytes.iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(bytes: &[u8]) -> Vec<String> {
        let lines = read(bytes, &mut Vec::new()).expect("readable");
        lines.into_iter().map(|line| line.value).collect()
    }

    #[test]
    fn a_letter_split_by_a_fold_is_whole_again() {
        assert_eq!(values(b"SUMMARY:M\xc3\r\n \xbcll\r\n"), ["Müll"]);
        assert_eq!(values(b"SUMMARY:M\xc3\n\t\xbcll"), ["Müll"]);
    }

    #[test]
    fn every_kind_of_line_end() {
        for end in ["\n", "\r\n", "\r", "\r\r\n"] {
            assert_eq!(values(format!("A:1{end}{end}B:2").as_bytes()), ["1", "2"], "{end:?}");
        }
    }

    #[test]
    fn windows_text_is_read_with_a_warning() {
        let mut warnings = Vec::new();
        let lines = read(b"SUMMARY:M\xfcll \x80 \x96", &mut warnings).expect("readable");
        assert_eq!(lines[0].value, "Müll € –");
        assert_eq!(warnings.len(), 1);
    }

    #[test]
    fn parameters_may_be_quoted_and_spaced() {
        let line = Line::parse(1, "dtstart; tzid=\"A;B:C\" ;VALUE = DATE:2026:1").expect("a line");
        assert_eq!((line.name.as_str(), line.value.as_str()), ("DTSTART", "2026:1"));
        assert_eq!(line.parameter("TZID"), Some("A;B:C"));
        assert_eq!(line.parameter("VALUE"), Some("DATE"));
    }

    #[test]
    fn escapes_are_undone_and_a_lone_backslash_is_dropped() {
        assert_eq!(unescape(r"a\, b\; c\\d\ne\"), "a, b; c\\d\ne");
    }
}
