//! Every id that is mentioned exists, and every row is mentioned.

use std::collections::BTreeSet;

use super::{At, Report, at, plan};
use crate::rules::pack::RulePack;
use crate::rules::rule::Outcome;
use crate::rules::zone::{DEEPEST, ancestry};

/// Cues the model is trained to report everywhere: a pack without a row for them would answer
/// "not known" to every toy with a battery.
const EVERYWHERE: [&str; 1] = ["battery-inside"];

pub(super) fn check(report: &mut Report<'_>) {
    sources(report);
    zones(report);
    streams(report);
    sites(report);
    items(report);
    questions(report);
    rules(report);
    hazards(report);
    words(report);
    unused(report);
}

/// Reports every mentioned id that is not among the known ones.
fn exist<'a>(
    report: &mut Report<'_>,
    row: At<'_>,
    mentioned: impl IntoIterator<Item = &'a String>,
    known: impl Iterator<Item = &'a String> + Clone,
) {
    for id in mentioned {
        let found = known.clone().any(|other| other == id);
        report.require(found, row, || format!("{id}: no such row"));
    }
}

/// The same for items, of which there may be thousands.
fn items_exist<'a>(
    report: &mut Report<'_>,
    row: At<'_>,
    mentioned: impl IntoIterator<Item = &'a String>,
) {
    for id in mentioned {
        let known = report.pack.index.item(id).is_some();
        report.require(known, row, || format!("{id}: no such row"));
    }
}

fn sources(report: &mut Report<'_>) {
    let pack = report.pack;
    for (row, source) in cited(pack) {
        exist(report, row, [source], pack.sources.iter().map(|row| &row.id));
    }
}

/// Every row that cites a source, and the source.
fn cited(pack: &RulePack) -> Vec<(At<'_>, &String)> {
    let mut cited = vec![(at("pack.json", "", "contact.source"), &pack.info.contact.source)];
    for stream in &pack.streams {
        cited.push((at("streams.json", &stream.id, "source"), &stream.source));
        for way in &stream.ways {
            cited.push((at("streams.json", &stream.id, "ways.source"), &way.source));
            let refund = way.refund.iter().map(|refund| &refund.source);
            cited.extend(refund.map(|id| (at("streams.json", &stream.id, "ways.refund"), id)));
        }
    }
    for bag in &pack.bags {
        cited.push((at("bags.json", &bag.id, "source"), &bag.source));
        let prices = bag.sizes.iter().filter_map(|size| size.price.as_ref());
        cited.extend(prices.map(|price| (at("bags.json", &bag.id, "sizes.price"), &price.source)));
    }
    let places = pack.places.iter();
    cited.extend(places.map(|row| (at("places.json", &row.id, "source"), &row.source)));
    let sites = pack.sites.iter();
    cited.extend(sites.map(|row| (at("sites.json", &row.name, "source"), &row.source)));
    let rules = pack.rules.iter();
    cited.extend(rules.map(|row| (at("rules.json", &row.id, "source"), &row.source)));
    let hazards = pack.hazards.iter();
    cited.extend(hazards.map(|row| (at("hazards.json", &row.id, "source"), &row.source)));
    cited.extend(plan::cited(pack));
    cited
}

fn zones(report: &mut Report<'_>) {
    let pack = report.pack;
    let known = || pack.zones.iter().map(|zone| &zone.id);
    for zone in &pack.zones {
        exist(report, at("zones.json", &zone.id, "parent"), &zone.parent, known());
        let streams = pack.streams.iter().map(|stream| &stream.id);
        exist(report, at("zones.json", &zone.id, "streams"), &zone.streams, streams);
        let around: Vec<_> = ancestry(&pack.zones, &zone.id).skip(1).collect();
        let row = at("zones.json", &zone.id, "parent");
        report.require(!around.contains(&zone.id.as_str()), row, || "lies in itself".into());
        let deep = around.len() + 1 >= DEEPEST;
        report.require(!deep, row, || format!("lies in {} zones or more", DEEPEST - 1));
    }
    for (row, zones) in zoned(pack) {
        exist(report, row, zones, known());
        let asked = zones.is_empty() || pack.info.zone_question.is_some();
        report.require(asked, row, || "pack.json has no zone_question to ask for it".into());
    }
}

/// Every row that is limited to some zones, and the zones.
fn zoned(pack: &RulePack) -> Vec<(At<'_>, &Vec<String>)> {
    let mut zoned: Vec<_> =
        pack.rules.iter().map(|row| (at("rules.json", &row.id, "zones"), &row.zones)).collect();
    zoned.extend(pack.bags.iter().map(|row| (at("bags.json", &row.id, "zones"), &row.zones)));
    zoned.extend(pack.places.iter().map(|row| (at("places.json", &row.id, "zones"), &row.zones)));
    for stream in &pack.streams {
        let ways = stream.ways.iter();
        zoned.extend(ways.map(|way| (at("streams.json", &stream.id, "ways.zones"), &way.zones)));
    }
    zoned.extend(plan::zoned(pack));
    zoned
}

fn streams(report: &mut Report<'_>) {
    let pack = report.pack;
    for (row, streams) in plan::streams(pack) {
        exist(report, row, streams, pack.streams.iter().map(|stream| &stream.id));
    }
    for stream in &pack.streams {
        for way in &stream.ways {
            let places = pack.places.iter().map(|place| &place.id);
            exist(report, at("streams.json", &stream.id, "ways.place"), &way.place, places);
            let bags = pack.bags.iter().map(|bag| &bag.id);
            exist(report, at("streams.json", &stream.id, "ways.bags"), &way.bags, bags);
            let row = at("streams.json", &stream.id, "ways.place");
            report.require(!way.how.needs_place() || way.place.is_some(), row, || {
                "it has to be brought somewhere, but nothing says where".into()
            });
        }
    }
}

fn sites(report: &mut Report<'_>) {
    let pack = report.pack;
    for site in &pack.sites {
        let row = |field| at("sites.json", &site.name, field);
        exist(report, row("places"), &site.places, pack.places.iter().map(|place| &place.id));
        exist(report, row("zones"), &site.zones, pack.zones.iter().map(|zone| &zone.id));
        report.require(!site.places.is_empty(), row("places"), || "a site of nothing".into());
        report.require(!site.zones.is_empty(), row("zones"), || "nobody would see it".into());
    }
}

fn items(report: &mut Report<'_>) {
    let pack = report.pack;
    for item in &pack.items {
        let row = |field| at("items.json", &item.id, field);
        items_exist(report, row("parts"), &item.parts);
        exist(report, row("covers"), &item.covers, pack.hazards.iter().map(|row| &row.id));
        let nested = |id: &&String| {
            pack.index.item(id).is_some_and(|part| !pack.items[part].parts.is_empty())
        };
        let nested = item.parts.iter().find(nested);
        report.require(nested.is_none(), row("parts"), || "a part has parts itself".into());
    }
}

fn questions(report: &mut Report<'_>) {
    let pack = report.pack;
    for question in &pack.questions {
        let row = at("questions.json", &question.id, "answers");
        let items = question.answers.iter().map(|answer| &answer.item);
        items_exist(report, row, items);
        report.require(!question.answers.is_empty(), row, || "nothing to answer".into());
    }
}

fn rules(report: &mut Report<'_>) {
    let pack = report.pack;
    for rule in &pack.rules {
        let row = |field| at("rules.json", &rule.id, field);
        items_exist(report, row("items"), &rule.items);
        exist(report, row("steps"), &rule.steps, pack.steps.iter().map(|step| &step.id));
        match &rule.then {
            Outcome::Stream(id) => {
                exist(report, row("then"), [id], pack.streams.iter().map(|row| &row.id));
                let burnt = pack.streams.iter().any(|row| row.id == *id && row.residual);
                report.require(!burnt || rule.classes.is_empty(), row("then"), || {
                    "residual waste cannot be the default of a class: ask, or say unknown".into()
                });
            }
            Outcome::Ask(id) => {
                exist(report, row("then"), [id], pack.questions.iter().map(|row| &row.id));
            }
            Outcome::NotAccepted => report.require(rule.note.is_some(), row("note"), || {
                "not accepted: the note must say what to do instead".into()
            }),
            Outcome::Unknown => {}
        }
    }
}

fn hazards(report: &mut Report<'_>) {
    let pack = report.pack;
    for hazard in &pack.hazards {
        let row = |field| at("hazards.json", &hazard.id, field);
        exist(report, row("stream"), [&hazard.stream], pack.streams.iter().map(|row| &row.id));
        exist(report, row("never_in"), &hazard.never_in, pack.streams.iter().map(|row| &row.id));
        let torn = hazard.never_in.contains(&hazard.stream);
        report.require(!torn, row("never_in"), || "it goes where it must never get".into());
        exist(report, row("steps"), &hazard.steps, pack.steps.iter().map(|step| &step.id));
    }
    for id in EVERYWHERE {
        let there = pack.hazards.iter().any(|hazard| hazard.id == id);
        report.require(there, at("hazards.json", "", ""), || format!("{id}: every pack needs it"));
    }
}

/// A word that means two items would make the answer depend on their order in the file.
fn words(report: &mut Report<'_>) {
    let pack = report.pack;
    for clash in &pack.index.clashes {
        let (item, other) = (&pack.items[clash.item], &pack.items[clash.other]);
        let word = item.words().nth(clash.nth).map_or("", |(_, word)| word);
        let message = format!("{word:?} also means {}", other.id);
        report.add(at("items.json", &item.id, "aliases"), message);
    }
}

/// A row nobody mentions is either a forgotten reference or dead weight.
fn unused(report: &mut Report<'_>) {
    let pack = report.pack;
    let ways = || pack.streams.iter().flat_map(|stream| &stream.ways);
    let (mut streams, mut questions) = (BTreeSet::new(), BTreeSet::new());
    for rule in &pack.rules {
        match &rule.then {
            Outcome::Stream(id) => streams.insert(id),
            Outcome::Ask(id) => questions.insert(id),
            Outcome::NotAccepted | Outcome::Unknown => continue,
        };
    }
    streams.extend(pack.hazards.iter().map(|hazard| &hazard.stream));
    let steps = pack.rules.iter().flat_map(|rule| &rule.steps);
    let steps = steps.chain(pack.hazards.iter().flat_map(|hazard| &hazard.steps)).collect();
    let places = ways().filter_map(|way| way.place.as_ref()).collect();
    let bags = ways().flat_map(|way| &way.bags).collect();
    let sources = cited(pack).into_iter().map(|(_, id)| id).collect();
    used(report, "streams.json", pack.streams.iter().map(|row| &row.id), &streams);
    used(report, "questions.json", pack.questions.iter().map(|row| &row.id), &questions);
    used(report, "steps.json", pack.steps.iter().map(|row| &row.id), &steps);
    used(report, "places.json", pack.places.iter().map(|row| &row.id), &places);
    used(report, "bags.json", pack.bags.iter().map(|row| &row.id), &bags);
    used(report, "sources.json", pack.sources.iter().map(|row| &row.id), &sources);
}

fn used<'a>(
    report: &mut Report<'_>,
    file: &'static str,
    rows: impl Iterator<Item = &'a String>,
    mentioned: &BTreeSet<&String>,
) {
    for id in rows {
        report.require(mentioned.contains(id), at(file, id, ""), || "nothing refers to it".into());
    }
}
