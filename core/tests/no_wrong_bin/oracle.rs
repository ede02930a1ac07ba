//! What an instruction may show: the rows of the pack that count for this thing, here and today.
//! Everything is worked out anew from the files; of the engine only the answer is looked at.

use jiff::civil::Date;
use kerbside_core::highlight::{Highlight, HighlightKind};
use kerbside_core::rules::{Fact, Instruction, NextCollection, Perceived, Seen, State, Verdict};
use serde_json::{Value, json};

use super::pack::{Counts, Here, date, list};

/// How far ahead a missing day of collection is looked for, in days.
const AHEAD: i32 = 40;

/// How a rule's circumstances compare with what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    Maybe,
    No,
}

/// Asserts that every instruction about a thing shows what stands in the pack and counts.
pub fn check(here: &Here<'_>, seen: &Perceived, instructions: &[Instruction]) {
    let (whole, parts) = instructions.split_first().expect("something is always said");
    check_item(here, seen, whole);
    check_one(here, seen, whole);
    for part in parts {
        let of = here.pack.row("items", &json!(part.part_of)).expect("a part of some item");
        assert_eq!(part.part_of, whole.item);
        assert!(list(&of["parts"]).contains(&json!(part.item)), "{part:?}");
        let there = seen.parts.as_ref();
        assert!(there.is_none_or(|parts| part.item.as_ref().is_some_and(|id| parts.contains(id))));
        let alone = Perceived { state: seen.state, confirmed: true, ..Perceived::default() };
        check_one(here, &alone, part);
    }
}

/// The item that is spoken of is the one that was seen, and nothing is said of one that was not.
fn check_item(here: &Here<'_>, seen: &Perceived, shown: &Instruction) {
    let Some(item) = &shown.item else { return };
    let row = here.pack.row("items", &json!(item)).expect("an item of the pack");
    let said = seen.item.as_ref().expect("an item that was seen");
    let letters = |text: &str| text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "");
    let names = row["names"].as_object().into_iter().flatten().map(|(_, name)| name);
    let aliases =
        row["aliases"].as_object().into_iter().flatten().flat_map(|(_, words)| list(words));
    let mut words = names.chain(aliases).filter_map(Value::as_str);
    assert!(item == said || words.any(|word| letters(word) == letters(said)), "{said}: {shown:?}");
}

fn check_one(here: &Here<'_>, seen: &Perceived, shown: &Instruction) {
    let json = serde_json::to_value(shown).unwrap();
    if !here.is_known() {
        assert_eq!(shown.verdict, Verdict::Unknown, "the pack does not speak for this: {shown:?}");
    }
    match shown.verdict {
        Verdict::Ask => {
            let question = shown.question.as_ref().expect("a question");
            assert!(!question.text.trim().is_empty() && !question.answers.is_empty(), "{shown:?}");
            question.answers.iter().for_each(|answer| check_fact(here, &answer.fact));
        }
        Verdict::Unknown => {
            assert_eq!(json["contact"]["name"], here.pack.info()["contact"]["name"], "{shown:?}");
        }
        Verdict::NotAccepted => {
            let rule = check_rule(here, seen, shown);
            assert_eq!(rule["then"], "not_accepted");
            assert_eq!(json["note"], here.text(&rule["note"]));
        }
        _ => check_stream(here, seen, shown, &json),
    }
    if matches!(shown.verdict, Verdict::Ask | Verdict::Unknown | Verdict::NotAccepted) {
        assert!(
            shown.stream.is_none() && shown.ways.is_empty() && shown.next.is_none(),
            "{shown:?}"
        );
    }
    check_danger(here, seen, shown);
}

/// What a person may answer is of this pack, too.
fn check_fact(here: &Here<'_>, fact: &Fact) {
    let (table, id) = match fact {
        Fact::Item(id) => ("items", id),
        Fact::Zone(id) => ("zones", id),
        Fact::Hazard { id, .. } => ("hazards", id),
        _ => return,
    };
    assert!(here.pack.row(table, &json!(id)).is_some(), "{fact:?}");
}

/// A sign of danger that the item's own rule does not see to is never passed over.
fn check_danger(here: &Here<'_>, seen: &Perceived, shown: &Instruction) {
    let item = here.pack.row("items", &json!(shown.item.as_ref().or(seen.item.as_ref())));
    let covered = |id: &str| item.is_some_and(|item| list(&item["covers"]).contains(&json!(id)));
    let open = |sure| seen.hazards.iter().find(|cue| cue.seen == sure && !covered(&cue.hazard));
    let named =
        seen.item.as_ref().is_some_and(|item| here.pack.row("items", &json!(item)).is_none());
    let Some(cue) = open(Seen::Yes).or_else(|| open(Seen::Unsure)).filter(|_| !named) else {
        return;
    };
    let hazard = here.pack.row("hazards", &json!(cue.hazard));
    let by_hazard = shown.rule.as_deref() == Some(&cue.hazard);
    match (shown.verdict, hazard) {
        (Verdict::Unknown, _) => assert!(hazard.is_none() || !here.is_known() || by_hazard),
        (Verdict::Ask, Some(_)) => {}
        _ => assert!(by_hazard && cue.seen == Seen::Yes, "danger passed over: {shown:?}"),
    }
}

/// Stream, ways, bags, prices, places and days are those of the row that decides.
fn check_stream(here: &Here<'_>, seen: &Perceived, shown: &Instruction, json: &Value) {
    let stream = here.pack.row("streams", &json["stream"]["id"]).expect("a stream of the pack");
    assert_eq!(json["stream"]["name"], here.text(&stream["names"]));
    assert_eq!(json["stream"]["icon"], stream["icon"]);
    let hazards = here.pack.rows("hazards").iter();
    let hazard = hazards.clone().find(|row| row["id"] == json["rule"]);
    let row = match hazard {
        Some(hazard) => {
            let mut cues = seen.hazards.iter().filter(|cue| hazard["id"] == *cue.hazard);
            assert!(cues.any(|cue| cue.seen == Seen::Yes), "no such danger was seen: {shown:?}");
            assert_eq!(hazard["stream"], stream["id"]);
            hazard
        }
        None => {
            let rule = check_rule(here, seen, shown);
            assert_eq!(rule["then"]["stream"], stream["id"], "{shown:?}");
            let by_item = list(&rule["items"]).contains(&json["item"]);
            assert!(by_item || stream["residual"] != true, "burnt unknown: {shown:?}");
            rule
        }
    };
    let steps = list(&row["steps"]).iter().map(|id| here.pack.row("steps", id).unwrap());
    assert_eq!(json["steps"], steps.map(|step| here.text(&step["text"])).collect::<Value>());
    assert_eq!(json["note"], here.text(&row["note"]));
    assert_eq!(json["source"], source(here, &row["source"]));

    let ways = ways(here, stream);
    let expected: Vec<Value> = ways.iter().map(|way| way_text(here, way)).collect();
    let mut found = json["ways"].clone();
    found.as_array_mut().unwrap().iter_mut().for_each(shorten_times);
    assert_eq!(found, json!(expected), "ways, bags, prices and places");
    assert_eq!(json["verdict"], ways[0]["how"]);
    check_change(here, shown, hazard.is_none().then_some(row), &ways);
    check_next(here, shown, stream["id"].as_str().unwrap());
}

/// The ways that count here and today: the most special ones, in the order of the file.
fn ways<'a>(here: &Here<'a>, stream: &'a Value) -> Vec<&'a Value> {
    let open = || list(&stream["ways"]).iter().filter(|way| here.in_force(way));
    let unknown = open().any(|way| here.counts(way) == Counts::Unknown);
    assert!(!unknown, "a way is shown although nobody said which district");
    let deepest = open().map(|way| here.counts(way)).max().expect("a way");
    assert_ne!(deepest, Counts::No, "no way counts here");
    open().filter(|way| here.counts(way) == deepest).collect()
}

fn way_text(here: &Here<'_>, way: &Value) -> Value {
    let place = here.pack.row("places", &way["place"]).map(|place| {
        let near = |site: &&Value| {
            list(&site["places"]).contains(&place["id"]) && matches!(here.counts(site), Counts::Yes(_))
        };
        let site = |site: &Value| json!({"name": site["name"], "position": site["position"], "opening_hours": site["opening_hours"]});
        json!({
            "id": place["id"], "name": here.text(&place["names"]), "address": place["address"],
            "position": place["position"], "opening_hours": place["opening_hours"],
            "note": here.text(&place["note"]),
            "sites": here.pack.rows("sites").iter().filter(near).map(site).collect::<Value>(),
        })
    });
    let bags = here.pack.rows("bags").iter().filter(|bag| list(&way["bags"]).contains(&bag["id"]));
    let bags = bags.filter(|bag| here.counts(bag) != Counts::No).map(|bag| {
        assert!(matches!(here.counts(bag), Counts::Yes(_)), "a bag of an unknown district");
        bag_text(here, bag)
    });
    let mut text = json!({
        "how": way["how"], "container": here.text(&way["container"]), "colour": way["colour"],
        "place": place, "bags": bags.collect::<Value>(), "set_out": way["set_out"],
        "refund": amount(&way["refund"]), "note": here.text(&way["note"]),
        "source": source(here, &way["source"]),
    });
    shorten_times(&mut text);
    text
}

fn bag_text(here: &Here<'_>, bag: &Value) -> Value {
    let size = |size: &Value| {
        json!({
            "litres": size["litres"], "price": amount(&size["price"]), "as_of": size["price"]["as_of"],
            "covers": here.text(&size["price"]["covers"]),
        })
    };
    json!({
        "id": bag["id"], "name": here.text(&bag["names"]), "colour": bag["colour"],
        "sizes": list(&bag["sizes"]).iter().map(size).collect::<Value>(),
        "sold_at": here.text(&bag["sold_at"]), "not_valid": here.text(&bag["not_valid"]),
    })
}

/// Currency and amount, as printed.
fn amount(price: &Value) -> Value {
    let words = price["currency"].as_str().zip(price["amount"].as_str());
    json!(words.map(|(currency, amount)| format!("{currency} {amount}")))
}

fn source(here: &Here<'_>, id: &Value) -> Value {
    let row = here.pack.row("sources", id).expect("a source of the pack");
    let field = |name: &str| row[name].clone();
    json!({
        "title": field("title"), "publisher": field("publisher"), "url": field("url"),
        "retrieved": field("retrieved"), "verified": field("verified"),
    })
}

/// `"07:00:00"` and `"07:00"` are the same time, and a moment without a time is none.
fn shorten_times(way: &mut Value) {
    for moment in ["from", "by"] {
        let Some(time) = way["set_out"][moment]["time"].as_str().map(|time| time[..5].to_owned())
        else {
            if let Some(window) = way["set_out"].as_object_mut() {
                window.insert(moment.to_owned(), Value::Null);
            }
            continue;
        };
        way["set_out"][moment]["time"] = json!(time);
    }
}

/// The rule that an instruction names decides this thing, here and today, and none outranks it.
fn check_rule<'a>(here: &Here<'a>, seen: &Perceived, shown: &Instruction) -> &'a Value {
    let rule = here.pack.row("rules", &json!(shown.rule)).expect("a rule of the pack");
    let item = json!(shown.item);
    let class = json!(shown.class);
    let of_item = |rule: &Value| list(&rule["items"]).contains(&item);
    let of_class = |rule: &Value| list(&rule["classes"]).contains(&class);
    assert!(fit(here, rule, seen) == Fit::Yes, "it does not apply: {rule}");
    let by_item = of_item(rule);
    if by_item && shown.part_of.is_none() {
        let row = here.pack.row("items", &item).expect("an item of the pack");
        let plausible = list(&row["classes"]).contains(&json!(seen.class.trim()));
        assert!(seen.confirmed || plausible, "nobody confirmed it: {shown:?}");
    }
    assert!(by_item || of_class(rule), "it decides something else: {rule} {shown:?}");
    for other in here.pack.rows("rules") {
        let fits = fit(here, other, seen);
        if !by_item {
            assert!(!of_item(other) || fits == Fit::No, "the item has a rule of its own: {other}");
        }
        let rival = if by_item { of_item(other) } else { of_class(other) };
        if rival && fits != Fit::No && rank(here, other) > rank(here, rule) {
            assert_eq!(other["then"], rule["then"], "outranked by {other}");
        }
    }
    rule
}

/// Priority, depth of the zone, number of circumstances.
fn rank(here: &Here<'_>, rule: &Value) -> (i64, Counts, usize) {
    let conditions = rule["when"].as_object().into_iter().flatten();
    let conditions = conditions.filter(|(key, value)| *key != "only_if_seen" && !value.is_null());
    (rule["priority"].as_i64().unwrap_or(0), here.counts(rule), conditions.count())
}

fn fit(here: &Here<'_>, rule: &Value, seen: &Perceived) -> Fit {
    if !here.in_force(rule) {
        return Fit::No;
    }
    let place = match here.counts(rule) {
        Counts::No => return Fit::No,
        Counts::Unknown => Fit::Maybe,
        Counts::Yes(_) => Fit::Yes,
    };
    let when = &rule["when"];
    let dirty = match seen.state {
        State::Clean => Some(false),
        State::Dirty => Some(true),
        State::Unsure => None,
    };
    let size = seen.size_cm.map(u64::from);
    let mostly = |class: &Value| {
        let not = seen.mostly_not.iter().any(|known| json!(known) == *class);
        seen.mostly.map(|known| json!(known) == *class).or(not.then_some(false))
    };
    let tests = [
        (when["dirty"].as_bool(), dirty),
        (when["deposit_mark"].as_bool(), seen.deposit_mark),
        (
            when["longer_than_cm"].as_u64().map(|_| true),
            size.map(|cm| Some(cm) > when["longer_than_cm"].as_u64()),
        ),
        (
            when["up_to_cm"].as_u64().map(|_| true),
            size.map(|cm| Some(cm) <= when["up_to_cm"].as_u64()),
        ),
        (when["mostly"].as_str().map(|_| true), mostly(&when["mostly"])),
    ];
    let mut fit = Fit::Yes;
    for (wanted, is) in tests {
        match (wanted, is) {
            (None, _) => {}
            (Some(wanted), Some(is)) if wanted == is => {}
            (Some(_), Some(_)) => return Fit::No,
            (Some(_), None) => fit = Fit::Maybe,
        }
    }
    match fit {
        Fit::Maybe if when["only_if_seen"] == true => Fit::No,
        Fit::Yes => place,
        fit => fit,
    }
}

/// The day on which the answer may change is a day on which a row ends.
fn check_change(here: &Here<'_>, shown: &Instruction, rule: Option<&Value>, ways: &[&Value]) {
    let Some(day) = shown.changes_on else { return };
    assert!(day > here.date(), "{day} is past");
    let ends =
        |row: &Value| !row["until"].is_null() && date(&row["until"]).tomorrow().ok() == Some(day);
    let season = |rule: &Value| !list(&rule["months"]).is_empty() && day.day() == 1;
    let by_rule = rule.is_some_and(|rule| ends(rule) || season(rule));
    assert!(by_rule || ways.iter().any(|way| ends(way)), "nothing ends before {day}: {shown:?}");
}

/// The next collection is one, and there is none before it.
fn check_next(here: &Here<'_>, shown: &Instruction, stream: &str) {
    let days = |from: Date| std::iter::successors(Some(from), |day| day.tomorrow().ok());
    match &shown.next {
        Some(NextCollection::On { date, .. }) => {
            assert!(here.is_collected(stream, *date), "{stream} is not collected on {date}");
            let missed = days(here.date()).take_while(|day| day < date);
            let missed: Vec<Date> = missed.filter(|day| here.is_collected(stream, *day)).collect();
            assert!(*date >= here.date() && missed.is_empty(), "{date} comes after {missed:?}");
        }
        Some(NextCollection::AskZone) => assert!(here.context.zones.is_empty()),
        Some(NextCollection::NoOfficialDates { .. }) | None => {
            let out = matches!(shown.verdict, Verdict::Kerb | Verdict::HandOver);
            let soon = days(here.date()).take(AHEAD as usize);
            let found = soon.filter(|_| out).find(|day| here.is_collected(stream, *day));
            assert_eq!(found, None, "{stream} is collected, and nobody says so");
        }
    }
}

/// Asserts that a fact to lead with is one.
pub fn check_fact_to_lead_with(here: &Here<'_>, fact: &Highlight, all: &[&[Instruction]]) {
    let about = || fact.items.iter().flat_map(|item| all[*item]);
    let on_the_photo =
        about().any(|one| one.stream.as_ref().map(|s| &s.id) == fact.stream.as_ref());
    assert!(fact.kind == HighlightKind::Tonight || on_the_photo, "{fact:?}");
    let stream = here.pack.row("streams", &json!(fact.stream)).expect("a stream of the pack");
    let subject =
        fact.id.strip_prefix(&format!("{}-", fact.kind.name())).expect("kind and subject");
    match fact.kind {
        HighlightKind::Tonight | HighlightKind::Moved => {
            let day = fact.date.expect("a day");
            assert!(here.is_collected(subject, day), "{fact:?}");
            assert!(fact.text.contains(here.text(&stream["names"]).as_str().unwrap()), "{fact:?}");
        }
        HighlightKind::Bag => {
            let bag = here.pack.row("bags", &json!(subject)).expect("a bag of the pack");
            assert!(matches!(here.counts(bag), Counts::Yes(_)), "{fact:?}");
        }
        HighlightKind::Change => {
            assert!(about().any(|one| one.changes_on == fact.date), "{fact:?}")
        }
        HighlightKind::Hazard | HighlightKind::Deposit => assert_eq!(stream["id"], subject),
    }
}
