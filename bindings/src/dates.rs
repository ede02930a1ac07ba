//! Days and times of the community's wall clock. They cross the border as ISO 8601 text, which
//! Kotlin's side turns into `java.time` (`uniffi.toml`). Instants are uniffi's own timestamps.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::error::{Result, SorterError};

/// A day, such as `2026-03-02`.
pub type CivilDate = Date;
/// A time of day, such as `18:30`.
pub type CivilTime = Time;
/// A day and a time, such as `2026-03-02T18:30:00`.
pub type CivilDateTime = DateTime;

uniffi::custom_type!(CivilDate, String, {
    remote,
    lower: |date| date.to_string(),
    try_lift: |text| Ok(text.parse()?),
});
uniffi::custom_type!(CivilTime, String, {
    remote,
    lower: |time| time.to_string(),
    try_lift: |text| Ok(text.parse()?),
});
uniffi::custom_type!(CivilDateTime, String, {
    remote,
    lower: |at| at.to_string(),
    try_lift: |text| Ok(text.parse()?),
});

/// A moment as the engine counts it.
pub(crate) fn timestamp(at: SystemTime) -> Result<Timestamp> {
    Timestamp::try_from(at).map_err(|_| SorterError::internal("a moment beyond the year 9999"))
}

/// A time zone by its IANA name.
pub(crate) fn time_zone(name: &str) -> Result<TimeZone> {
    TimeZone::get(name).map_err(|_| SorterError::not_found("time zone", name))
}
