//! DTSTART and its kin: a day, and the clock it was read from.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::lines::Line;

/// Finds a time zone by the name a file gives it.
pub(super) type Zones<'a> = &'a dyn Fn(&str) -> Option<TimeZone>;

/// A day as a file writes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moment {
    /// The day on the clock below.
    pub day: Date,
    pub clock: Clock,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Clock {
    /// The whole day, wherever one is.
    AllDay,
    /// The clock on the wall; of a zone, where the file names one that is known.
    Wall(Time, Option<TimeZone>),
    Utc(Time),
    /// There is a time of day, but it cannot be read: the day still counts.
    Unclear,
}

impl Moment {
    /// Reads one value of `line`: a date, a date with a time, or the start of a period.
    pub fn parse(value: &str, line: &Line, zones: Zones) -> Option<Self> {
        let value = value.trim();
        let value = value.split_once('/').map_or(value, |(start, _)| start);
        let (date, time) = match value.split_once(['T', 't']) {
            Some((date, time)) => (date, Some(time)),
            None => (value, None),
        };
        let day = parse_date(date)?;
        let clock = match time.map(str::trim) {
            None => Clock::AllDay,
            Some(time) => match (parse_time(time), time.ends_with(['Z', 'z'])) {
                (None, _) => Clock::Unclear,
                (Some(time), true) => Clock::Utc(time),
                (Some(time), false) => {
                    Clock::Wall(time, line.parameter("TZID").and_then(|name| find(name, zones)))
                }
            },
        };
        Some(Self { day, clock })
    }

    /// The day people at `home` live in then. A wall clock is the one that hangs where the bins
    /// stand, and whole days have no zone: only UTC is turned.
    pub fn local_day(&self, home: &TimeZone) -> Date {
        match self.clock {
            Clock::Utc(time) => turn(self.day, time, &TimeZone::UTC, home).0,
            _ => self.day,
        }
    }

    /// This moment read off the clock of `other`: the day, and the time where both have one.
    pub fn on_clock_of(&self, other: &Self, home: &TimeZone) -> (Date, Option<Time>) {
        let target = match &other.clock {
            Clock::Utc(_) => &TimeZone::UTC,
            Clock::Wall(_, Some(zone)) => zone,
            _ => home,
        };
        match &self.clock {
            Clock::Utc(time) => {
                let (day, time) = turn(self.day, *time, &TimeZone::UTC, target);
                (day, Some(time))
            }
            Clock::Wall(time, Some(zone)) if other.is_timed() => {
                let (day, time) = turn(self.day, *time, zone, target);
                (day, Some(time))
            }
            Clock::Wall(time, _) => (self.day, Some(*time)),
            Clock::AllDay | Clock::Unclear => (self.day, None),
        }
    }

    pub fn time(&self) -> Option<Time> {
        match self.clock {
            Clock::Wall(time, _) | Clock::Utc(time) => Some(time),
            Clock::AllDay | Clock::Unclear => None,
        }
    }

    fn is_timed(&self) -> bool {
        self.time().is_some()
    }
}

/// The same instant on another clock. At the ends of the calendar, where there is no such instant,
/// the day stays.
fn turn(day: Date, time: Time, from: &TimeZone, to: &TimeZone) -> (Date, Time) {
    let turned = from.to_zoned(day.to_datetime(time)).map(|instant| {
        let there = instant.with_time_zone(to.clone());
        (there.date(), there.time())
    });
    turned.unwrap_or((day, time))
}

/// Some programs put their own path before the name: `/citadel.org/20210210_1/Europe/Berlin`.
fn find(name: &str, zones: Zones) -> Option<TimeZone> {
    let name = name.trim();
    zones(name).or_else(|| {
        let (start, city) = name.rsplit_once('/')?;
        let region = start.rsplit_once('/')?.1;
        zones(&format!("{region}/{city}"))
    })
}

/// `20260302`, and `2026-03-02` as some hand-made files have it.
fn parse_date(text: &str) -> Option<Date> {
    let digits: String = text.trim().split('-').collect();
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, month) = (digits[..4].parse().ok()?, digits[4..6].parse().ok()?);
    Date::new(year, month, digits[6..].parse().ok()?).ok()
}

/// `0345`, `034500`, with `Z` or colons.
fn parse_time(text: &str) -> Option<Time> {
    let digits: String = text.trim_end_matches(['Z', 'z']).split(':').collect();
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hour, minute) = (digits[..2].parse().ok()?, digits[2..4].parse().ok()?);
    let second: i8 = digits[4..].parse().unwrap_or(0);
    // A leap second is the end of its minute.
    Time::new(hour, minute, second.min(59), 0).ok()
}
