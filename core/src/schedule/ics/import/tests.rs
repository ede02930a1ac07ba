//! Moves, revisions and zones; and files that are broken, each with what becomes of it.

use jiff::civil::date;

use super::*;
use crate::stopwatch::Stopwatch;

/// A calendar around the given lines.
fn calendar(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{lines}\r\nEND:VCALENDAR\r\n")
}

/// An event of the given lines.
fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\r\n{lines}\r\nEND:VEVENT")
}

fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::posix(match name {
        "Europe/Berlin" => "CET-1CEST,M3.5.0,M10.5.0/3",
        "Asia/Tokyo" => "JST-9",
        "America/Chicago" => "CST6CDT,M3.2.0,M11.1.0",
        _ => return None,
    })
    .ok()
}

fn berlin() -> ImportOptions<'static> {
    ImportOptions {
        fallback: zone("Europe/Berlin").expect("a zone of the list above"),
        zones: &zone,
        ..ImportOptions::default()
    }
}

fn read_bytes(bytes: &[u8]) -> Import {
    let watch = Stopwatch::start();
    let import = import(&[bytes], &berlin()).expect("a calendar");
    assert!(watch.spent().as_millis() < 1_000, "took {:?}", watch.spent());
    import
}

fn read_event(lines: &str) -> Import {
    read_bytes(calendar(&event(lines)).as_bytes())
}

fn days(import: &Import) -> Vec<String> {
    import.days.iter().map(|day| day.date.to_string()).collect()
}

fn titles(import: &Import) -> Vec<&str> {
    import.days.iter().map(|day| day.summary.as_str()).collect()
}

#[track_caller]
fn assert_warns(import: &Import, of: &str) {
    let warnings: Vec<String> = import.warnings.iter().map(Warning::to_string).collect();
    assert!(warnings.iter().any(|text| text.contains(of)), "no \"{of}\" in {warnings:?}");
}

fn counts(import: &Import) -> (usize, usize, usize) {
    (import.counts.taken, import.counts.set_aside, import.counts.unreadable)
}

// Days and zones

#[test]
fn late_at_night_in_utc_is_the_next_day_in_tokyo() {
    let text = calendar(&event("DTSTART:20190401T230000Z\r\nSUMMARY:かん"));
    assert_eq!(days(&read_bytes(text.as_bytes())), ["2019-04-02"]);
    let text = text.replace("VERSION:2.0", "X-WR-TIMEZONE:Asia/Tokyo");
    assert_eq!(days(&read_bytes(text.as_bytes())), ["2019-04-02"]);
    let text = text.replace("T230000Z", "T150000Z");
    assert_eq!(days(&read_bytes(text.as_bytes())), ["2019-04-02"]);
    let chosen = ImportOptions { time_zone: zone("America/Chicago"), ..berlin() };
    let import = import(&[text.as_bytes()], &chosen).expect("a calendar");
    assert_eq!(days(&import), ["2019-04-01"], "the caller's word beats the file's");
}

#[test]
fn a_weekly_rule_in_utc_falls_on_the_local_weekday() {
    let import = read_event("DTSTART:20260105T230000Z\r\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3");
    assert_eq!(days(&import), ["2026-01-06", "2026-01-13", "2026-01-20"]);
}

#[test]
fn a_change_of_the_clocks_loses_no_day() {
    let import =
        read_event("DTSTART;TZID=Europe/Berlin:20260327T023000\r\nRRULE:FREQ=DAILY;COUNT=4");
    assert_eq!(days(&import), ["2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30"]);
}

#[test]
fn an_exception_in_utc_meets_a_local_start() {
    let import = read_event(
        "DTSTART;TZID=America/Chicago:20070507T200000\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\n\
         EXDATE:20070515T010000Z",
    );
    assert_eq!(days(&import), ["2007-05-07", "2007-05-21"]);
}

#[test]
fn the_last_day_counts_only_if_its_hour_has_come() {
    let rule = "DTSTART;TZID=Europe/Berlin:20260101T070000\r\nRRULE:FREQ=DAILY;UNTIL=20260103T";
    assert_eq!(days(&read_event(&format!("{rule}060000Z"))).len(), 3);
    assert_eq!(days(&read_event(&format!("{rule}055959Z"))).len(), 2);
}

#[test]
fn whole_days_until_an_instant_end_on_its_local_day() {
    let import =
        read_event("DTSTART;VALUE=DATE:20260811\r\nRRULE:FREQ=WEEKLY;UNTIL=20260817T220000Z");
    assert_eq!(days(&import), ["2026-08-11", "2026-08-18"]);
}

#[test]
fn an_open_rule_is_followed_for_400_days_or_as_far_as_asked() {
    let text = calendar(&event("DTSTART:20200101\r\nRRULE:FREQ=DAILY"));
    assert_eq!(read_bytes(text.as_bytes()).days.len(), 401);
    let later = ImportOptions { from: Some(date(2026, 1, 1)), ..berlin() };
    let found = import(&[text.as_bytes()], &later).expect("a calendar");
    assert_eq!(found.days[0].date, date(2026, 1, 1));
    let until = ImportOptions { to: Some(date(2026, 1, 7)), ..later };
    assert_eq!(import(&[text.as_bytes()], &until).expect("a calendar").days.len(), 7);
}

// Moves, revisions, merges

#[test]
fn a_moved_occurrence_takes_its_old_day_away() {
    let master = event("UID:a\r\nDTSTART:20260106\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:Bio");
    let moved = event("UID:a\r\nRECURRENCE-ID;VALUE=DATE:20260113\r\nDTSTART:20260114");
    let import = read_bytes(calendar(&format!("{moved}\r\n{master}")).as_bytes());
    assert_eq!(days(&import), ["2026-01-06", "2026-01-14", "2026-01-20"]);
    assert_eq!(titles(&import), ["Bio"; 3], "the title is taken from the rule");
}

#[test]
fn a_cancelled_occurrence_is_gone_and_counted() {
    let master = event("UID:a\r\nDTSTART:20260106\r\nRRULE:FREQ=WEEKLY;COUNT=3");
    let gone = event("UID:a\r\nRECURRENCE-ID:20260113\r\nDTSTART:20260113\r\nSTATUS:CANCELLED");
    let import = read_bytes(calendar(&format!("{master}\r\n{gone}")).as_bytes());
    assert_eq!(days(&import), ["2026-01-06", "2026-01-20"]);
    assert_eq!(counts(&import), (1, 1, 0));
}

#[test]
fn of_duplicated_uids_the_higher_sequence_counts() {
    let one =
        |day, sequence| event(&format!("UID:a\r\nSEQUENCE:{sequence}\r\nDTSTART:2026010{day}"));
    let import = read_bytes(calendar(&format!("{}\r\n{}", one(5, 2), one(6, 1))).as_bytes());
    assert_eq!(days(&import), ["2026-01-05"]);
    assert_eq!(import.set_aside[0].why, "a newer version of it counts");
}

#[test]
fn one_uid_for_all_loses_no_day() {
    let one = |day| event(&format!("UID:a\r\nDTSTART:2026010{day}"));
    let text = calendar(&[one(5), one(6), one(6)].join("\r\n"));
    let import = read_bytes(text.as_bytes());
    assert_eq!(days(&import), ["2026-01-05", "2026-01-06"]);
    assert_eq!(counts(&import), (2, 1, 0));
}

#[test]
fn a_later_export_replaces_entries_and_keeps_the_others() {
    let old = calendar(
        &[event("UID:a\r\nDTSTART:20260105"), event("UID:b\r\nDTSTART:20260107")].join("\r\n"),
    );
    let new = calendar(&event("UID:a\r\nDTSTART:20260106"));
    let merged = import(&[old.as_bytes(), new.as_bytes()], &berlin()).expect("calendars");
    assert_eq!(days(&merged), ["2026-01-06", "2026-01-07"]);
    assert_eq!(counts(&merged), (2, 1, 0));
}

#[test]
fn each_file_keeps_its_own_zone() {
    let one = |zone: &str| {
        calendar(&event("DTSTART:20260105T200000Z"))
            .replace("VERSION:2.0", &format!("X-WR-TIMEZONE:{zone}"))
    };
    let (tokyo, chicago) = (one("Asia/Tokyo"), one("America/Chicago"));
    let merged = import(&[tokyo.as_bytes(), chicago.as_bytes()], &berlin()).expect("calendars");
    assert_eq!(days(&merged), ["2026-01-05", "2026-01-06"]);
}

// Bad files

#[test]
fn bad_01_no_calendar_at_all() {
    for bytes in [&b""[..], b"<html>404</html>", b"\0\0\0", b"BEGIN:VCARD\nEND:VCARD"] {
        assert_eq!(import(&[bytes], &berlin()).expect_err("no calendar"), Error::NotACalendar);
    }
}

#[test]
fn bad_02_too_large() {
    let bytes = vec![b'A'; MAX_BYTES + 1];
    let error = import(&[&bytes], &berlin()).expect_err("too large");
    assert!(error.to_string().contains("1048577 bytes"), "{error}");
}

#[test]
fn bad_03_utf_16() {
    let bytes: Vec<u8> =
        "\u{feff}BEGIN:VCALENDAR".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(import(&[&bytes], &berlin()).expect_err("UTF-16"), Error::Utf16);
}

#[test]
fn bad_04_cut_off_after_an_entry() {
    let import = read_bytes(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260105\nEND:VEVENT\n");
    assert_eq!(days(&import), ["2026-01-05"]);
    assert_warns(&import, "END:VCALENDAR is missing");
}

#[test]
fn bad_05_cut_off_within_an_entry() {
    let import = read_bytes(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260105\nSUMM");
    assert_eq!(days(&import), ["2026-01-05"]);
    assert_warns(&import, "line 2: the file ends within a VEVENT");
    assert_warns(&import, "line 4: no colon");
}

#[test]
fn bad_06_an_end_is_missing_between_entries() {
    let text =
        calendar("BEGIN:VEVENT\nDTSTART:20260105\nBEGIN:VEVENT\nDTSTART:20260106\nEND:VEVENT");
    let import = read_bytes(text.as_bytes());
    assert_eq!(days(&import), ["2026-01-05", "2026-01-06"]);
    assert_warns(&import, "END:VEVENT is missing");
}

#[test]
fn bad_07_an_alarm_without_end() {
    let import = read_event("DTSTART:20260105\r\nBEGIN:VALARM\r\nTRIGGER:-PT1H");
    assert_eq!(days(&import), ["2026-01-05"]);
    assert_warns(&import, "END:VALARM is missing");
}

#[test]
fn bad_08_no_start() {
    let import = read_event("UID:a\r\nSUMMARY:Bio");
    assert_eq!(counts(&import), (0, 0, 1));
    assert_warns(&import, "line 3: the entry was passed over: it has no DTSTART");
}

#[test]
fn bad_09_a_start_that_is_no_date() {
    for start in ["", "TOMORROW", "20260230", "2026", "99999999", "２０２６０１０５", "2026010é"]
    {
        let import = read_event(&format!("DTSTART:{start}"));
        assert_eq!(counts(&import), (0, 0, 1), "{start}");
        assert_warns(&import, "is no date");
    }
}

#[test]
fn bad_10_a_time_that_is_none_keeps_its_day() {
    let import = read_event("DTSTART:20260105T2599");
    assert_eq!(days(&import), ["2026-01-05"]);
    assert_warns(&import, "the time cannot be read");
}

#[test]
fn bad_11_two_starts() {
    let import = read_event("DTSTART:20260105\r\nDTSTART:20260106");
    assert_eq!(days(&import), ["2026-01-05"]);
    assert_warns(&import, "line 5: a second DTSTART");
}

#[test]
fn bad_12_an_unknown_frequency_or_part_leaves_the_first_day() {
    for rule in [
        "FREQ=FORTNIGHTLY",
        "BYDAY=MO",
        "FREQ",
        "",
        "FREQ=YEARLY;BYWEEKNO=5",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=é",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=-128",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=WEEKLY;UNTIL=soon",
    ] {
        let import = read_event(&format!("DTSTART:20260105\r\nRRULE:{rule}"));
        assert_eq!(days(&import), ["2026-01-05"], "{rule}");
        assert_warns(&import, "line 5: the rule was not followed");
    }
}

#[test]
fn bad_12b_marks_within_a_rule_are_passed_over() {
    let import = read_event("DTSTART:20260105\r\nRRULE:RRULE:X;;FREQ=DAILY;COUNT=2;X-A=1;BYHOUR=6");
    assert_eq!(days(&import), ["2026-01-05", "2026-01-06"]);
    assert_warns(&import, "BYHOUR was passed over");
}

#[test]
fn bad_13_rules_within_a_day_are_refused() {
    for frequency in ["SECONDLY", "MINUTELY", "HOURLY"] {
        let import = read_event(&format!("DTSTART:20260105\r\nRRULE:FREQ={frequency}"));
        assert_eq!(days(&import), ["2026-01-05"]);
        assert_warns(&import, "repeats within a day");
    }
}

#[test]
fn bad_14_a_thousand_million_times() {
    let watch = Stopwatch::start();
    for rule in [
        "DAILY;COUNT=1000000000",
        "DAILY;UNTIL=99991231",
        "DAILY;COUNT=4294967295;INTERVAL=4294967295",
    ] {
        let import = read_event(&format!("DTSTART:20260105\r\nRRULE:FREQ={rule}"));
        assert!((1..=MAX_OF_A_RULE).contains(&import.days.len()), "{rule}");
    }
    let too_often = read_event("DTSTART:20260105\r\nRRULE:FREQ=DAILY;COUNT=1000000000");
    assert_warns(&too_often, "more than 1000 days");
    assert!(watch.spent().as_millis() < 500, "took {:?}", watch.spent());
}

#[test]
fn bad_15_the_year_9999() {
    let import = read_event("DTSTART:99991231\r\nDTEND:99991231\r\nRRULE:FREQ=DAILY");
    assert_eq!(days(&import), ["9999-12-31"]);
    let late = read_event("DTSTART:99991231T235959Z\r\nRRULE:FREQ=YEARLY;COUNT=5");
    assert_eq!(days(&late), ["9999-12-31"]);
}

#[test]
fn bad_16_an_endless_fold() {
    let text =
        calendar(&event(&format!("DTSTART:20260105\r\nSUMMARY:Bio{}", "\r\n x".repeat(200_000))));
    let import = read_bytes(text.as_bytes());
    assert_eq!(days(&import), ["2026-01-05"]);
    assert_warns(&import, "line 5: the line is longer than");
}

#[test]
fn bad_17_very_many_rules() {
    let many = event("DTSTART:20260105\r\nRRULE:FREQ=DAILY").repeat(5_000);
    let text = calendar(&many.replace("END:VEVENTBEGIN", "END:VEVENT\r\nBEGIN"));
    let import = read_bytes(text.as_bytes());
    assert_eq!(import.days.len(), 401, "the same title on the same day is there once");
    let many: String = (0..3_000)
        .map(|n| event(&format!("SUMMARY:{n}\r\nDTSTART:20260105\r\nRRULE:FREQ=DAILY")) + "\r\n")
        .collect();
    let import = read_bytes(calendar(&many).as_bytes());
    assert_eq!(import.days.len(), MAX_DAYS);
    assert_warns(&import, "more than 20000 days");
    assert_eq!(import.warnings.len(), MAX_WARNINGS + 1);
}

#[test]
fn bad_18_empty_and_faulty_extra_dates() {
    let import = read_event("DTSTART:20260105\r\nRDATE:\r\nRDATE:20260107,,nonsense\r\nEXDATE:");
    assert_eq!(days(&import), ["2026-01-05", "2026-01-07"]);
    assert_warns(&import, "line 6: RDATE:nonsense is no date");
}

#[test]
fn bad_19_an_end_before_or_at_the_start_and_a_long_one() {
    for end in ["20260105", "20250101", "never"] {
        assert_eq!(days(&read_event(&format!("DTSTART:20260105\r\nDTEND:{end}"))), ["2026-01-05"]);
    }
    assert_warns(&read_event("DTSTART:20260105\r\nDTEND:20260119"), "it lasts 14 days");
}

#[test]
fn bad_20_no_uid_no_title() {
    let text = calendar(&[event("DTSTART:20260105"), event("DTSTART:20260106")].join("\r\n"));
    let import = read_bytes(text.as_bytes());
    assert_eq!(days(&import), ["2026-01-05", "2026-01-06"]);
    assert_eq!(counts(&import), (2, 0, 0));
}

#[test]
fn bad_21_zones_nobody_knows() {
    let text = calendar(&event("DTSTART;TZID=Bin Standard Time:20260105T060000"))
        .replace("VERSION:2.0", "X-WR-TIMEZONE:Moon/Crater");
    let import = read_bytes(text.as_bytes());
    assert_eq!(days(&import), ["2026-01-05"]);
    assert_warns(&import, "X-WR-TIMEZONE names no time zone");
}

#[test]
fn bad_22_text_of_another_code_page_and_controls() {
    let import = read_bytes(
        b"BEGIN:VCALENDAR\r\r\nBEGIN:VEVENT\r\r\nDTSTART:20260105 \r\r\n\
        SUMMARY:  Gr\xfcn&shy;gut &amp; Bio\\, \r\r\nEND:VEVENT\r\r\nEND:VCALENDAR",
    );
    assert_eq!(titles(&import), ["Grüngut & Bio,"]);
    assert_warns(&import, "Windows-1252");
}

#[test]
fn bad_23_an_empty_calendar_says_so() {
    let import = read_bytes(calendar("").as_bytes());
    assert_eq!(counts(&import), (0, 0, 0));
    assert_warns(&import, "it has no events");
}

#[test]
fn bad_24_tasks_and_journals_are_counted() {
    let todo = "BEGIN:VTODO\r\nDUE:20260105\r\nEND:VTODO";
    assert_eq!(counts(&read_bytes(calendar(todo).as_bytes())), (0, 1, 0));
}

#[test]
fn bad_25_a_move_of_all_later_days_moves_one() {
    let master = event("UID:a\r\nDTSTART:20260106\r\nRRULE:FREQ=WEEKLY;COUNT=2");
    let moved = event("UID:a\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260113\r\nDTSTART:20260114");
    let import = read_bytes(calendar(&format!("{master}\r\n{moved}")).as_bytes());
    assert_eq!(days(&import), ["2026-01-06", "2026-01-14"]);
    assert_warns(&import, "moving all later occurrences");
}

#[test]
fn bad_26_any_bytes_after_a_head_are_survived() {
    let mut state = 1_u32;
    for length in (0..3_000).step_by(37) {
        let mut bytes = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:".to_vec();
        for _ in 0..length {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let signs = b"0123456789TZ:;,=\\\"\n\n \r/RULEDAYBMOFQ\xc3\xbc\xff";
            bytes.push(signs[(state >> 16) as usize % signs.len()]);
        }
        let _ = import(&[&bytes], &berlin());
    }
}

#[test]
fn no_file_takes_much_memory() {
    let endless_fold =
        format!("BEGIN:VCALENDAR\r\nSUMMARY:a{}\r\nEND:VCALENDAR\r\n", "\r\n b".repeat(250_000));
    let event = "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=DAILY;COUNT=1000000000\r\nSUMMARY:Rest\r\nEND:VEVENT\r\n";
    let many_rules = format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", event.repeat(9_000));
    for file in [endless_fold, many_rules] {
        let memory = allocation_counter::measure(|| drop(import(&[file.as_bytes()], &berlin())));
        assert!(
            memory.bytes_max < 64 << 20,
            "{} bytes for a file of {}",
            memory.bytes_max,
            file.len()
        );
    }
}
