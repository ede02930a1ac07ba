//! Stopped at any moment, a session goes on, and its next answer is the one it would have given.

use std::time::{Duration, Instant};

use jiff::civil::date;
use kerbside_core::analysis::{Analysis, AnalysisRequest};
use kerbside_core::photo::Frame;
use kerbside_core::rules::RulePack;
use kerbside_core::{CancelToken, Engine, EngineOptions, Error, Session};
use xtask::bundled;

use crate::library::{golden, tiny_pack};

/// Cancels that stop something.
const CANCELS: usize = 100;

fn analyze(
    session: &mut Session,
    frame: &Frame,
    rules: &RulePack,
    cancel: &CancelToken,
) -> Result<Analysis, Error> {
    let request = AnalysisRequest::new(rules, date(2026, 11, 26).at(19, 0, 0, 0));
    session.analyze(frame, &request, cancel, &mut |_| {})
}

#[test]
fn a_session_that_was_stopped_anywhere_gives_the_same_answer_next() {
    let _turn = crate::turn();
    let folder = tempfile::tempdir().unwrap();
    tiny_pack(&folder.path().join("pack"));
    let engine = Engine::open(&folder.path().join("pack"), &EngineOptions::default()).unwrap();
    let rules = bundled::rule_pack("zurich").unwrap();
    let frame = |name: &str| {
        Frame::from_encoded(&std::fs::read(golden("paligemma1").join(name)).unwrap()).unwrap()
    };
    let frames = ["image0.png", "image1.png"].map(frame);
    let never = CancelToken::new();
    let mut fresh = engine.session();
    let wanted = frames.each_ref().map(|f| analyze(&mut fresh, f, &rules, &never).unwrap());
    let mut took = || {
        let start = Instant::now();
        analyze(&mut fresh, &frames[0], &rules, &never).unwrap();
        start.elapsed()
    };
    // What else the machine does must not count.
    let whole = (0..10).map(|_| took()).min().unwrap();

    let (mut session, mut dice) = (engine.session(), 3u32);
    let (mut stopped, mut round) = (0, 0);
    while stopped < CANCELS {
        round += 1;
        assert!(round < 20 * CANCELS, "only {stopped} of {round} cancels stopped anything");
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let delay = whole.mul_f64(f64::from(dice >> 8) / f64::from(1 << 24));
        let cancel = CancelToken::new();
        let result = std::thread::scope(|scope| {
            scope.spawn(|| {
                wait(delay);
                cancel.cancel();
            });
            analyze(&mut session, &frames[round % 2], &rules, &cancel)
        });
        match result {
            Err(Error::Cancelled(_)) => stopped += 1,
            // It was done before.
            other => assert_eq!(other.unwrap(), wanted[round % 2]),
        }
        let other = (round / 2) % 2;
        assert_eq!(analyze(&mut session, &frames[other], &rules, &never).unwrap(), wanted[other]);
    }
    println!("{round} cancels within {whole:?}: {stopped} stopped something");
}

/// Sleeping is too coarse for an answer of a few milliseconds.
fn wait(delay: Duration) {
    let start = Instant::now();
    while start.elapsed() < delay {
        std::thread::yield_now();
    }
}
