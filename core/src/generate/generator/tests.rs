//! Decoding under a grammar, with a decoder that says what is scripted.

use super::*;
use crate::generate::detection_grammar::{DetectionGrammar, DetectionProgress, Masks};
use crate::generate::free_grammar::FreeGrammar;
use crate::generate::rows;
use crate::generate::sampler::{SplitMix64, Strategy as Sampling};
use crate::generate::schema::Schema;
use crate::generate::structured_grammar::StructuredGrammar;
use crate::language::tokenizer::Tokenizer;
use crate::language::tokenizer::tests::{gemma_like, golden};
use crate::structured;
use proptest::prelude::*;
use serde_json::json;

#[derive(Debug, thiserror::Error)]
#[error("the script has ended")]
struct ScriptEnded;

/// Prefers the scripted tokens, call by call, and notes what it was asked.
#[derive(Default)]
struct Scripted {
    script: Vec<u32>,
    fed: Vec<Vec<u32>>,
    rows: Vec<Vec<Range<u32>>>,
    cancel_at: Option<(usize, CancelToken)>,
}

impl Decoder for Scripted {
    type Error = ScriptEnded;

    fn step(
        &mut self,
        tokens: &[u32],
        rows: &[Range<u32>],
        logits: &mut Vec<f32>,
    ) -> Result<(), ScriptEnded> {
        let wanted = *self.script.get(self.fed.len()).ok_or(ScriptEnded)?;
        self.fed.push(tokens.to_vec());
        self.rows.push(rows.to_vec());
        logits.clear();
        let ids = rows.iter().flat_map(Range::clone);
        logits.extend(ids.map(|id| if id == wanted { 3.0 } else { 0.0 }));
        if let Some((call, cancel)) = &self.cancel_at
            && *call == self.fed.len()
        {
            cancel.cancel();
        }
        Ok(())
    }
}

fn scripted(text: &str) -> Scripted {
    Scripted { script: gemma_like().encode_markup(text).unwrap(), ..Scripted::default() }
}

fn greedy(max_tokens: usize) -> Generator {
    Generator { sampler: Sampler::new(Sampling::Greedy), max_tokens, weighed: 0..0 }
}

fn run<G: Grammar>(
    generator: &mut Generator,
    decoder: &mut Scripted,
    grammar: &mut G,
) -> (Outcome, Vec<Report<G::Event>>) {
    let mut reports = Vec::new();
    let outcome = generator
        .run(decoder, grammar, &CancelToken::new(), &mut |report| reports.push(report))
        .unwrap();
    (outcome, reports)
}

fn boxes(max_items: usize) -> DetectionGrammar {
    let labels = ["plastic", "glass"];
    DetectionGrammar::new(gemma_like(), &labels, Masks::Without, max_items).unwrap()
}

const BOX: &str = "<loc0010><loc0020><loc0030><loc0040>";

fn dispose() -> Schema {
    let item = Schema::Object(vec![
        ("item".into(), Schema::Enum(vec!["can".into(), "jar".into()])),
        ("clean".into(), Schema::Boolean),
    ]);
    let items = Box::new(item);
    let (min, max) = (2, 2);
    Schema::List { items, min, max }
}

#[test]
fn determined_stretches_are_fed_in_one_batch() {
    let tokenizer = gemma_like();
    let mut grammar = StructuredGrammar::new(tokenizer, &dispose()).unwrap();
    let mut decoder = scripted("ctjf");
    // "can" and "jar" differ in their first token, the booleans after "<".
    let (outcome, _) = run(&mut greedy(1000), &mut decoder, &mut grammar);
    let stretches = [
        "<list><s_item>",
        "can</s_item><s_clean><",
        "true/></s_clean><sep/><s_item>",
        "jar</s_item><s_clean><",
    ];
    let fed: Vec<String> =
        decoder.fed.iter().map(|tokens| tokenizer.decode(tokens).unwrap()).collect();
    assert_eq!(fed, stretches);
    assert_eq!(outcome.finish, Finish::Complete);
    let text = tokenizer.decode(&outcome.tokens).unwrap();
    let value = json!([{"item": "can", "clean": true}, {"item": "jar", "clean": false}]);
    assert_eq!(structured::read(&text).unwrap(), value);
    let statistics = Statistics { chosen: 4, forced: outcome.tokens.len() - 4, model_calls: 4 };
    assert_eq!(outcome.statistics, statistics);
}

#[test]
fn only_allowed_rows_are_computed() {
    let tokenizer = gemma_like();
    let (locations, eos) = (tokenizer.locations(), tokenizer.eos());
    let mut decoder = scripted(&format!("{BOX} plastic<eos>"));
    run(&mut greedy(100), &mut decoder, &mut boxes(5));
    assert_eq!(decoder.rows[0], [eos..eos + 1, locations.start..locations.end - 1]);
    assert_eq!(decoder.rows[1], [locations.start..locations.end - 1]);
    assert_eq!(decoder.rows[2], [locations.start + 11..locations.end]);
    assert_eq!(rows::count(&decoder.rows[4]), 2);
    assert!(decoder.fed[0].is_empty());
    assert_eq!(decoder.fed[1], decoder.script[..1]);
}

#[test]
fn parts_are_reported_when_complete_with_their_likelihood() {
    let mut decoder = scripted(&format!("{BOX} glass<eos>"));
    let (outcome, reports) = run(&mut greedy(100), &mut decoder, &mut boxes(5));
    assert_eq!(outcome.finish, Finish::Complete);
    assert!(matches!(reports[0].event, DetectionProgress::Box { item: 0, .. }));
    assert_eq!(reports[0].likelihood.choices, 4);
    let label = DetectionProgress::Label { item: 0, label: 1 };
    assert_eq!(reports[1].event, label);
    // One choice, between two labels whose logits differ by 3.
    let probability = 1.0 / (1.0 + (-3f32).exp());
    assert_eq!(reports[1].likelihood.choices, 1);
    assert!((reports[1].likelihood.mean() - probability).abs() < 1e-6);
}

#[test]
fn tokens_that_blend_are_reported_with_all_their_weights() {
    let labels = ["plastic", "glass"];
    let mut grammar = DetectionGrammar::new(gemma_like(), &labels, Masks::With, 1).unwrap();
    let codes: String = (0..16).map(|code| format!("<seg{code:03}>")).collect();
    let mut decoder = scripted(&format!("{BOX}{codes} glass<eos>"));
    let weighed = gemma_like().codes();
    let (_, reports) = run(&mut Generator { weighed, ..greedy(100) }, &mut decoder, &mut grammar);
    let lengths: Vec<usize> = reports.iter().map(|report| report.weights.len()).collect();
    assert_eq!(lengths, [0, 16 * 128, 0]);
    for (code, weights) in reports[1].weights.chunks(128).enumerate() {
        assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        let heaviest = (0..128).max_by(|a, b| weights[*a].total_cmp(&weights[*b]));
        assert_eq!(heaviest, Some(code));
    }
}

#[test]
fn the_limit_keeps_what_is_complete_and_drops_the_rest() {
    let text = format!("{BOX} glass");
    for (max_tokens, items, dropped) in [(4, 0, true), (5, 1, false), (7, 1, false), (8, 1, true)] {
        let tokenizer = gemma_like();
        let mut decoder = scripted(&text);
        let separator = tokenizer.encode_markup(" ; ").unwrap();
        decoder.script.push(separator[0]);
        decoder.script.extend(tokenizer.encode_markup(BOX).unwrap());
        let mut grammar = boxes(5);
        let (outcome, reports) = run(&mut greedy(max_tokens), &mut decoder, &mut grammar);
        assert_eq!(outcome.finish, Finish::Limit);
        assert_eq!(outcome.tokens.len(), max_tokens);
        assert_eq!(grammar.items().len(), items, "{max_tokens}");
        let last = reports.last().unwrap().event;
        let is_drop = last == DetectionProgress::Dropped { item: items };
        assert_eq!(is_drop, dropped, "{max_tokens}");
    }
}

#[test]
fn cancelling_stops_at_every_token() {
    let text = format!("{BOX} glass<eos>");
    for call in 1..=6 {
        let cancel = CancelToken::new();
        let mut decoder = scripted(&text);
        decoder.cancel_at = Some((call, cancel.clone()));
        let result = greedy(100).run(&mut decoder, &mut boxes(5), &cancel, &mut |_| ());
        assert!(matches!(result, Err(GenerateError::Cancelled(_))), "{call}");
        assert_eq!(decoder.fed.len(), call);
    }
    let cancel = CancelToken::new();
    cancel.cancel();
    let mut decoder = scripted(&text);
    let result = greedy(100).run(&mut decoder, &mut boxes(5), &cancel, &mut |_| ());
    assert!(matches!(result, Err(GenerateError::Cancelled(_))));
    assert!(decoder.fed.is_empty());
}

#[test]
fn determined_tokens_are_cancellable_too() {
    // Counts the tokens taken after the person has cancelled.
    struct Endless(usize, CancelToken);
    impl Grammar for Endless {
        type Event = ();
        fn rows(&self) -> &[Range<u32>] {
            const ONE: [Range<u32>; 1] = [0..1];
            &ONE
        }
        fn advance(&mut self, _: u32) -> Result<Option<()>, GrammarError> {
            self.0 += 1;
            if self.0 == 3 {
                self.1.cancel();
            }
            Ok(None)
        }
        fn cut(&mut self) -> Option<()> {
            None
        }
    }
    let cancel = CancelToken::new();
    let mut grammar = Endless(0, cancel.clone());
    let mut decoder = Scripted::default();
    let result = greedy(100).run(&mut decoder, &mut grammar, &cancel, &mut |_| ());
    assert!(matches!(result, Err(GenerateError::Cancelled(_))));
    assert_eq!(grammar.0, 3);
}

#[test]
fn free_decoding_ends_at_eos() {
    let tokenizer = gemma_like();
    let mut grammar = FreeGrammar::new(tokenizer.size() as u32, tokenizer.eos());
    let mut decoder = scripted(" plastic<eos> glass");
    let (outcome, reports) = run(&mut greedy(100), &mut decoder, &mut grammar);
    assert_eq!(outcome.finish, Finish::Complete);
    assert_eq!(tokenizer.decode(&outcome.tokens).unwrap(), " plastic");
    assert_eq!(reports.len(), 1);
    assert_eq!(outcome.statistics.model_calls, 2);
}

#[test]
fn a_failing_model_is_named() {
    let mut decoder = scripted(BOX);
    let cancel = CancelToken::new();
    let result = greedy(100).run(&mut decoder, &mut boxes(5), &cancel, &mut |_| ());
    assert!(matches!(result, Err(GenerateError::Model(ScriptEnded))));
}

/// Random logits, some of them -∞.
struct Noise(SplitMix64);

impl Decoder for Noise {
    type Error = std::convert::Infallible;

    fn step(
        &mut self,
        _: &[u32],
        rows: &[Range<u32>],
        logits: &mut Vec<f32>,
    ) -> Result<(), Self::Error> {
        logits.clear();
        let count = rows::count(rows);
        logits.extend((0..count).map(|_| match self.0.unit() {
            unit if unit < 0.1 => f32::NEG_INFINITY,
            unit => unit as f32 * 8.0,
        }));
        if logits.iter().all(|logit| *logit == f32::NEG_INFINITY) {
            logits[0] = 0.0;
        }
        Ok(())
    }
}

fn strategies(seed: u64) -> [Sampling; 2] {
    let nucleus = Sampling::Nucleus { temperature: 2.0, top_p: 0.95, seed };
    [Sampling::Greedy, nucleus]
}

/// What noise makes of a grammar.
fn noise<G: Grammar>(
    strategy: Sampling,
    seed: u64,
    max_tokens: usize,
    grammar: &mut G,
) -> (Outcome, Vec<G::Event>) {
    let mut generator = Generator { sampler: Sampler::new(strategy), max_tokens, weighed: 0..0 };
    let mut decoder = Noise(SplitMix64(seed));
    let mut events = Vec::new();
    let outcome = generator
        .run(&mut decoder, grammar, &CancelToken::new(), &mut |report| {
            events.push(report.event);
        })
        .unwrap();
    (outcome, events)
}

/// A detection answer, read from its text by other means than the grammar.
fn is_well_formed(text: &str, labels: &[&str], masks: Masks) -> bool {
    let Some(body) = text.strip_suffix("<eos>") else {
        return false;
    };
    body.is_empty() || body.split(" ; ").all(|item| is_item(item, labels, masks))
}

fn is_item(item: &str, labels: &[&str], masks: Masks) -> bool {
    let Some((tokens, label)) = item.split_once(' ') else {
        return false;
    };
    let tokens: Vec<&str> = tokens.split_inclusive('>').collect();
    let number = |token: &str, name: &str, digits: usize| -> Option<u32> {
        let number = token.strip_prefix(name)?.strip_suffix('>')?;
        (number.len() == digits).then(|| number.parse().ok())?
    };
    let corners: Option<Vec<u32>> = tokens.iter().take(4).map(|t| number(t, "<loc", 4)).collect();
    let codes: Option<Vec<u32>> = tokens.iter().skip(4).map(|t| number(t, "<seg", 3)).collect();
    let (Some(corners), Some(codes)) = (corners, codes) else {
        return false;
    };
    corners.len() == 4
        && corners[0] < corners[2]
        && corners[1] < corners[3]
        && corners.iter().all(|corner| *corner <= 1023)
        && codes.len() == if masks == Masks::With { 16 } else { 0 }
        && codes.iter().all(|code| *code < 128)
        && labels.contains(&label)
}

/// `<eos>` is silent when decoded; here it must be seen.
fn visible_text(tokenizer: &Tokenizer, tokens: &[u32]) -> String {
    let mut text = tokenizer.decode(tokens).unwrap();
    if tokens.last() == Some(&tokenizer.eos()) {
        text.push_str("<eos>");
    }
    text
}

fn any_schema() -> impl Strategy<Value = Schema> {
    let word = prop_oneof!["[a-c]{0,3}", "[<>&é ]{1,2}"];
    let leaf = prop_oneof![
        Just(Schema::Boolean),
        prop::collection::btree_set(word, 1..5)
            .prop_map(|words| Schema::Enum(words.into_iter().collect())),
        (0usize..6).prop_map(|max_chars| Schema::Text { max_chars }),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let fields = prop::collection::btree_map("[a-b<&]{0,2}", inner.clone(), 0..4);
        prop_oneof![
            fields.prop_map(|fields| Schema::Object(fields.into_iter().collect())),
            (inner, 0usize..3, 0usize..3).prop_map(|(items, min, more)| Schema::List {
                items: Box::new(items),
                min,
                max: min + more,
            }),
        ]
    })
}

proptest! {
    #[test]
    fn noise_cannot_write_a_malformed_detection(seed: u64, golden_words: bool, max_items in 0usize..5) {
        let tokenizer = if golden_words { golden() } else { gemma_like() };
        let labels = ["plastic", "can", "can opener", "caf\u{e9}", "c"];
        for (strategy, masks) in strategies(seed).into_iter().zip([Masks::With, Masks::Without]) {
            let mut grammar =
                DetectionGrammar::new(tokenizer, &labels, masks, max_items).unwrap();
            let (outcome, events) = noise(strategy, seed, 10_000, &mut grammar);
            let text = visible_text(tokenizer, &outcome.tokens);
            prop_assert_eq!(outcome.finish, Finish::Complete);
            prop_assert!(is_well_formed(&text, &labels, masks), "{}", text);
            prop_assert!(grammar.items().len() <= max_items);
            prop_assert_eq!(grammar.encode(grammar.items()).unwrap(), outcome.tokens);
            let per_item = if masks == Masks::With { 3 } else { 2 };
            prop_assert_eq!(events.len(), per_item * grammar.items().len());
        }
    }

    #[test]
    fn noise_cut_short_leaves_whole_items(seed: u64, golden_words: bool, max_tokens in 0usize..80) {
        let tokenizer = if golden_words { golden() } else { gemma_like() };
        let labels = ["plastic", "can", "can opener"];
        let mut grammar =
            DetectionGrammar::new(tokenizer, &labels, Masks::With, 4).unwrap();
        let (outcome, _) = noise(Sampling::Greedy, seed, max_tokens, &mut grammar);
        let whole = grammar.encode(grammar.items()).unwrap();
        let whole = &whole[..whole.len() - 1];
        prop_assert!(outcome.tokens.starts_with(whole));
    }

    #[test]
    fn noise_cannot_write_a_malformed_structure(seed: u64, golden_words: bool, schema in any_schema()) {
        let tokenizer = if golden_words { golden() } else { gemma_like() };
        for strategy in strategies(seed) {
            let mut grammar = StructuredGrammar::new(tokenizer, &schema).unwrap();
            let (outcome, _) = noise(strategy, seed, 100_000, &mut grammar);
            prop_assert_eq!(outcome.finish, Finish::Complete);
            let text = tokenizer.decode(&outcome.tokens).unwrap();
            let value = structured::read(&text).unwrap();
            prop_assert!(schema.allows(&value), "{:?} {}", schema, value);
            let shown = grammar.encode(tokenizer, &value).unwrap();
            prop_assert_eq!(tokenizer.decode(&shown).unwrap(), text);
        }
    }
}
