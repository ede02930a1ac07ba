//! The clock set back or far ahead, and another time zone.

use std::fs::File;
use std::process::Command;
use std::time::{Duration, SystemTime};

use jiff::ToSpan;
use jiff::civil::{Date, date, time};
use jiff::tz::TimeZone;
use kerbside_core::pack::Pack;
use kerbside_core::rules::{Context, Perceived, RulePack};
use kerbside_core::schedule::{ReminderLog, ReminderTimes};
use xtask::bundled;

use crate::library::Library;

/// Models that were taken in while the clock was wrong are the same models once it is right.
#[test]
fn a_pack_from_the_future_or_the_past_opens() {
    let _turn = crate::turn();
    let library = Library::new();
    library.import(&library.pack("1.0.0"));
    let store = library.store();
    let dir = store.packs().unwrap().pop().unwrap().dir;
    let year = Duration::from_secs(365 * 86_400);
    let now = SystemTime::now();
    for time in
        [now + 70 * year, now - 20 * year, SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH - year]
    {
        for file in ["weights.safetensors", "tokenizer.json"] {
            File::options().write(true).open(dir.join(file)).unwrap().set_modified(time).unwrap();
        }
        Pack::open(&dir).unwrap();
        Pack::open(&dir).unwrap();
        library.import(&library.pack("1.0.0"));
        assert_eq!(library.whole().0, ["1.0.0"]);
    }
}

/// Every question that depends on the day, on any day there is.
fn ask(pack: &RulePack, day: Date) {
    let zones: Vec<String> = pack.zones().iter().take(1).map(|zone| zone.id.clone()).collect();
    let context = Context { zones, date: day, language: "en".into() };
    for item in pack.items().iter().take(20) {
        let seen = Perceived { item: Some(item.id.clone()), ..Perceived::of_class("general") };
        for instruction in pack.resolve(&seen, &context) {
            assert!(!instruction.sentence().is_empty());
        }
    }
    let calendar = pack.calendar(&context.zones);
    calendar.tonight(day.at(23, 59, 59, 0));
    for stream in pack.streams() {
        calendar.next(&stream.id, day);
    }
    let evening = Some(time(19, 0, 0, 0));
    let times = ReminderTimes { evening_before: evening, morning_of: evening, bring_back: evening };
    let last = day.saturating_add(30.days());
    calendar.reminders(&times, &ReminderLog::default(), &TimeZone::UTC, day, last);
    calendar.to_ics((day, last), "en", 19, jiff::Timestamp::UNIX_EPOCH);
}

#[test]
fn any_day_gets_an_answer() {
    let _turn = crate::turn();
    let days = [
        Date::MIN,
        date(1, 1, 1),
        date(1970, 1, 1),
        date(2016, 2, 29),
        date(2038, 1, 19),
        Date::MAX,
    ];
    for folder in bundled::communities().unwrap() {
        let pack = bundled::read_rule_pack(&folder).unwrap();
        for day in days {
            ask(&pack, day);
        }
    }
}

/// What was put out stays put out when the clock is set back, and rings again for nobody.
#[test]
fn a_clock_set_back_repeats_no_reminder_that_was_dealt_with() {
    let _turn = crate::turn();
    let pack = bundled::rule_pack("yokohama").unwrap();
    let zones = [pack.zones()[0].id.clone()];
    let calendar = pack.calendar(&zones);
    let times =
        ReminderTimes { evening_before: Some(time(19, 0, 0, 0)), ..ReminderTimes::default() };
    let (today, later) = (date(2026, 11, 2), date(2026, 11, 16));
    let zone = TimeZone::get("Asia/Tokyo").unwrap();
    let remind =
        |log: &ReminderLog, from: Date| calendar.reminders(&times, log, &zone, from, later);
    let first = remind(&ReminderLog::default(), today).remove(0);
    let mut log = ReminderLog::default();
    first.streams.iter().for_each(|stream| log.done(first.date, stream));
    let set_back = today.checked_sub(9.days()).unwrap();
    log.forget_before(set_back);
    let log = ReminderLog::from_json(log.to_json().as_bytes()).unwrap();
    assert!(remind(&log, set_back).iter().all(|one| one.date != first.date));
    assert!(remind(&ReminderLog::default(), set_back).iter().any(|one| one.date == first.date));
}

/// Collections and reminders belong to the community's clock, wherever the device thinks it is.
#[test]
fn the_devices_time_zone_changes_no_plan() {
    let _turn = crate::turn();
    let plan = |zone: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plan.ics");
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args([
                "schedule",
                "--community",
                "yokohama",
                "--zone",
                "mon-fri",
                "--from",
                "2026-11-02",
            ])
            .arg("--ics")
            .arg(&file)
            .env("TZ", zone)
            .output()
            .unwrap();
        assert!(output.status.success());
        let table = String::from_utf8(output.stdout).unwrap();
        let table: Vec<_> =
            table.lines().filter(|line| !line.starts_with("wrote")).map(str::to_owned).collect();
        let calendar = std::fs::read_to_string(file).unwrap();
        let lines = calendar.lines().filter(|line| !line.starts_with("DTSTAMP"));
        (table, lines.map(str::to_owned).collect::<Vec<_>>())
    };
    let tokyo = plan("Asia/Tokyo");
    assert!(tokyo.0.len() > 5 && tokyo.1.len() > 20);
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Nowhere/Unknown"] {
        assert_eq!(plan(zone), tokyo, "{zone}");
    }
}
