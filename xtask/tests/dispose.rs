//! The second and third job on the bundled pack. Its adapters for them see no photo; where one that
//! does is wanted its `segment` adapter stands in: what that says is noise, but swapping, sharing and
//! cancelling are as with a trained one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::fs;
use std::time::{Duration, Instant};

use kerbside_core::analysis::AnalysisRequest;
use kerbside_core::cancel::CancelToken;
use kerbside_core::dispose::folded_label;
use kerbside_core::engine::{
    DISPOSE, Engine, EngineOptions, HIGHLIGHT, SEGMENT, SegmentRequest, Session,
};
use kerbside_core::error::Error;
use kerbside_core::photo::Frame;
use kerbside_core::rules::RulePack;
use kerbside_core::structured;
use xtask::bundled;
use xtask::scenes::Scenes;
use xtask::scenes::part::Part;
use xtask::scenes::wording::Kind;

fn engine() -> Engine {
    Engine::open(&bundled::pack(), &EngineOptions::default()).unwrap()
}

/// An engine whose every adapter sees the photo.
fn seeing() -> Engine {
    let engine = engine();
    for (task, id) in [(DISPOSE, "seeing-dispose"), (HIGHLIGHT, "seeing-highlight")] {
        engine.load_adapter(id, &bundled::pack().join("adapters/segment")).unwrap();
        engine.assign(task, Some(id)).unwrap();
    }
    engine
}

fn example() -> Frame {
    Frame::from_encoded(&fs::read(bundled::example_photo()).unwrap()).unwrap()
}

fn look(engine: &Engine) -> Session {
    let mut session = engine.session();
    session.set_photo(&example(), &CancelToken::new()).unwrap();
    session
}

fn request(rules: &RulePack) -> AnalysisRequest<'_> {
    AnalysisRequest::new(rules, jiff::civil::date(2026, 11, 25).at(19, 0, 0, 0))
}

#[test]
fn three_tasks_read_the_photo_once_and_do_not_disturb_each_other() {
    for engine in [engine(), seeing()] {
        three_tasks(&engine);
    }
}

fn three_tasks(engine: &Engine) {
    let rules = bundled::rule_pack("taipei").unwrap();
    let cancel = CancelToken::new();
    let mut session = engine.session();
    let request = AnalysisRequest { refine: false, ..request(&rules) };
    let whole = session.analyze(&example(), &request, &cancel, &mut |_| {}).unwrap();
    assert_eq!(session.image_reads(), 1, "the image prefix is shared by all adapters");

    let again = session.segment(&SegmentRequest::default(), &cancel, &mut |_| {}).unwrap();
    let first: Vec<_> = whole.items.iter().map(|item| item.detection.clone()).collect();
    assert_eq!(again, first, "nothing of the other tasks is left in the cache");
    let context = request.context;
    let sorted = session.sort(&again, &rules, &context, &cancel, &mut |_, _| {}).unwrap();
    for (item, sorted) in whole.items.iter().zip(sorted) {
        assert_eq!(item.perceived, sorted.perceived);
    }
    assert_eq!(session.image_reads(), 1);
}

#[test]
fn swapping_adapters_takes_less_than_a_hundredth_of_a_photo() {
    let engine = engine();
    let start = Instant::now();
    let mut session = look(&engine);
    session.segment(&SegmentRequest::default(), &CancelToken::new(), &mut |_| {}).unwrap();
    let photo = start.elapsed();
    let swaps = 1000;
    let start = Instant::now();
    for _ in 0..swaps {
        for task in [SEGMENT, DISPOSE, HIGHLIGHT] {
            assert!(engine.adapter_of(task).unwrap().is_some());
        }
    }
    let swap: Duration = start.elapsed() / swaps;
    assert!(swap * 100 < photo, "{swap:?} for three adapters, {photo:?} for a photo");
}

#[test]
fn without_an_adapter_the_rules_of_the_class_answer() {
    let (engine, rules) = (engine(), bundled::rule_pack("munich").unwrap());
    engine.assign(DISPOSE, None).unwrap();
    let mut session = look(&engine);
    let cancel = CancelToken::new();
    let found = session.segment(&SegmentRequest::default(), &cancel, &mut |_| {}).unwrap();
    let context = request(&rules).context;
    let mut heard = Vec::new();
    let sorted =
        session.sort(&found, &rules, &context, &cancel, &mut |item, _| heard.push(item)).unwrap();
    assert_eq!(heard, (0..found.len()).collect::<Vec<_>>());
    for (detection, sorted) in found.iter().zip(sorted) {
        assert_eq!(sorted.perceived.class, detection.label.as_str());
        assert_eq!(sorted.perceived.item, None);
    }
    // No model, no photo needed.
    let nobody = engine.session().sort(&found, &rules, &context, &cancel, &mut |_, _| {});
    assert!(nobody.is_ok());
    let blind = seeing().session().sort(&found, &rules, &context, &cancel, &mut |_, _| {});
    assert!(matches!(blind, Err(Error::NoPhoto)));
}

#[test]
fn cancelling_the_second_job_leaves_the_photo() {
    let (engine, rules) = (seeing(), bundled::rule_pack("zurich").unwrap());
    let scenes = Scenes::open(&["zurich".into()]).unwrap();
    let question = scenes.dispose(Part::Test, 1).next().unwrap().question();
    let mut session = look(&engine);
    let cancelled = CancelToken::new();
    cancelled.cancel();
    assert!(matches!(session.perceive(&question, &cancelled), Err(Error::Cancelled(_))));
    let said = session.perceive(&question, &CancelToken::new()).unwrap();
    assert!(question.schema().allows(&said.value), "{}", said.value);
    assert!(rules.items().len() > 10 && session.image_reads() == 1);
}

#[test]
fn an_adapter_of_texts_needs_no_photo_and_none_changes_what_it_says() {
    let (engine, cancel) = (engine(), CancelToken::new());
    let scenes = Scenes::open(&["zurich".into()]).unwrap();
    let question = scenes.dispose(Part::Test, 1).next().unwrap().question();
    let mut session = engine.session();
    let alone = session.perceive(&question, &cancel).unwrap();
    assert!(question.schema().allows(&alone.value), "{}", alone.value);
    session.set_photo(&example(), &cancel).unwrap();
    assert_eq!(session.perceive(&question, &cancel).unwrap(), alone);
    assert_eq!(session.image_reads(), 0);
}

#[test]
fn the_same_seed_makes_the_same_scenes_and_parts_share_no_wording() {
    let scenes = Scenes::open(&[]).unwrap();
    let prompts = |part, seed| -> Vec<String> {
        scenes.dispose(part, seed).take(200).map(|scene| scene.question().prompt()).collect()
    };
    assert_eq!(prompts(Part::Train, 3), prompts(Part::Train, 3));
    assert_ne!(prompts(Part::Train, 3), prompts(Part::Train, 4));
    let wordings = |part, count| -> HashSet<String> {
        let things = scenes.dispose(part, 5).take(count).flat_map(|scene| scene.things);
        let own = things.filter(|thing| thing.kind != Kind::Class);
        own.map(|thing| folded_label(&thing.label)).collect()
    };
    let (train, test) = (wordings(Part::Train, 3000), wordings(Part::Test, 300));
    assert!(train.len() > 1000 && test.len() > 200);
    assert!(train.is_disjoint(&test));
}

#[test]
fn every_truth_can_be_asked_for_and_written() {
    let scenes = Scenes::open(&[]).unwrap();
    let mut kinds = HashSet::new();
    for scene in scenes.dispose(Part::Train, 11).take(500) {
        let question = scene.question();
        let targets = scene.targets(&question);
        let answer = question.write(&targets);
        assert!(question.schema().allows(&answer), "{answer}");
        assert_eq!(structured::read(&scene.suffix(&question)).unwrap(), answer);
        kinds.extend(scene.things.iter().map(|thing| thing.kind));
        assert!((0..scene.things.len()).all(|thing| !scene.expected(thing).is_empty()));
    }
    assert_eq!(kinds.len(), Kind::ALL.len());
    for scene in scenes.highlight(Part::Train, 11).take(200) {
        assert!(scene.facts.iter().any(|fact| fact.id == scene.lead));
        assert!(scene.facts.len() > 1);
    }
}
