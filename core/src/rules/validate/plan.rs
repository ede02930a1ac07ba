//! The plan of collections and the notices: days that exist, replacements that replace something.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::rows::{optional, order, price, texts, unique};
use super::{At, Report, at};
use crate::rules::pack::RulePack;
use crate::schedule::{Holiday, Policy, Row, When};

const FILE: &str = "schedule.json";

/// A replacement further away than this is a slip: such days have been published for the wrong
/// year, or a month late.
const NEAR: i32 = 7;

/// Nobody has published collections further ahead, in days.
const LONGEST: i32 = 6 * 366;

pub(super) fn check(report: &mut Report<'_>) {
    let pack = report.pack;
    unique(report, FILE, pack.schedule.rows.iter().map(|row| &row.id));
    unique(report, "notices.json", pack.notices.iter().map(|row| &row.id));
    for holiday in &pack.schedule.holidays {
        texts(report, at(FILE, "holidays", "names"), &holiday.names);
    }
    for row in &pack.schedule.rows {
        if !validity(report, pack, row) {
            // Its days are too many to be looked at.
            continue;
        }
        pattern(report, row);
        exceptions(report, row, &pack.schedule.holidays);
    }
    notices(report, pack);
}

/// Every place in the plan and the notices that cites a source.
pub(super) fn cited(pack: &RulePack) -> impl Iterator<Item = (At<'_>, &String)> {
    let holidays = pack.schedule.holidays.iter();
    let holidays = holidays.map(|row| (at(FILE, "holidays", "source"), &row.source));
    let rows = pack.schedule.rows.iter().map(|row| (at(FILE, &row.id, "source"), &row.source));
    let notices = pack.notices.iter();
    let notices = notices.map(|row| (at("notices.json", &row.id, "source"), &row.source));
    let prices = pack.notices.iter().flat_map(|row| {
        let both = [&row.price, &row.price_to].into_iter().flatten();
        both.map(|price| (at("notices.json", &row.id, "price"), &price.source))
    });
    holidays.chain(rows).chain(notices).chain(prices)
}

/// Every row of the plan and the notices that is limited to some zones.
pub(super) fn zoned(pack: &RulePack) -> impl Iterator<Item = (At<'_>, &Vec<String>)> {
    let rows = pack.schedule.rows.iter().map(|row| (at(FILE, &row.id, "zones"), &row.zones));
    let notices = pack.notices.iter();
    rows.chain(notices.map(|row| (at("notices.json", &row.id, "zones"), &row.zones)))
}

/// Every mention of a stream.
pub(super) fn streams(pack: &RulePack) -> impl Iterator<Item = (At<'_>, &Vec<String>)> {
    let rows = pack.schedule.rows.iter().map(|row| (at(FILE, &row.id, "streams"), &row.streams));
    let notices = pack.notices.iter();
    rows.chain(notices.map(|row| (at("notices.json", &row.id, "streams"), &row.streams)))
}

/// Whether the row's days can be looked at one by one.
fn validity(report: &mut Report<'_>, pack: &RulePack, row: &Row) -> bool {
    let place = |field| at(FILE, &row.id, field);
    order(report, place("until"), Some(row.from), Some(row.until));
    report.require(row.until <= pack.info.until, place("until"), || {
        format!("the pack itself ends on {}", pack.info.until)
    });
    report
        .require(!row.streams.is_empty(), place("streams"), || "a round that takes nothing".into());
    let months = row.months.iter().all(|month| (1..=12).contains(month));
    report.require(months, place("months"), || "months are 1 to 12".into());
    let bounded = (row.until - row.from).get_days() <= LONGEST;
    report.require(bounded, place("until"), || format!("more than {LONGEST} days are published"));
    bounded
}

fn pattern(report: &mut Report<'_>, row: &Row) {
    let place = |field| at(FILE, &row.id, field);
    match &row.when {
        When::Weekly(days) => {
            report.require(!days.weekly.is_empty(), place("when"), || "no weekday".into());
        }
        When::EveryWeeks(every) => {
            let sane = (1..=53).contains(&every.every_weeks);
            report.require(sane, place("when"), || "every 1 to 53 weeks".into());
        }
        When::Monthly(days) => {
            let counted = |nth: i8| (1..=5).contains(&nth) || nth == -1;
            let sane = !days.monthly.is_empty() && days.monthly.iter().all(|day| counted(day.nth));
            report.require(sane, place("when"), || "nth is 1 to 5, or -1 for the last".into());
        }
        When::Dates(list) => {
            report.require(!list.dates.is_empty(), place("when"), || "no day".into());
            for date in &list.dates {
                inside(report, row, "when", *date);
            }
            let distinct: BTreeSet<_> = list.dates.iter().collect();
            let once = distinct.len() == list.dates.len();
            report.require(once, place("when"), || "a day is listed twice".into());
        }
    }
}

fn exceptions(report: &mut Report<'_>, row: &Row, holidays: &[Holiday]) {
    let regular = row.regular_days();
    let replaced = |report: &mut Report<'_>, field, date: Date| {
        report.require(regular.contains(&date), at(FILE, &row.id, field), || {
            format!("{date} is no regular day of this row")
        });
    };
    for date in &row.except {
        replaced(report, "except", *date);
    }
    for known in &row.moves {
        replaced(report, "moves.from", known.from);
        inside(report, row, "moves.to", known.to);
        let apart = (known.to - known.from).get_days();
        report.require(apart.abs() <= NEAR, at(FILE, &row.id, "moves.to"), || {
            format!("{} is {} days from {}", known.to, apart.abs(), known.from)
        });
        let printed = known.weekday.is_none_or(|day| known.to.weekday() == day.into());
        report.require(printed, at(FILE, &row.id, "moves.weekday"), || {
            format!("{} is a {:?}", known.to, known.to.weekday())
        });
        if let Some(reason) = &known.reason {
            texts(report, at(FILE, &row.id, "moves.reason"), reason);
        }
    }
    for date in &row.extra {
        inside(report, row, "extra", *date);
    }
    if row.holiday == Policy::Listed {
        for holiday in holidays.iter().filter(|holiday| regular.contains(&holiday.date)) {
            let moved = row.moves.iter().any(|known| known.from == holiday.date);
            let settled = moved || row.except.contains(&holiday.date);
            report.require(settled, at(FILE, &row.id, "holiday"), || {
                format!("{} is a holiday, and nothing says what becomes of it", holiday.date)
            });
        }
    }
}

fn inside(report: &mut Report<'_>, row: &Row, field: &'static str, date: Date) {
    report.require((row.from..=row.until).contains(&date), at(FILE, &row.id, field), || {
        format!("{date} lies outside {} to {}", row.from, row.until)
    });
}

fn notices(report: &mut Report<'_>, pack: &RulePack) {
    for notice in &pack.notices {
        let place = |field| at("notices.json", &notice.id, field);
        texts(report, place("text"), &notice.text);
        order(report, place("until"), notice.from, notice.until);
        for found in [&notice.price, &notice.price_to].into_iter().flatten() {
            price(report, place("price"), found);
            optional(report, place("price.covers"), &found.covers);
        }
        let web = notice.url.as_ref().is_none_or(|url| url.starts_with("http"));
        report.require(web, place("url"), || "not a web address".into());
    }
}
