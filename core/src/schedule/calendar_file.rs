//! A community's plan, seen from one address, as a calendar file.

use jiff::Timestamp;
use jiff::civil::Date;

use super::calendar::{Calendar, Collection};
use super::ics;

impl Calendar<'_> {
    /// Everything fetched from `from` to `to` as an iCalendar file in `language`. Its alarms ring
    /// at `evening_hour` o'clock on the day before; `stamp` is when this export is made.
    pub fn to_ics(
        &self,
        (from, to): (Date, Date),
        language: &str,
        evening_hour: u8,
        stamp: Timestamp,
    ) -> String {
        let pack = self.pack();
        let language = pack.language(language);
        let entry = |one: Collection<'_>| ics::Collection {
            date: one.date,
            stream: one.stream.to_owned(),
            title: pack.stream_name(one.stream, language).to_owned(),
            description: one
                .reason
                .map(|reason| reason.get(language))
                .unwrap_or_default()
                .to_owned(),
        };
        let all: Vec<_> = self.between(from, to).into_iter().map(entry).collect();
        let options = ics::ExportOptions {
            name: pack.info().names.get(language),
            community: &pack.info().id,
            zone: &self.zones().join("+"),
            stamp,
            reminder_hours: 24 - evening_hour.min(23),
        };
        ics::export(&all, &options)
    }
}
