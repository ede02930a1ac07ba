//! One photo's whole way on the bundled pack: events in order, one JSON, follow-ups without the
//! model, cancelling.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use jiff::civil::date;
use kerbside_core::analysis::{Analysis, AnalysisEvent, AnalysisRequest};
use kerbside_core::cancel::CancelToken;
use kerbside_core::detection::BBox;
use kerbside_core::engine::{Engine, EngineOptions, SEGMENT, SegmentRequest};
use kerbside_core::error::Error;
use kerbside_core::looks;
use kerbside_core::mask::Point;
use kerbside_core::photo::Frame;
use kerbside_core::rules::{Fact, RulePack, Verdict};
use xtask::bundled;

fn engine() -> Engine {
    Engine::open(&bundled::pack(), &EngineOptions::default()).unwrap()
}

fn example() -> Frame {
    Frame::from_encoded(&fs::read(bundled::example_photo()).unwrap()).unwrap()
}

fn request(rules: &RulePack) -> AnalysisRequest<'_> {
    let mut request = AnalysisRequest::new(rules, date(2026, 11, 25).at(19, 0, 0, 0));
    request.context.language = "en".into();
    request
}

fn analyze(rules: &RulePack, on_event: &mut dyn FnMut(AnalysisEvent)) -> Analysis {
    let mut session = engine().session();
    session.analyze(&example(), &request(rules), &CancelToken::new(), on_event).unwrap()
}

fn name(event: &AnalysisEvent) -> String {
    match event {
        AnalysisEvent::Preprocessed { look } => format!("{look} preprocessed"),
        AnalysisEvent::Seen { look } => format!("{look} seen"),
        AnalysisEvent::Prefilled { look } => format!("{look} prefilled"),
        AnalysisEvent::Box { look, item, .. } => format!("{look} box {item}"),
        AnalysisEvent::Mask { look, item, .. } => format!("{look} mask {item}"),
        AnalysisEvent::Item { look, item, .. } => format!("{look} item {item}"),
        AnalysisEvent::Dropped { look, item } => format!("{look} dropped {item}"),
        AnalysisEvent::Items(items) => format!("items {}", items.len()),
        AnalysisEvent::Instruction { item, .. } => format!("instruction {item}"),
        AnalysisEvent::Highlights(_) => "highlights".into(),
    }
}

#[test]
fn each_step_is_reported_the_moment_it_is_done() {
    let rules = bundled::rule_pack("zurich").unwrap();
    let mut names = Vec::new();
    // A second look reports again what it changes.
    let request = AnalysisRequest { refine: false, ..request(&rules) };
    let (mut session, cancel) = (engine().session(), CancelToken::new());
    let on_event = &mut |event| names.push(name(&event));
    let analysis = session.analyze(&example(), &request, &cancel, on_event).unwrap();
    let count = analysis.items.len();
    assert!(count > 0);
    let mut wanted: Vec<String> =
        ["preprocessed", "seen", "prefilled"].map(|stage| format!("0 {stage}")).into();
    for item in 0..count {
        wanted.extend(["box", "mask", "item"].map(|part| format!("0 {part} {item}")));
    }
    wanted.push(format!("items {count}"));
    wanted.extend((0..count).map(|item| format!("instruction {item}")));
    wanted.push("highlights".into());
    assert_eq!(names, wanted);
}

#[test]
fn the_json_says_what_the_analysis_holds() {
    let rules = bundled::rule_pack("zurich").unwrap();
    let analysis = analyze(&rules, &mut |_| {});
    let json = analysis.to_json();
    assert_eq!(json["community"], "zurich");
    assert_eq!(json["photo"]["width"], analysis.size[0]);
    for (item, shown) in analysis.items.iter().zip(json["items"].as_array().unwrap()) {
        assert_eq!(shown["label"], item.detection.label.as_str());
        assert_eq!(shown["perceived"]["class"], item.perceived.class);
        assert_eq!(shown["sentences"][0], item.instructions[0].sentence());
        assert!(!shown["outline"][0]["outer"].as_array().unwrap().is_empty());
    }
}

#[test]
fn an_answer_changes_its_item_without_the_model() {
    let rules = bundled::rule_pack("munich").unwrap();
    let mut analysis = analyze(&rules, &mut |_| {});
    let before = analysis.clone();
    assert!(!analysis.answer(99, &Fact::NothingFits, &rules));
    assert_eq!(analysis, before);

    assert!(analysis.answer(0, &Fact::Item("battery".into()), &rules));
    let instruction = &analysis.items[0].instructions[0];
    assert_eq!(instruction.stream.as_ref().unwrap().id, "batteries");
    assert_eq!(analysis.items[1..], before.items[1..]);
    assert!(analysis.answer(0, &Fact::Item("spray-can".into()), &rules));
    assert_eq!(analysis.items[0].instructions[0].verdict, Verdict::Hazardous);
    assert_eq!(analysis.highlights[0].id, "hazard-hazardous");
    assert_eq!(analysis.highlights[0].items, [0]);
}

#[test]
fn a_zone_is_known_for_every_item() {
    let rules = bundled::rule_pack("munich").unwrap();
    let mut analysis = analyze(&rules, &mut |_| {});
    analysis.answer(0, &Fact::Item("pan".into()), &rules);
    assert_eq!(analysis.items[0].instructions[0].verdict, Verdict::Ask);
    analysis.answer(0, &Fact::Zone("westend".into()), &rules);
    assert_eq!(analysis.context.zones, ["westend"]);
    let stream = |item: usize, analysis: &Analysis| {
        analysis.items[item].instructions[0].stream.as_ref().map(|stream| stream.id.clone())
    };
    assert_eq!(stream(0, &analysis).as_deref(), Some("packaging"));
}

#[test]
fn closer_looks_are_counted_and_keep_the_photo() {
    let rules = bundled::rule_pack("zurich").unwrap();
    let (mut session, frame) = (engine().session(), example());
    let request = AnalysisRequest { tap: Some(Point { x: 0.01, y: 0.01 }), ..request(&rules) };
    let mut seen = Vec::new();
    let analysis = session
        .analyze(&frame, &request, &CancelToken::new(), &mut |event| {
            if let AnalysisEvent::Seen { look } = event {
                seen.push(look);
            }
        })
        .unwrap();
    assert_eq!((analysis.looks, seen), (2, vec![0, 1]));
}

#[test]
fn cancelling_stops_at_every_stage_and_a_session_goes_on() {
    let rules = bundled::rule_pack("zurich").unwrap();
    let (mut session, frame) = (engine().session(), example());
    let request = request(&rules);
    for stop_at in ["0 preprocessed", "0 seen", "0 prefilled", "0 box 0", "instruction 0"] {
        let cancel = CancelToken::new();
        let result = session.analyze(&frame, &request, &cancel, &mut |event| {
            if name(&event) == stop_at {
                cancel.cancel();
            }
        });
        assert!(matches!(result, Err(Error::Cancelled(_))), "{stop_at}");
    }
    let again = session.analyze(&frame, &request, &CancelToken::new(), &mut |_| {});
    assert!(!again.unwrap().items.is_empty());
}

/// The example photograph in the middle of a ground twice as wide and high, its edge drawn out.
fn far_away() -> Frame {
    let near = example();
    let (width, height) = (near.width(), near.height());
    let pixel = |x: usize, y: usize| {
        let inside = |at: usize, size: usize| at.saturating_sub(size / 2).min(size - 1);
        near.pixel(inside(x, width), inside(y, height))
    };
    let rows = (0..2 * height).flat_map(|y| (0..2 * width).flat_map(move |x| pixel(x, y)));
    Frame::from_rgb(2 * width, 2 * height, rows.collect()).unwrap()
}

/// What fills the photo is named by the photo or by its mirror, whichever is surer.
#[test]
fn a_second_look_in_the_mirror_may_be_surer() {
    let (engine, frame, cancel) = (engine(), example(), CancelToken::new());
    let written = |frame: &Frame| {
        let mut session = engine.session();
        session.set_photo(frame, &cancel).unwrap();
        session.write(&SegmentRequest::default(), &cancel).unwrap().remove(0)
    };
    for photo in [frame.clone(), frame.mirrored()] {
        assert!(looks::around_find(&photo, &written(&photo).detection.bbox).is_none());
        let (first, again) = (written(&photo), written(&photo.mirrored()));
        let surer = if again.evidence.label > first.evidence.label { again } else { first.clone() };
        let request = SegmentRequest::default();
        let found = engine.session().look_twice(&photo, &request, &cancel).unwrap().remove(0);
        let chance = engine.calibration_of(SEGMENT).chance(&surer.evidence);
        assert_eq!((found.label, found.confidence), (surer.detection.label, chance));
        assert_eq!(found.bbox, first.detection.bbox);
    }
}

#[test]
fn a_second_look_outlines_better_what_is_far_away() {
    let rules = bundled::rule_pack("zurich").unwrap();
    let (engine, frame) = (engine(), far_away());
    let look = |refine: bool| {
        let (mut events, request) = (Vec::new(), AnalysisRequest { refine, ..request(&rules) });
        let on_event = &mut |event| events.push(event);
        let cancel = CancelToken::new();
        let analysis = engine.session().analyze(&frame, &request, &cancel, on_event).unwrap();
        (analysis, events.iter().map(name).collect::<Vec<_>>())
    };
    let ((once, told_once), (twice, told_twice)) = (look(false), look(true));
    // Where people outlined the bottle (`expected.json`), in the middle half of the frame.
    let truth = BBox { y1: 0.198, x1: 0.378, y2: 0.793, x2: 0.706 };
    let middle = BBox { y1: 0.25, x1: 0.25, y2: 0.75, x2: 0.75 };
    let fit = |one: &Analysis| one.items[0].detection.bbox.iou(&truth.from_crop(&middle));
    assert!(fit(&twice) > fit(&once) + 0.05, "{} {}", fit(&once), fit(&twice));
    let labels = |one: &Analysis| {
        let all = one.items.iter().map(|item| &item.detection.label);
        all.cloned().collect::<Vec<_>>()
    };
    assert_eq!(labels(&once), labels(&twice));
    assert_eq!((once.looks, twice.looks), (1, 1));
    let again = ["0 box 0", "0 mask 0", "0 item 0"];
    let at = told_once.iter().position(|name| name.starts_with("items")).unwrap();
    assert_eq!(told_twice[..at], told_once[..at]);
    assert_eq!(told_twice[at..at + 3], again);
    assert_eq!(told_twice[at + 3..], told_once[at..]);
}
