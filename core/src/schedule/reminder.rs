//! Reminders: when to say what, and what the person has already dealt with.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, Collection};

/// When a person wants to be reminded; a kind that is `None` is off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReminderTimes {
    /// On the evening before.
    pub evening_before: Option<Time>,
    /// On the morning of the collection.
    pub morning_of: Option<Time>,
    /// When to bring the bin back, on the day of the collection.
    pub bring_back: Option<Time>,
}

/// What a reminder is for; the apps have a text for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReminderKind {
    /// "Put out tonight: …"
    EveningBefore,
    /// "Put out now: …"
    MorningOf,
    /// "Bring back: …"
    BringBack,
}

/// One notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// The community's wall clock.
    pub at: DateTime,
    /// The same as an instant.
    pub instant: Timestamp,
    /// What it is for.
    pub kind: ReminderKind,
    /// Day of the collection.
    pub date: Date,
    /// Ids of the streams, in order.
    pub streams: Vec<String>,
}

/// What the person has dealt with. Kept in a small file between starts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReminderLog {
    /// Streams put out, by day of collection.
    done: BTreeMap<Date, Vec<String>>,
    /// Until when a day's reminders are put off.
    snoozed: BTreeMap<Date, Timestamp>,
}

impl Calendar<'_> {
    /// Reminders for collections from `from` to `to`, in order, without what `log` says is done.
    /// `zone` is the community's. An evening reminder never comes before the window opens.
    pub fn reminders(
        &self,
        times: &ReminderTimes,
        log: &ReminderLog,
        zone: &TimeZone,
        from: Date,
        to: Date,
    ) -> Vec<Reminder> {
        let days = self.between(from, to);
        let mut all: Vec<_> = days
            .chunk_by(|one, other| one.date == other.date)
            .flat_map(|day| self.of_day(day, times, log, zone))
            .collect();
        all.sort_by_key(|reminder| (reminder.instant, reminder.kind));
        all
    }

    fn of_day(
        &self,
        day: &[Collection<'_>],
        times: &ReminderTimes,
        log: &ReminderLog,
        zone: &TimeZone,
    ) -> Vec<Reminder> {
        let date = day[0].date;
        let open: Vec<_> = day.iter().filter(|one| !log.is_done(date, one.stream)).collect();
        let opens = open.iter().filter_map(|one| self.window(one).opens).min();
        let evening = |time: Time| {
            let wanted = date.saturating_sub(1.days()).to_datetime(time);
            opens
                .filter(|opens| opens.date() == wanted.date())
                .map_or(wanted, |opens| wanted.max(opens))
        };
        let on_day = |time: Time| date.to_datetime(time);
        let put_out = [
            (ReminderKind::EveningBefore, times.evening_before.map(evening)),
            (ReminderKind::MorningOf, times.morning_of.map(on_day)),
        ];
        let open_ids: Vec<_> = open.iter().map(|one| one.stream.to_owned()).collect();
        let all_ids: Vec<_> = day.iter().map(|one| one.stream.to_owned()).collect();
        let put_out = put_out.into_iter().map(|(kind, at)| (kind, at, &open_ids));
        // A bin that was put out is the one to bring back.
        let back = (ReminderKind::BringBack, times.bring_back.map(on_day), &all_ids);
        put_out
            .chain([back])
            .filter(|(_, _, streams)| !streams.is_empty())
            .filter_map(|(kind, at, streams)| {
                let at = at?;
                let instant = zone.to_timestamp(at).ok()?;
                let instant = match kind {
                    ReminderKind::BringBack => instant,
                    _ => log.snoozed.get(&date).map_or(instant, |until| instant.max(*until)),
                };
                let at = zone.to_datetime(instant);
                Some(Reminder { at, instant, kind, date, streams: streams.clone() })
            })
            .collect()
    }
}

impl ReminderLog {
    /// Notes that a stream was put out.
    pub fn done(&mut self, date: Date, stream: &str) {
        let streams = self.done.entry(date).or_default();
        if !streams.iter().any(|known| known == stream) {
            streams.push(stream.to_owned());
        }
    }

    /// Takes that back.
    pub fn not_done(&mut self, date: Date, stream: &str) {
        if let Some(streams) = self.done.get_mut(&date) {
            streams.retain(|known| known != stream);
        }
    }

    /// Whether a stream was put out for the collection on `date`.
    pub fn is_done(&self, date: Date, stream: &str) -> bool {
        self.done.get(&date).is_some_and(|streams| streams.iter().any(|known| known == stream))
    }

    /// Puts the reminders to put out for `date` off until `until`.
    pub fn snooze(&mut self, date: Date, until: Timestamp) {
        self.snoozed.insert(date, until);
    }

    /// Forgets days before `today`.
    pub fn forget_before(&mut self, today: Date) {
        self.done.retain(|date, _| *date >= today);
        self.snoozed.retain(|date, _| *date >= today);
    }

    /// Reads what [`ReminderLog::to_json`] wrote.
    ///
    /// # Errors
    /// If it is not such a text; the caller then starts with an empty log.
    pub fn from_json(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json)
    }

    /// The log as a small text, for [`crate::store::replace`].
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("dates, names and instants are always text")
    }
}
