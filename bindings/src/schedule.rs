//! When what is collected at a place: days, tonight, reminders, a calendar file.

use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kerbside_core::rules::RulePack;
use kerbside_core::schedule as core;

use crate::caught::caught;
use crate::dates::{CivilDate, CivilDateTime, CivilTime, time_zone, timestamp};
use crate::error::Result;
use crate::instruction::{NextCollection, Stream, alike};
use crate::place::Place;

/// The plan seen from one place.
#[derive(Debug, uniffi::Object)]
pub struct Schedule {
    pack: Arc<RulePack>,
    place: Place,
    zone: TimeZone,
}

/// One stream fetched on one day.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Collection {
    /// The day.
    pub date: CivilDate,
    /// What is fetched.
    pub stream: Stream,
    /// The regular day, where this one stands in for it.
    pub instead_of: Option<CivilDate>,
    /// Why it was moved, where that is published.
    pub reason: Option<String>,
    /// It may not stand outside before.
    pub opens: Option<CivilDateTime>,
    /// It must stand outside by then.
    pub closes: Option<CivilDateTime>,
}

/// When a person wants to be reminded; a kind that is missing is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct ReminderTimes {
    /// On the evening before.
    pub evening_before: Option<CivilTime>,
    /// On the morning of the collection.
    pub morning_of: Option<CivilTime>,
    /// When to bring the bin back.
    pub bring_back: Option<CivilTime>,
}

/// What a reminder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ReminderKind {
    /// Put out tonight.
    EveningBefore,
    /// Put out now.
    MorningOf,
    /// Bring back.
    BringBack,
}

/// One notification.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Reminder {
    /// The moment.
    pub at: SystemTime,
    /// What it is for.
    pub kind: ReminderKind,
    /// Day of the collection.
    pub date: CivilDate,
    /// What is fetched.
    pub streams: Vec<Stream>,
}

/// What the person has dealt with.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReminderLog {
    /// Streams put out.
    pub done: Vec<DoneDay>,
    /// Days whose reminders are put off.
    pub snoozed: Vec<SnoozedDay>,
}

/// What was put out for one day.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DoneDay {
    /// Day of the collection.
    pub date: CivilDate,
    /// Ids of the streams.
    pub streams: Vec<String>,
}

/// A day whose reminders are put off.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SnoozedDay {
    /// Day of the collection.
    pub date: CivilDate,
    /// Not before this moment.
    pub until: SystemTime,
}

#[uniffi::export]
impl Schedule {
    /// Everything fetched from `from` to `to`, both included, by day and stream.
    ///
    /// # Errors
    /// `Internal`.
    pub fn between(&self, from: CivilDate, to: CivilDate) -> Result<Vec<Collection>> {
        caught(|| {
            let calendar = self.calendar();
            let shown = |one: core::Collection<'_>| self.show(&one, calendar.window(&one));
            Ok(calendar.between(from, to).into_iter().map(shown).collect())
        })
    }

    /// What has to be put out between `now`, the community's clock, and tomorrow's end.
    ///
    /// # Errors
    /// `Internal`.
    pub fn tonight(&self, now: CivilDateTime) -> Result<Vec<Collection>> {
        caught(|| {
            let due = self.calendar().tonight(now);
            Ok(due.into_iter().map(|due| self.show(&due.collection, due.window)).collect())
        })
    }

    /// When a stream is fetched next; none if no plan lists it.
    ///
    /// # Errors
    /// `Internal`.
    pub fn next(&self, stream: String, from: CivilDate) -> Result<Option<NextCollection>> {
        caught(|| {
            Ok(match self.calendar().next(&stream, from) {
                core::Next::On(one) => Some(NextCollection::On {
                    date: one.date,
                    instead_of: one.instead_of,
                    reason: one.reason.map(|reason| reason.get(self.language()).to_owned()),
                }),
                core::Next::AskZone => Some(NextCollection::AskZone),
                core::Next::NoOfficialDates { since } => {
                    Some(NextCollection::NoOfficialDates { since })
                }
                core::Next::NotListed => None,
            })
        })
    }

    /// Last day about which the plan says anything; none without a plan.
    ///
    /// # Errors
    /// `Internal`.
    pub fn valid_until(&self) -> Result<Option<CivilDate>> {
        caught(|| Ok(self.calendar().valid_until()))
    }

    /// Reminders for collections from `from` to `to`, in order, without what `log` says is done.
    ///
    /// # Errors
    /// `Internal`.
    pub fn reminders(
        &self,
        times: ReminderTimes,
        log: ReminderLog,
        from: CivilDate,
        to: CivilDate,
    ) -> Result<Vec<Reminder>> {
        caught(|| {
            let log = log.to_core()?;
            let all = self.calendar().reminders(&times.into(), &log, &self.zone, from, to);
            Ok(all.into_iter().map(|one| self.remind(one)).collect())
        })
    }

    /// The plan from `from` to `to` as an iCalendar file, whose alarms ring at `evening_hour`
    /// o'clock on the day before.
    ///
    /// # Errors
    /// `Internal`.
    pub fn export_ics(&self, from: CivilDate, to: CivilDate, evening_hour: u8) -> Result<String> {
        caught(|| {
            let (calendar, now) = (self.calendar(), Timestamp::now());
            Ok(calendar.to_ics((from, to), &self.place.language, evening_hour, now))
        })
    }
}

impl Schedule {
    pub(crate) fn new(pack: Arc<RulePack>, place: Place) -> Result<Self> {
        let zone = time_zone(&pack.info().time_zone)?;
        Ok(Self { pack, place, zone })
    }

    fn calendar(&self) -> core::Calendar<'_> {
        self.pack.calendar(&self.place.zones)
    }

    fn language(&self) -> &str {
        self.pack.language(&self.place.language)
    }

    fn show(&self, one: &core::Collection<'_>, window: core::Window) -> Collection {
        Collection {
            date: one.date,
            stream: self.stream(one.stream),
            instead_of: one.instead_of,
            reason: one.reason.map(|reason| reason.get(self.language()).to_owned()),
            opens: window.opens,
            closes: window.closes,
        }
    }

    fn stream(&self, id: &str) -> Stream {
        let known = self.pack.streams().iter().find(|stream| stream.id == id);
        let unlisted = || Stream { id: id.to_owned(), name: id.to_owned(), icon: String::new() };
        known.map_or_else(unlisted, |stream| Stream::of(stream, self.language()))
    }

    fn remind(&self, one: core::Reminder) -> Reminder {
        let streams = one.streams.iter().map(|id| self.stream(id)).collect();
        Reminder { at: one.instant.into(), kind: one.kind.into(), date: one.date, streams }
    }
}

alike!(ReminderKind, core::ReminderKind, [EveningBefore, MorningOf, BringBack]);

impl From<ReminderTimes> for core::ReminderTimes {
    fn from(one: ReminderTimes) -> Self {
        Self {
            evening_before: one.evening_before,
            morning_of: one.morning_of,
            bring_back: one.bring_back,
        }
    }
}

impl ReminderLog {
    fn to_core(&self) -> Result<core::ReminderLog> {
        let mut log = core::ReminderLog::default();
        for day in &self.done {
            day.streams.iter().for_each(|stream| log.done(day.date, stream));
        }
        for day in &self.snoozed {
            log.snooze(day.date, timestamp(day.until)?);
        }
        Ok(log)
    }
}
