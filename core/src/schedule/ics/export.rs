//! Days → a calendar other programs read.

use std::collections::BTreeSet;
use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

/// Most bytes of a line, without its end (RFC 5545, section 3.1).
const LINE: usize = 75;

/// One stream on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// The local day.
    pub date: Date,
    /// Id of the stream in its pack; with the day it makes the UID.
    pub stream: String,
    /// The title people see.
    pub title: String,
    /// Longer text, such as what to put out and where; may be empty.
    pub description: String,
}

/// What holds for all collections of a calendar.
#[derive(Debug, Clone)]
pub struct ExportOptions<'a> {
    /// Name of the calendar as people see it.
    pub name: &'a str,
    /// Id of the community.
    pub community: &'a str,
    /// Id of the zone within it; empty if it has none.
    pub zone: &'a str,
    /// When this export is made. The core has no clock.
    pub stamp: Timestamp,
    /// How many hours before midnight the reminder comes: 6 is six o'clock in the evening before.
    pub reminder_hours: u8,
}

/// Writes an iCalendar file of all-day events, one a collection, each with a reminder.
///
/// The same collection has the same UID in every export, so that importing a newer one replaces
/// days instead of doubling them. A stream that is there twice on a day is written once.
pub fn export(collections: &[Collection], options: &ExportOptions) -> String {
    let mut file = String::new();
    put(&mut file, "BEGIN:VCALENDAR");
    put(&mut file, "VERSION:2.0");
    put(&mut file, "PRODID:-//Kerbside//Collection days//EN");
    put(&mut file, "CALSCALE:GREGORIAN");
    put(&mut file, "METHOD:PUBLISH");
    put(&mut file, &format!("X-WR-CALNAME:{}", escape(options.name)));
    let mut written = BTreeSet::new();
    for collection in collections {
        if written.insert((collection.date, &collection.stream)) {
            put_event(&mut file, collection, options);
        }
    }
    put(&mut file, "END:VCALENDAR");
    file
}

fn put_event(file: &mut String, collection: &Collection, options: &ExportOptions) {
    let day = |date: Date| date.strftime("%Y%m%d").to_string();
    put(file, "BEGIN:VEVENT");
    put(file, &format!("UID:{}", uid(collection, options)));
    put(file, &format!("DTSTAMP:{}", options.stamp.strftime("%Y%m%dT%H%M%SZ")));
    put(file, &format!("DTSTART;VALUE=DATE:{}", day(collection.date)));
    // The end is the first day that does not belong to it; the calendar's last day has none.
    if let Ok(end) = collection.date.tomorrow() {
        put(file, &format!("DTEND;VALUE=DATE:{}", day(end)));
    }
    put(file, &format!("SUMMARY:{}", escape(&collection.title)));
    if !collection.description.is_empty() {
        put(file, &format!("DESCRIPTION:{}", escape(&collection.description)));
    }
    put(file, "TRANSP:TRANSPARENT");
    put(file, "BEGIN:VALARM");
    put(file, "ACTION:DISPLAY");
    put(file, &format!("TRIGGER:-PT{}H", options.reminder_hours));
    put(file, &format!("DESCRIPTION:{}", escape(&collection.title)));
    put(file, "END:VALARM");
    put(file, "END:VEVENT");
}

fn uid(collection: &Collection, options: &ExportOptions) -> String {
    let mut hash = Sha256::new();
    let date = collection.date.to_string();
    for part in [options.community, options.zone, &collection.stream, &date] {
        hash.update(part);
        // An end mark, so that "a" + "bc" is another name than "ab" + "c".
        hash.update([0]);
    }
    let mut uid = String::new();
    for byte in &hash.finalize()[..16] {
        write!(uid, "{byte:02x}").expect("writing to a String cannot fail");
    }
    uid + "@kerbside"
}

/// Text as a value: signs with a meaning escaped, other controls left out.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.replace("\r\n", "\n").chars() {
        match letter {
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            '\n' | '\r' => escaped.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Appends a content line, folded after at most 75 bytes and never within a letter.
fn put(file: &mut String, line: &str) {
    let mut used = 0;
    for letter in line.chars() {
        if used + letter.len_utf8() > LINE {
            file.push_str("\r\n ");
            used = 1;
        }
        file.push(letter);
        used += letter.len_utf8();
    }
    file.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::schedule::ics::{ImportOptions, import};

    fn options() -> ExportOptions<'static> {
        ExportOptions {
            name: "Müll, Zürich; Kreis 3",
            community: "ch/zuerich",
            zone: "8003",
            stamp: Timestamp::UNIX_EPOCH,
            reminder_hours: 6,
        }
    }

    fn collections() -> Vec<Collection> {
        let one = |day, stream: &str, title: &str| Collection {
            date: date(2026, 3, day),
            stream: stream.to_owned(),
            title: title.to_owned(),
            description: "Vor 7 Uhr; an der Straße,\nnicht im Hof \\ Keller. ".repeat(9),
        };
        let long = "🗑 Weiß- und Buntglas, Verpackungen aus Kunststoff; Metall ".repeat(4);
        vec![one(2, "paper", "Papier, Karton"), one(3, "packaging", long.trim())]
    }

    #[test]
    fn what_goes_out_comes_back() {
        let file = export(&collections(), &options());
        let back = import(&[file.as_bytes()], &ImportOptions::default()).expect("our own file");
        assert_eq!(back.warnings, []);
        let found: Vec<_> =
            back.entries.iter().map(|e| (e.date, e.summary.as_str(), &e.description)).collect();
        let sent = collections();
        let sent: Vec<_> =
            sent.iter().map(|c| (c.date, c.title.as_str(), &c.description)).collect();
        assert_eq!(found, sent);
    }

    #[test]
    fn the_reader_of_another_hand_finds_the_same() {
        use icalendar::{Calendar, Component};
        let file = export(&collections(), &options());
        let calendar: Calendar = file.parse().expect("a calendar");
        let events: Vec<_> = calendar.components.iter().filter_map(|c| c.as_event()).collect();
        assert_eq!(events.len(), 2);
        for (event, sent) in events.iter().zip(collections()) {
            assert_eq!(event.get_summary(), Some(sent.title.as_str()));
            assert_eq!(event.get_uid(), Some(uid(&sent, &options()).as_str()));
            let start = event.property_value("DTSTART").expect("a start");
            assert_eq!(start, sent.date.strftime("%Y%m%d").to_string());
            assert_eq!(event.components().len(), 1, "one alarm");
        }
    }

    #[test]
    fn lines_are_short_and_end_in_crlf() {
        let file = export(&collections(), &options());
        for line in file.split_terminator("\r\n") {
            assert!(line.len() <= LINE && !line.contains(['\r', '\n']), "{line:?}");
        }
        assert!(file.ends_with("END:VCALENDAR\r\n"));
        assert_eq!(file.matches("TRIGGER:-PT6H").count(), 2);
    }

    #[test]
    fn uids_are_stable_and_differ() {
        let twice = [collections(), collections()].concat();
        let first = export(&collections(), &options());
        assert_eq!(export(&twice, &options()), first);
        let elsewhere = ExportOptions { zone: "8004", ..options() };
        let uids = |file: &str| -> BTreeSet<String> {
            file.lines().filter(|l| l.starts_with("UID")).map(str::to_owned).collect()
        };
        assert_eq!(uids(&first).len(), 2);
        assert!(uids(&first).is_disjoint(&uids(&export(&collections(), &elsewhere))));
    }
}
