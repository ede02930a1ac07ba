//! RRULE text → [`Recurrence`].

use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::lines::Line;
use super::moment::{Moment, Zones};
use crate::schedule::recurrence::{Frequency, Nth, Recurrence};

/// What was made of a rule.
pub(super) struct Rule {
    pub recurrence: Recurrence,
    /// Parts that were passed over because they cannot change the day.
    pub notes: Vec<String>,
}

/// Reads the rule on `line` for an entry that begins at `start`.
///
/// # Errors
/// A sentence that says what is not understood; the entry then happens once.
pub(super) fn parse(
    line: &Line,
    start: &Moment,
    home: &TimeZone,
    zones: Zones,
) -> Result<Rule, String> {
    // What has no value says nothing: programs put all kinds of marks there.
    let parts: Vec<(String, &str)> = line
        .value
        .split(';')
        .filter_map(|part| part.split_once('='))
        .map(|(key, value)| (key.trim().to_ascii_uppercase(), value.trim()))
        .collect();
    let frequency = parts.iter().find(|(key, _)| key == "FREQ").ok_or("it has no FREQ")?.1;
    let mut rule = Rule {
        recurrence: Recurrence::new(start.day, parse_frequency(frequency)?),
        notes: Vec::new(),
    };
    let recurrence = &mut rule.recurrence;
    for (key, value) in &parts {
        match key.as_str() {
            "FREQ" => {}
            "INTERVAL" => recurrence.interval = positive(key, value)?,
            "COUNT" => recurrence.count = Some(positive(key, value)?),
            "UNTIL" => {
                let until = Moment::parse(value, line, zones);
                let until = until.ok_or_else(|| unreadable(key, value))?;
                let (day, time) = until.on_clock_of(start, home);
                // The last day still counts only if its hour has come.
                let too_early = time.zip(start.time()).is_some_and(|(end, begin)| end < begin);
                let day = if too_early { day.yesterday().unwrap_or(day) } else { day };
                recurrence.until = Some(day);
            }
            "BYDAY" => recurrence.weekdays = list(key, value, parse_nth)?,
            "BYMONTHDAY" => recurrence.month_days = list(key, value, |text| within(text, 31))?,
            "BYMONTH" => {
                recurrence.months = list(key, value, |text| within(text, 12).filter(|n| *n > 0))?;
            }
            "BYSETPOS" => {
                let position = |text: &str| text.parse().ok().filter(|n: &i16| *n != 0);
                recurrence.set_positions = list(key, value, position)?;
            }
            "WKST" => {
                recurrence.week_start =
                    parse_weekday(value).ok_or_else(|| unreadable(key, value))?;
            }
            "BYHOUR" | "BYMINUTE" | "BYSECOND" => {
                rule.notes.push(format!("{key} was passed over: only the day counts"));
            }
            _ if key.starts_with("X-") => {}
            _ => return Err(format!("{} is not supported", short(key))),
        }
    }
    Ok(rule)
}

fn parse_frequency(text: &str) -> Result<Frequency, String> {
    match text.to_ascii_uppercase().as_str() {
        "DAILY" => Ok(Frequency::Daily),
        "WEEKLY" => Ok(Frequency::Weekly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "YEARLY" => Ok(Frequency::Yearly),
        "HOURLY" | "MINUTELY" | "SECONDLY" => {
            Err(format!("FREQ={text} repeats within a day, which no collection does"))
        }
        _ => Err(unreadable("FREQ", text)),
    }
}

fn positive(key: &str, value: &str) -> Result<u32, String> {
    value.parse().ok().filter(|n| *n > 0).ok_or_else(|| unreadable(key, value))
}

fn list<T>(key: &str, value: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    let item = |text: &str| parse(text.trim()).ok_or_else(|| unreadable(key, text));
    // More values than there are days in a year repeat themselves.
    value.split(',').take(366).map(item).collect()
}

/// A number from -`most` to `most` that is not 0.
fn within(text: &str, most: i8) -> Option<i8> {
    text.parse().ok().filter(|n: &i8| *n != 0 && n.unsigned_abs() <= most.unsigned_abs())
}

/// `MO`, `2MO`, `-1FR`.
fn parse_nth(text: &str) -> Option<Nth> {
    let (number, day) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let weekday = parse_weekday(day)?;
    let nth = if number.is_empty() { None } else { Some(within(number, 53)?) };
    Some(Nth { nth, weekday })
}

fn parse_weekday(text: &str) -> Option<Weekday> {
    const CODES: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let place = CODES.iter().position(|code| text.eq_ignore_ascii_case(code))?;
    Weekday::from_monday_zero_offset(i8::try_from(place).ok()?).ok()
}

fn unreadable(key: &str, value: &str) -> String {
    format!("{key}={} cannot be read", short(value))
}

/// Text of a file in a message: its beginning.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
