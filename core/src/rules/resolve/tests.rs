//! The guards, one by one and in order.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::rules::fixtures::{bent, bundled, item, on, tiny, zurich};
use crate::rules::instruction::NextCollection;
use crate::rules::perceived::{Cue, State};
use crate::rules::phrases::Phrases;
use crate::rules::show::amount;

const TODAY: &str = "2026-11-23";

fn tiny_pack() -> RulePack {
    RulePack::from_files(tiny()).unwrap()
}

fn first(pack: &RulePack, seen: &Perceived, context: &Context) -> Instruction {
    pack.resolve(seen, context).remove(0)
}

fn verdict(pack: &RulePack, seen: &Perceived) -> Verdict {
    first(pack, seen, &on(TODAY)).verdict
}

fn cue(hazard: &str, seen: Seen) -> Cue {
    Cue { hazard: hazard.into(), seen }
}

#[test]
fn an_unknown_thing_is_never_residual_waste() {
    let pack = zurich();
    for class in ["rubble", "", "general", "special"] {
        let answer = first(&pack, &Perceived::of_class(class), &on(TODAY));
        assert!(matches!(answer.verdict, Verdict::Unknown | Verdict::Ask), "{class}");
    }
    let answer = first(&pack, &Perceived::of_class("rubble"), &on(TODAY));
    assert_eq!(answer.why, Some(Why::NotRecognised));
    assert_eq!(answer.contact.unwrap().name, "Entsorgung + Recycling Zürich");
}

#[test]
fn a_class_that_does_not_decide_leads_to_one_question_and_its_answers_decide() {
    let pack = zurich();
    let seen = Perceived::of_class("plastic");
    let asked = first(&pack, &seen, &on(TODAY)).question.unwrap();
    for answer in &asked.answers {
        let next = verdict(&pack, &seen.clone().with(&answer.fact));
        assert_ne!(next, Verdict::Ask, "{}", answer.text);
    }
    let last = asked.answers.last().unwrap();
    assert_eq!(last.fact, Fact::NothingFits);
    assert_eq!(verdict(&pack, &seen.with(&last.fact)), Verdict::Unknown);
}

#[test]
fn an_item_its_class_speaks_against_is_asked_about() {
    let pack = zurich();
    let seen = item("food", "pet-bottle");
    let answer = first(&pack, &seen, &on(TODAY));
    assert_eq!(answer.verdict, Verdict::Ask);
    assert_eq!(answer.item, None, "not shown as a bottle until it is confirmed");
    let facts: Vec<_> = answer.question.unwrap().answers.into_iter().map(|a| a.fact).collect();
    assert_eq!(verdict(&pack, &seen.clone().with(&facts[0])), Verdict::TakeBack);
    assert_eq!(verdict(&pack, &seen.with(&facts[1])), Verdict::Kerb, "food waste after all");
}

#[test]
fn a_hazard_beats_the_item_unless_its_rule_covers_it() {
    let pack = tiny_pack();
    let tub =
        |seen| Perceived { hazards: vec![cue("battery-inside", seen)], ..item("plastic", "tub") };
    assert_eq!(verdict(&pack, &tub(Seen::Yes)), Verdict::Hazardous);
    assert_eq!(verdict(&pack, &tub(Seen::No)), Verdict::Ask, "which zone?");
    let unsure = first(&pack, &tub(Seen::Unsure), &on(TODAY));
    assert_eq!(unsure.question.as_ref().unwrap().text, "A battery?");
    let yes = unsure.question.unwrap().answers.remove(0).fact;
    assert_eq!(verdict(&pack, &tub(Seen::Unsure).with(&yes)), Verdict::Hazardous);
    let battery = Perceived { hazards: tub(Seen::Yes).hazards, ..item("special", "battery") };
    let covered = first(&zurich(), &battery, &on(TODAY));
    assert_eq!(covered.stream.unwrap().id, "batteries", "not the stream of the hazard");
}

#[test]
fn a_hazard_the_pack_has_no_row_for_gets_no_answer() {
    let seen = Perceived {
        hazards: vec![cue("radioactive", Seen::Yes)],
        ..item("plastic", "plastic-packaging")
    };
    let answer = first(&zurich(), &seen, &on(TODAY));
    assert_eq!((answer.verdict, answer.why), (Verdict::Unknown, Some(Why::UnknownHazard)));
}

#[test]
fn what_the_rules_depend_on_is_asked_for() {
    let pack = tiny_pack();
    let here = Context { zones: vec!["hill".into()], ..on(TODAY) };
    let tray = item("plastic", "tray");
    let asked = first(&pack, &tray, &here);
    assert_eq!(asked.question.unwrap().answers[0].fact, Fact::State(State::Clean));
    let clean = tray.clone().with(&Fact::State(State::Clean));
    assert_eq!(first(&pack, &clean, &here).stream.unwrap().id, "packaging");
    let dirty = tray.with(&Fact::State(State::Dirty));
    assert_eq!(first(&pack, &dirty, &here).stream.unwrap().id, "rest");
}

#[test]
fn a_doubt_that_makes_no_difference_is_not_asked_about() {
    let dirty = json!({
        "id": "dirty-tubs", "items": ["tub"], "when": { "dirty": true },
        "then": { "stream": "packaging" }, "source": "page",
    });
    let pack = bent("rules.json", |rows| rows.as_array_mut().unwrap().push(dirty)).unwrap();
    let here = Context { zones: vec!["hill".into()], ..on(TODAY) };
    assert_eq!(first(&pack, &item("plastic", "tub"), &here).rule.as_deref(), Some("tubs"));
    let soiled = item("plastic", "tub").with(&Fact::State(State::Dirty));
    assert_eq!(first(&pack, &soiled, &here).rule.as_deref(), Some("dirty-tubs"));
}

#[test]
fn a_zone_is_asked_for_only_where_it_matters() {
    let pack = tiny_pack();
    let tub = item("plastic", "tub");
    let asked = first(&pack, &tub, &on(TODAY)).question.unwrap();
    assert_eq!(asked.text, "Where?");
    assert_eq!(asked.answers[1].fact, Fact::Zone("lake".into()));
    let dirty = item("plastic", "tray").with(&Fact::State(State::Dirty));
    assert_eq!(verdict(&pack, &dirty), Verdict::Kerb);
}

#[test]
fn a_dated_switch_happens_overnight_and_is_announced() {
    let pack = tiny_pack();
    let tub = item("plastic", "tub");
    let on = |date| Context { zones: vec!["hill".into()], ..on(date) };
    let before = first(&pack, &tub, &on("2026-12-31"));
    let after = first(&pack, &tub, &on("2027-01-01"));
    assert_eq!(before.verdict, Verdict::DropOff);
    assert_eq!(before.changes_on, Some(jiff::civil::date(2027, 1, 1)));
    assert_eq!((after.verdict, after.changes_on), (Verdict::Kerb, None));
    let pilot = Context { zones: vec!["lake".into()], ..on("2026-12-31") };
    assert_eq!(first(&pack, &tub, &pilot).ways.len(), 1, "replaces the general way");
    assert_eq!(first(&pack, &tub, &pilot).verdict, Verdict::Kerb);
}

#[test]
fn only_bags_that_are_valid_in_the_zone_are_shown() {
    let mut files = tiny();
    let bag = |zone: &str| {
        json!({ "id": zone, "names": { "en": format!("{zone} bag") }, "zones": [zone],
                "sizes": [{ "litres": 20 }], "source": "page" })
    };
    files.insert("bags.json".into(), json!([bag("hill"), bag("lake")]).to_string());
    let mut streams: Value = serde_json::from_str(&files["streams.json"]).unwrap();
    streams[0]["ways"][0]["bags"] = json!(["hill", "lake"]);
    files.insert("streams.json".into(), streams.to_string());
    let pack = RulePack::from_files(files).unwrap();
    let dirty = item("plastic", "tray").with(&Fact::State(State::Dirty));
    let lake = Context { zones: vec!["lake".into()], ..on(TODAY) };
    assert!(first(&pack, &dirty, &lake).sentence().ends_with("Only in: lake bag (20 l)."));
    assert_eq!(first(&pack, &dirty, &on(TODAY)).question.unwrap().text, "Where?");
}

#[test]
fn addresses_are_those_of_the_households_zone() {
    let glass = item("glass", "glass-bottle");
    let sites = |zones: &[&str]| {
        let zones = zones.iter().map(|zone| (*zone).to_owned()).collect();
        let answer = first(&zurich(), &glass, &Context { zones, ..on(TODAY) });
        let near = answer.details().iter().any(|line| line.starts_with("Near you: "));
        let place = answer.ways.into_iter().next().unwrap().place.unwrap();
        assert_eq!(near, !place.sites.is_empty());
        place.sites.into_iter().map(|site| site.name).collect::<Vec<_>>()
    };
    assert_eq!(sites(&[]), Vec::<String>::new());
    assert!(sites(&["8001"]).contains(&"Bahnhofquai vis-à-vis 5".to_owned()));
    assert!(!sites(&["8004"]).contains(&"Bahnhofquai vis-à-vis 5".to_owned()));
}

#[test]
fn days_and_zones_outside_the_pack_get_no_answer() {
    let pack = tiny_pack();
    let tub = item("plastic", "tub");
    assert_eq!(first(&pack, &tub, &on("2028-01-01")).why, Some(Why::OutOfDate));
    let elsewhere = Context { zones: vec!["sea".into()], ..on(TODAY) };
    assert_eq!(first(&pack, &tub, &elsewhere).why, Some(Why::UnknownZone));
}

#[test]
fn parts_follow_the_whole_with_instructions_of_their_own() {
    let answers = zurich().resolve(&item("plastic", "yoghurt-cup"), &on(TODAY));
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[1].part_of.as_deref(), Some("yoghurt-cup"));
    assert_eq!(answers[1].stream.as_ref().unwrap().id, "small-metal");
}

#[test]
fn texts_come_in_the_wanted_language_or_in_english() {
    let pack = zurich();
    let said = |language: &str| {
        let context = Context { language: language.into(), ..on(TODAY) };
        first(&pack, &item("glass", "glass-bottle"), &context).sentence()
    };
    assert_eq!(
        said("en"),
        "Glass bottle → Glass collection, bring it to a neighbourhood collection point: \
         empty it; take the lid off."
    );
    assert_eq!(
        said("de-CH"),
        "Glasflasche → Glassammlung, hinbringen: Wertstoff-Sammelstelle – leeren; Deckel \
         abnehmen."
    );
    assert_eq!(said("fr"), said("en"));
    assert_eq!(said(""), said("de"), "nothing in particular is the community's own");
}

#[test]
fn a_pack_without_english_answers_strangers_in_its_own_language() {
    let mut info = zurich().info.clone();
    info.languages = vec!["de".into(), "it".into()];
    let given = ["it-CH", "fr", "en"].map(|wanted| info.language(wanted));
    assert_eq!(given, ["it", "de", "de"]);
}

#[test]
fn prices_are_said_with_their_year_and_what_they_cover() {
    let answer = first(&zurich(), &item("general", "napkin"), &on(TODAY));
    assert!(answer.sentence().ends_with("Only in: Züri-Sack (10, 17, 35, 60, 110 l)."));
    let details = answer.details();
    let said = |line: &str| assert!(details.iter().any(|said| said == line), "{details:#?}");
    said("Züri-Sack, 35 l: CHF 1.30 (2023, fee share; the shop adds its own).");
    said("Put it out at 07:00 on the day of collection at the latest.");
    assert!(details.last().unwrap().ends_with("(read 2026-11-23, not verified since)."));
}

#[test]
fn an_instruction_survives_json() {
    let answer = first(&zurich(), &Perceived::of_class("plastic"), &on(TODAY));
    let json = serde_json::to_string(&answer).unwrap();
    assert_eq!(serde_json::from_str::<Instruction>(&json).unwrap(), answer);
}

/// Every string a JSON value holds, object keys left out.
fn leaves(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(found.insert(text.clone())),
        Value::Array(rows) => rows.iter().for_each(|row| leaves(row, found)),
        Value::Object(fields) => fields.values().for_each(|field| leaves(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What an instruction may say: texts of the pack, of the templates, and the fixed words of
/// its enums.
fn allowed() -> BTreeSet<String> {
    let mut allowed = BTreeSet::new();
    let phrases = [include_str!("../phrases/en.json"), include_str!("../phrases/de.json")];
    for json in bundled("ch/zurich").values().map(String::as_str).chain(phrases) {
        leaves(&serde_json::from_str(json).unwrap(), &mut allowed);
    }
    let fixed = "kerb hand_over drop_off take_back deposit appointment hazardous not_accepted \
                 ask unknown out_of_date unknown_zone not_recognised no_rule unknown_hazard \
                 plastic glass paper carton metal foam special food general clean dirty \
                 not_that_item nothing_fits";
    allowed.extend(fixed.split_whitespace().map(str::to_owned));
    allowed
}

fn is_composed(text: &str, pack: &RulePack) -> bool {
    let prices = pack.bags.iter().flat_map(|bag| &bag.sizes).filter_map(|size| size.price.as_ref());
    let confirmations = pack
        .items
        .iter()
        .flat_map(|item| item.names.iter())
        .flat_map(|(_, name)| ["en", "de"].map(|language| Phrases::of(language).is_it(name)));
    text.parse::<Date>().is_ok()
        || prices.map(amount).chain(confirmations).any(|composed| composed == text)
}

/// Strings a model may write: real ids and words, real ones in the wrong place, and anything.
fn written() -> impl Strategy<Value = String> {
    let real = ["pet-bottle", "Tetrapak", "residual", "battery-inside", "glass", "8004", ""];
    prop_oneof![
        prop::sample::select(real.to_vec()).prop_map(str::to_owned),
        any::<String>(),
        "CHF [0-9]\\.[0-9]{2}|[a-z]{3,9} (bin|bag)|Tonne [0-9]|\\{(place|stream|item)\\}",
    ]
}

static SAYS: LazyLock<(RulePack, BTreeSet<String>)> = LazyLock::new(|| (zurich(), allowed()));

proptest! {
    #[test]
    fn nothing_outside_the_pack_is_ever_said(
        class in prop_oneof![written(), prop::sample::select(vec!["plastic".to_owned(), "carton".into()])],
        item in prop::option::of(written()),
        hazard in prop::option::of((written(), prop::sample::select(vec![Seen::Yes, Seen::No, Seen::Unsure]))),
        zone in prop::option::of(written()),
        language in written(),
        confirmed: bool,
    ) {
        let (pack, allowed) = &*SAYS;
        let seen = Perceived {
            class,
            item,
            hazards: hazard.map(|(id, seen)| cue(&id, seen)).into_iter().collect(),
            confirmed,
            ..Perceived::default()
        };
        let context = Context { zones: zone.into_iter().collect(), language, ..on(TODAY) };
        for answer in pack.resolve(&seen, &context) {
            let mut said = BTreeSet::new();
            leaves(&serde_json::to_value(&answer).unwrap(), &mut said);
            for text in said {
                prop_assert!(allowed.contains(&text) || is_composed(&text, pack), "{text:?}");
            }
            // The sentence is made of the instruction alone; its language is one of the pack's.
            prop_assert!(pack.info.languages.contains(&answer.language));
        }
    }
}

#[test]
fn a_rule_with_a_season_counts_in_its_months_only() {
    let pack = bent("rules.json", |rows| {
        rows[2]["months"] = json!([11, 12]);
        let mut rest = rows[2].clone();
        rest["id"] = json!("tubs-rest-of-year");
        rest["months"] = json!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        rest["then"] = json!({ "stream": "rest" });
        rows.as_array_mut().unwrap().push(rest);
    })
    .unwrap();
    let told = |day: &str| first(&pack, &item("plastic", "tub"), &on(day));
    assert_eq!(told("2026-11-30").rule.as_deref(), Some("tubs"));
    assert_eq!(told("2027-01-01").rule.as_deref(), Some("tubs-rest-of-year"));
    assert_eq!(told("2026-10-31").changes_on, Some("2026-11-01".parse().unwrap()));
}

#[test]
fn what_it_is_mostly_made_of_is_asked_when_a_rule_depends_on_it() {
    let pack = bent("rules.json", |rows| {
        let mut metal = rows[2].clone();
        metal["id"] = json!("metal-tubs");
        metal["when"] = json!({ "mostly": "metal" });
        metal["then"] = json!({ "stream": "rest" });
        rows.as_array_mut().unwrap().push(metal);
    })
    .unwrap();
    let seen = item("plastic", "tub");
    let asked = first(&pack, &seen, &on(TODAY)).question.unwrap();
    assert_eq!(asked.text, "Is more than half of it of this kind: Metal?");
    let rule = |answer: usize| {
        let seen = seen.clone().with(&asked.answers[answer].fact);
        first(&pack, &seen, &on(TODAY)).rule.unwrap()
    };
    assert_eq!((rule(0).as_str(), rule(1).as_str()), ("metal-tubs", "tubs"));
}

#[test]
fn an_instruction_names_the_next_collection() {
    let mut files = tiny();
    let plan = json!({ "rows": [{
        "id": "rest", "streams": ["rest"], "when": { "weekly": ["tuesday"] },
        "from": "2026-01-01", "until": "2026-12-31", "source": "page",
        "moves": [{ "from": "2026-12-29", "to": "2026-12-30", "reason": { "en": "Holiday" } }],
    }] });
    files.insert("schedule.json".into(), plan.to_string());
    let pack = RulePack::from_files(files).unwrap();
    let soiled = item("plastic", "tray").with(&Fact::State(State::Dirty));
    let sentence = |day: &str| first(&pack, &soiled, &on(day)).sentence();
    assert_eq!(sentence("2026-11-23"), "Tray → Rest. Next collection: Tuesday, 24 November 2026.");
    let moved = "Tray → Rest. Next collection: Wednesday, 30 December 2026 instead of Tuesday, 29 December 2026, Holiday.";
    assert_eq!(sentence("2026-12-25"), moved);
    let after = sentence("2027-01-01");
    assert_eq!(after, "Tray → Rest. No official dates after Thursday, 31 December 2026.");
}

#[test]
fn only_districts_drawn_for_the_stream_are_asked_for() {
    let mut files = tiny();
    let mut zones: Value = serde_json::from_str(&files["zones.json"]).unwrap();
    let paper = json!({ "id": "paper-3", "names": { "en": "Paper 3" }, "streams": ["rest"] });
    zones.as_array_mut().unwrap().push(paper);
    for zone in zones.as_array_mut().unwrap() {
        zone["ask"] = json!({ "en": "Which bin stands in your yard?" });
    }
    files.insert("zones.json".into(), zones.to_string());
    let pack = RulePack::from_files(files).unwrap();
    let asked = first(&pack, &item("plastic", "tub"), &on(TODAY)).question.unwrap();
    let texts: Vec<_> = asked.answers.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(
        (asked.text.as_str(), &texts[..]),
        ("Which bin stands in your yard?", &["Hill", "Lake"][..])
    );
}

#[test]
fn a_hazard_says_where_it_must_never_get() {
    let pack =
        bent("hazards.json", |rows| rows[0]["never_in"] = json!(["rest", "packaging"])).unwrap();
    let seen =
        Perceived { hazards: vec![cue("battery-inside", Seen::Yes)], ..item("plastic", "tub") };
    let told = first(&pack, &seen, &on(TODAY));
    assert!(told.details().contains(&"Never put it into: Rest, Packaging.".to_owned()), "{told:?}");
}

#[test]
fn the_next_collection_is_that_of_the_district() {
    let mut files = tiny();
    let row = |id: &str, zones: Value, day: &str| {
        json!({ "id": id, "streams": ["rest"], "zones": zones, "when": { "weekly": [day] },
                "from": "2026-01-01", "until": "2026-12-31", "source": "page" })
    };
    let rows = [row("all", json!([]), "tuesday"), row("lake", json!(["lake"]), "friday")];
    files.insert("schedule.json".into(), json!({ "rows": rows }).to_string());
    let pack = RulePack::from_files(files).unwrap();
    let soiled = item("plastic", "tray").with(&Fact::State(State::Dirty));
    let next = |zones: &[&str]| {
        let zones = zones.iter().map(|zone| (*zone).to_owned()).collect();
        first(&pack, &soiled, &Context { zones, ..on("2026-11-23") }).next.unwrap()
    };
    let day = |date: &str| NextCollection::On {
        date: date.parse().unwrap(),
        instead_of: None,
        reason: None,
    };
    assert_eq!(next(&["lake"]), day("2026-11-27"));
    assert_eq!(next(&["hill"]), day("2026-11-24"));
    assert_eq!(next(&[]), NextCollection::AskZone);
}
