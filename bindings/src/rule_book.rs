//! Communities and districts, items found and looked up: all of it on the device.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use kerbside_core::rules::{self as core, Found, PackInfo, RulePack};
use kerbside_core::store;

use crate::caught::caught;
use crate::dates::CivilDate;
use crate::error::{Result, SorterError};
use crate::instruction::{Contact, Fact, Instruction, Stream, all};
use crate::place::Place;
use crate::schedule::Schedule;

/// The rules of all communities below a folder. Each is opened when it is first asked for.
#[derive(Debug, uniffi::Object)]
pub struct RuleBook {
    /// Folders by community.
    folders: BTreeMap<String, (PathBuf, PackInfo)>,
    open: Mutex<BTreeMap<String, Arc<RulePack>>>,
}

/// A community whose rules are there.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Community {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// ISO 3166-1 alpha-2 country code in lower case.
    pub country: String,
    /// Languages of its rules, its own first.
    pub languages: Vec<String>,
    /// IANA time zone of its clocks.
    pub time_zone: String,
    /// Version of its rules.
    pub version: String,
    /// First day the rules speak for.
    pub from: CivilDate,
    /// Last day the rules speak for.
    pub until: CivilDate,
    /// SPDX licence id of the rules.
    pub licence: String,
    /// Whom to name beside them.
    pub attribution: Vec<String>,
    /// Who knows more.
    pub contact: Contact,
    /// What to ask when an answer depends on the zone.
    pub zone_question: Option<String>,
}

/// A part of a community.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Zone {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The zone it lies in.
    pub parent: Option<String>,
    /// Postcodes wholly inside.
    pub postcodes: Vec<String>,
    /// Names of streets inside, or partly so.
    pub streets: Vec<String>,
    /// Kind of building it is limited to.
    pub building: Option<String>,
    /// Ids of the streams it is drawn for; empty for all.
    pub streams: Vec<String>,
    /// What to ask a person who cannot say whether they live here.
    pub question: Option<String>,
}

/// Where a typed postcode, street or name leads to.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FoundPlace {
    /// Id of the community.
    pub community: String,
    /// What it is called.
    pub name: String,
    /// The zone in it; none if the community itself was meant.
    pub zone: Option<Zone>,
}

/// An item in a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ItemName {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The other word that was found, where it was not the name.
    pub word: Option<String>,
}

/// Items whose names begin alike.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ItemSection {
    /// The letter, or `#`.
    pub letter: String,
    /// The items, by name.
    pub items: Vec<ItemName>,
}

/// One item, and what is done with it.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ItemPage {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Other words for it.
    pub aliases: Vec<String>,
    /// What it is made of, where that helps to recognise it.
    pub material: Option<String>,
    /// What is done with it, and then with each of its parts.
    pub instructions: Vec<Instruction>,
}

#[uniffi::export]
impl RuleBook {
    /// The rules below `folder`, which lie there as `<country>/<community>/pack.json` and so on.
    ///
    /// # Errors
    /// `BadRules` if there are none, or none that can be read.
    #[uniffi::constructor]
    pub fn open(folder: String) -> Result<Arc<Self>> {
        caught(|| {
            let found = store::communities(Path::new(&folder)).map_err(|e| unreadable(&e))?;
            let read = found.into_iter().map(|folder| {
                let json = store::rule_pack_info(&folder).map_err(|e| unreadable(&e))?;
                let info = PackInfo::from_json(&json)?;
                Ok((info.id.clone(), (folder, info)))
            });
            let folders: BTreeMap<_, _> = read.collect::<Result<_>>()?;
            if folders.is_empty() {
                let words = format!("there are no rules in {folder}; install the app anew");
                return Err(SorterError::BadRules(words));
            }
            Ok(Arc::new(Self { folders, open: Mutex::default() }))
        })
    }

    /// All communities, by name in `language` as far as they have it.
    ///
    /// # Errors
    /// `Internal`.
    pub fn communities(&self, language: String) -> Result<Vec<Community>> {
        caught(|| {
            let infos = self.folders.values().map(|(_, info)| info);
            let mut all: Vec<_> = infos.map(|info| Community::of(info, &language)).collect();
            all.sort_by(|one, other| one.name.cmp(&other.name));
            Ok(all)
        })
    }

    /// The zones of a community, in its own order.
    ///
    /// # Errors
    /// `NotFound`, `BadRules`.
    pub fn zones(&self, community: String, language: String) -> Result<Vec<Zone>> {
        self.with(&community, |pack| {
            let language = pack.language(&language);
            Ok(pack.zones().iter().map(|zone| Zone::of(zone, language)).collect())
        })
    }

    /// Ids of the zones a postcode lies in.
    ///
    /// # Errors
    /// `NotFound`, `BadRules`.
    pub fn zones_of_postcode(&self, community: String, postcode: String) -> Result<Vec<String>> {
        self.with(&community, |pack| Ok(ids(&pack.zones_of_postcode(&postcode))))
    }

    /// Ids of the zones a house lies in.
    ///
    /// # Errors
    /// `NotFound`, `BadRules`.
    pub fn zones_of_address(
        &self,
        community: String,
        street: String,
        number: u32,
    ) -> Result<Vec<String>> {
        self.with(&community, |pack| Ok(ids(&pack.zones_of_address(&street, number))))
    }

    /// Everything a typed postcode, street or name may mean, in all communities.
    ///
    /// # Errors
    /// `BadRules`.
    pub fn find_place(&self, typed: String, language: String) -> Result<Vec<FoundPlace>> {
        caught(|| {
            let mut all = Vec::new();
            for community in self.folders.keys() {
                let pack = self.pack(community)?;
                let language = pack.language(&language);
                all.extend(pack.find_place(&typed).into_iter().map(|found| FoundPlace {
                    community: community.clone(),
                    name: pack.info().names.get(language).to_owned(),
                    zone: match found {
                        Found::Community => None,
                        Found::Zone(zone) => Some(Zone::of(zone, language)),
                    },
                }));
            }
            Ok(all)
        })
    }

    /// The kinds of waste that are kept apart at a place.
    ///
    /// # Errors
    /// `NotFound`, `BadRules`.
    pub fn streams(&self, place: Place) -> Result<Vec<Stream>> {
        self.with(&place.community, |pack| {
            let language = pack.language(&place.language);
            Ok(pack.streams().iter().map(|stream| Stream::of(stream, language)).collect())
        })
    }

    /// Items whose name or alias starts with, contains or resembles `typed`, best first.
    ///
    /// # Errors
    /// `NotFound`, `BadRules`.
    pub fn search(&self, typed: String, place: Place) -> Result<Vec<ItemName>> {
        self.with(&place.community, |pack| {
            let language = pack.language(&place.language);
            let named = |hit: core::Hit<'_>| {
                let name = ItemName::of(hit.item, language);
                let word = (hit.word != name.name).then(|| hit.word.to_owned());
                ItemName { word, ..name }
            };
            Ok(pack.search(&typed, language).into_iter().map(named).collect())
        })
    }

    /// Every item, under the letter its name begins with.
    ///
    /// # Errors
    /// `NotFound`, `BadRules`.
    pub fn directory(&self, place: Place) -> Result<Vec<ItemSection>> {
        self.with(&place.community, |pack| {
            let language = pack.language(&place.language);
            let sections = pack.directory(language).into_iter().map(|section| ItemSection {
                letter: section.letter,
                items: section.items.iter().map(|item| ItemName::of(item, language)).collect(),
            });
            Ok(sections.collect())
        })
    }

    /// The page of an item.
    ///
    /// # Errors
    /// `NotFound`, `BadRules`.
    pub fn item_page(&self, item: String, place: Place, date: CivilDate) -> Result<ItemPage> {
        self.with(&place.community, |pack| {
            let page = pack.item_page(&item, &place.on(date));
            let page = page.ok_or_else(|| SorterError::not_found("item", &item))?;
            Ok(ItemPage {
                id: page.item.id.clone(),
                name: page.name.to_owned(),
                aliases: page.aliases.to_vec(),
                material: page.material.map(str::to_owned),
                instructions: all(page.instructions),
            })
        })
    }

    /// What is done with something that was seen (see [`Self::seen_with`]), and then with its parts.
    ///
    /// # Errors
    /// `NotFound`, `BadRules`; `Internal` if `seen` is no text of this engine's.
    pub fn instructions(
        &self,
        seen: String,
        place: Place,
        date: CivilDate,
    ) -> Result<Vec<Instruction>> {
        let seen = read_seen(&seen)?;
        self.with(&place.community, |pack| Ok(all(pack.resolve(&seen, &place.on(date)))))
    }

    /// What was seen of a thing, as text, with what a person said about it. A zone says something
    /// about the household and leaves the thing as it is.
    ///
    /// # Errors
    /// `Internal` if `seen` is no text of this engine's.
    pub fn seen_with(&self, seen: String, fact: Fact) -> Result<String> {
        caught(|| write_seen(&read_seen(&seen)?.with(&fact.into())))
    }

    /// Something of which only the item is known, as chosen from a list.
    ///
    /// # Errors
    /// `Internal`.
    pub fn seen_item(&self, item: String) -> Result<String> {
        let chosen = core::Fact::Item(item);
        caught(|| write_seen(&core::Perceived::default().with(&chosen)))
    }

    /// When what is collected at a place.
    ///
    /// # Errors
    /// `NotFound`, `BadRules`.
    pub fn schedule(&self, place: Place) -> Result<Arc<Schedule>> {
        caught(|| Ok(Arc::new(Schedule::new(self.pack(&place.community)?, place)?)))
    }
}

impl RuleBook {
    /// The rules of one community.
    pub(crate) fn pack(&self, community: &str) -> Result<Arc<RulePack>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pack) = open.get(community) {
            return Ok(pack.clone());
        }
        let unknown = || SorterError::not_found("community", community);
        let (folder, _) = self.folders.get(community).ok_or_else(unknown)?;
        let files = store::rule_files(folder).map_err(|e| unreadable(&e))?;
        let pack = Arc::new(RulePack::from_files(files)?);
        open.insert(community.to_owned(), pack.clone());
        Ok(pack)
    }

    fn with<T>(&self, community: &str, answer: impl FnOnce(&RulePack) -> Result<T>) -> Result<T> {
        caught(|| answer(&*self.pack(community)?))
    }
}

fn unreadable(error: &std::io::Error) -> SorterError {
    SorterError::BadRules(format!("the rules cannot be read ({error}); install the app anew"))
}

/// What was seen travels as text: only the engine reads it.
pub(crate) fn read_seen(json: &str) -> Result<core::Perceived> {
    serde_json::from_str(json)
        .map_err(|e| SorterError::internal(&format!("not what was seen: {e}")))
}

pub(crate) fn write_seen(seen: &core::Perceived) -> Result<String> {
    serde_json::to_string(seen).map_err(|e| SorterError::internal(&e.to_string()))
}

fn ids(zones: &[&core::Zone]) -> Vec<String> {
    zones.iter().map(|zone| zone.id.clone()).collect()
}

impl Community {
    fn of(info: &PackInfo, language: &str) -> Self {
        let language = info.language(language);
        Self {
            id: info.id.clone(),
            name: info.names.get(language).to_owned(),
            country: info.country.clone(),
            languages: info.languages.clone(),
            time_zone: info.time_zone.clone(),
            version: info.version.clone(),
            from: info.from,
            until: info.until,
            licence: info.licence.clone(),
            attribution: info.attribution.clone(),
            contact: info.contact.clone().into(),
            zone_question: text(info.zone_question.as_ref(), language),
        }
    }
}

impl Zone {
    fn of(zone: &core::Zone, language: &str) -> Self {
        Self {
            id: zone.id.clone(),
            name: zone.names.get(language).to_owned(),
            parent: zone.parent.clone(),
            postcodes: zone.postcodes.clone(),
            streets: zone.streets.iter().map(|street| street.name.clone()).collect(),
            building: text(zone.building.as_ref(), language),
            streams: zone.streams.clone(),
            question: text(zone.ask.as_ref(), language),
        }
    }
}

impl ItemName {
    fn of(item: &core::Item, language: &str) -> Self {
        Self { id: item.id.clone(), name: item.names.get(language).to_owned(), word: None }
    }
}

impl Stream {
    pub(crate) fn of(stream: &core::Stream, language: &str) -> Self {
        let name = stream.names.get(language).to_owned();
        Self { id: stream.id.clone(), name, icon: stream.icon.clone() }
    }
}

fn text(texts: Option<&core::Texts>, language: &str) -> Option<String> {
    texts.map(|texts| texts.get(language).to_owned())
}
