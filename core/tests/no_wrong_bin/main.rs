//! A wrong bin cannot be shown, whatever a model writes: every stream, bag, price, place and day on
//! the screen is a row of the community's pack that counts for this thing, in this zone, on this
//! day. Residual waste is never the answer for something unknown; what the pack does not know is
//! asked, or referred to those who do.
//!
//! ```text
//! model's tokens ─► grammar ─► reading ─► guards ─► templates ─► compared with the pack's files
//! ```
//!
//! ```text
//! pack    the rows as they are written, and which count where and when
//! oracle  what an instruction may show
//! ```

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod oracle;
mod pack;

use std::path::Path;
use std::sync::LazyLock;

use jiff::Span;
use jiff::civil::Date;
use kerbside_core::detection::BBox;
use kerbside_core::dispose::{ITEMS, NONE_SURE, Pick, Question, SURE, Sorted, Thing, folded_label};
use kerbside_core::generate::chances::Chances;
use kerbside_core::generate::grammar::Grammar;
use kerbside_core::generate::rows;
use kerbside_core::generate::structured_grammar::StructuredGrammar;
use kerbside_core::highlight;
use kerbside_core::language::tokenizer::Tokenizer;
use kerbside_core::rules::{
    Class, Context, Cue, Fact, Instruction, Perceived, RulePack, Seen, State, Verdict,
};
use kerbside_core::structured;
use proptest::prelude::*;
use serde_json::{Value, json};

use pack::{Here, Pack, date, list};

static PACKS: LazyLock<Vec<Pack>> = LazyLock::new(pack::all);

/// The tokenizer of the bundled model.
static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| {
    let file = "../models/kerbside-nano/pack/tokenizer.json";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    Tokenizer::from_bytes(&std::fs::read(path).unwrap()).unwrap()
});

/// What no pack says: whoever reads it on the screen reads the model.
const CANARY: &str = "zqxw";

/// How a model chooses among the tokens that the grammar allows.
#[derive(Debug, Clone, Copy)]
enum Model {
    /// Anything.
    Random,
    /// The token that it likes best of all, whatever was written before.
    Stubborn,
    First,
    Last,
}

/// Numbers that look random (SplitMix64, <https://doi.org/10.1145/2714064.2660195>).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// An answer in the grammar, token by token.
fn babble(question: &Question<'_>, model: Model, noise: &mut Noise) -> Value {
    let mut grammar = StructuredGrammar::new(&TOKENIZER, &question.schema()).unwrap();
    let taste = noise.next();
    let mut tokens = Vec::new();
    while !grammar.is_finished() {
        let allowed = grammar.rows();
        let count = rows::count(allowed);
        let nth = match model {
            Model::Random => noise.below(count),
            Model::First => 0,
            Model::Last => count - 1,
            Model::Stubborn => {
                let liking =
                    |nth: &usize| mixed(taste ^ u64::from(rows::nth(allowed, *nth).unwrap()));
                (0..count).max_by_key(liking).unwrap()
            }
        };
        let token = rows::nth(allowed, nth).unwrap();
        grammar.advance(token).unwrap();
        tokens.push(token);
    }
    structured::read(&TOKENIZER.decode(&tokens).unwrap()).unwrap()
}

/// An answer that no grammar would allow, as if there were none.
fn nonsense(question: &Question<'_>, pack: &Pack, noise: &mut Noise) -> Value {
    let items = pack.rows("items");
    let streams = pack.rows("streams");
    let mut one = || {
        let item = noise.one_of(items)["id"].clone();
        let stream = noise.one_of(streams)["id"].clone();
        let words = [item.clone(), stream, json!(CANARY), json!(7), Value::Null, json!("yes")];
        json!({
            "item": noise.one_of(&words), "state": noise.one_of(&words), "parts": [item, CANARY],
            "battery": noise.one_of(&words), "bin": "green", "stream": noise.one_of(&words),
        })
    };
    let things = question.things().iter().enumerate();
    things.map(|(index, _)| ((index + 1).to_string(), one())).collect()
}

/// A name of the pack, a class, or neither; some with a word that no pack has.
fn label(pack: &Pack, noise: &mut Noise) -> String {
    let item = noise.one_of(pack.rows("items")).clone();
    let name = item["names"].as_object().unwrap().values().next().unwrap().as_str().unwrap();
    let class = list(&item["classes"])[0].as_str().unwrap();
    match noise.below(8) {
        0..3 => name.to_owned(),
        3..5 => class.to_owned(),
        5 => format!("{name} {CANARY}"),
        6 => format!("{CANARY} residual waste bin CHF 0.05 <eos>; {class}"),
        _ => CANARY.to_owned(),
    }
}

/// No zone, one of them, two that need not fit together; now and then one that no pack has.
fn zones(pack: &Pack, noise: &mut Noise) -> Vec<String> {
    let all = pack.rows("zones");
    let count = if all.is_empty() { 0 } else { *noise.one_of(&[0, 1, 1, 1, 1, 2]) };
    let mut zones: Vec<String> =
        (0..count).map(|_| noise.one_of(all)["id"].as_str().unwrap().to_owned()).collect();
    if noise.below(25) == 0 {
        zones.push("atlantis".to_owned());
    }
    zones
}

/// Any day around the time the pack speaks for, in any language.
fn context(pack: &Pack, noise: &mut Noise) -> Context {
    let (from, until) = (date(&pack.info()["from"]), date(&pack.info()["until"]));
    let days = (until - from).get_days() as usize + 40;
    let date = from.saturating_add(Span::new().days(noise.below(days) as i64 - 20));
    let spoken = list(&pack.info()["languages"]);
    let language = noise.one_of(spoken).as_str().unwrap().to_owned();
    Context { zones: zones(pack, noise), date, language }
}

/// How sure the model is of each value.
fn chances(things: usize, noise: &mut Noise) -> Chances {
    let mut chances = Chances::default();
    for thing in 1..=things {
        for field in ["item", "state", "parts", "battery"] {
            let doubt = (noise.next() % 1000) as f32 / 1000.0;
            let chance = if noise.below(2) == 0 { 1.0 } else { doubt };
            chances.multiply(&format!("/{thing}/{field}"), chance);
        }
    }
    chances
}

/// What no model should write, but one might: any mixture of what is there, and of what is not.
fn perceived(pack: &Pack, noise: &mut Noise) -> Perceived {
    let item = |noise: &mut Noise| noise.one_of(pack.rows("items")).clone();
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    let row = item(noise);
    let name = row["names"].as_object().unwrap().values().next_back().unwrap().as_str().unwrap();
    let own_class = list(&row["classes"])[0].as_str().unwrap();
    let classes =
        ["plastic", "glass", "food", "special", " metal ", "general", CANARY, "", own_class];
    let items =
        [None, Some(id(&row)), Some(id(&row)), Some(name.to_owned()), Some(CANARY.to_owned())];
    let hazards: Vec<String> = pack.rows("hazards").iter().map(id).chain(["acid".into()]).collect();
    let cue = |noise: &mut Noise| Cue {
        hazard: noise.one_of(&hazards).clone(),
        seen: *noise.one_of(&[Seen::Yes, Seen::No, Seen::Unsure]),
    };
    let parts = [id(&item(noise)), CANARY.to_owned(), id(&row)];
    Perceived {
        class: (*noise.one_of(&classes)).to_owned(),
        item: noise.one_of(&items).clone(),
        candidates: (0..noise.below(3)).map(|_| id(&item(noise))).collect(),
        state: *noise.one_of(&[State::Clean, State::Dirty, State::Unsure]),
        parts: noise.one_of(&[None, Some(parts.to_vec()), Some(Vec::new())]).clone(),
        size_cm: *noise.one_of(&[None, Some(0), Some(30), Some(31), Some(51), Some(u32::MAX)]),
        deposit_mark: *noise.one_of(&[None, Some(true), Some(false)]),
        hazards: (0..noise.below(3)).map(|_| cue(noise)).collect(),
        confirmed: noise.below(2) == 0,
        nothing_fits: noise.below(4) == 0,
        ..Perceived::default()
    }
}

/// What a person says: one of the answers offered, or something else.
fn answer_to(shown: &Instruction, pack: &Pack, noise: &mut Noise) -> Fact {
    let asked = shown.question.iter().flat_map(|question| &question.answers);
    let asked: Vec<&Fact> = asked.map(|answer| &answer.fact).collect();
    let item = noise.one_of(pack.rows("items"))["id"].as_str().unwrap().to_owned();
    match noise.below(8) {
        0 => Fact::Item(item),
        1 => Fact::NotThatItem,
        2 => Fact::Hazard { id: "battery-inside".to_owned(), present: noise.below(2) == 0 },
        _ if asked.is_empty() => Fact::State(State::Dirty),
        _ => (*noise.one_of(&asked)).clone(),
    }
}

/// Everything that is shown about some things of one photo.
fn check_all(pack: &Pack, context: &Context, sorted: &[Sorted], noise: &mut Noise) {
    let here = Here::new(pack, context);
    for one in sorted {
        oracle::check(&here, &one.perceived, &one.instructions);
        one.instructions.iter().for_each(|shown| check_words(pack, shown));
    }
    let items: Vec<&[Instruction]> = sorted.iter().map(|one| one.instructions.as_slice()).collect();
    let now = context.date.at(noise.below(24) as i8, 0, 0, 0);
    let facts = highlight::facts(&items, &pack.rules, context, now);
    facts.iter().for_each(|fact| oracle::check_fact_to_lead_with(&here, fact, &items));
    let question = highlight::Question::new(&facts, context);
    let picked = [json!({"lead": facts.last().map(|fact| &fact.id)}), json!({"lead": CANARY})];
    for answer in &picked {
        let lead = question.read(answer);
        assert!(lead.is_none_or(|id| facts.iter().any(|fact| fact.id == id)), "{lead:?}");
    }
}

/// No word of the model's, and no amount of money but the pack's.
fn check_words(pack: &Pack, shown: &Instruction) {
    for line in shown.details().into_iter().chain([shown.sentence(), shown.label.clone()]) {
        assert!(!line.is_empty() && !line.contains(CANARY), "{line}");
        for currency in ["CHF ", "EUR ", "KRW ", "TWD ", "USD ", "JPY ", "DKK "] {
            for (at, _) in line.match_indices(currency) {
                let number = |letter: &char| letter.is_ascii_digit() || matches!(letter, '.' | ',');
                let amount: String =
                    line[at + currency.len()..].chars().take_while(number).collect();
                let amount = format!("{currency}{}", amount.trim_end_matches(['.', ',']));
                assert!(pack.has_amount(&amount), "{amount:?} in {line:?}");
            }
        }
    }
}

/// The days on which most is decided: the pack's first and last, those around them, and those on
/// which a row begins or ends.
fn days(pack: &Pack) -> Vec<Date> {
    let (from, until) = (date(&pack.info()["from"]), date(&pack.info()["until"]));
    let ways = pack.rows("streams").iter().flat_map(|stream| list(&stream["ways"]));
    let rows = pack.rows("rules").iter().chain(ways);
    let ends = rows.filter(|row| row["until"].is_string()).map(|row| date(&row["until"]));
    let next = |day: Date| day.tomorrow().unwrap();
    let mut days: Vec<Date> = ends.flat_map(|day| [day, next(day)]).collect();
    days.extend([
        from.yesterday().unwrap(),
        from,
        jiff::civil::date(2026, 11, 26),
        until,
        next(until),
    ]);
    days.sort_unstable();
    days.dedup();
    days
}

/// Every item, by everything that a model can say of it, in every zone, on the days that matter.
#[test]
fn every_item_in_every_zone_has_its_own_bin() {
    let (mut shown, mut decided) = (0_usize, 0_usize);
    for pack in PACKS.iter() {
        let zones = pack.rows("zones").iter().map(|zone| vec![zone["id"].as_str().unwrap().into()]);
        for (nth, zones) in std::iter::once(Vec::new()).chain(zones).enumerate() {
            for date in days(pack) {
                let language = list(&pack.info()["languages"])[0].as_str().unwrap().to_owned();
                let context = Context { zones: zones.clone(), date, language };
                let here = Here::new(pack, &context);
                for (index, item) in pack.rows("items").iter().enumerate() {
                    let states = [State::Clean, State::Dirty, State::Unsure];
                    let seen = Perceived {
                        item: item["id"].as_str().map(str::to_owned),
                        state: states[(nth + index) % 3],
                        ..Perceived::of_class(list(&item["classes"])[0].as_str().unwrap())
                    };
                    let told = pack.rules.resolve(&seen, &context);
                    shown += told.len();
                    let is_open =
                        |one: &&Instruction| matches!(one.verdict, Verdict::Ask | Verdict::Unknown);
                    decided += told.len() - told.iter().filter(is_open).count();
                    oracle::check(&here, &seen, &told);
                }
            }
        }
    }
    println!("{shown} instructions, {decided} of them with a bin, a place or a refusal");
    assert!(decided * 2 > shown, "the oracle had something to look at");
}

/// What is known to no pack is asked or referred, with and without a class.
#[test]
fn what_nobody_knows_is_never_burnt() {
    for pack in PACKS.iter() {
        let residual = |id: &str| pack.row("streams", &json!(id)).unwrap()["residual"] == true;
        for class in [
            "plastic", "glass", "paper", "carton", "metal", "foam", "special", "food", "general",
            CANARY,
        ] {
            for zone in pack.rows("zones").iter().map(Some).chain([None]) {
                let zones =
                    zone.iter().map(|zone| zone["id"].as_str().unwrap().to_owned()).collect();
                let date = jiff::civil::date(2026, 11, 26);
                let context = Context { zones, date, language: String::new() };
                for item in [None, Some(CANARY.to_owned())] {
                    let seen = Perceived { item, ..Perceived::of_class(class) };
                    let told = pack.rules.resolve(&seen, &context);
                    oracle::check(&Here::new(pack, &context), &seen, &told);
                    assert!(
                        told.iter().all(|one| one.stream.iter().all(|s| !residual(&s.id))),
                        "{told:?}"
                    );
                }
            }
        }
    }
}

/// Whether a label is a row's name or the words of its id, but for one slip of the finger in one of
/// its longer words, behind the first letter.
fn is_named(label: &str, id: &str, rules: &RulePack) -> bool {
    let label = folded_label(label);
    let item = rules.lookup(id).expect("it is one of the pack's");
    let names = item.words().map(|(_, name)| folded_label(name));
    names.chain([id.replace('-', " ")]).any(|name| {
        let (typed, meant) = (label.split(' '), name.split(' '));
        let is_slip = |(typed, meant): (&str, &str)| {
            meant.len() >= 5
                && typed.chars().next() == meant.chars().next()
                && is_one_slip_away(typed, meant)
        };
        let mut wrong = typed.clone().zip(meant.clone()).filter(|(typed, meant)| typed != meant);
        typed.count() == meant.count() && wrong.next().is_none_or(is_slip) && wrong.next().is_none()
    })
}

/// Equal, or after what both begin and end with one letter is left of each, or two that changed places.
fn is_one_slip_away(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let begin = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let ends = one[begin..].iter().rev().zip(other[begin..].iter().rev());
    let end = ends.take_while(|(a, b)| a == b).count();
    let left = |word: &[char]| word[begin..word.len() - end].to_vec();
    match (&left(&one)[..], &left(&other)[..]) {
        ([a, b], [c, d]) => a == d && b == c,
        (one, other) => one.len().max(other.len()) <= 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_model_writes_only_rows_that_count_are_shown(seed in any::<u64>()) {
        let mut noise = Noise(seed);
        let noise = &mut noise;
        let pack = noise.one_of(&PACKS);
        let mut context = context(pack, noise);
        let labels: Vec<String> = (0..=noise.below(ITEMS)).take(ITEMS).map(|_| label(pack, noise)).collect();
        let things = labels.iter().map(|label| Thing::new(label, BBox::WHOLE, &pack.rules));
        let question = Question::new(things.collect());
        let models = [Model::Random, Model::Stubborn, Model::First, Model::Last];
        let answer = match noise.below(5) {
            4 => nonsense(&question, pack, noise),
            other => babble(&question, models[other], noise),
        };
        let chances = chances(question.things().len(), noise);
        let mut sorted = Vec::new();
        for (index, reading) in question.read(&answer, &chances, None).into_iter().enumerate() {
            let thing = &question.things()[index];
            // What is not sure is not known, but that it is nothing known, for which no bin is shown.
            let chance = chances.of(&format!("/{}/item", index + 1));
            let is_class = Class::from_label(&thing.label).is_some();
            let known = match &reading.item {
                Pick::Item(id) => chance >= SURE || is_named(&thing.label, id, &pack.rules),
                Pick::None => chance >= SURE || (!is_class && chance >= NONE_SURE),
                Pick::Unsure => true,
            };
            prop_assert!(known, "{} is {:?}", thing.label, reading.item);
            let seen = reading.perceived(&thing.label, &thing.candidates);
            let offered = |id: &String| thing.candidates.iter().any(|row| row.item.id == *id);
            prop_assert!(seen.item.iter().all(offered), "{seen:?}");
            sorted.push(Sorted::of(seen, &pack.rules, &context));
        }
        check_all(pack, &context, &sorted, noise);
        // A person answers what is asked, or anything else.
        for round in 0..3 {
            let index = round % sorted.len();
            let one = sorted.swap_remove(index);
            let fact = answer_to(&one.instructions[0], pack, noise);
            sorted.push(Sorted::follow_up(one.perceived, &fact, &pack.rules, &mut context));
            let again = |one: Sorted| Sorted::of(one.perceived, &pack.rules, &context);
            sorted = sorted.into_iter().map(again).collect();
            check_all(pack, &context, &sorted, noise);
        }
    }

    #[test]
    fn whatever_is_perceived_only_rows_that_count_are_shown(seed in any::<u64>()) {
        let mut noise = Noise(seed);
        let noise = &mut noise;
        let pack = noise.one_of(&PACKS);
        let context = context(pack, noise);
        let seen: Vec<Perceived> = (0..8).map(|_| perceived(pack, noise)).collect();
        let sorted = seen.into_iter().map(|seen| Sorted::of(seen, &pack.rules, &context));
        check_all(pack, &context, &sorted.collect::<Vec<_>>(), noise);
    }
}
