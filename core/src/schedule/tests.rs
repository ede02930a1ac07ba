//! The plan of a small town, day by day.

use jiff::civil::{Date, date, datetime, time};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::*;
use crate::rules::RulePack;
use crate::rules::fixtures::tiny;

/// Central European time as a POSIX rule: no time zone database is needed.
const CET: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// The tiny pack with this plan.
fn pack(schedule: &Value) -> RulePack {
    let mut files = tiny();
    files.insert("schedule.json".into(), schedule.to_string());
    RulePack::from_files(files).unwrap()
}

/// A row that is collected as `when` says, with the fields of `more`.
fn row(when: Value, more: Value) -> Value {
    let mut row = json!({
        "id": "rest", "streams": ["rest"], "when": when, "from": "2026-01-01",
        "until": "2026-12-31", "source": "page",
    });
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    row
}

fn days(schedule: &Value, from: &str, to: &str) -> Vec<String> {
    let pack = pack(schedule);
    let found = pack.calendar(&[]).between(from.parse().unwrap(), to.parse().unwrap());
    found.iter().map(|one| one.date.to_string()).collect()
}

fn one(when: Value, more: Value) -> Value {
    json!({ "rows": [row(when, more)] })
}

fn holiday(day: &str) -> Value {
    json!({ "date": day, "names": { "en": "Holiday" }, "source": "page" })
}

/// Thursday 24 December under a policy, with holidays on the 24th and 25th.
fn around_christmas(policy: &str, when: Value) -> Vec<String> {
    let rows = [row(when, json!({ "holiday": policy }))];
    let holidays = [holiday("2026-12-24"), holiday("2026-12-25")];
    days(&json!({ "rows": rows, "holidays": holidays }), "2026-12-20", "2026-12-31")
}

#[test]
fn the_four_kinds_of_regular_days() {
    let weekly = one(json!({ "weekly": ["monday", "thursday"] }), json!({}));
    assert_eq!(
        days(&weekly, "2026-03-01", "2026-03-09"),
        ["2026-03-02", "2026-03-05", "2026-03-09"]
    );
    let monthly = one(
        json!({ "monthly": [{ "nth": 2, "weekday": "wednesday" }, { "nth": -1, "weekday": "friday" }] }),
        json!({}),
    );
    assert_eq!(days(&monthly, "2026-05-01", "2026-05-31"), ["2026-05-13", "2026-05-29"]);
    let listed = one(json!({ "dates": ["2026-05-30", "2026-05-02"] }), json!({}));
    assert_eq!(days(&listed, "2026-05-01", "2026-05-31"), ["2026-05-02", "2026-05-30"]);
}

#[test]
fn any_known_collection_may_serve_as_anchor() {
    for anchor in ["2026-03-03", "2026-02-17", "2025-12-23", "2027-01-05", "2026-12-22"] {
        let biweekly = one(json!({ "every_weeks": 2, "anchor": anchor }), json!({}));
        let found = days(&biweekly, "2026-03-01", "2026-03-31");
        assert_eq!(found, ["2026-03-03", "2026-03-17", "2026-03-31"], "{anchor}");
    }
}

#[test]
fn seasons_exceptions_extra_days_and_moves() {
    let garden = one(
        json!({ "weekly": ["monday"] }),
        json!({
            "months": [3, 4], "except": ["2026-03-09"], "extra": ["2026-05-02"],
            "moves": [{ "from": "2026-04-06", "to": "2026-04-07", "reason": { "en": "Easter" } }],
        }),
    );
    assert_eq!(days(&garden, "2026-02-20", "2026-03-20"), ["2026-03-02", "2026-03-16"]);
    assert_eq!(days(&garden, "2026-04-05", "2026-04-13"), ["2026-04-07", "2026-04-13"]);
    assert_eq!(days(&garden, "2026-04-28", "2026-05-31"), ["2026-05-02"]);
    let pack = pack(&garden);
    let moved = pack.calendar(&[]).between(date(2026, 4, 7), date(2026, 4, 7));
    assert_eq!(moved[0].instead_of, Some(date(2026, 4, 6)));
    assert_eq!(moved[0].reason.unwrap().get("en"), "Easter");
}

#[test]
fn every_holiday_policy_does_what_its_name_says() {
    let thursday = || json!({ "weekly": ["thursday"] });
    assert_eq!(around_christmas("as_normal", thursday()), ["2026-12-24", "2026-12-31"]);
    assert_eq!(around_christmas("skip", thursday()), ["2026-12-31"]);
    assert_eq!(around_christmas("next_cycle", thursday()), ["2026-12-31"]);
    assert_eq!(around_christmas("plus_one", thursday()), ["2026-12-26", "2026-12-31"]);
    assert_eq!(around_christmas("pull_forward", thursday()), ["2026-12-23", "2026-12-31"]);
    // Thursday loses two days; Friday would, too, but Saturday is the last day; Wednesday none.
    assert_eq!(around_christmas("slide_week", thursday()), ["2026-12-26", "2026-12-31"]);
    let friday = json!({ "weekly": ["wednesday", "friday"] });
    assert_eq!(around_christmas("slide_week", friday), ["2026-12-23", "2026-12-26", "2026-12-30"]);
}

#[test]
fn a_holiday_on_sunday_slides_nothing() {
    let rows = [row(json!({ "weekly": ["monday"] }), json!({ "holiday": "slide_week" }))];
    let plan = json!({ "rows": rows, "holidays": [holiday("2026-12-20")] });
    assert_eq!(days(&plan, "2026-12-14", "2026-12-22"), ["2026-12-14", "2026-12-21"]);
}

#[test]
fn after_the_last_published_day_there_are_no_days() {
    let plan = one(json!({ "weekly": ["monday"] }), json!({ "until": "2026-06-30" }));
    assert_eq!(days(&plan, "2026-06-25", "2027-01-31"), ["2026-06-29"]);
    let pack = pack(&plan);
    let calendar = pack.calendar(&[]);
    let since = date(2026, 6, 30);
    assert_eq!(calendar.next("rest", date(2026, 6, 30)), Next::NoOfficialDates { since });
    assert_eq!(calendar.next("danger", date(2026, 6, 1)), Next::NotListed);
    assert_eq!(calendar.valid_until(), Some(since));
    assert!(
        matches!(calendar.next("rest", date(2026, 6, 29)), Next::On(one) if one.date == date(2026, 6, 29))
    );
}

#[test]
fn a_zone_has_its_own_days_instead_of_the_general_ones() {
    let general = row(json!({ "weekly": ["monday"] }), json!({}));
    let lake = row(json!({ "weekly": ["friday"] }), json!({ "id": "lake", "zones": ["lake"] }));
    let pack = pack(&json!({ "rows": [general, lake] }));
    let next = |zones: &[String]| match pack.calendar(zones).next("rest", date(2026, 3, 1)) {
        Next::On(one) => Some(one.date),
        _ => None,
    };
    assert_eq!(next(&["lake".into()]), Some(date(2026, 3, 6)));
    assert_eq!(next(&["hill".into()]), Some(date(2026, 3, 2)));
    assert_eq!(pack.calendar(&[]).next("rest", date(2026, 3, 1)), Next::AskZone);
}

/// Fetched on Tuesdays; may stand outside from 18:00 on the day before until 7:00.
fn with_window() -> RulePack {
    let mut files = tiny();
    let mut streams: Value = serde_json::from_str(&files["streams.json"]).unwrap();
    streams[0]["ways"][0]["set_out"] = json!({
        "from": { "day": -1, "time": "18:00:00" }, "by": { "day": 0, "time": "07:00:00" },
    });
    files.insert("streams.json".into(), streams.to_string());
    let plan = one(json!({ "weekly": ["tuesday"] }), json!({}));
    files.insert("schedule.json".into(), plan.to_string());
    RulePack::from_files(files).unwrap()
}

#[test]
fn tonight_is_what_may_go_out_before_bedtime() {
    let pack = with_window();
    let due = |day, hour| {
        let now = datetime(2026, 3, day, hour, 0, 0, 0);
        pack.calendar(&[])
            .tonight(now)
            .into_iter()
            .map(|due| due.collection.date)
            .collect::<Vec<_>>()
    };
    let tuesday = date(2026, 3, 3);
    assert_eq!(due(1, 20), Vec::<Date>::new(), "Sunday evening: too early");
    assert_eq!(due(2, 9), [tuesday], "Monday: the window opens this evening");
    assert_eq!(due(2, 22), [tuesday]);
    assert_eq!(due(3, 6), [tuesday], "still before seven");
    assert_eq!(due(3, 8), Vec::<Date>::new(), "too late");
}

#[test]
fn a_change_of_the_clocks_moves_instants_and_not_hours() {
    let zone = TimeZone::posix(CET).unwrap();
    let set_out = crate::rules::SetOut {
        from: Some(crate::rules::Moment { day: -1, time: time(18, 0, 0, 0) }),
        by: Some(crate::rules::Moment { day: 0, time: time(2, 30, 0, 0) }),
    };
    // On 29 March 2026 the clocks skip from 2:00 to 3:00.
    let spring = super::window::Window::of(date(2026, 3, 29), Some(set_out));
    let (opens, closes) = spring.instants(&zone);
    assert_eq!(opens.unwrap().to_string(), "2026-03-28T17:00:00Z");
    assert_eq!(closes.unwrap().to_string(), "2026-03-29T01:30:00Z", "half an hour after the gap");
    // On 25 October 2026 half past two comes twice; the first one counts.
    let autumn = super::window::Window::of(date(2026, 10, 25), Some(set_out));
    let (opens, closes) = autumn.instants(&zone);
    assert_eq!(opens.unwrap().to_string(), "2026-10-24T16:00:00Z");
    assert_eq!(closes.unwrap().to_string(), "2026-10-25T00:30:00Z");
}

#[test]
fn reminders_come_when_asked_for_and_stop_when_it_is_done() {
    let pack = with_window();
    let zone = TimeZone::posix(CET).unwrap();
    let calendar = pack.calendar(&[]);
    let times = ReminderTimes {
        evening_before: Some(time(17, 0, 0, 0)),
        morning_of: Some(time(6, 30, 0, 0)),
        bring_back: Some(time(19, 0, 0, 0)),
    };
    let tuesday = date(2026, 3, 3);
    let at = |log: &ReminderLog| -> Vec<_> {
        let all = calendar.reminders(&times, log, &zone, tuesday, tuesday);
        all.iter().map(|reminder| (reminder.kind, reminder.at.to_string())).collect()
    };
    let evening = (ReminderKind::EveningBefore, "2026-03-02T18:00:00".to_owned());
    let morning = (ReminderKind::MorningOf, "2026-03-03T06:30:00".to_owned());
    let back = (ReminderKind::BringBack, "2026-03-03T19:00:00".to_owned());
    let mut log = ReminderLog::default();
    assert_eq!(at(&log), [evening, morning.clone(), back.clone()], "not before the window opens");

    log.snooze(tuesday, "2026-03-02T20:15:00Z".parse().unwrap());
    let snoozed = (ReminderKind::EveningBefore, "2026-03-02T21:15:00".to_owned());
    assert_eq!(at(&log), [snoozed, morning, back.clone()]);

    log.done(tuesday, "rest");
    assert_eq!(at(&log), [back], "what was put out has to be brought back");
    let kept = ReminderLog::from_json(log.to_json().as_bytes()).unwrap();
    assert_eq!(kept, log, "it survives a restart");
    log.not_done(tuesday, "rest");
    assert_eq!(at(&log).len(), 3);
    log.forget_before(date(2026, 3, 4));
    assert_eq!(log, ReminderLog::default());
    assert!(ReminderLog::from_json(b"{\"done\":").is_err());
}

/// What validation says about a plan.
fn findings(schedule: &Value) -> String {
    let mut files = tiny();
    files.insert("schedule.json".into(), schedule.to_string());
    let findings = RulePack::parse(files).unwrap().validate();
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn slips_in_a_plan_are_found() {
    let weekly = || json!({ "weekly": ["monday"] });
    let slips = [
        (
            json!({ "moves": [{ "from": "2026-04-06", "to": "2026-06-26" }] }),
            "81 days from 2026-04-06",
        ),
        (
            json!({ "moves": [{ "from": "2026-04-07", "to": "2026-04-08" }] }),
            "2026-04-07 is no regular day",
        ),
        (
            json!({ "moves": [{ "from": "2026-12-28", "to": "2027-01-02" }] }),
            "2027-01-02 lies outside",
        ),
        (
            json!({ "moves": [{ "from": "2026-04-06", "to": "2026-04-07", "weekday": "wednesday" }] }),
            "2026-04-07 is a Tuesday",
        ),
        (json!({ "except": ["2026-04-08"] }), "except: 2026-04-08 is no regular day"),
        (json!({ "extra": ["2025-04-08"] }), "extra: 2025-04-08 lies outside"),
        (json!({ "months": [13] }), "months are 1 to 12"),
        (json!({ "streams": [] }), "a round that takes nothing"),
        (json!({ "streams": ["sea"] }), "rest.streams: sea: no such row"),
        (json!({ "zones": ["sea"] }), "rest.zones: sea: no such row"),
        (json!({ "source": "hearsay" }), "rest.source: hearsay: no such row"),
        (json!({ "until": "2028-12-31" }), "the pack itself ends on 2027-12-31"),
        (json!({ "from": "2026-12-31", "until": "2026-01-01" }), "ends before it begins"),
    ];
    for (slip, expected) in slips {
        let found = findings(&one(weekly(), slip));
        assert!(found.contains(expected), "{expected}: {found}");
    }
    for (when, expected) in [
        (json!({ "weekly": [] }), "no weekday"),
        (json!({ "every_weeks": 0, "anchor": "2026-01-05" }), "every 1 to 53 weeks"),
        (json!({ "monthly": [{ "nth": 6, "weekday": "monday" }] }), "nth is 1 to 5"),
        (json!({ "dates": ["2026-01-05", "2026-01-05"] }), "listed twice"),
        (json!({ "dates": ["2025-01-05"] }), "2025-01-05 lies outside"),
    ] {
        let found = findings(&one(when, json!({})));
        assert!(found.contains(expected), "{expected}: {found}");
    }
    let listed = json!({
        "rows": [row(weekly(), json!({ "holiday": "listed" }))], "holidays": [holiday("2026-04-06")],
    });
    let found = findings(&listed);
    assert!(found.contains("2026-04-06 is a holiday, and nothing says"), "{found}");
}
