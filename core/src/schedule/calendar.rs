//! What is collected at one address: the plan seen from some zones.

use jiff::civil::{Date, DateTime};
use serde::Serialize;

use super::days::saturating;
use super::table::{Row, Schedule};
use super::window::Window;
use crate::rules::{How, RulePack, Texts};

/// How far ahead the next collection is looked for: a yearly one is found, and no more.
const HORIZON: i32 = 400;

/// The plan for one address.
#[derive(Debug, Clone, Copy)]
pub struct Calendar<'a> {
    pack: &'a RulePack,
    zones: &'a [String],
}

/// One stream fetched on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Collection<'a> {
    /// The day.
    pub date: Date,
    /// Id of the stream.
    pub stream: &'a str,
    /// The regular day, where this one stands in for it.
    pub instead_of: Option<Date>,
    /// Why it was moved, where that is published.
    pub reason: Option<&'a Texts>,
    /// Id of the source.
    pub source: &'a str,
}

/// The answer to "when next?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next<'a> {
    /// Then.
    On(Collection<'a>),
    /// It depends on the zone, and nobody has said which.
    AskZone,
    /// The published plan ends on this day; nothing is known about later ones.
    NoOfficialDates {
        /// Last day of the plan.
        since: Date,
    },
    /// The plan does not list the stream: it is not fetched on days, or nobody published them.
    NotListed,
}

/// Something to be put out tonight or tomorrow morning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due<'a> {
    /// What is fetched, and when.
    pub collection: Collection<'a>,
    /// When it may and must stand outside, where that is known.
    pub window: Window,
}

impl RulePack {
    /// The plan for an address in `zones`.
    pub fn calendar<'a>(&'a self, zones: &'a [String]) -> Calendar<'a> {
        Calendar { pack: self, zones }
    }
}

impl<'a> Calendar<'a> {
    /// Everything fetched from `from` to `to`, both included, by day and stream. Rows of zones
    /// nobody has named are left out: better no day than a wrong one.
    pub fn between(&self, from: Date, to: Date) -> Vec<Collection<'a>> {
        let plan = self.plan();
        let mut all: Vec<_> =
            self.rows().flat_map(|row| collections(plan, row, from, to)).collect();
        all.sort_by_key(|one| (one.date, one.stream, one.instead_of.is_some()));
        all.dedup_by_key(|one| (one.date, one.stream));
        all
    }

    /// The first collection of a stream on or after `from`.
    pub fn next(&self, stream: &str, from: Date) -> Next<'a> {
        let lists = |row: &&Row| row.streams.iter().any(|id| id == stream);
        let open = self.plan().rows.iter().filter(lists);
        if self.zones.is_empty()
            && open.clone().any(|row| !row.zones.is_empty() && from <= row.until)
        {
            return Next::AskZone;
        }
        let rows: Vec<_> = self.rows().filter(lists).collect();
        let to = saturating(from, HORIZON);
        let found = rows.iter().flat_map(|row| collections(self.plan(), row, from, to));
        let first = found.filter(|one| one.stream == stream).min_by_key(|one| one.date);
        match (first, rows.iter().map(|row| row.until).max()) {
            (Some(collection), _) => Next::On(collection),
            (None, Some(since)) => Next::NoOfficialDates { since },
            (None, None) => Next::NotListed,
        }
    }

    /// What has to be put out between now (the community's wall clock) and tomorrow's end. What
    /// may only be put out later than this evening is not yet due.
    pub fn tonight(&self, now: DateTime) -> Vec<Due<'a>> {
        let tomorrow = saturating(now.date(), 1);
        let due = self.between(now.date(), tomorrow).into_iter().map(|collection| {
            let window = self.window(&collection);
            Due { collection, window }
        });
        due.filter(|due| due.window.matters_at(now, due.collection.date)).collect()
    }

    /// When a stream may stand outside on a day of collection.
    pub fn window(&self, collection: &Collection<'_>) -> Window {
        let stream = self.pack.streams().iter().find(|stream| stream.id == collection.stream);
        let ways =
            stream.and_then(|stream| self.pack.ways_here(stream, self.zones, collection.date));
        let out =
            ways.into_iter().flatten().find(|way| matches!(way.how, How::Kerb | How::HandOver));
        Window::of(collection.date, out.and_then(|way| way.set_out))
    }

    /// Last day about which the plan says anything here; `None` without a plan.
    pub fn valid_until(&self) -> Option<Date> {
        self.rows().map(|row| row.until).max()
    }

    pub(super) fn pack(&self) -> &'a RulePack {
        self.pack
    }

    pub(super) fn zones(&self) -> &'a [String] {
        self.zones
    }

    fn plan(&self) -> &'a Schedule {
        self.pack.schedule()
    }

    /// Rows that count here. As with rules, a row of a zone replaces the general one of the same
    /// stream there.
    fn rows(&self) -> impl Iterator<Item = &'a Row> + use<'a> {
        let this = *self;
        let own =
            move |row: &Row| !row.zones.is_empty() && this.pack.in_zones(&row.zones, this.zones);
        let replaced = move |row: &Row| {
            this.plan().rows.iter().any(|other| {
                own(other)
                    && other.streams.iter().any(|stream| row.streams.contains(stream))
                    && other.from <= row.until
                    && row.from <= other.until
            })
        };
        this.plan()
            .rows
            .iter()
            .filter(move |row| own(row) || (row.zones.is_empty() && !replaced(row)))
    }
}

fn collections<'a>(
    plan: &'a Schedule,
    row: &'a Row,
    from: Date,
    to: Date,
) -> impl Iterator<Item = Collection<'a>> + use<'a> {
    row.days(&plan.holidays, from, to).into_iter().flat_map(move |day| {
        let regular = |date: Date| row.moves.iter().find(move |known| known.from == date);
        let reason = day.instead_of.and_then(|date| {
            let published = regular(date).and_then(|known| known.reason.as_ref());
            published.or_else(|| plan.holiday(date).map(|holiday| &holiday.names))
        });
        row.streams.iter().map(move |stream| Collection {
            date: day.date,
            stream,
            instead_of: day.instead_of,
            reason,
            source: &row.source,
        })
    })
}
