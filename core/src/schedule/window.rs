//! When a bin may stand outside, on the community's wall clock.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::rules::{Moment, SetOut};

/// Without published times: what is fetched today was put out by noon, and what is fetched
/// tomorrow concerns nobody before the afternoon.
const NOON: Time = Time::constant(12, 0, 0, 0);

/// The window in which a container may stand outside. Wall-clock times: a change to or from
/// summer time moves the instants, not the hours on the notice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// Not before.
    pub opens: Option<DateTime>,
    /// Not after.
    pub closes: Option<DateTime>,
}

impl Window {
    /// The window around one day of collection.
    pub(super) fn of(date: Date, set_out: Option<SetOut>) -> Self {
        let on_clock = |moment: Moment| {
            date.saturating_add(i32::from(moment.day).days()).to_datetime(moment.time)
        };
        let set_out = set_out.unwrap_or(SetOut { from: None, by: None });
        Self { opens: set_out.from.map(on_clock), closes: set_out.by.map(on_clock) }
    }

    /// Both ends as instants in the community's time zone. A wall-clock time that a change of the
    /// clocks skips counts as the one right after the gap; one that occurs twice as the first.
    pub fn instants(&self, zone: &TimeZone) -> (Option<Timestamp>, Option<Timestamp>) {
        let instant = |at: DateTime| zone.to_timestamp(at).ok();
        (self.opens.and_then(instant), self.closes.and_then(instant))
    }

    /// Whether somebody who looks at `now` should think of a collection on `date` before going to
    /// bed.
    pub(super) fn matters_at(&self, now: DateTime, date: Date) -> bool {
        let over = self.closes.unwrap_or_else(|| date.to_datetime(NOON));
        let evening = now.date().to_datetime(Time::constant(23, 59, 59, 0));
        let early = match self.opens {
            Some(opens) => opens > evening,
            // Put out in the morning, as far as is known: prepare for it the evening before.
            None => date > now.date() && now.time() < NOON,
        };
        // A window that opens tomorrow morning is still what one thinks of tonight.
        let tomorrow_morning =
            self.opens.is_some_and(|opens| opens.date() == date) && date > now.date();
        now <= over && (!early || (tomorrow_morning && now.time() >= NOON))
    }
}
