//! Calendars from a town hall.

use std::fmt::Write;

use jiff::civil::date;
use kerbside_core::schedule::ics::{Error, Import, ImportOptions, import};

use crate::limits::assert_says;

/// A calendar of these lines.
fn calendar(lines: &str) -> Vec<u8> {
    format!("BEGIN:VCALENDAR\r\n{lines}END:VCALENDAR\r\n").into_bytes()
}

/// A calendar of one entry, with these lines beside its title.
fn event(lines: &str) -> Vec<u8> {
    calendar(&format!("BEGIN:VEVENT\r\nSUMMARY:Papier\r\n{lines}\r\nEND:VEVENT\r\n"))
}

/// A calendar of one entry that repeats by a rule.
fn repeating(rule: &str) -> Vec<u8> {
    event(&format!("DTSTART;VALUE=DATE:20260105\r\nRRULE:{rule}"))
}

/// As many copies of an entry as a file may have.
fn filled(entry: &str) -> Vec<u8> {
    calendar(&entry.repeat((1 << 20) / entry.len() - 1))
}

/// The days from today on, as the app asks for them.
fn read(file: &[u8]) -> Result<Import, Error> {
    let options = ImportOptions { from: Some(date(2026, 1, 1)), ..ImportOptions::default() };
    import(&[file], &options)
}

/// Everything in the file, whatever days it is about.
fn read_all(file: &[u8]) -> Result<Import, Error> {
    import(&[file], &ImportOptions::default())
}

/// Asserts that a file is taken with a warning that says what was done.
#[track_caller]
fn warned(file: &[u8], days: usize, what: &str) {
    let found = read_all(file).unwrap();
    assert_eq!(found.days.len(), days);
    let warnings: Vec<String> = found.warnings.iter().map(ToString::to_string).collect();
    assert!(warnings.iter().any(|warning| warning.contains(what)), "{warnings:?}");
    assert!(warnings.len() <= 201, "{}", warnings.len());
}

bad_inputs! {
    every_second(file = repeating("FREQ=SECONDLY")) {
        warned(&file, 1, "FREQ=SECONDLY repeats within a day, which no collection does");
    }

    a_thousand_million_times(file = repeating("FREQ=DAILY;COUNT=1000000000")) {
        warned(&file, 1000, "the rest is left out");
    }

    a_thousand_million_times_since_the_year_one(file = {
        event("DTSTART;VALUE=DATE:00010101\r\nRRULE:FREQ=DAILY;COUNT=1000000000")
    }) { assert_eq!(read(&file).unwrap().days.len(), 999, "a thousand, one of them yesterday"); }

    // Each ends in the year 1917, which a subtraction tells.
    ten_thousand_plain_rules_since_the_year_one(file = filled(
        "BEGIN:VEVENT\nDTSTART:00010101\nRRULE:FREQ=DAILY;COUNT=700000\nEND:VEVENT\n"
    )) {
        let found = read(&file).unwrap();
        assert_eq!((found.days.len(), found.warnings.len()), (0, 0), "{:?}", found.warnings);
    }

    // Each ends then, too: a walk of a hundred thousand weeks to none that is asked for.
    ten_thousand_rules_since_the_year_one(file = filled(
        "BEGIN:VEVENT\nDTSTART:00010101\nRRULE:FREQ=WEEKLY;COUNT=100000\nEND:VEVENT\n"
    )) {
        let found = read(&file).unwrap();
        assert!(found.days.is_empty(), "{}", found.days.len());
        let warnings: Vec<String> = found.warnings.iter().map(ToString::to_string).collect();
        assert_says(&warnings.join("\n"), &["the rules take too long to follow"]);
    }

    thousands_of_rules_without_a_day(file = filled(
        "BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\nEND:VEVENT\n"
    )) { assert!(read(&file).is_ok()); }

    rules_of_hundreds_of_parts(file = {
        let days = ["1MO"; 366].join(",");
        filled(&format!(
            "BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=DAILY;UNTIL=20361231;BYDAY={days}\nEND:VEVENT\n"
        ))
    }) { assert!(read(&file).is_ok()); }

    count_zero(file = repeating("FREQ=DAILY;COUNT=0")) { warned(&file, 1, "COUNT=0 cannot be read"); }

    count_beyond_all_numbers(file = repeating("FREQ=DAILY;COUNT=99999999999999999999")) {
        warned(&file, 1, "cannot be read");
    }

    interval_beyond_the_calendar(file = repeating("FREQ=YEARLY;INTERVAL=4294967295")) {
        assert_eq!(read_all(&file).unwrap().days.len(), 1);
    }

    until_that_is_no_day(file = repeating("FREQ=WEEKLY;UNTIL=soon")) {
        warned(&file, 1, "UNTIL=soon cannot be read");
    }

    until_before_the_start(file = repeating("FREQ=WEEKLY;UNTIL=19990101")) {
        assert_eq!(read_all(&file).unwrap().days.len(), 1);
    }

    thirtieth_of_february(file = event("DTSTART;VALUE=DATE:20260230")) {
        let found = read_all(&file).unwrap();
        assert_eq!((found.days.len(), found.counts.unreadable), (0, 1));
        assert_says(&found.warnings[0].to_string(), &["line 2", "20260230 is no date"]);
    }

    every_thirtieth_of_february(file = repeating("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")) {
        assert_eq!(read_all(&file).unwrap().days.len(), 1);
    }

    zone_nobody_knows(file = event("DTSTART;TZID=Mars/Olympus Mons:20260105T060000")) {
        assert_eq!(read_all(&file).unwrap().days[0].date, date(2026, 1, 5));
    }

    zone_that_is_a_path(file = event("DTSTART;TZID=../../../etc/passwd:20260105T060000")) {
        assert_eq!(read_all(&file).unwrap().days[0].date, date(2026, 1, 5));
    }

    fold_without_end(file = event(&format!(
        "DTSTART;VALUE=DATE:20260105\r\nDESCRIPTION:x{}", "\r\n x".repeat(200_000)
    ))) { warned(&file, 1, "longer than 16384 bytes and was cut there"); }

    a_million_events(file = calendar(
        &"BEGIN:VEVENT\nDTSTART:20260105\nEND:VEVENT\n".repeat(1_000_000)
    )) {
        let error = read(&file).unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
        assert_says(&error.to_string(), &["at most 1048576", "export a shorter period"]);
    }

    as_many_events_as_may_be(file = filled("BEGIN:VEVENT\nDTSTART:20260105\nEND:VEVENT\n")) {
        assert_eq!(read_all(&file).unwrap().days.len(), 1);
    }

    as_many_exceptions_as_may_be(file = {
        let mut dates = String::new();
        for n in 0..100_000 {
            write!(dates, "202601{:02},", n % 28 + 1).unwrap();
        }
        repeating(&format!("FREQ=DAILY\r\nEXDATE:{dates}"))
    }) { assert!(read_all(&file).is_ok()); }

    year_9999(file = event("DTSTART;VALUE=DATE:99991231\r\nRRULE:FREQ=DAILY")) {
        assert_eq!(read_all(&file).unwrap().days.len(), 1);
    }

    year_9999_in_another_zone(file = event("DTSTART:99991231T235959Z")) {
        assert_eq!(read_all(&file).unwrap().days.len(), 1);
    }

    year_zero(file = event("DTSTART:00000000")) {
        assert_eq!(read_all(&file).unwrap().counts.unreadable, 1);
    }

    events_that_begin_and_never_end(file = b"BEGIN:VEVENT\nBEGIN:VALARM\n".repeat(40_000)) {
        assert!(read_all(&file).is_ok());
    }

    ends_that_never_began(file = calendar(&"END:VEVENT\n".repeat(90_000))) {
        warned(&file, 0, "the calendar is empty");
    }

    a_hundred_thousand_lines_without_a_colon(file = calendar(&"x\n".repeat(400_000))) {
        warned(&file, 0, "further warnings");
    }

    web_page_instead(file = b"<!DOCTYPE html><html>Not found</html>".to_vec()) {
        let error = read(&file).unwrap_err();
        assert_eq!(error, Error::NotACalendar);
        assert_says(&error.to_string(), &["not a calendar", "download the .ics file again"]);
    }

    calendar_empty(file = Vec::new()) { assert_eq!(read(&file).unwrap_err(), Error::NotACalendar); }

    calendar_in_utf16(file = {
        let text: Vec<u16> = "\u{feff}BEGIN:VCALENDAR".encode_utf16().collect();
        text.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>()
    }) {
        let error = read(&file).unwrap_err();
        assert_eq!(error, Error::Utf16);
        assert_says(&error.to_string(), &["UTF-16", "save it as UTF-8"]);
    }

    title_of_a_megabyte(file = event(&format!(
        "DTSTART:20260105\r\nSUMMARY:{}", "x".repeat(900_000)
    ))) { assert!(read_all(&file).unwrap().days[0].summary.len() <= 2000); }

    title_in_entities_without_end(file = event(&format!(
        "DTSTART:20260105\r\nCATEGORIES:{}", "&amp;".repeat(150_000)
    ))) { assert!(read_all(&file).is_ok()); }
}
