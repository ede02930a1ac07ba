//! Rules that repeat on civil dates: the date-only part of RFC 5545, section 3.3.10.
//!
//! ```text
//! start ─► period 0, 1, 2, …    a day, week, month or year, every `interval`-th of them
//!            └─► its days       that the by-parts let through
//!                  └─► picked   by set positions
//!                        └─► until, count, and the asked-for range
//! ```
//!
//! Days have no time zone here, so a change of the clocks can neither lose nor double one.

use jiff::Span;
use jiff::civil::{Date, Weekday};

/// The length of the periods a rule steps through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// One day.
    Daily,
    /// Seven days from [`Recurrence::week_start`].
    Weekly,
    /// A calendar month.
    Monthly,
    /// A calendar year.
    Yearly,
}

/// A weekday, or its n-th in the month (or in the year, for a yearly rule without months).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nth {
    /// 1 is the first, -1 the last; `None` is every one. Days and weeks have no n-th weekday:
    /// daily and weekly rules look at the weekday alone.
    pub nth: Option<i8>,
    /// The day of the week.
    pub weekday: Weekday,
}

/// A rule that repeats.
///
/// An empty list does not restrict. A rule that says neither weekday nor day of the month takes
/// them from `start`, as RFC 5545 wants it. `start` itself is an occurrence only if the rule says
/// so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    /// No occurrence lies before it; periods are counted from the one it lies in.
    pub start: Date,
    /// The length of a period.
    pub frequency: Frequency,
    /// Every how many periods; 0 counts as 1.
    pub interval: u32,
    /// BYDAY.
    pub weekdays: Vec<Nth>,
    /// BYMONTHDAY: 1 to 31, or -1 for the last day of the month.
    pub month_days: Vec<i8>,
    /// BYMONTH: 1 to 12.
    pub months: Vec<i8>,
    /// BYSETPOS: which of a period's days count; 1 is the first, -1 the last.
    pub set_positions: Vec<i16>,
    /// WKST: matters to weekly rules with an interval or set positions.
    pub week_start: Weekday,
    /// The last day that may be an occurrence.
    pub until: Option<Date>,
    /// How many occurrences there are, counted from `start`.
    pub count: Option<u32>,
}

impl Recurrence {
    /// The plain rule: once every period, on the weekday or day of `start`, for ever.
    pub fn new(start: Date, frequency: Frequency) -> Self {
        Self {
            start,
            frequency,
            interval: 1,
            weekdays: Vec::new(),
            month_days: Vec::new(),
            months: Vec::new(),
            set_positions: Vec::new(),
            week_start: Weekday::Monday,
            until: None,
            count: None,
        }
    }

    /// The occurrences from `from` to `to`, both included, in ascending order.
    ///
    /// Work is bounded by the range: only a rule with a count, unless plainly daily, is followed
    /// from its start.
    pub fn between(&self, from: Date, to: Date) -> impl Iterator<Item = Date> + '_ {
        let rule = self.completed();
        let first = rule.first_period(from);
        Occurrences {
            from,
            last: rule.until.map_or(to, |until| until.min(to)),
            period: (!rule.is_barren()).then_some(first),
            days: Vec::new().into_iter(),
            left: rule.left_at(first),
            rule,
        }
    }

    /// Most days that are looked at to find the occurrences between two days.
    pub(crate) fn days_looked_at(&self, from: Date, to: Date) -> usize {
        let rule = self.completed();
        let begin = if rule.is_counted_from_its_start() { rule.start } else { from };
        let days = usize::try_from(days_between(begin, to)).unwrap_or(0);
        let left = rule.left_at(rule.first_period(from)).filter(|_| rule.is_plainly_daily());
        left.map_or(days, |left| days.min(left as usize))
    }

    /// The period in which the walk to `from` begins.
    fn first_period(&self, from: Date) -> i64 {
        if self.is_counted_from_its_start() { 0 } else { self.period_of(from) }
    }

    /// Whether occurrences have to be counted one by one.
    fn is_counted_from_its_start(&self) -> bool {
        self.count.is_some() && !self.is_plainly_daily()
    }

    /// How many occurrences a rule with a count still has at its `period`: the first of all, or one
    /// before which each had one.
    fn left_at(&self, period: i64) -> Option<u32> {
        let left = i64::from(self.count?).saturating_sub(period);
        Some(u32::try_from(left).unwrap_or(0))
    }

    /// Whether each period is one day, and that day an occurrence.
    fn is_plainly_daily(&self) -> bool {
        self.frequency == Frequency::Daily
            && self.weekdays.is_empty()
            && self.month_days.is_empty()
            && self.months.is_empty()
            && self.set_positions.is_empty()
    }

    /// The rule with what it takes from its start written out.
    fn completed(&self) -> Self {
        let mut rule = self.clone();
        rule.interval = rule.interval.max(1);
        if !rule.weekdays.is_empty() || !rule.month_days.is_empty() {
            return rule;
        }
        match rule.frequency {
            Frequency::Daily => {}
            Frequency::Weekly => {
                rule.weekdays.push(Nth { nth: None, weekday: rule.start.weekday() });
            }
            Frequency::Monthly => rule.month_days.push(rule.start.day()),
            Frequency::Yearly => {
                rule.month_days.push(rule.start.day());
                if rule.months.is_empty() {
                    rule.months.push(rule.start.month());
                }
            }
        }
        rule
    }

    /// Whether it is plain at once that no period has an occurrence, so that nobody looks for
    /// the 30th of February through eight thousand years.
    fn is_barren(&self) -> bool {
        let longest = match self.frequency {
            Frequency::Daily => 1,
            Frequency::Weekly => 7,
            Frequency::Monthly => 31,
            Frequency::Yearly => 366,
        };
        let out_of_reach = |position: &i16| !(1..=longest).contains(&position.unsigned_abs());
        let always_same_weekday = self.frequency == Frequency::Daily
            && self.interval.is_multiple_of(7)
            && !self.weekdays.is_empty()
            && self.weekdays.iter().all(|day| day.weekday != self.start.weekday());
        let no_such_day = !days_of_a_leap_year().any(|day| self.allows_day_of_month(day));
        (!self.set_positions.is_empty() && self.set_positions.iter().all(out_of_reach))
            || always_same_weekday
            || no_such_day
    }

    /// The number of a period that begins no later than `day`.
    fn period_of(&self, day: Date) -> i64 {
        let steps = match self.frequency {
            Frequency::Daily => days_between(self.start, day),
            Frequency::Weekly => (days_between(self.start, day) + self.days_into_week()) / 7,
            Frequency::Monthly => month_number(day) - month_number(self.start),
            Frequency::Yearly => i64::from(day.year()) - i64::from(self.start.year()),
        };
        (steps / i64::from(self.interval)).max(0)
    }

    /// The first and last day of a period, or none past the end of the calendar.
    fn period(&self, number: i64) -> Option<(Date, Date)> {
        let steps = number.checked_mul(i64::from(self.interval))?;
        match self.frequency {
            Frequency::Daily => day_after(self.start, steps).map(|day| (day, day)),
            Frequency::Weekly => {
                let first = steps.checked_mul(7)? - self.days_into_week();
                // A week may begin before the first or end after the last day there is.
                let from = if first < 0 {
                    day_after(self.start, first).unwrap_or(Date::MIN)
                } else {
                    day_after(self.start, first)?
                };
                Some((from, day_after(self.start, first + 6).unwrap_or(Date::MAX)))
            }
            Frequency::Monthly => {
                let month = month_number(self.start).checked_add(steps)?;
                let year = i16::try_from(month.div_euclid(12)).ok()?;
                let first = Date::new(year, month.rem_euclid(12) as i8 + 1, 1).ok()?;
                Some((first, first.last_of_month()))
            }
            Frequency::Yearly => {
                let year = i16::try_from(i64::from(self.start.year()).checked_add(steps)?).ok()?;
                let first = Date::new(year, 1, 1).ok()?;
                Some((first, first.last_of_year()))
            }
        }
    }

    /// The occurrences of one period, ascending.
    fn days_of(&self, (first, last): (Date, Date)) -> Vec<Date> {
        let days: Vec<Date> = days_from(first)
            .take_while(|day| *day <= last)
            .filter(|day| self.allows(*day))
            .collect();
        if self.set_positions.is_empty() {
            return days;
        }
        let mut picked: Vec<Date> = self
            .set_positions
            .iter()
            .filter_map(|position| days.get(index_from_end(*position, days.len())?).copied())
            .collect();
        picked.sort_unstable();
        picked.dedup();
        picked
    }

    fn allows(&self, day: Date) -> bool {
        self.allows_day_of_month(day) && self.allows_weekday(day)
    }

    fn allows_month(&self, day: Date) -> bool {
        self.months.is_empty() || self.months.contains(&day.month())
    }

    fn allows_day_of_month(&self, day: Date) -> bool {
        let from_end = day.day() - day.days_in_month() - 1;
        self.allows_month(day)
            && (self.month_days.is_empty()
                || self.month_days.contains(&day.day())
                || self.month_days.contains(&from_end))
    }

    fn allows_weekday(&self, day: Date) -> bool {
        let (nth, nth_last) = self.place_among_weekdays(day);
        self.weekdays.is_empty()
            || self.weekdays.iter().any(|wanted| {
                wanted.weekday == day.weekday()
                    && wanted.nth.is_none_or(|n| nth == 0 || n == nth || n == nth_last)
            })
    }

    /// Which Tuesday a Tuesday is, counted from the front and, negative, from the back; zeros
    /// where the rule does not count weekdays.
    fn place_among_weekdays(&self, day: Date) -> (i8, i8) {
        let (place, length) = match self.frequency {
            Frequency::Daily | Frequency::Weekly => return (0, 0),
            Frequency::Yearly if self.months.is_empty() => (day.day_of_year(), day.days_in_year()),
            _ => (i16::from(day.day()), i16::from(day.days_in_month())),
        };
        // At most 53 weeks in a year: the casts lose nothing.
        (((place - 1) / 7 + 1) as i8, -((length - place) / 7 + 1) as i8)
    }

    fn days_into_week(&self) -> i64 {
        i64::from(self.start.weekday().since(self.week_start))
    }
}

/// The walk over the periods of one rule.
struct Occurrences {
    rule: Recurrence,
    from: Date,
    last: Date,
    /// The next period to look at; none when there is nothing more to find.
    period: Option<i64>,
    days: std::vec::IntoIter<Date>,
    left: Option<u32>,
}

impl Iterator for Occurrences {
    type Item = Date;

    fn next(&mut self) -> Option<Date> {
        loop {
            for day in self.days.by_ref() {
                if day < self.rule.start {
                    continue;
                }
                if day > self.last || self.left == Some(0) {
                    self.period = None;
                    self.days = Vec::new().into_iter();
                    return None;
                }
                self.left = self.left.map(|left| left - 1);
                if day >= self.from {
                    return Some(day);
                }
            }
            self.look_at_next_period()?;
        }
    }
}

impl Occurrences {
    fn look_at_next_period(&mut self) -> Option<()> {
        let number = self.period.take()?;
        let (first, last) = self.rule.period(number)?;
        if first > self.last || self.left == Some(0) {
            return None;
        }
        self.days = self.rule.days_of((first, last)).into_iter();
        let next = match self.rule.frequency {
            // Days and weeks are many: those of a month that is not wanted are jumped over.
            Frequency::Daily | Frequency::Weekly if !self.rule.allows_month(last) => {
                last.last_of_month().tomorrow().map_or(number, |day| self.rule.period_of(day))
            }
            _ => number,
        };
        self.period = Some(next.max(number + 1));
        Some(())
    }
}

/// The place in a list of `length` that a set position means: 1 the first, -1 the last.
fn index_from_end(position: i16, length: usize) -> Option<usize> {
    let place = usize::from(position.unsigned_abs());
    match position {
        1.. => Some(place - 1),
        0 => None,
        _ => length.checked_sub(place),
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    i64::from((to - from).get_days())
}

fn day_after(day: Date, days: i64) -> Option<Date> {
    day.checked_add(Span::new().try_days(days).ok()?).ok()
}

/// All days from `first` to the end of the calendar.
fn days_from(first: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(first), |day| day.tomorrow().ok())
}

/// Months since the year 0.
fn month_number(day: Date) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month()) - 1
}

fn days_of_a_leap_year() -> impl Iterator<Item = Date> {
    days_from(jiff::civil::date(2024, 1, 1)).take(366)
}

#[cfg(test)]
mod tests;
