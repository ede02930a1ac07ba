//! The contract held: prompts as written down, tokens as the grammar counts them, and nothing that
//! a model says but ids of the pack.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::candidates::{marked_label, read_label};
use super::*;
use crate::detection::BBox;
use crate::generate::chances::Chances;
use crate::generate::grammar::Grammar;
use crate::generate::rows;
use crate::generate::structured_grammar::StructuredGrammar;
use crate::language::tokenizer::Tokenizer;
use crate::language::tokenizer::tests::gemma_like;
use crate::rules::fixtures::{Files, bundled, communities};
use crate::rules::{Class, Context, Instruction, RulePack, Seen, State};
use crate::structured;

/// The tokenizer of the bundled pack.
static NANO: LazyLock<Tokenizer> = LazyLock::new(|| {
    let file = "../models/kerbside-nano/pack/tokenizer.json";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    Tokenizer::from_bytes(&std::fs::read(path).unwrap()).unwrap()
});

/// Every bundled pack with its files.
static PACKS: LazyLock<Vec<(Files, RulePack)>> = LazyLock::new(|| {
    let open = |files: Files| (files.clone(), RulePack::from_files(files).unwrap());
    communities().iter().map(|name| open(bundled(name))).collect()
});

fn munich() -> RulePack {
    RulePack::from_files(bundled("de/munich")).unwrap()
}

fn question<'a>(labels: &[&str], rules: &'a RulePack) -> Question<'a> {
    let bbox = BBox::from_bins([100, 200, 700, 600]).unwrap();
    Question::new(labels.iter().map(|label| Thing::new(label, bbox, rules)).collect())
}

fn marked(label: &str, rules: &RulePack) -> String {
    marked_label(&read_label(label, rules), &candidates(label, rules))
}

#[test]
fn a_label_that_is_a_name_is_that_row_whatever_the_model_says() {
    let rules = munich();
    for (label, known) in [
        ("jam jar", Pick::Item("glass-jar".into())),
        // More than a name, and no name: the answer decides.
        ("jam jar in the woods", Pick::None),
        ("glass", Pick::None),
    ] {
        let question = question(&[label], &rules);
        let answer = question.write(&[Reading { item: Pick::None, ..Reading::UNSURE }]);
        let mut chances = Chances::default();
        chances.multiply("/1/item", 0.95);
        assert_eq!(question.read(&answer, &chances, None)[0].item, known, "{label}");
    }
}

#[test]
fn the_words_that_say_a_name_are_marked() {
    let rules = munich();
    for (label, marked_so) in [
        ("Greasy pizza box", "greasy [pizza box]"),
        ("pizza box with crumbs", "[pizza box] with crumbs"),
        ("greasy piza box", "greasy [pizza box]"),
        ("greasy piza bxo", "greasy {piza bxo}"),
        ("two jam jars", "two {jam jars}"),
        ("messy coffee shop", "messy (coffee) shop"),
        // The class speaks for the rows, or there are none.
        ("glass", "glass"),
        ("zeppelin", "zeppelin"),
    ] {
        assert_eq!(marked(label, &rules), marked_so);
    }
}

fn offered(label: &str, rules: &RulePack) -> Vec<String> {
    candidates(label, rules).iter().map(|row| row.item.id.clone()).collect()
}

#[test]
fn the_prompt_is_the_one_written_down() {
    let rules = munich();
    let question = question(&["foam", "Greasy pizza box", "Kronkorken im Gras", "jam jar"], &rules);
    assert_eq!(
        question.prompt(),
        "dispose 1<loc0100><loc0200><loc0700><loc0600>foam:foam-food-box,bulky-object;\
         2<loc0100><loc0200><loc0700><loc0600>greasy [pizza box]:pizza-box;\
         3<loc0100><loc0200><loc0700><loc0600>[kronkorken] im gras:jar-lid=kronkorken,plant-waste=gras;\
         4<loc0100><loc0200><loc0700><loc0600>[jam jar]:glass-jar=jam jar+jar-lid"
    );
    let readings = [
        Reading { battery: Seen::No, ..Reading::UNSURE },
        Reading {
            item: Pick::Item("pizza-box".into()),
            state: State::Dirty,
            parts: None,
            battery: Seen::No,
        },
        Reading { item: Pick::None, ..Reading::UNSURE },
        Reading {
            item: Pick::Item("glass-jar".into()),
            parts: Some(vec!["jar-lid".into()]),
            ..Reading::UNSURE
        },
    ];
    assert_eq!(
        structured::write(&question.write(&readings)).unwrap(),
        "<s_1><s_item>unsure</s_item><s_state>unsure</s_state><s_battery>no</s_battery></s_1>\
         <s_2><s_item>pizza-box</s_item><s_state>dirty</s_state><s_battery>no</s_battery></s_2>\
         <s_3><s_item>none</s_item><s_state>unsure</s_state><s_battery>unsure</s_battery></s_3>\
         <s_4><s_item>glass-jar</s_item><s_state>unsure</s_state>\
         <s_parts><list>jar-lid</list></s_parts><s_battery>unsure</s_battery></s_4>"
    );
    let read = question.read(&question.write(&readings), &Chances::CERTAIN, None);
    assert_eq!(read, readings);
}

#[test]
fn a_label_leads_to_the_rows_it_may_mean() {
    let rules = munich();
    assert_eq!(offered("pizza box", &rules), ["pizza-box"]);
    assert_eq!(offered("a dirty pizza bxo on the table", &rules)[0], "pizza-box", "a slip");
    assert_eq!(offered("Flasche", &rules)[..2], ["drink-bottle", "glass-bottle"], "a compound");
    assert_eq!(offered("plastic", &rules)[..2], ["drink-bottle", "plastic-packaging"]);
    assert!(!offered("clean drink can", &rules).contains(&"cleaning-agent".to_owned()));
    assert!(offered("umbrella", &rules).is_empty());
    assert_eq!(offered("pizza box with a battery", &rules), ["pizza-box", "battery"], "two names");
    assert_eq!(offered("hygiene article", &rules), ["hygiene-article"]);
    assert_eq!(offered("dirty foam food box", &rules), ["foam-food-box"], "the words of the id");
    assert_eq!(offered("rigid plastic cup", &rules), ["yoghurt-cup"]);
    assert_eq!(offered("food foam", &rules)[0], "foam-food-box", "two words before one");
    assert_eq!(offered("diapr on the floor", &rules), ["hygiene-article"], "nothing else is said");
    assert_eq!(offered("diapr and a battery", &rules), ["battery"]);
    assert!(offered("<eos>\n;", &rules).is_empty());
    for class in Class::ALL {
        let rows = offered(class.label(), &rules);
        assert!((1..=CANDIDATES).contains(&rows.len()), "{}: {rows:?}", class.label());
    }
}

#[test]
fn what_is_not_sure_is_not_known() {
    let rules = munich();
    let question = question(&["jam jar in the woods"], &rules);
    let said = Reading {
        item: Pick::Item("glass-jar".into()),
        state: State::Dirty,
        parts: Some(Vec::new()),
        battery: Seen::Yes,
    };
    let answer = question.write(std::slice::from_ref(&said));
    for (field, doubted) in [
        ("item", Reading { item: Pick::Unsure, ..said.clone() }),
        ("state", Reading { state: State::Unsure, ..said.clone() }),
        ("parts", Reading { parts: None, ..said.clone() }),
        ("battery", Reading { battery: Seen::Unsure, ..said.clone() }),
    ] {
        let mut chances = Chances::default();
        chances.multiply(&format!("/1/{field}"), 0.95);
        assert_eq!(question.read(&answer, &chances, None), std::slice::from_ref(&said));
        chances.multiply(&format!("/1/{field}"), 0.9);
        assert_eq!(question.read(&answer, &chances, None), [doubted], "{field}");
        assert_eq!(
            question.read(&answer, &chances, Some(0.5)),
            std::slice::from_ref(&said),
            "{field}"
        );
    }
    assert_eq!(question.read(&Value::Null, &Chances::CERTAIN, None), [Reading::UNSURE]);
    for (label, chance, known) in [
        ("jam jar in the woods", 0.6, Pick::None),
        ("jam jar in the woods", 0.4, Pick::Unsure),
        // The rules of the class would answer.
        ("glass", 0.6, Pick::Unsure),
    ] {
        let question = self::question(&[label], &rules);
        let none = question.write(&[Reading { item: Pick::None, ..Reading::UNSURE }]);
        let mut chances = Chances::default();
        chances.multiply("/1/item", chance);
        assert_eq!(question.read(&none, &chances, None)[0].item, known, "{label} {chance}");
    }
    let nonsense = json!({"1": {"item": "no-such-row", "state": 7, "parts": ["x"], "battery": ""}});
    let read = question.read(&nonsense, &Chances::CERTAIN, None);
    assert_eq!(read, [Reading { parts: Some(Vec::new()), ..Reading::UNSURE }]);
}

#[test]
fn an_answers_pieces_have_the_grammars_tokens() {
    let rules = munich();
    let question = question(&["plastic", "jam jar", "nothing known"], &rules);
    let jar = Reading {
        item: Pick::Item("glass-jar".into()),
        parts: Some(vec!["jar-lid".into()]),
        ..Reading::UNSURE
    };
    for readings in [
        [Reading::UNSURE, jar, Reading { item: Pick::None, ..Reading::UNSURE }],
        [Reading::UNSURE, Reading::UNSURE, Reading::UNSURE],
    ] {
        let answer = question.write(&readings);
        let text = structured::write(&answer).unwrap();
        for tokenizer in [gemma_like(), &NANO] {
            let grammar = StructuredGrammar::new(tokenizer, &question.schema()).unwrap();
            let pieces = structured::pieces(&text).into_iter();
            let mut tokens: Vec<u32> =
                pieces.flat_map(|piece| tokenizer.encode_text(piece).unwrap()).collect();
            tokens.push(tokenizer.eos());
            assert_eq!(tokens, grammar.encode(tokenizer, &answer).unwrap());
        }
    }
}

#[test]
fn three_things_take_at_most_two_hundred_tokens() {
    let mut longest = 0;
    for (_, rules) in PACKS.iter() {
        let items: Vec<&str> = rules.items().iter().map(|item| item.names.get("en")).collect();
        let classes = Class::ALL.map(Class::label);
        for labels in classes.chunks(3).chain(items.chunks(3)) {
            let prompt = question(labels, rules).prompt();
            let tokens = NANO.encode_markup(&prompt).unwrap().len() + 2;
            assert!(tokens <= 200, "{tokens} tokens: {prompt}");
            longest = longest.max(tokens);
        }
    }
    assert!(longest > 60, "something was measured");
}

#[test]
fn unsure_among_rows_is_a_question_and_none_of_them_is_not() {
    let rules = munich();
    let context =
        Context { zones: vec![], date: jiff::civil::date(2026, 11, 25), language: "en".into() };
    let thing = Thing::new("bottle", BBox::WHOLE, &rules);
    let resolve = |item: Pick| {
        let said = Reading { item, battery: Seen::No, ..Reading::UNSURE };
        Sorted::of(said.perceived(&thing.label, &thing.candidates), &rules, &context)
    };
    let unsure = resolve(Pick::Unsure).instructions.remove(0);
    let question = unsure.question.unwrap();
    assert_eq!(question.answers.len(), thing.candidates.len() + 1, "and something else");
    let mut known = context.clone();
    let asked = resolve(Pick::Unsure).perceived;
    let answered = Sorted::follow_up(asked, &question.answers[0].fact, &rules, &mut known);
    assert_eq!(answered.instructions[0].item.as_ref(), Some(&thing.candidates[0].item.id));
    let nothing = &question.answers[thing.candidates.len()].fact;
    let asked = resolve(Pick::Unsure).perceived;
    let unknown = Sorted::follow_up(asked, nothing, &rules, &mut known);
    assert!(unknown.instructions[0].contact.is_some());
    assert!(resolve(Pick::None).instructions[0].contact.is_some(), "not known here");
}

#[test]
fn a_battery_outranks_the_item_and_parts_that_are_not_there_are_left_out() {
    let rules = munich();
    let context =
        Context { zones: vec![], date: jiff::civil::date(2026, 11, 25), language: "en".into() };
    let thing = Thing::new("jam jar", BBox::WHOLE, &rules);
    let sort = |parts: Option<Vec<String>>, battery| {
        let item = Pick::Item("glass-jar".into());
        let said = Reading { item, state: State::Clean, parts, battery };
        Sorted::of(said.perceived(&thing.label, &thing.candidates), &rules, &context).instructions
    };
    let lid = || Some(vec!["jar-lid".to_owned()]);
    assert_eq!(sort(lid(), Seen::No).len(), 2);
    assert_eq!(sort(None, Seen::No).len(), 2, "not known: all parts");
    assert_eq!(sort(Some(Vec::new()), Seen::No).len(), 1);
    assert_eq!(sort(lid(), Seen::Yes)[0].rule.as_deref(), Some("battery-inside"));
    assert_eq!(sort(lid(), Seen::Unsure)[0].verdict, crate::rules::Verdict::Ask);
}

/// An answer in the grammar, drawn token by token.
fn babble(question: &Question<'_>, mut draw: impl FnMut(usize) -> usize) -> Value {
    let tokenizer = gemma_like();
    let mut grammar = StructuredGrammar::new(tokenizer, &question.schema()).unwrap();
    let mut tokens = Vec::new();
    while !grammar.is_finished() {
        let count = rows::count(grammar.rows());
        let token = rows::nth(grammar.rows(), draw(count)).unwrap();
        grammar.advance(token).unwrap();
        tokens.push(token);
    }
    structured::read(&tokenizer.decode(&tokens).unwrap()).unwrap()
}

/// The rows of a file that count in some zones on a day, read without the engine's own code.
struct Oracle {
    files: Files,
    zones: BTreeSet<String>,
    date: String,
}

impl Oracle {
    fn new(files: &Files, context: &Context) -> Self {
        let mut oracle =
            Self { files: files.clone(), zones: BTreeSet::new(), date: context.date.to_string() };
        for zone in &context.zones {
            let mut next = Some(zone.clone());
            while let Some(id) = next {
                let row = oracle.rows("zones.json").into_iter().find(|row| row["id"] == *id);
                next = row.and_then(|row| row["parent"].as_str().map(str::to_owned));
                oracle.zones.insert(id);
            }
        }
        oracle
    }

    fn rows(&self, file: &str) -> Vec<Value> {
        let text = self.files.get(file).map_or("[]", String::as_str);
        serde_json::from_str(text).unwrap()
    }

    fn counts(&self, row: &Value) -> bool {
        let zones: Vec<_> = row["zones"].as_array().into_iter().flatten().collect();
        let here = |zone: &&Value| self.zones.contains(zone.as_str().unwrap());
        let from = row["from"].as_str().is_none_or(|from| from <= self.date.as_str());
        let until = row["until"].as_str().is_none_or(|until| until >= self.date.as_str());
        (zones.is_empty() || zones.iter().any(here)) && from && until
    }

    /// Asserts that all an instruction shows stands in the pack and counts here and today.
    fn check(&self, shown: &Instruction) {
        let Some(stream) = &shown.stream else {
            assert!(shown.ways.is_empty());
            return;
        };
        let streams = self.rows("streams.json");
        let row = streams.iter().find(|row| row["id"] == *stream.id).expect("a stream of the pack");
        assert!(row["names"].as_object().unwrap().values().any(|name| *name == *stream.name));
        for way in &shown.ways {
            let shown = serde_json::to_value(way).unwrap();
            let place = &shown["place"]["id"];
            let is_this = |row: &&Value| {
                let container = row["container"].as_object();
                let says = container.is_none_or(|c| c.values().any(|c| *c == shown["container"]));
                row["how"] == shown["how"] && row["place"] == *place && says && self.counts(row)
            };
            let ways: Vec<_> = row["ways"].as_array().unwrap().iter().filter(is_this).collect();
            assert!(!ways.is_empty(), "{shown}");
            for bag in shown["bags"].as_array().unwrap() {
                let bags = self.rows("bags.json");
                let row =
                    bags.iter().find(|row| row["id"] == bag["id"]).expect("a bag of the pack");
                let mut listed =
                    ways.iter().flat_map(|way| way["bags"].as_array().into_iter().flatten());
                assert!(listed.any(|id| *id == bag["id"]) && self.counts(row), "{bag}");
                for size in bag["sizes"].as_array().unwrap() {
                    self.check_size(size, row);
                }
            }
        }
    }

    fn check_size(&self, size: &Value, bag: &Value) {
        let price = |row: &Value| {
            let (currency, amount) = (row["price"]["currency"].as_str()?, &row["price"]["amount"]);
            Some(format!("{currency} {}", amount.as_str()?))
        };
        let is_this = |row: &Value| {
            row["litres"] == size["litres"] && price(row).as_deref() == size["price"].as_str()
        };
        assert!(bag["sizes"].as_array().unwrap().iter().any(is_this), "{size}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_a_model_says_only_rows_of_the_pack_are_shown(
        pack in 0usize..1000,
        place in 0usize..1000,
        day in 0i32..700,
        labels in prop::collection::vec(prop_oneof![
            (0usize..1000).prop_map(|n| (n, String::new())),
            (Just(0), ".{0,30}"),
            (Just(0), "(plastic|glass|metal|special|food|bin|<eos>|residual) ?(bag|dirty|;|<loc0001>)?"),
        ], 1..=ITEMS),
        noise in prop::collection::vec(any::<u32>(), 64),
        chances in prop::collection::vec(0f32..1.0, 4),
    ) {
        let (files, rules) = &PACKS[pack % PACKS.len()];
        let info = rules.info();
        let names: Vec<&str> =
            rules.items().iter().flat_map(|item| item.words().map(|(_, word)| word)).collect();
        let labels: Vec<String> = labels
            .into_iter()
            .map(|(n, text)| if text.is_empty() { names[n % names.len()].to_owned() } else { text })
            .collect();
        let zones = rules.zones().get(place % (rules.zones().len() + 1));
        let context = Context {
            zones: zones.map(|zone| zone.id.clone()).into_iter().collect(),
            date: info.from.saturating_add(jiff::Span::new().days(day)).min(info.until),
            language: info.languages[0].clone(),
        };
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let question = question(&labels, rules);
        let mut at = 0;
        let answer = babble(&question, |count| {
            at += 1;
            noise[at % noise.len()] as usize % count
        });
        let mut sure = Chances::default();
        for (field, chance) in ["item", "state", "parts", "battery"].into_iter().zip(chances) {
            sure.multiply(&format!("/1/{field}"), chance);
        }
        let oracle = Oracle::new(files, &context);
        let readings = question.read(&answer, &sure, Some(0.5));
        for (thing, reading) in question.things().iter().zip(readings) {
            let seen = reading.perceived(&thing.label, &thing.candidates);
            let sorted = Sorted::of(seen, rules, &context);
            prop_assert!(!sorted.instructions.is_empty());
            sorted.instructions.iter().for_each(|shown| oracle.check(shown));
        }
    }
}
