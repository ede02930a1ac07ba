//! A cell of `area_days.csv`: the days on which one kind of waste is collected in one area.
//!
//! | written | means |
//! |---|---|
//! | `月 木`, `Mon Thu` | every Monday and Thursday |
//! | `水2 水4` | second and fourth Wednesday of a month |
//! | `水1:6 7 11` | first Wednesday of June, July and November |
//! | `隔水20150114` | every second Wednesday, counted from that day |
//! | `20150114 20150128` | these days and no others |
//! | `*1` | see this row of `remarks.csv` |
//!
//! Forgiven: full-width letters and blanks, commas and middle dots between days, stray back-ticks,
//! 曜 and 曜日 after a weekday, 週 after 隔, any order.

use std::collections::BTreeMap;

use jiff::civil::Date;
use kerbside_core::schedule::{Dates, Day, EveryWeeks, Monthly, NthDay, Weekly, When};

use super::names::half_width;

const DAYS: [(Day, char, &str); 7] = [
    (Day::Monday, '月', "monday"),
    (Day::Tuesday, '火', "tuesday"),
    (Day::Wednesday, '水', "wednesday"),
    (Day::Thursday, '木', "thursday"),
    (Day::Friday, '金', "friday"),
    (Day::Saturday, '土', "saturday"),
    (Day::Sunday, '日', "sunday"),
];

fn day_of(date: Date) -> Day {
    // jiff counts Monday as 0 here.
    DAYS[date.weekday().to_monday_zero_offset().unsigned_abs() as usize].0
}

/// A recurrence in some months; in all of them if none is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Recurrence {
    pub(super) when: When,
    pub(super) months: Vec<i8>,
}

/// What a cell says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DayCell {
    pub(super) recurrences: Vec<Recurrence>,
    /// Numbers of remarks.
    pub(super) remarks: Vec<String>,
}

/// Why a cell was not understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotDays {
    #[error("{0:?} is no day")]
    Word(String),
    #[error("{0:?} is in no calendar")]
    NoSuchDate(String),
    #[error("{0:?}: a month has five weeks at most")]
    Week(String),
    #[error("{0:?}: a year has twelve months")]
    Month(String),
    #[error("{0:?}: that date is another weekday")]
    Weekday(String),
}

impl DayCell {
    /// Reads a cell. One that is not wholly understood is not understood at all: the missing word
    /// may have been "not".
    pub(super) fn parse(cell: &str) -> Result<Self, NotDays> {
        let mut days = Days::default();
        for word in words(cell) {
            days.read(&word)?;
        }
        Ok(days.finish())
    }

    /// The days the cell names one by one; empty if it names weekdays.
    pub(super) fn dates(&self) -> impl Iterator<Item = Date> {
        self.recurrences.iter().flat_map(|recurrence| recurrence.dates()).copied()
    }

    /// Days a recurrence is counted from.
    pub(super) fn anchors(&self) -> impl Iterator<Item = Date> {
        self.recurrences.iter().filter_map(|recurrence| match recurrence.when {
            When::EveryWeeks(EveryWeeks { anchor, .. }) => Some(anchor),
            _ => None,
        })
    }
}

impl Recurrence {
    /// The list, if it is one.
    pub(super) fn dates(&self) -> &[Date] {
        if let When::Dates(Dates { dates }) = &self.when { dates } else { &[] }
    }

    /// Whether there is a collection on this day.
    pub(super) fn falls_on(&self, date: Date) -> bool {
        let weekday = day_of(date);
        let in_month = self.months.is_empty() || self.months.contains(&date.month());
        in_month
            && match &self.when {
                When::Weekly(Weekly { weekly }) => weekly.contains(&weekday),
                When::Monthly(Monthly { monthly }) => {
                    let nth = (date.day() - 1) / 7 + 1;
                    monthly.contains(&NthDay { nth, weekday })
                }
                When::EveryWeeks(EveryWeeks { every_weeks, anchor }) => {
                    let days = (date - *anchor).get_days();
                    days >= 0 && i64::from(days) % (7 * i64::from(*every_weeks)) == 0
                }
                When::Dates(Dates { dates }) => dates.contains(&date),
            }
    }
}

/// Words of a cell, half width, without what towns put between and around them.
fn words(cell: &str) -> Vec<String> {
    let plain: String = cell.chars().map(half_width).filter(|letter| *letter != '`').collect();
    let between =
        |letter: char| letter.is_whitespace() || matches!(letter, ',' | '、' | '・' | '､');
    plain.split(between).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A cell being read.
#[derive(Default)]
struct Days {
    /// Weekdays and nth weekdays, with their months, as written.
    regular: Vec<(Day, Option<i8>, Vec<i8>)>,
    /// Whether bare numbers are months of the last entry.
    listing_months: bool,
    fortnights: Vec<Date>,
    dates: Vec<Date>,
    remarks: Vec<String>,
}

impl Days {
    fn read(&mut self, word: &str) -> Result<(), NotDays> {
        let listing_months = std::mem::take(&mut self.listing_months);
        if let Some(remark) = word.strip_prefix(['*', '※']) {
            self.remarks.push(remark.to_owned());
        } else if listing_months && word.len() <= 2 && digits(word) {
            self.month(word, word)?;
        } else if let Some(rest) = word.strip_prefix('隔') {
            self.fortnight(word, rest.strip_prefix('週').unwrap_or(rest))?;
        } else if let Some((day, rest)) = weekday(word) {
            self.regular(word, day, rest)?;
        } else if looks_like_date(word) {
            self.dates.push(date(word).ok_or_else(|| NotDays::NoSuchDate(word.to_owned()))?);
        } else {
            return Err(NotDays::Word(word.to_owned()));
        }
        Ok(())
    }

    /// What follows a weekday: nothing, the week of the month, months behind a colon.
    fn regular(&mut self, word: &str, day: Day, rest: &str) -> Result<(), NotDays> {
        let (week, month) = rest.split_once(':').map_or((rest, None), |(a, b)| (a, Some(b)));
        let nth = match week.parse::<i8>() {
            _ if week.is_empty() => None,
            Ok(nth @ 1..=5) => Some(nth),
            Ok(_) => return Err(NotDays::Week(word.to_owned())),
            Err(_) => return Err(NotDays::Word(word.to_owned())),
        };
        self.regular.push((day, nth, Vec::new()));
        match month {
            None => Ok(()),
            Some("") => Err(NotDays::Month(word.to_owned())),
            Some(month) => self.month(word, month),
        }
    }

    fn month(&mut self, word: &str, month: &str) -> Result<(), NotDays> {
        let number = month.parse::<i8>().ok().filter(|month| (1..=12).contains(month));
        let number = number.ok_or_else(|| NotDays::Month(word.to_owned()))?;
        if let Some((.., months)) = self.regular.last_mut() {
            months.push(number);
        }
        self.listing_months = true;
        Ok(())
    }

    fn fortnight(&mut self, word: &str, rest: &str) -> Result<(), NotDays> {
        let not_a_day = || NotDays::Word(word.to_owned());
        let (day, written) = weekday(rest).ok_or_else(not_a_day)?;
        if !looks_like_date(written) {
            return Err(not_a_day());
        }
        let anchor = date(written).ok_or_else(|| NotDays::NoSuchDate(word.to_owned()))?;
        if day_of(anchor) != day {
            return Err(NotDays::Weekday(word.to_owned()));
        }
        self.fortnights.push(anchor);
        Ok(())
    }

    /// Entries of the same months become one recurrence.
    fn finish(mut self) -> DayCell {
        let mut weekly: BTreeMap<Vec<i8>, Vec<Day>> = BTreeMap::new();
        let mut monthly: BTreeMap<Vec<i8>, Vec<NthDay>> = BTreeMap::new();
        for (weekday, nth, months) in self.regular {
            let months = sorted(months);
            match nth {
                None => weekly.entry(months).or_default().push(weekday),
                Some(nth) => monthly.entry(months).or_default().push(NthDay { nth, weekday }),
            }
        }
        let weekly = weekly.into_iter().map(|(months, weekly)| Recurrence {
            when: When::Weekly(Weekly { weekly: sorted(weekly) }),
            months,
        });
        let monthly = monthly.into_iter().map(|(months, monthly)| Recurrence {
            when: When::Monthly(Monthly { monthly: sorted(monthly) }),
            months,
        });
        let yearly = |when| Recurrence { when, months: Vec::new() };
        let fortnights = sorted(self.fortnights).into_iter();
        let fortnights = fortnights
            .map(|anchor| yearly(When::EveryWeeks(EveryWeeks { every_weeks: 2, anchor })));
        self.dates = sorted(self.dates);
        let dates =
            (!self.dates.is_empty()).then(|| yearly(When::Dates(Dates { dates: self.dates })));
        let recurrences = weekly.chain(monthly).chain(fortnights).chain(dates).collect();
        DayCell { recurrences, remarks: self.remarks }
    }
}

fn sorted<T: Ord>(mut rows: Vec<T>) -> Vec<T> {
    rows.sort();
    rows.dedup();
    rows
}

/// The weekday a word begins with, and the rest of the word.
fn weekday(word: &str) -> Option<(Day, &str)> {
    let lower = word.to_ascii_lowercase();
    DAYS.into_iter().find_map(|(day, kanji, english)| {
        if let Some(rest) = word.strip_prefix(kanji) {
            let longer = ["曜日", "曜"].into_iter().find_map(|tail| rest.strip_prefix(tail));
            return Some((day, longer.unwrap_or(rest)));
        }
        let length = [english.len(), 3].into_iter().find(|n| lower.starts_with(&english[..*n]))?;
        Some((day, &word[length..]))
    })
}

fn digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn looks_like_date(word: &str) -> bool {
    (word.len() == 8 && digits(word))
        || word.split(['/', '-']).filter(|part| digits(part)).count() == 3
}

/// A day written `20150114`, `2015/1/14` or `2015-01-14`.
pub(super) fn date(text: &str) -> Option<Date> {
    let text: String = text.trim().chars().map(half_width).collect();
    let parts: Vec<&str> = match text.len() {
        8 if digits(&text) => vec![&text[..4], &text[4..6], &text[6..]],
        _ => text.split(['/', '-']).collect(),
    };
    let [year, month, day] = parts[..] else { return None };
    let four = year.len() == 4 && [year, month, day].into_iter().all(digits);
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
    date.filter(|_| four)
}
