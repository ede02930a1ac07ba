//! One open model: photos in, outlined items and instructions out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kerbside_core::analysis::{Analysis as CoreAnalysis, AnalysisRequest};
use kerbside_core::cancel::CancelToken as CoreToken;
use kerbside_core::rules::RulePack;
use kerbside_core::{Engine, EngineOptions, Session};

use crate::analysis::{Analysis, Point};
use crate::cancel::CancelToken;
use crate::caught::caught;
use crate::dates::{CivilDate, CivilDateTime};
use crate::error::{Result, SorterError};
use crate::frame::Frame;
use crate::instruction::Fact;
use crate::pack_store::{PackInfo, PackStore};
use crate::place::Place;
use crate::progress::{ProgressListener, Telling};
use crate::rule_book::{RuleBook, read_seen};

/// How a model is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct SorterOptions {
    /// Threads to compute with; 0 for one each processor.
    pub threads: u32,
    /// Bytes of memory it may use, where the system says: a model that needs more is refused.
    pub memory: Option<u64>,
}

/// One open model. One photo at a time: a second call waits for the first.
#[derive(Debug, uniffi::Object)]
pub struct Sorter {
    pack: PackInfo,
    /// `None` once it was shut down.
    inside: Mutex<Option<Inside>>,
    /// Of the call that runs.
    running: Mutex<Option<CoreToken>>,
    /// The system is short of memory, and a call was running when it said so.
    short_of_memory: AtomicBool,
    /// Nothing new may begin.
    closing: AtomicBool,
}

#[derive(Debug)]
struct Inside {
    engine: Engine,
    /// The model's memory of a photo; made when it is needed.
    session: Option<Session>,
    place: Option<(Arc<RulePack>, Place)>,
    last: Option<Last>,
}

/// The photo that can be looked at again.
#[derive(Debug)]
struct Last {
    frame: Arc<Frame>,
    rules: Arc<RulePack>,
    analysis: CoreAnalysis,
}

#[uniffi::export]
impl Sorter {
    /// Opens a pack of the store, with the adapters added to it.
    ///
    /// # Errors
    /// `NotFound`, `BadPack`, `BadAdapter`, `OutOfMemory`.
    #[uniffi::constructor]
    pub fn open(store: Arc<PackStore>, pack: String, options: SorterOptions) -> Result<Arc<Self>> {
        caught(|| {
            let stored = store.0.pack(&pack)?;
            let options = EngineOptions {
                threads: options.threads as usize,
                memory: options.memory,
                ..EngineOptions::default()
            };
            let engine = stored.open(&options)?;
            let inside = Inside { engine, session: None, place: None, last: None };
            Ok(Arc::new(Self {
                pack: PackInfo::of(&stored),
                inside: Mutex::new(Some(inside)),
                running: Mutex::default(),
                short_of_memory: AtomicBool::default(),
                closing: AtomicBool::default(),
            }))
        })
    }

    /// The pack that is open.
    pub fn pack(&self) -> PackInfo {
        self.pack.clone()
    }

    /// Where the household is, from the next analysis on.
    ///
    /// # Errors
    /// `NotFound`, `BadRules`, `Closed`.
    pub fn set_place(&self, rules: Arc<RuleBook>, place: Place) -> Result<()> {
        self.with(&CoreToken::new(), |inside| {
            let pack = rules.pack(&place.community)?;
            inside.place = Some((pack, place));
            Ok(())
        })
    }

    /// Outlines a photo's items and says what is done with each on `date`; `now` is the community's
    /// wall clock. The photo can then be looked at again.
    ///
    /// # Errors
    /// `Cancelled`, `Closed`; `NotFound` before [`Self::set_place`]; `Internal` if the listener fails.
    pub fn analyze(
        &self,
        frame: Arc<Frame>,
        date: CivilDate,
        now: CivilDateTime,
        cancel: Arc<CancelToken>,
        listener: Arc<dyn ProgressListener>,
    ) -> Result<Analysis> {
        let mut telling = Telling::new(listener, &cancel);
        let result = self
            .with(&cancel.0, |inside| inside.analyze(frame, date, now, &cancel.0, &mut telling));
        telling.blame(result)
    }

    /// Looks again at a square around a point of the last photo, unless something outlined lies
    /// there. `seen` is what is known by now of the items of the last analysis, in their order.
    ///
    /// # Errors
    /// As [`Self::analyze`]; `NotFound` if there is no last photo.
    pub fn look_again(
        &self,
        at: Point,
        seen: Vec<String>,
        cancel: Arc<CancelToken>,
        listener: Arc<dyn ProgressListener>,
    ) -> Result<Analysis> {
        let mut telling = Telling::new(listener, &cancel);
        let result =
            self.with(&cancel.0, |inside| inside.look_again(at, &seen, &cancel.0, &mut telling));
        telling.blame(result)
    }

    /// Takes a person's answer to the question about an item of the last photo, or the right item
    /// for it: new instructions and new highlights, without the model.
    ///
    /// # Errors
    /// `NotFound` if there is no such item, `Closed`.
    pub fn answer(&self, item: u32, fact: Fact) -> Result<Analysis> {
        self.with(&CoreToken::new(), |inside| {
            let Last { rules, analysis, .. } = inside.last()?;
            if !analysis.answer(item as usize, &fact.into(), rules) {
                return Err(SorterError::not_found("item", &item.to_string()));
            }
            Analysis::of(analysis)
        })
    }

    /// The system is short of memory: lets go of what can be made again, now or as soon as the call
    /// that runs has ended. Does not wait.
    pub fn on_memory_warning(&self) {
        match self.inside.try_lock() {
            Ok(mut inside) => inside.iter_mut().for_each(Inside::let_go),
            Err(_) => self.short_of_memory.store(true, Ordering::Relaxed),
        }
    }

    /// Stops the call that runs and lets go of the model. Everything after this is `Closed`.
    pub fn shut_down(&self) {
        self.closing.store(true, Ordering::SeqCst);
        if let Some(token) = self.running().as_ref() {
            token.cancel();
        }
        *self.inside.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Sorter {
    /// Does `work` on what is open, one call at a time.
    fn with<T>(
        &self,
        cancel: &CoreToken,
        work: impl FnOnce(&mut Inside) -> Result<T>,
    ) -> Result<T> {
        caught(|| {
            let mut guard = self.lock();
            let inside = guard.as_mut().ok_or(SorterError::Closed)?;
            let _running = Running::new(self, cancel);
            if self.closing.load(Ordering::SeqCst) {
                return Err(SorterError::Closed);
            }
            let result = work(inside);
            if self.short_of_memory.swap(false, Ordering::Relaxed) {
                inside.let_go();
            }
            result
        })
    }

    /// A panic may have left a session half-way through a photo: it is made anew.
    fn lock(&self) -> MutexGuard<'_, Option<Inside>> {
        self.inside.lock().unwrap_or_else(|poisoned| {
            self.inside.clear_poison();
            let mut guard = poisoned.into_inner();
            guard.iter_mut().for_each(|inside| {
                inside.let_go();
                inside.last = None;
            });
            guard
        })
    }

    fn running(&self) -> MutexGuard<'_, Option<CoreToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that can be stopped; no longer when it has ended, by a panic too.
struct Running<'a>(&'a Sorter);

impl<'a> Running<'a> {
    fn new(sorter: &'a Sorter, cancel: &CoreToken) -> Self {
        *sorter.running() = Some(cancel.clone());
        Self(sorter)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *self.0.running() = None;
    }
}

impl Inside {
    fn analyze(
        &mut self,
        frame: Arc<Frame>,
        date: CivilDate,
        now: CivilDateTime,
        cancel: &CoreToken,
        telling: &mut Telling<'_>,
    ) -> Result<Analysis> {
        self.last = None;
        let no_place = || SorterError::NotFound("choose where you live first".to_owned());
        let (rules, place) = self.place.clone().ok_or_else(no_place)?;
        let mut request = AnalysisRequest::new(&rules, now);
        request.context = place.on(date);
        let session = session(&mut self.session, &self.engine);
        let analysis = session.analyze(&frame.0, &request, cancel, &mut |e| telling.tell(e))?;
        let shown = Analysis::of(&analysis)?;
        self.last = Some(Last { frame, rules, analysis });
        Ok(shown)
    }

    fn look_again(
        &mut self,
        at: Point,
        seen: &[String],
        cancel: &CoreToken,
        telling: &mut Telling<'_>,
    ) -> Result<Analysis> {
        let session = session(&mut self.session, &self.engine);
        let last = self.last.as_mut().ok_or_else(no_photo)?;
        for (item, seen) in last.analysis.items.iter_mut().zip(seen) {
            item.perceived = read_seen(seen)?;
        }
        let Last { frame, rules, analysis } = last;
        *analysis =
            session.look_closer(&frame.0, analysis, at.into(), rules, cancel, &mut |event| {
                telling.tell(event)
            })?;
        Analysis::of(analysis)
    }

    fn last(&mut self) -> Result<&mut Last> {
        self.last.as_mut().ok_or_else(no_photo)
    }

    fn let_go(&mut self) {
        self.session = None;
        self.engine.release_weights();
    }
}

fn no_photo() -> SorterError {
    SorterError::NotFound("there is no photo to look at again; take one".to_owned())
}

fn session<'a>(kept: &'a mut Option<Session>, engine: &Engine) -> &'a mut Session {
    kept.get_or_insert_with(|| engine.session())
}
