//! Hand-picked rules, and thousands of random ones against the crate `rrule`.

use jiff::ToSpan;
use jiff::civil::date;

use super::*;

fn all(rule: &Recurrence) -> Vec<String> {
    let (from, to) = (date(2000, 1, 1), date(2030, 12, 31));
    rule.between(from, to).take(8).map(|day| day.to_string()).collect()
}

fn every(weekday: Weekday) -> Nth {
    Nth { nth: None, weekday }
}

#[test]
fn months_without_a_31st_are_skipped() {
    let rule = Recurrence::new(date(2024, 1, 31), Frequency::Monthly);
    assert_eq!(all(&rule)[..4], ["2024-01-31", "2024-03-31", "2024-05-31", "2024-07-31"]);
}

#[test]
fn the_last_day_of_each_month() {
    let mut rule = Recurrence::new(date(2024, 1, 1), Frequency::Monthly);
    rule.month_days = vec![-1];
    assert_eq!(all(&rule)[..3], ["2024-01-31", "2024-02-29", "2024-03-31"]);
}

#[test]
fn a_leap_day_comes_every_four_years() {
    let rule = Recurrence::new(date(2020, 2, 29), Frequency::Yearly);
    assert_eq!(all(&rule), ["2020-02-29", "2024-02-29", "2028-02-29"]);
}

#[test]
fn the_last_friday_of_the_month() {
    let mut rule = Recurrence::new(date(2026, 1, 1), Frequency::Monthly);
    rule.weekdays = vec![Nth { nth: Some(-1), weekday: Weekday::Friday }];
    rule.count = Some(3);
    assert_eq!(all(&rule), ["2026-01-30", "2026-02-27", "2026-03-27"]);
}

#[test]
fn the_twentieth_monday_of_the_year() {
    let mut rule = Recurrence::new(date(1997, 5, 19), Frequency::Yearly);
    rule.weekdays = vec![Nth { nth: Some(20), weekday: Weekday::Monday }];
    assert_eq!(all(&rule)[..2], ["2000-05-15", "2001-05-14"]);
}

/// The example of RFC 5545 in which nothing but WKST differs.
#[test]
fn the_first_day_of_the_week_decides_which_weeks_are_every_second() {
    let mut rule = Recurrence::new(date(1997, 8, 5), Frequency::Weekly);
    rule.interval = 2;
    rule.count = Some(4);
    rule.weekdays = vec![every(Weekday::Tuesday), every(Weekday::Sunday)];
    let days = |rule: &Recurrence| -> Vec<i8> {
        rule.between(date(1997, 1, 1), date(1998, 1, 1)).map(Date::day).collect()
    };
    assert_eq!(days(&rule), [5, 10, 19, 24]);
    rule.week_start = Weekday::Sunday;
    assert_eq!(days(&rule), [5, 17, 19, 31]);
}

#[test]
fn set_positions_pick_the_last_working_day() {
    use Weekday::*;
    let mut rule = Recurrence::new(date(2026, 1, 1), Frequency::Monthly);
    rule.weekdays = [Monday, Tuesday, Wednesday, Thursday, Friday].map(every).to_vec();
    rule.set_positions = vec![-1];
    assert_eq!(all(&rule)[..3], ["2026-01-30", "2026-02-27", "2026-03-31"]);
}

#[test]
fn the_start_counts_only_if_the_rule_says_so() {
    let mut rule = Recurrence::new(date(2026, 1, 6), Frequency::Weekly);
    rule.weekdays = vec![every(Weekday::Wednesday)];
    rule.until = Some(date(2026, 1, 14));
    assert_eq!(all(&rule), ["2026-01-07", "2026-01-14"]);
}

#[test]
fn a_count_is_counted_from_the_start_even_if_the_range_begins_later() {
    let mut rule = Recurrence::new(date(2026, 1, 1), Frequency::Daily);
    rule.count = Some(10);
    let days: Vec<Date> = rule.between(date(2026, 1, 9), Date::MAX).collect();
    assert_eq!(days, [date(2026, 1, 9), date(2026, 1, 10)]);
}

#[test]
fn both_ends_of_the_range_belong_to_it() {
    let rule = Recurrence::new(date(2026, 1, 6), Frequency::Weekly);
    let days: Vec<Date> = rule.between(date(2026, 1, 13), date(2026, 1, 20)).collect();
    assert_eq!(days, [date(2026, 1, 13), date(2026, 1, 20)]);
    assert_eq!(rule.between(date(2026, 1, 20), date(2026, 1, 13)).count(), 0);
}

#[test]
fn rules_that_never_or_seldom_happen_take_no_time() {
    let watch = crate::stopwatch::Stopwatch::start();
    let mut february_30th = Recurrence::new(date(1, 1, 1), Frequency::Daily);
    (february_30th.months, february_30th.month_days) = (vec![2], vec![30]);
    let mut wrong_weekday = Recurrence::new(date(2026, 1, 6), Frequency::Daily);
    (wrong_weekday.interval, wrong_weekday.weekdays) = (7, vec![every(Weekday::Friday)]);
    let mut second_of_one = Recurrence::new(date(2026, 1, 6), Frequency::Daily);
    second_of_one.set_positions = vec![2];
    let mut huge_step = Recurrence::new(date(2026, 1, 6), Frequency::Yearly);
    (huge_step.interval, huge_step.until) = (u32::MAX, Some(Date::MAX));
    for rule in [&february_30th, &wrong_weekday, &second_of_one] {
        assert_eq!(rule.between(Date::MIN, Date::MAX).count(), 0);
    }
    assert_eq!(huge_step.between(Date::MIN, Date::MAX).count(), 1);
    let old = Recurrence::new(date(1, 1, 1), Frequency::Daily);
    assert_eq!(old.between(date(9999, 12, 30), Date::MAX).count(), 2);
    assert!(watch.spent().as_millis() < 500, "took {:?}", watch.spent());
}

#[test]
fn a_count_is_kept_wherever_one_begins_to_look() {
    let mut rule = Recurrence::new(date(2026, 1, 1), Frequency::Daily);
    (rule.interval, rule.count) = (3, Some(5));
    let all = [1, 4, 7, 10, 13].map(|day| date(2026, 1, day));
    for (from, left) in [(1, 5), (2, 4), (4, 4), (12, 1), (13, 1), (14, 0), (30, 0)] {
        let days: Vec<Date> = rule.between(date(2026, 1, from), date(2026, 3, 1)).collect();
        assert_eq!(days, all[5 - left..], "from the {from}th");
    }
    assert_eq!(rule.between(date(2025, 1, 1), Date::MAX).count(), 5);
}

#[test]
fn the_ends_of_the_calendar_are_no_panic() {
    for frequency in [Frequency::Daily, Frequency::Weekly, Frequency::Monthly, Frequency::Yearly] {
        let last = Recurrence::new(Date::MAX, frequency);
        assert_eq!(last.between(Date::MIN, Date::MAX).collect::<Vec<_>>(), [Date::MAX]);
        let first = Recurrence::new(Date::MIN, frequency);
        assert_eq!(first.between(Date::MIN, Date::MIN).collect::<Vec<_>>(), [Date::MIN]);
    }
}

/// A generator of its own, so that the rules are the same on every machine and in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }

    /// Between -`most` and `most`, never 0.
    fn signed(&mut self, most: u64) -> i16 {
        let size = self.below(most) as i16 + 1;
        if self.one_in(3) { -size } else { size }
    }

    fn weekday(&mut self) -> Weekday {
        Weekday::from_monday_zero_offset(self.below(7) as i8).expect("below 7")
    }

    /// What `rrule` accepts: it refuses BYMONTHDAY in weekly rules, n-th weekdays outside months
    /// and years, and set positions alone.
    fn rule(&mut self) -> Recurrence {
        use Frequency::*;
        let start = date(1990, 1, 1).checked_add((self.below(20_000) as i64).days()).expect("near");
        let frequency = [Daily, Weekly, Monthly, Yearly][self.below(4) as usize];
        let mut rule = Recurrence::new(start, frequency);
        rule.interval = 1 + self.below(5) as u32;
        if self.one_in(2) {
            let counted = matches!(frequency, Monthly | Yearly);
            let most = if frequency == Monthly { 5 } else { 53 };
            // `rrule` reads "2MO,TU" as Tuesdays that are a second Monday: not both in one rule.
            let numbered = counted && self.one_in(2);
            for _ in 0..=self.below(3) {
                let nth = numbered.then(|| self.signed(most) as i8);
                let day = Nth { nth, weekday: self.weekday() };
                if !rule.weekdays.contains(&day) {
                    rule.weekdays.push(day);
                }
            }
        }
        if frequency != Weekly && self.one_in(3) {
            rule.month_days = (0..=self.below(4)).map(|_| self.signed(31) as i8).collect();
        }
        if self.one_in(3) {
            rule.months = (0..=self.below(4)).map(|_| 1 + self.below(12) as i8).collect();
        }
        let positioned = !rule.weekdays.is_empty() || !rule.month_days.is_empty();
        if positioned && self.one_in(3) {
            rule.set_positions = (0..=self.below(2)).map(|_| self.signed(5)).collect();
        }
        if self.one_in(2) {
            rule.week_start = self.weekday();
        }
        match self.below(3) {
            0 => rule.count = Some(1 + self.below(30) as u32),
            1 => rule.until = start.checked_add((self.below(3_000) as i64).days()).ok(),
            _ => {}
        }
        if frequency == Weekly && !rule.set_positions.is_empty() {
            // `rrule` cuts the first week off at the start before it picks; RFC 5545 picks from
            // the whole week. They agree when the start begins its week.
            rule.week_start = start.weekday();
        }
        rule
    }
}

/// The rule as text at noon UTC, where a day is a day.
fn as_text(rule: &Recurrence) -> String {
    let code = |day: Weekday| {
        ["MO", "TU", "WE", "TH", "FR", "SA", "SU"][day.to_monday_zero_offset() as usize]
    };
    let stamp = |day: Date| day.strftime("%Y%m%dT120000Z").to_string();
    let frequency = format!("{:?}", rule.frequency).to_uppercase();
    let mut text =
        format!("DTSTART:{}\nRRULE:FREQ={frequency};INTERVAL={}", stamp(rule.start), rule.interval);
    let mut list = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            text += &format!(";{name}={}", values.join(","));
        }
    };
    let nth = |day: &Nth| day.nth.map(|n| n.to_string()).unwrap_or_default() + code(day.weekday);
    list("BYDAY", rule.weekdays.iter().map(nth).collect());
    list("BYMONTHDAY", rule.month_days.iter().map(i8::to_string).collect());
    list("BYMONTH", rule.months.iter().map(i8::to_string).collect());
    list("BYSETPOS", rule.set_positions.iter().map(i16::to_string).collect());
    list("WKST", vec![code(rule.week_start).to_owned()]);
    list("COUNT", rule.count.iter().map(u32::to_string).collect());
    list("UNTIL", rule.until.iter().map(|day| stamp(*day)).collect());
    text
}

/// `rrule` looks for the 30th of February until the end of the calendar: such rules are among the
/// hand-picked ones.
fn never_happens(rule: &Recurrence) -> bool {
    let endless = Recurrence { count: None, until: None, ..rule.clone() };
    let forty_years = rule.start.checked_add(40.years()).expect("near");
    endless.between(rule.start, forty_years).next().is_none()
}

#[test]
fn random_rules_agree_with_rrule() {
    const RULES: usize = 10_000;
    let mut dice = Dice(20_261_124);
    let (mut compared, mut with_days) = (0, 0);
    while compared < RULES {
        let rule = dice.rule();
        if never_happens(&rule) {
            continue;
        }
        let text = as_text(&rule);
        let Ok(oracle) = text.parse::<rrule::RRuleSet>() else { continue };
        // The last third of the range is behind the start of most rules: the walk begins midway.
        let from = rule.start.checked_add((dice.below(900) as i64).days()).expect("near");
        let to = from.checked_add(1500.days()).expect("near");
        let expected: Vec<String> = oracle
            .into_iter()
            .map(|instant| instant.format("%Y-%m-%d").to_string())
            .take_while(|day| *day <= to.to_string())
            .filter(|day| *day >= from.to_string())
            .collect();
        let ours: Vec<String> = rule.between(from, to).map(|day| day.to_string()).collect();
        assert_eq!(ours, expected, "{text}\nfrom {from} to {to}");
        compared += 1;
        with_days += usize::from(!ours.is_empty());
    }
    assert!(with_days > RULES / 2, "only {with_days} of {RULES} rules have days to compare");
}
