//! The exported classes as Kotlin and Swift use them, on the bundled pack and example photograph.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use kerbside_ffi::analysis::{Analysis, Point};
use kerbside_ffi::cancel::CancelToken;
use kerbside_ffi::error::SorterError;
use kerbside_ffi::frame::Frame;
use kerbside_ffi::instruction::{Fact, Verdict};
use kerbside_ffi::pack_store::PackStore;
use kerbside_ffi::place::Place;
use kerbside_ffi::progress::{AnalysisEvent, ProgressListener};
use kerbside_ffi::rule_book::RuleBook;
use kerbside_ffi::sorter::{Sorter, SorterOptions};
use kerbside_ffi::stream::CallbackError;

/// Hears events with a closure.
struct Hear<F>(F);

impl<F> ProgressListener for Hear<F>
where
    F: Fn(AnalysisEvent) -> Result<(), CallbackError> + Send + Sync,
{
    fn on_event(&self, event: AnalysisEvent) -> Result<(), CallbackError> {
        (self.0)(event)
    }
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

struct App {
    sorter: Arc<Sorter>,
    frame: Arc<Frame>,
    _library: tempfile::TempDir,
}

impl App {
    fn new() -> Self {
        let library = tempfile::tempdir().unwrap();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let bundled = text(&repository("models/kerbside-nano/pack"));
        let store = PackStore::open(text(library.path()), Some(bundled)).unwrap();
        let options = SorterOptions { threads: 0, memory: None };
        let sorter = Sorter::open(store, "bundled".to_owned(), options).unwrap();
        let bytes = std::fs::read(repository("models/kerbside-nano/example/photo.jpg")).unwrap();
        Self { sorter, frame: Frame::from_encoded(&bytes).unwrap(), _library: library }
    }

    fn in_zurich() -> Self {
        let app = Self::new();
        let rules = RuleBook::open(repository("rules").to_str().unwrap().to_owned()).unwrap();
        let place = Place { community: "zurich".into(), zones: Vec::new(), language: "en".into() };
        app.sorter.set_place(rules, place).unwrap();
        app
    }

    fn analyze(
        &self,
        hear: impl Fn(AnalysisEvent) -> Result<(), CallbackError> + Send + Sync + 'static,
    ) -> Result<Analysis, SorterError> {
        self.analyze_until(CancelToken::new(), hear)
    }

    fn analyze_until(
        &self,
        cancel: Arc<CancelToken>,
        hear: impl Fn(AnalysisEvent) -> Result<(), CallbackError> + Send + Sync + 'static,
    ) -> Result<Analysis, SorterError> {
        let now: jiff::civil::DateTime = "2026-03-02T19:30:00".parse().unwrap();
        self.sorter.analyze(self.frame.clone(), now.date(), now, cancel, Arc::new(Hear(hear)))
    }
}

#[test]
fn a_panic_inside_is_an_error_and_the_next_photo_works() {
    let app = App::in_zurich();
    let error = app.analyze(|_| panic!("the listener fell over")).unwrap_err();
    assert!(
        matches!(&error, SorterError::Internal(words) if words.contains("the listener fell over")),
        "{error}"
    );
    assert!(!app.analyze(|_| Ok(())).unwrap().items.is_empty());
}

#[test]
fn shutting_down_stops_nothing_that_has_ended_by_a_panic() {
    let app = App::in_zurich();
    let ended = CancelToken::new();
    app.analyze_until(ended.clone(), |_| panic!("the listener fell over")).unwrap_err();
    app.sorter.shut_down();
    assert!(!ended.is_cancelled());
}

#[test]
fn what_a_listener_complains_of_ends_the_analysis() {
    let app = App::in_zurich();
    let heard = Arc::new(Mutex::new(0));
    let count = heard.clone();
    let complain = move |_| {
        *count.lock().unwrap() += 1;
        Err(CallbackError::Failed { reason: "no room on the screen".to_owned() })
    };
    let error = app.analyze(complain).unwrap_err().to_string();
    assert!(error.contains("no room on the screen"), "{error}");
    assert_eq!(*heard.lock().unwrap(), 1, "nobody is told any more");
}

#[test]
fn an_answer_changes_the_item_and_the_json() {
    let app = App::in_zurich();
    let before = app.analyze(|_| Ok(())).unwrap();
    let chosen = Fact::IsItem { id: "battery".to_owned() };
    let after = app.sorter.answer(0, chosen.clone()).unwrap();
    assert_eq!(after.items[0].instructions[0].item.as_deref(), Some("battery"));
    assert_ne!(after.items[0].instructions[0].verdict, Verdict::Ask);
    assert_ne!(before.json, after.json);
    assert!(matches!(app.sorter.answer(999, chosen), Err(SorterError::NotFound(_))));
}

#[test]
fn without_place_or_photo_it_says_what_is_missing() {
    let app = App::new();
    let error = app.analyze(|_| Ok(())).unwrap_err().to_string();
    assert!(error.contains("choose where you live"), "{error}");
    let listener = Arc::new(Hear(|_| Ok(())));
    let middle = Point { x: 0.5, y: 0.5 };
    let error = app.sorter.look_again(middle, Vec::new(), CancelToken::new(), listener);
    assert!(error.unwrap_err().to_string().contains("take one"));
}

#[test]
fn shutting_down_stops_what_runs() {
    let app = App::in_zurich();
    let sorter = app.sorter.clone();
    let closing = Mutex::new(None);
    let result = std::thread::scope(|scope| {
        let close = move |event| {
            if matches!(event, AnalysisEvent::Preprocessed { .. }) {
                let sorter = sorter.clone();
                *closing.lock().unwrap() = Some(std::thread::spawn(move || sorter.shut_down()));
                // Until the analysis has heard of it.
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            Ok(())
        };
        scope.spawn(|| app.analyze(close)).join().unwrap()
    });
    assert!(matches!(result, Err(SorterError::Cancelled)), "{result:?}");
    assert!(matches!(app.analyze(|_| Ok(())), Err(SorterError::Closed)));
}
