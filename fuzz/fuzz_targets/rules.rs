//! A community's rules: `<name> NUL <content> NUL <name> NUL …`. What is taken in is then asked for
//! everything the apps ask for.
#![no_main]

use jiff::ToSpan;
use jiff::civil::date;
use jiff::tz::TimeZone;
use kerbside_core::RulePack;
use kerbside_core::rules::{Context, Perceived};
use kerbside_core::schedule::{ReminderLog, ReminderTimes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let parts: Vec<&[u8]> = data.split(|&byte| byte == 0).collect();
    let files = parts.chunks_exact(2).map(|pair| (String::from_utf8_lossy(pair[0]), pair[1]));
    let Ok(pack) = RulePack::parse(files) else { return };
    if pack.validate().is_empty() {
        ask(&pack);
    }
});

fn ask(pack: &RulePack) {
    let zones: Vec<String> = pack.zones().iter().take(1).map(|zone| zone.id.clone()).collect();
    let language = pack.language("en").to_owned();
    let context = Context { zones, date: date(2026, 11, 26), language: language.clone() };
    for item in pack.items() {
        let seen = Perceived { item: Some(item.id.clone()), ..Perceived::of_class("plastic") };
        assert!(!pack.resolve(&seen, &context).is_empty());
        pack.item_page(&item.id, &context);
        pack.search(item.names.get(&language), &language);
    }
    let instructions = pack.resolve(&Perceived::of_class("plastic"), &context);
    assert!(!instructions.is_empty(), "whatever the model sees is answered");
    pack.directory(&language);
    pack.find_place("1");
    pack.run_cases();
    plan(pack, &context);
}

fn plan(pack: &RulePack, context: &Context) {
    let calendar = pack.calendar(&context.zones);
    let (from, to) = (context.date, context.date.saturating_add(60.days()));
    let days = calendar.between(from, to);
    assert!(days.is_sorted_by_key(|day| day.date));
    for stream in pack.streams() {
        calendar.next(&stream.id, from);
    }
    calendar.tonight(from.at(19, 0, 0, 0));
    calendar.valid_until();
    let evening = Some(jiff::civil::time(19, 0, 0, 0));
    let times = ReminderTimes { evening_before: evening, morning_of: evening, bring_back: evening };
    calendar.reminders(&times, &ReminderLog::default(), &TimeZone::UTC, from, to);
    calendar.to_ics((from, to), &context.language, 19, jiff::Timestamp::UNIX_EPOCH);
}
