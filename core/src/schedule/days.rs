//! From a row of the plan to its days: regular days, then exceptions, moves and holidays.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::recurrence::{Frequency, Nth, Recurrence};
use super::table::{Holiday, Policy, Row, When};

/// A collection may take place this many days away from its regular day.
const REACH: i32 = 14;

/// A day of a row: when it takes place, and when it regularly would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowDay {
    /// The day of collection.
    pub date: Date,
    /// The regular day, if it is another one.
    pub instead_of: Option<Date>,
}

impl RowDay {
    fn moved(regular: Date, date: Date) -> Self {
        Self { date, instead_of: (date != regular).then_some(regular) }
    }
}

impl Row {
    /// Days from `from` to `to`, both included, in order, each once.
    pub(super) fn days(&self, holidays: &[Holiday], from: Date, to: Date) -> Vec<RowDay> {
        let (early, late) = (saturating(from, -REACH), saturating(to, REACH));
        let regular = self.regular(early.max(self.from), late.min(self.until));
        let kept = regular.into_iter().filter(|date| !self.except.contains(date));
        let taken = kept.filter_map(|date| self.takes_place(date, holidays));
        let extra = self.extra.iter().map(|date| RowDay { date: *date, instead_of: None });
        let mut days: Vec<_> =
            taken.chain(extra).filter(|day| (from..=to).contains(&day.date)).collect();
        days.sort_unstable();
        days.dedup_by_key(|day| day.date);
        days
    }

    /// Every regular day of the row's whole validity.
    pub(crate) fn regular_days(&self) -> BTreeSet<Date> {
        self.regular(self.from, self.until).into_iter().collect()
    }

    /// Regular days within the row's validity, whatever holidays do to them.
    fn regular(&self, from: Date, to: Date) -> Vec<Date> {
        let in_season = |date: &Date| self.months.is_empty() || self.months.contains(&date.month());
        self.when.between(self.from, from, to).into_iter().filter(in_season).collect()
    }

    /// Where a regular day ends up; `None` if it is left out.
    fn takes_place(&self, regular: Date, holidays: &[Holiday]) -> Option<RowDay> {
        if let Some(known) = self.moves.iter().find(|known| known.from == regular) {
            return Some(RowDay::moved(regular, known.to));
        }
        let is_holiday = |date: Date| holidays.iter().any(|holiday| holiday.date == date);
        let working = |step: i32| {
            (0..=REACH).map(|n| saturating(regular, n * step)).find(|date| !is_holiday(*date))
        };
        let date = match self.holiday {
            Policy::AsNormal | Policy::Listed => Some(regular),
            Policy::Skip | Policy::NextCycle => Some(regular).filter(|date| !is_holiday(*date)),
            Policy::PlusOne => working(1),
            Policy::PullForward => working(-1),
            Policy::SlideWeek => Some(slid(regular, holidays)),
        };
        date.map(|date| RowDay::moved(regular, date))
    }
}

/// One day later for each holiday of the week that lies before the day the collection ends up on,
/// and on Saturday at the latest: by then what the week has lost is made up for. A Sunday is
/// nobody's working day: a holiday on it moves nothing.
fn slid(regular: Date, holidays: &[Holiday]) -> Date {
    let monday = saturating(regular, -i32::from(regular.weekday().to_monday_zero_offset()));
    let saturday = saturating(monday, 5).max(regular);
    let mut date = regular;
    loop {
        let lost = holidays
            .iter()
            .filter(|holiday| (monday..=date).contains(&holiday.date))
            .filter(|holiday| holiday.date.weekday() != Weekday::Sunday)
            .count();
        let later = saturating(regular, i32::try_from(lost).unwrap_or(REACH).min(REACH));
        let later = later.min(saturday);
        if later == date {
            return date;
        }
        date = later;
    }
}

impl When {
    /// Regular days from `from` to `to` of a plan that starts on `start`.
    fn between(&self, start: Date, from: Date, to: Date) -> Vec<Date> {
        let recurring = |recurrence: Recurrence| recurrence.between(from, to).collect();
        match self {
            Self::Weekly(days) => {
                let weekdays = days.weekly.iter().map(|day| nth(None, (*day).into())).collect();
                recurring(Recurrence { weekdays, ..Recurrence::new(start, Frequency::Weekly) })
            }
            Self::EveryWeeks(every) => {
                let interval = every.every_weeks.max(1);
                let first = first_in_step(every.anchor, interval, start);
                recurring(Recurrence { interval, ..Recurrence::new(first, Frequency::Weekly) })
            }
            Self::Monthly(days) => {
                let weekdays =
                    days.monthly.iter().map(|day| nth(Some(day.nth), day.weekday.into())).collect();
                recurring(Recurrence { weekdays, ..Recurrence::new(start, Frequency::Monthly) })
            }
            Self::Dates(list) => {
                let mut dates: Vec<_> = list.dates.clone();
                dates.retain(|date| (from..=to).contains(date));
                dates.sort_unstable();
                dates
            }
        }
    }
}

fn nth(nth: Option<i8>, weekday: Weekday) -> Nth {
    Nth { nth, weekday }
}

/// The first day on or after `start` that lies a whole number of cycles from the anchor, so that
/// any known collection may serve as anchor, be it before or after the plan's first day.
fn first_in_step(anchor: Date, weeks: u32, start: Date) -> Date {
    let cycle = 7 * i32::try_from(weeks).unwrap_or(i32::MAX / 7);
    let apart = (start - anchor).get_days();
    saturating(start, (-apart).rem_euclid(cycle))
}

/// A date so many days away, or the last one there is.
pub(super) fn saturating(date: Date, days: i32) -> Date {
    date.saturating_add(days.days())
}
