//! The rows of a rule pack as they stand in its files, and which of them count somewhere on a day:
//! read as plain JSON, without the engine's own code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, Weekday};
use kerbside_core::rules::{Context, RulePack};
use kerbside_core::store::rule_files;
use serde_json::{Map, Value};

/// A bundled pack: as the engine opened it, and as it is written.
pub struct Pack {
    pub rules: RulePack,
    files: Map<String, Value>,
}

/// Every bundled pack.
pub fn all() -> Vec<Pack> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let folders = subfolders(&root).into_iter().flat_map(|country| subfolders(&country));
    folders.map(|folder| Pack::open(&folder)).collect()
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

impl Pack {
    fn open(folder: &Path) -> Self {
        let files = rule_files(folder).unwrap();
        let json = files.iter().filter(|(name, _)| name.ends_with(".json"));
        let json = json.map(|(name, text)| (name.clone(), serde_json::from_slice(text).unwrap()));
        Self { files: json.collect(), rules: RulePack::from_files(files).unwrap() }
    }

    /// The rows of a table; none where there is no such file.
    pub fn rows(&self, table: &str) -> &[Value] {
        self.files.get(&format!("{table}.json")).map_or(&[], list)
    }

    /// The row of a table with this id.
    pub fn row(&self, table: &str, id: &Value) -> Option<&Value> {
        self.rows(table).iter().find(|row| row["id"] == *id)
    }

    /// Whether an amount of money stands in the pack: as a price, or in one of its texts.
    pub fn has_amount(&self, printed: &str) -> bool {
        let Some((currency, amount)) = printed.split_once(' ') else { return false };
        self.files.values().any(|table| mentions(table, currency, amount, printed))
    }

    /// `pack.json`.
    pub fn info(&self) -> &Value {
        &self.files["pack.json"]
    }

    /// `schedule.json`, or nothing.
    pub fn plan(&self) -> &Value {
        self.files.get("schedule.json").unwrap_or(&Value::Null)
    }
}

/// A pack seen from a household on a day.
#[derive(Clone)]
pub struct Here<'a> {
    pub pack: &'a Pack,
    pub context: &'a Context,
    /// The household's zones, each with those it lies in, innermost first.
    chains: Vec<Vec<&'a str>>,
}

/// Whether a row that is limited to some zones counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counts {
    /// Not here.
    No,
    /// Nobody said where the household is.
    Unknown,
    /// Here; the deeper the zone, the more special the row.
    Yes(usize),
}

impl<'a> Here<'a> {
    pub fn new(pack: &'a Pack, context: &'a Context) -> Self {
        let chains = context.zones.iter().map(|zone| chain(pack, zone)).collect();
        Self { pack, context, chains }
    }

    /// Whether the pack speaks for this day and these zones.
    pub fn is_known(&self) -> bool {
        let info = self.pack.info();
        let zones = self.chains.iter().all(|chain| !chain.is_empty());
        zones && date(&info["from"]) <= self.date() && self.date() <= date(&info["until"])
    }

    pub fn date(&self) -> Date {
        self.context.date
    }

    /// How the zones of a row compare with the household's.
    pub fn counts(&self, row: &Value) -> Counts {
        let limits = list(&row["zones"]);
        if limits.is_empty() {
            return Counts::Yes(0);
        }
        if self.chains.is_empty() {
            return Counts::Unknown;
        }
        let around = |zone: &&Value| {
            let here = |chain: &&Vec<&str>| chain.iter().any(|id| **zone == **id);
            self.chains.iter().any(|chain| here(&chain))
        };
        let depth = |zone: &Value| chain(self.pack, zone.as_str().unwrap()).len();
        limits.iter().filter(around).map(depth).max().map_or(Counts::No, Counts::Yes)
    }

    /// Whether a row is in force on the day.
    pub fn in_force(&self, row: &Value) -> bool {
        let today = self.date();
        let months = list(&row["months"]);
        let season = months.is_empty() || months.iter().any(|month| *month == today.month());
        let begun = row["from"].is_null() || date(&row["from"]) <= today;
        let ended = !row["until"].is_null() && date(&row["until"]) < today;
        season && begun && !ended
    }

    /// A text of the pack in the language that is spoken.
    pub fn text(&self, texts: &Value) -> Value {
        let languages = list(&self.pack.info()["languages"]);
        let wanted = languages.iter().find(|one| **one == *self.context.language);
        texts[wanted.unwrap_or(&languages[0]).as_str().unwrap()].clone()
    }

    /// Whether a stream is fetched on a day: by a row's pattern, or as one of its further days.
    pub fn is_collected(&self, stream: &str, day: Date) -> bool {
        let rows: Vec<&Value> = list(&self.pack.plan()["rows"])
            .iter()
            .filter(|row| list(&row["streams"]).iter().any(|one| *one == stream))
            .collect();
        let special = |row: &&&Value| matches!(self.counts(row), Counts::Yes(1..));
        let valid = |row: &Value| date(&row["from"])..=date(&row["until"]);
        let general = |row: &&&Value| {
            let replaces = |other: &&&Value| {
                valid(row).contains(valid(other).start())
                    || valid(other).contains(valid(row).start())
            };
            self.counts(row) == Counts::Yes(0) && !rows.iter().filter(special).any(|o| replaces(&o))
        };
        let counting = rows.iter().filter(special).chain(rows.iter().filter(general));
        let holidays: BTreeSet<Date> =
            list(&self.pack.plan()["holidays"]).iter().map(|row| date(&row["date"])).collect();
        counting.into_iter().any(|row| fetches(row, &holidays, day))
    }
}

/// Whether a row of the plan has a collection on a day.
fn fetches(row: &Value, holidays: &BTreeSet<Date>, day: Date) -> bool {
    let has = |list_of: &str| list(&row[list_of]).iter().any(|one| date(one) == day);
    if has("extra") || list(&row["moves"]).iter().any(|known| date(&known["to"]) == day) {
        return true;
    }
    let moved_away = list(&row["moves"]).iter().any(|known| date(&known["from"]) == day);
    let months = list(&row["months"]);
    let season = months.is_empty() || months.iter().any(|month| *month == day.month());
    let valid = date(&row["from"]) <= day && day <= date(&row["until"]);
    let off = match row["holiday"].as_str() {
        None | Some("as_normal") => false,
        Some("skip" | "next_cycle") => holidays.contains(&day),
        Some(other) => panic!("no bundled pack had the policy {other}: teach this oracle"),
    };
    valid && season && !off && !moved_away && !has("except") && is_regular(&row["when"], day)
}

fn is_regular(when: &Value, day: Date) -> bool {
    let is = |name: &Value| name.as_str().is_some_and(|name| day.weekday() == weekday(name));
    if let Some(days) = when["weekly"].as_array() {
        return days.iter().any(is);
    }
    if let Some(days) = when["monthly"].as_array() {
        let nth = i64::from((day.day() - 1) / 7 + 1);
        let last = day.day() + 7 > day.days_in_month();
        return days
            .iter()
            .any(|one| is(&one["weekday"]) && (one["nth"] == nth || one["nth"] == -1 && last));
    }
    if let Some(weeks) = when["every_weeks"].as_i64() {
        return i64::from((day - date(&when["anchor"])).get_days()) % (7 * weeks) == 0;
    }
    list(&when["dates"]).iter().any(|one| date(one) == day)
}

fn weekday(name: &str) -> Weekday {
    match name {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        other => panic!("{other} is no day of the week"),
    }
}

fn mentions(value: &Value, currency: &str, amount: &str, printed: &str) -> bool {
    match value {
        Value::String(text) => text.contains(printed),
        Value::Array(items) => items.iter().any(|one| mentions(one, currency, amount, printed)),
        Value::Object(row) => {
            let is = |key: &str, text: &str| row.get(key).is_some_and(|value| *value == *text);
            (is("currency", currency) && is("amount", amount))
                || row.values().any(|one| mentions(one, currency, amount, printed))
        }
        _ => false,
    }
}

/// A zone and those it lies in; nothing for one that the pack does not have.
fn chain<'a>(pack: &'a Pack, zone: &str) -> Vec<&'a str> {
    let find = |id: &str| pack.rows("zones").iter().find(|row| row["id"] == *id);
    let around = std::iter::successors(find(zone), |row| find(row["parent"].as_str()?));
    around.map(|row| row["id"].as_str().unwrap()).collect()
}

/// The elements of a list; none where there is none.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A day as the files write it.
pub fn date(value: &Value) -> Date {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no day"))
}
