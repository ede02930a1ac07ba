//! Other people's calendar files, several of them: `<file> NUL <file> …`.
#![no_main]

use jiff::ToSpan;
use jiff::civil::date;
use jiff::tz::TimeZone;
use kerbside_core::schedule::ics::{ImportOptions, import};
use kerbside_core::schedule::suggest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let files: Vec<&[u8]> = data.split(|&byte| byte == 0).collect();
    let zones = |name: &str| TimeZone::get(name).ok();
    let from = date(2026, 1, 1);
    // Odd lengths are asked for one year, as the apps ask; even ones for all there is.
    let window = (data.len() % 2 == 1).then(|| (from, from.saturating_add(1.years())));
    let options = ImportOptions {
        zones: &zones,
        from: window.map(|(from, _)| from),
        to: window.map(|(_, to)| to),
        ..ImportOptions::default()
    };
    let Ok(found) = import(&files, &options) else { return };
    assert_eq!(found.counts.taken, found.entries.len());
    assert_eq!(found.counts.set_aside, found.set_aside.len());
    let key = |day: &kerbside_core::schedule::ics::Day| (day.date, day.summary.clone());
    assert!(found.days.is_sorted_by_key(key));
    for day in &found.days {
        assert!(day.entry < found.entries.len());
        assert!(window.is_none_or(|(from, to)| (from..=to).contains(&day.date)));
    }
    for entry in found.entries.iter().take(20) {
        suggest(&entry.summary, "");
    }
});
