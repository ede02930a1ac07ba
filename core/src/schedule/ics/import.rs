//! Files → entries → days.
//!
//! ```text
//! bytes ─► lines ─► the lines of each VEVENT ─► entries
//!                                                └─► revised, moved and doubled ones set aside
//!                                                      └─► days
//! ```

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::lines::Line;
use super::{Entry, Error, Warning, lines};
use crate::schedule::recurrence::Recurrence;

/// Most bytes of one file.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Most days one rule gives.
const MAX_OF_A_RULE: usize = 1_000;
/// Most days all entries give together: far more than any community's year.
const MAX_DAYS: usize = 20_000;
/// How long a rule without an end is followed if the caller does not say.
const OPEN_RULE_DAYS: i64 = 400;
/// How long any rule is followed: nobody has published collections further ahead.
const LONGEST_RULE_YEARS: i64 = 10;
/// Most days that are looked at to follow all rules together, each as often as its rule has parts:
/// the work of some tenths of a second.
const MAX_STEPS: usize = 6_000_000;
/// Most warnings that are kept one by one.
const MAX_WARNINGS: usize = 200;

/// What the caller knows that the file may not say.
pub struct ImportOptions<'a> {
    /// Where the bins stand. `None` takes the file's own word (X-WR-TIMEZONE, or its only
    /// VTIMEZONE) and `fallback` where it has none.
    pub time_zone: Option<TimeZone>,
    /// The zone of this device, for files that name none.
    pub fallback: TimeZone,
    /// Finds a time zone by its IANA name. The core has no table of them: the system does.
    pub zones: &'a dyn Fn(&str) -> Option<TimeZone>,
    /// The first day wanted; `None`: all days of the file.
    pub from: Option<Date>,
    /// The last day wanted; `None`: all days of the file, and of rules without an end those of
    /// 400 days from their start or from `from`, whichever is later.
    pub to: Option<Date>,
}

impl Default for ImportOptions<'_> {
    /// UTC for files that name no zone, and the zones `jiff` finds.
    fn default() -> Self {
        Self {
            time_zone: None,
            fallback: TimeZone::UTC,
            zones: &|name| TimeZone::get(name).ok(),
            from: None,
            to: None,
        }
    }
}

/// What was found in the files.
#[derive(Debug, Clone, Default)]
pub struct Import {
    /// The entries whose days count.
    pub entries: Vec<Entry>,
    /// In order of date and title, none twice.
    pub days: Vec<Day>,
    /// Entries that were understood and do not count, and why.
    pub set_aside: Vec<SetAside>,
    /// What was mended, clipped or passed over, in order of lines.
    pub warnings: Vec<Warning>,
    /// Every entry of the files is in exactly one of these.
    pub counts: Counts,
}

/// One title on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The local day.
    pub date: Date,
    /// The entry's title.
    pub summary: String,
    /// Which of [`Import::entries`] it comes from.
    pub entry: usize,
}

/// An entry that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Line of its BEGIN.
    pub line: usize,
    /// Its title.
    pub summary: String,
    /// Why it does not count.
    pub why: &'static str,
}

/// How many entries met which fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Their days are among the days.
    pub taken: usize,
    /// Called off, revised by another entry, doubled, or no events (VTODO, VJOURNAL).
    pub set_aside: usize,
    /// They have no day that can be read.
    pub unreadable: usize,
}

/// Reads one or several exports of a calendar, the oldest first, and merges them: of two entries
/// with the same UID the higher SEQUENCE counts, then the later file.
///
/// # Errors
/// If one of the files is too large, in UTF-16 or no calendar. Everything smaller is a warning.
pub fn import(files: &[&[u8]], options: &ImportOptions) -> Result<Import, Error> {
    let mut import = Import::default();
    let mut entries = Vec::new();
    for (file, bytes) in files.iter().enumerate() {
        let content = read(bytes, &mut import.warnings)?;
        let home = home_of(&content, options, &mut import.warnings);
        for block in blocks(&content, &mut import.warnings) {
            if block.kind != "VEVENT" {
                let why = "it is no event";
                import.set_aside.push(SetAside { line: block.line, summary: block.kind, why });
                continue;
            }
            let place = (file, block.line);
            let warnings = &mut import.warnings;
            match Entry::parse(&block.lines, place, &home, options.zones, warnings) {
                Ok(entry) => entries.push(entry),
                Err(why) => {
                    import.counts.unreadable += 1;
                    let message = format!("the entry was passed over: {why}");
                    warnings.push(Warning::new(block.line, message));
                }
            }
        }
    }
    import.take(entries, options);
    import.counts.taken = import.entries.len();
    import.counts.set_aside = import.set_aside.len();
    if import.counts == Counts::default() {
        import.warnings.push(Warning::new(0, "the calendar is empty: it has no events"));
    }
    limit_warnings(&mut import.warnings);
    Ok(import)
}

fn read(bytes: &[u8], warnings: &mut Vec<Warning>) -> Result<Vec<Line>, Error> {
    if bytes.len() > MAX_BYTES {
        return Err(Error::TooLarge { bytes: bytes.len(), limit: MAX_BYTES });
    }
    let mut passed_over = Vec::new();
    let content = lines::read(bytes, &mut passed_over)?;
    let begins = |line: &Line, what: &str| is(line, "BEGIN", what);
    if !content.iter().any(|line| begins(line, "VCALENDAR") || begins(line, "VEVENT")) {
        return Err(Error::NotACalendar);
    }
    warnings.extend(passed_over);
    Ok(content)
}

fn is(line: &Line, name: &str, value: &str) -> bool {
    line.name == name && line.value.trim().eq_ignore_ascii_case(value)
}

/// The zone in which an instant of this file becomes a day.
fn home_of(content: &[Line], options: &ImportOptions, warnings: &mut Vec<Warning>) -> TimeZone {
    if let Some(zone) = &options.time_zone {
        return zone.clone();
    }
    let named = content.iter().find(|line| line.name == "X-WR-TIMEZONE");
    // UTC there means that nobody chose: no bins stand in UTC.
    if let Some(line) = named.filter(|line| !is_utc(line.value.trim())) {
        match (options.zones)(line.value.trim()) {
            Some(zone) => return zone,
            None => {
                let message = "X-WR-TIMEZONE names no time zone known here";
                warnings.push(Warning::new(line.number, message));
            }
        }
    }
    let names: BTreeSet<&str> = content
        .iter()
        .filter(|line| line.name == "TZID")
        .map(|line| line.value.trim())
        .filter(|name| !is_utc(name))
        .collect();
    let only = names.first().filter(|_| names.len() == 1);
    only.and_then(|name| (options.zones)(name)).unwrap_or_else(|| options.fallback.clone())
}

fn is_utc(name: &str) -> bool {
    ["UTC", "GMT", "Etc/UTC", "Etc/GMT"].iter().any(|utc| utc.eq_ignore_ascii_case(name))
}

/// The lines between BEGIN and END of a VEVENT, VTODO or VJOURNAL, without those of the alarms
/// within.
struct Block {
    kind: String,
    line: usize,
    lines: Vec<Line>,
}

fn blocks(content: &[Line], warnings: &mut Vec<Warning>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    // The alarms and whatever else is nested within the open block.
    let mut nested: Vec<String> = Vec::new();
    let mut calendars = 0_usize;
    for line in content {
        let kind = line.value.trim().to_ascii_uppercase();
        match (line.name.as_str(), kind.as_str()) {
            ("BEGIN", "VEVENT" | "VTODO" | "VJOURNAL") | ("END" | "BEGIN", "VCALENDAR") => {
                if let Some(unclosed) = open.take() {
                    let message = format!("END:{} is missing", unclosed.kind);
                    warnings.push(Warning::new(unclosed.line, message));
                    blocks.push(unclosed);
                }
                nested.clear();
                match (line.name.as_str(), kind.as_str()) {
                    ("BEGIN", "VCALENDAR") => calendars += 1,
                    ("END", "VCALENDAR") => calendars = calendars.saturating_sub(1),
                    _ => open = Some(Block { kind, line: line.number, lines: Vec::new() }),
                }
            }
            ("BEGIN", _) if open.is_some() => nested.push(kind),
            ("END", _) if nested.last() == Some(&kind) => {
                nested.pop();
            }
            ("END", _) if open.as_ref().is_some_and(|block| block.kind == kind) => {
                if let Some(inner) = nested.first() {
                    let message = format!("END:{inner} is missing");
                    warnings.push(Warning::new(line.number, message));
                }
                nested.clear();
                blocks.extend(open.take());
            }
            _ => {
                if let Some(block) = open.as_mut().filter(|_| nested.is_empty()) {
                    block.lines.push(line.clone());
                }
            }
        }
    }
    if let Some(unclosed) = open {
        let message = format!("the file ends within a {}", unclosed.kind);
        warnings.push(Warning::new(unclosed.line, message));
        blocks.push(unclosed);
    }
    if calendars > 0 {
        let message = "END:VCALENDAR is missing: the file may be cut off, check its last days";
        warnings.push(Warning::new(0, message));
    }
    blocks
}

impl Import {
    /// Decides which entries count, and writes down their days.
    fn take(&mut self, entries: Vec<Entry>, options: &ImportOptions) {
        let entries = self.newest(entries);
        let moved = moved_days(&entries);
        let titles = titles(&entries);
        let mut found = BTreeSet::new();
        let mut room = Room { days: MAX_DAYS, steps: MAX_STEPS };
        for mut entry in entries {
            if entry.cancelled {
                self.put_aside(&entry, "it was called off");
                continue;
            }
            // A moved occurrence often says only what changed.
            if entry.summary.is_empty()
                && let Some(title) = entry.uid.as_ref().and_then(|uid| titles.get(uid))
            {
                entry.summary.clone_from(title);
            }
            let gone = entry.uid.as_ref().filter(|_| entry.recurrence_id.is_none());
            let gone = gone.and_then(|uid| moved.get(uid));
            for day in self.days_of(&entry, gone, options, &mut room) {
                if found.insert((day, entry.summary.clone())) {
                    let summary = entry.summary.clone();
                    self.days.push(Day { date: day, summary, entry: self.entries.len() });
                }
            }
            self.entries.push(entry);
        }
        self.days.sort_by(|a, b| (a.date, &a.summary).cmp(&(b.date, &b.summary)));
    }

    /// Sets aside what another entry of the same name revises or repeats.
    ///
    /// Careless programs give all their entries one UID. Where neither SEQUENCE nor the file
    /// says which is newer, entries on different days therefore all count: a day too many is seen
    /// by the person who confirms the calendar, a missing one is not.
    fn newest(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let mut highest: BTreeMap<(String, Option<Date>), (u32, usize)> = BTreeMap::new();
        let name = |entry: &Entry| Some((entry.uid.clone()?, entry.recurrence_id));
        for entry in &entries {
            if let Some(name) = name(entry) {
                let rank = highest.entry(name).or_default();
                *rank = (*rank).max((entry.sequence, entry.file));
            }
        }
        let mut seen = BTreeSet::new();
        let mut newest = Vec::new();
        for entry in entries {
            let rank = name(&entry).and_then(|name| highest.get(&name));
            let same = (entry.uid.clone(), entry.date, entry.summary.clone(), entry.recurrence_id);
            if rank.is_some_and(|rank| (entry.sequence, entry.file) < *rank) {
                self.put_aside(&entry, "a newer version of it counts");
            } else if entry.uid.is_some() && !seen.insert(same) {
                self.put_aside(&entry, "it is there twice");
            } else {
                newest.push(entry);
            }
        }
        newest
    }

    fn put_aside(&mut self, entry: &Entry, why: &'static str) {
        let summary = entry.summary.clone();
        self.set_aside.push(SetAside { line: entry.line, summary, why });
    }

    /// The local days of one entry.
    fn days_of(
        &mut self,
        entry: &Entry,
        gone: Option<&BTreeSet<Date>>,
        options: &ImportOptions,
        room: &mut Room,
    ) -> Vec<Date> {
        // The first day is an occurrence even where the rule would not have it: its author
        // wrote that date by hand.
        let mut own: BTreeSet<Date> = BTreeSet::from([entry.start.day]);
        own.extend(&entry.rdates);
        if let Some(rule) = &entry.recurrence {
            own.extend(self.follow(entry, rule, options, room));
        }
        let wanted = |day: &Date| {
            options.from.is_none_or(|from| *day >= from) && options.to.is_none_or(|to| *day <= to)
        };
        let mut days: Vec<Date> = own
            .into_iter()
            .filter(|day| !entry.exdates.contains(day))
            .filter(|day| gone.is_none_or(|gone| !gone.contains(day)))
            .map(|day| entry.local_day(day))
            .filter(wanted)
            .collect();
        if days.len() > room.days {
            days.truncate(room.days);
            let message =
                format!("the calendar has more than {MAX_DAYS} days: the rest is left out");
            self.warnings.push(Warning::new(entry.line, message));
        }
        room.days -= days.len();
        days
    }

    /// The days of a rule, on the entry's own clock, within all limits.
    fn follow(
        &mut self,
        entry: &Entry,
        rule: &Recurrence,
        options: &ImportOptions,
        room: &mut Room,
    ) -> Vec<Date> {
        if room.days == 0 {
            return Vec::new();
        }
        // A day of leeway on both sides: the local day may be a neighbour of the rule's own.
        let from = options.from.map_or(rule.start, |from| from.yesterday().unwrap_or(from));
        let begin = rule.start.max(from);
        let is_open = rule.until.is_none() && rule.count.is_none();
        let asked = match options.to {
            Some(to) => to.tomorrow().unwrap_or(to),
            None if is_open => begin.saturating_add(OPEN_RULE_DAYS.days()),
            None => Date::MAX,
        };
        let furthest = begin.saturating_add(LONGEST_RULE_YEARS.years());
        let last = asked.min(furthest);
        let steps = steps(rule, begin, last);
        if steps > room.steps {
            let message =
                "the rules take too long to follow: of this one only the first day counts";
            self.warnings.push(Warning::new(entry.line, message));
            return Vec::new();
        }
        room.steps -= steps;
        let mut days: Vec<Date> = rule.between(begin, last).take(MAX_OF_A_RULE + 1).collect();
        let wanted_end = rule.until.map_or(asked, |until| until.min(asked));
        if days.len() > MAX_OF_A_RULE || (wanted_end > furthest && rule.count.is_none()) {
            days.truncate(MAX_OF_A_RULE);
            let message = format!(
                "the rule goes on for more than {MAX_OF_A_RULE} days or {LONGEST_RULE_YEARS} \
                 years: the rest is left out"
            );
            self.warnings.push(Warning::new(entry.line, message));
        }
        days
    }
}

/// How much more may be taken from the files.
struct Room {
    /// Days, doubled ones as well: it bounds the work, not only what comes out.
    days: usize,
    /// See [`MAX_STEPS`].
    steps: usize,
}

/// The work of following a rule, at most: most rules with a count are followed from their start.
fn steps(rule: &Recurrence, begin: Date, last: Date) -> usize {
    let last = rule.until.map_or(last, |until| until.min(last));
    let parts = rule.weekdays.len() + rule.month_days.len() + rule.months.len();
    // Whether a rule has days at all is looked up in a year.
    (rule.days_looked_at(begin, last) + 366) * (parts + 1)
}

/// The days that an entry with a RECURRENCE-ID takes away from the one with the same UID.
fn moved_days(entries: &[Entry]) -> BTreeMap<String, BTreeSet<Date>> {
    let mut moved: BTreeMap<String, BTreeSet<Date>> = BTreeMap::new();
    for entry in entries {
        if let (Some(uid), Some(day)) = (&entry.uid, entry.recurrence_id) {
            moved.entry(uid.clone()).or_default().insert(day);
        }
    }
    moved
}

/// The title of each entry that moved occurrences refer to.
fn titles(entries: &[Entry]) -> BTreeMap<String, String> {
    let named = entries.iter().filter(|entry| entry.recurrence_id.is_none());
    named.filter_map(|entry| Some((entry.uid.clone()?, entry.summary.clone()))).collect()
}

fn limit_warnings(warnings: &mut Vec<Warning>) {
    if let Some(more) = warnings.len().checked_sub(MAX_WARNINGS).filter(|more| *more > 0) {
        warnings.truncate(MAX_WARNINGS);
        warnings.push(Warning::new(0, format!("and {more} further warnings")));
    }
}

#[cfg(test)]
mod tests;
