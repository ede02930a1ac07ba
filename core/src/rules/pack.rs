//! A rule pack: one community's tables, parsed and checked.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::bounds;
use super::cases::Case;
use super::error::Error;
use super::index::Index;
use super::item::Item;
use super::notice::Notice;
use super::rule::{Hazard, Question, Rule, Step};
use super::stream::{Bag, Place, Site, Stream};
use super::text::{Texts, fold};
use super::zone::{Reach, Zone, reach};
use crate::schedule::Schedule;

/// The shape of a pack's files that this engine reads.
const SCHEMA: u32 = 1;

fn first_schema() -> u32 {
    1
}

/// Who the community is, and for how long the pack may be trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackInfo {
    /// The shape of the pack's files: 1, also where nothing is said.
    #[serde(default = "first_schema")]
    pub schema: u32,
    /// Unique among all packs: the name of its folder.
    pub id: String,
    /// What the community is called.
    pub names: Texts,
    /// ISO 3166-1 alpha-2 country code in lower case: the name of the folder above.
    pub country: String,
    /// Languages every text of the pack is written in, the community's own first.
    pub languages: Vec<String>,
    /// IANA time zone of collection times.
    pub time_zone: String,
    /// Grows with every change to the tables.
    pub version: String,
    /// First day the pack speaks for.
    pub from: Date,
    /// Last day the pack speaks for. After it the pack gives no answers.
    pub until: Date,
    /// SPDX licence id of the tables.
    pub licence: String,
    /// Whom the licences of the sources ask to be named.
    #[serde(default)]
    pub attribution: Vec<String>,
    /// Who knows when the pack does not.
    pub contact: Contact,
    /// What to ask when the answer depends on the zone. Left out where it never does.
    #[serde(default)]
    pub zone_question: Option<Texts>,
}

impl PackInfo {
    /// Reads a pack's `pack.json` alone: enough to list it.
    ///
    /// # Errors
    /// [`Error::Json`], and [`Error::TooNew`] for a shape that came after this engine.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        /// Looked at before anything else: a later shape may have other keys.
        #[derive(Deserialize)]
        struct Head {
            #[serde(default = "first_schema")]
            schema: u32,
        }
        let Head { schema } = read("pack.json", json)?;
        if schema != SCHEMA {
            return Err(Error::TooNew { found: schema, here: SCHEMA });
        }
        read("pack.json", json)
    }

    /// The language an answer is given in: the wanted one, its base (`"de-CH"` → `"de"`), English,
    /// which more visitors read, or the community's own. Who wants none in particular (`""`) gets
    /// the community's own.
    pub fn language<'a>(&'a self, wanted: &str) -> &'a str {
        let base = wanted.split(['-', '_']).next().unwrap_or_default();
        let find = |tag: &str| self.languages.iter().find(|language| *language == tag);
        find(wanted)
            .or_else(|| find(base))
            .or_else(|| find("en").filter(|_| !wanted.is_empty()))
            .or_else(|| self.languages.first())
            .map(String::as_str)
            .unwrap_or_default()
    }
}

/// Who to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Name of the office.
    pub name: String,
    /// Telephone number in international form.
    #[serde(default)]
    pub phone: Option<String>,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Web page.
    #[serde(default)]
    pub url: Option<String>,
    /// Id of the source.
    pub source: String,
}

/// Where facts come from. Every row of the pack points at one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Unique among the sources of the pack.
    pub id: String,
    /// Title of the page or data set.
    pub title: String,
    /// Who published it.
    pub publisher: String,
    /// Its address.
    pub url: String,
    /// Language it is written in.
    pub language: String,
    /// Day the page says it was last changed.
    #[serde(default)]
    pub updated: Option<Date>,
    /// Id of the source it is a translation of. A translation that lags behind is refused.
    #[serde(default)]
    pub translation_of: Option<String>,
    /// Day the text the rows were taken from was read, be it a stored copy.
    pub retrieved: Date,
    /// Day somebody opened the live page and found the rows still true; `null` if nobody did.
    pub verified: Option<Date>,
}

/// One community's rules. Opened from the contents of its files; it reads none itself.
#[derive(Debug, Clone, PartialEq)]
pub struct RulePack {
    pub(super) info: PackInfo,
    pub(super) sources: Vec<Source>,
    pub(super) zones: Vec<Zone>,
    pub(super) streams: Vec<Stream>,
    pub(super) bags: Vec<Bag>,
    pub(super) places: Vec<Place>,
    pub(super) sites: Vec<Site>,
    pub(super) steps: Vec<Step>,
    pub(super) questions: Vec<Question>,
    pub(super) items: Vec<Item>,
    pub(super) rules: Vec<Rule>,
    pub(super) hazards: Vec<Hazard>,
    pub(super) cases: Vec<Case>,
    pub(super) notices: Vec<Notice>,
    pub(super) schedule: Schedule,
    pub(super) index: Index,
}

/// Files that lie in a pack's folder and are read by others.
const NEIGHBOURS: [&str; 1] = ["README.md"];

impl RulePack {
    /// Opens a pack from the names and contents of the files in its folder.
    ///
    /// # Errors
    /// [`Error::Json`] for a file that is not of the expected shape, [`Error::MissingFile`] and
    /// [`Error::UnknownFile`], and [`Error::Invalid`] with everything [`RulePack::validate`] finds.
    pub fn from_files<N, B>(files: impl IntoIterator<Item = (N, B)>) -> Result<Self, Error>
    where
        N: Into<String>,
        B: AsRef<[u8]>,
    {
        let pack = Self::parse(files)?;
        let findings = pack.validate();
        if findings.is_empty() { Ok(pack) } else { Err(Error::Invalid(findings)) }
    }

    /// Reads a pack without checking that it holds together: for linters that want to list
    /// everything, not for answering questions.
    ///
    /// # Errors
    /// As [`RulePack::from_files`], except [`Error::Invalid`]; [`Error::TooLong`] and
    /// [`Error::TooMany`] for tables that no community has.
    pub fn parse<N, B>(files: impl IntoIterator<Item = (N, B)>) -> Result<Self, Error>
    where
        N: Into<String>,
        B: AsRef<[u8]>,
    {
        let mut files: BTreeMap<String, B> =
            files.into_iter().map(|(name, bytes)| (name.into(), bytes)).collect();
        files.retain(|name, _| !NEIGHBOURS.contains(&name.as_str()));
        for (name, bytes) in &files {
            bounds::check_file(name, bytes.as_ref())?;
        }
        let files = &mut files;
        let info = files.remove("pack.json").ok_or(Error::MissingFile("pack.json"))?;
        let mut pack = Self {
            info: PackInfo::from_json(info.as_ref())?,
            items: required(files, "items.json")?,
            rules: required(files, "rules.json")?,
            index: Index::default(),
            sources: required(files, "sources.json")?,
            zones: optional(files, "zones.json")?,
            streams: required(files, "streams.json")?,
            bags: optional(files, "bags.json")?,
            places: optional(files, "places.json")?,
            sites: optional(files, "sites.json")?,
            steps: optional(files, "steps.json")?,
            questions: optional(files, "questions.json")?,
            hazards: required(files, "hazards.json")?,
            cases: optional(files, "cases.json")?,
            notices: optional(files, "notices.json")?,
            schedule: optional(files, "schedule.json")?,
        };
        if let Some((name, _)) = files.pop_first() {
            return Err(Error::UnknownFile(name));
        }
        bounds::check_rows(&pack)?;
        pack.index = Index::new(&pack.items, &pack.rules);
        Ok(pack)
    }

    /// Who the community is.
    pub fn info(&self) -> &PackInfo {
        &self.info
    }

    /// Every item.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Every rule.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Every stream.
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// What a stream is called in one of the pack's languages; its id if there is no such stream.
    pub fn stream_name<'a>(&'a self, id: &'a str, language: &str) -> &'a str {
        let stream = self.streams.iter().find(|stream| stream.id == id);
        stream.map_or(id, |stream| stream.names.get(language))
    }

    /// The question with this id.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }

    /// Every zone.
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// Every place.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Every site: the single addresses behind the places.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// Every source.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Every hazard: the cues a model may write.
    pub fn hazards(&self) -> &[Hazard] {
        &self.hazards
    }

    /// Bulky waste, fees, deposits and penalties.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The published plan of collections.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Whether rows limited to `rows` count for a household in `here`.
    pub(crate) fn in_zones(&self, rows: &[String], here: &[String]) -> bool {
        matches!(reach(&self.zones, rows, here), Reach::Counts { .. })
    }

    /// The worked examples the pack carries along.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The item with this id, or the one a name or alias means in any language.
    pub fn lookup(&self, id_or_name: &str) -> Option<&Item> {
        let named = || self.index.named(&fold(id_or_name));
        self.index.item(id_or_name).or_else(named).map(|position| &self.items[position])
    }

    /// Zones a postcode lies in.
    pub fn zones_of_postcode(&self, postcode: &str) -> Vec<&Zone> {
        let here = |zone: &&Zone| zone.postcodes.iter().any(|code| code == postcode.trim());
        self.zones.iter().filter(here).collect()
    }

    /// Zones a house lies in by its street; several where districts of different streams overlap.
    pub fn zones_of_address(&self, street: &str, number: u32) -> Vec<&Zone> {
        let street = fold(street);
        let here = |zone: &&Zone| zone.streets.iter().any(|row| row.covers(&street, number));
        self.zones.iter().filter(here).collect()
    }

    /// The language an answer is given in: [`PackInfo::language`].
    pub fn language<'a>(&'a self, wanted: &str) -> &'a str {
        self.info.language(wanted)
    }
}

fn required<T: DeserializeOwned, B: AsRef<[u8]>>(
    files: &mut BTreeMap<String, B>,
    name: &'static str,
) -> Result<T, Error> {
    let bytes = files.remove(name).ok_or(Error::MissingFile(name))?;
    read(name, bytes.as_ref())
}

fn optional<T: DeserializeOwned + Default, B: AsRef<[u8]>>(
    files: &mut BTreeMap<String, B>,
    name: &'static str,
) -> Result<T, Error> {
    match files.remove(name) {
        Some(bytes) => read(name, bytes.as_ref()),
        None => Ok(T::default()),
    }
}

fn read<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|source| Error::Json { file: name.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::fixtures::{bent, tiny, zurich};

    #[test]
    fn a_field_nobody_knows_is_refused_with_file_line_and_name() {
        let mut files = tiny();
        files.insert("bags.json".into(), "[\n  { \"id\": \"b\", \"prize\": 1 }\n]".into());
        let message = RulePack::from_files(files).unwrap_err().to_string();
        assert!(message.starts_with("bags.json: unknown field `prize`"), "{message}");
        assert!(message.contains("line 2"), "{message}");
    }

    #[test]
    fn missing_and_misspelt_files_are_refused_and_neighbours_are_not() {
        let mut files = tiny();
        files.insert("README.md".into(), String::new());
        assert!(RulePack::from_files(files.clone()).is_ok());
        files.insert("rule.json".into(), "[]".into());
        assert!(
            matches!(RulePack::from_files(files), Err(Error::UnknownFile(name)) if name == "rule.json")
        );
        let mut files = tiny();
        files.remove("hazards.json");
        assert!(matches!(RulePack::from_files(files), Err(Error::MissingFile("hazards.json"))));
    }

    #[test]
    fn a_row_without_a_source_does_not_parse() {
        let unsourced =
            bent("rules.json", |rows| drop(rows[0].as_object_mut().unwrap().remove("source")));
        let message = unsourced.unwrap_err().to_string();
        assert!(message.starts_with("rules.json: missing field `source`"), "{message}");
    }

    #[test]
    fn items_are_looked_up_by_id_name_and_alias() {
        let pack = zurich();
        for word in ["pet-bottle", "PET bottle", "pet flasche", "Mineralwasserflasche"] {
            assert_eq!(
                pack.lookup(word).map(|item| item.id.as_str()),
                Some("pet-bottle"),
                "{word}"
            );
        }
        assert_eq!(pack.lookup("bottle"), None, "half a name is not a name");
        assert_eq!(pack.lookup("-"), None);
    }

    #[test]
    fn postcodes_lead_to_zones() {
        let pack = zurich();
        let zones = pack.zones_of_postcode(" 8004 ");
        assert_eq!(zones.iter().map(|zone| zone.id.as_str()).collect::<Vec<_>>(), ["8004"]);
        assert!(pack.zones_of_postcode("3000").is_empty());
    }
}
