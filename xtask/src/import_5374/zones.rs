//! Areas and wards as zones of the pack.

use std::collections::BTreeMap;

use super::areas::Areas;
use super::names::Ids;

/// Every zone.
pub(super) struct Zones {
    /// Id and name of each ward.
    pub(super) wards: Vec<(String, String)>,
    /// The areas, in the order of the table.
    pub(super) areas: Vec<Zone>,
}

/// The zone of one area.
pub(super) struct Zone {
    pub(super) id: String,
    pub(super) name: String,
    /// Id of its ward.
    pub(super) parent: Option<String>,
}

/// A zone for each ward and each area. Two wards may hold areas of the same name.
pub(super) fn of(areas: &Areas) -> Zones {
    let mut ids = Ids::default();
    let mut wards: BTreeMap<&str, String> = BTreeMap::new();
    for name in areas.areas.iter().filter_map(|area| area.ward.as_deref()) {
        wards.entry(name).or_insert_with(|| ids.of("ward", name));
    }
    let zones = areas.areas.iter().map(|area| {
        let parent = area.ward.as_deref().and_then(|ward| wards.get(ward)).cloned();
        let whole = area.ward.iter().chain([&area.name]).map(String::as_str).collect::<Vec<_>>();
        Zone { id: ids.of("area", &whole.join(" ")), name: area.name.clone(), parent }
    });
    let zones = zones.collect();
    let wards = wards.into_iter().map(|(name, id)| (id, name.to_owned())).collect();
    Zones { wards, areas: zones }
}
