//! One photo, the whole way: outlined items, what this community wants done with each, and the
//! facts to lead with.
//!
//! ```text
//! photo → segment → (second looks) → (closer looks) → dispose → rules → highlight
//! ```
//!
//! ```text
//! json       the analysis as the one JSON that every client reads
//! look_closer  a tap on something that nothing outlines
//! follow_up  an answered question or a corrected item → new instructions, without the model
//! ```

mod follow_up;
mod json;
mod look_closer;

use jiff::civil::DateTime;

use crate::cancel::CancelToken;
use crate::detection::{BBox, Detection};
use crate::dispose::Sorted;
use crate::engine::{SegmentEvent, SegmentRequest, Session, Stage};
use crate::error::Result;
use crate::highlight::{self, Highlight};
use crate::looks::{self, Look};
use crate::mask::{Mask, Point};
use crate::photo::Frame;
use crate::rules::{Context, Instruction, Perceived, RulePack};

/// What is asked about a photo.
#[derive(Debug, Clone)]
pub struct AnalysisRequest<'a> {
    /// The labels items may get.
    pub labels: Vec<String>,
    /// Most items of one look.
    pub max_items: usize,
    /// A tap, `0..=1` from the left and from the top: where nothing was found there, that part is
    /// looked at again.
    pub tap: Option<Point>,
    /// Whether to look at the photo's overlapping quarters as well, for small things far away.
    pub closer: bool,
    /// Whether to look a second time around each find, for a better outline, where the pack is so
    /// [small](crate::Engine::is_small) that this costs little.
    pub refine: bool,
    /// The community.
    pub rules: &'a RulePack,
    /// Where the household lies, the day the things are thrown away, and the language of answers.
    pub context: Context,
    /// The community's wall clock.
    pub now: DateTime,
}

impl<'a> AnalysisRequest<'a> {
    /// Everything on the photo, each find looked at twice where that costs little, to be thrown away
    /// today; in the community's own language and in no particular zone.
    pub fn new(rules: &'a RulePack, now: DateTime) -> Self {
        let SegmentRequest { labels, max_items } = SegmentRequest::default();
        let context = Context { zones: Vec::new(), date: now.date(), language: String::new() };
        Self { labels, max_items, tap: None, closer: false, refine: true, rules, context, now }
    }

    fn segment(&self) -> SegmentRequest {
        SegmentRequest { labels: self.labels.clone(), max_items: self.max_items }
    }

    /// Where a tap found nothing, and the quarters if the person asked for them.
    fn further_looks(&self, frame: &Frame, items: &[Detection]) -> Vec<Look> {
        let tapped = self.tap.and_then(|tap| looks::around_tap(frame, tap, items));
        let quarters = self.closer.then(|| looks::quarters(frame));
        tapped.into_iter().chain(quarters.into_iter().flatten()).collect()
    }
}

/// What becomes known on the way. The whole photo is look 0, closer looks follow; within one look
/// items count from 0 as they are written. What a second look shows better is reported again, box,
/// mask and item, under the number it had.
#[derive(Debug, Clone)]
pub enum AnalysisEvent {
    /// The photo, or a part of it, is the model's square of pixels.
    Preprocessed {
        /// Which look.
        look: usize,
    },
    /// The vision tower has run.
    Seen {
        /// Which look.
        look: usize,
    },
    /// The question was read; items follow.
    Prefilled {
        /// Which look.
        look: usize,
    },
    /// Where something is.
    Box {
        /// Which look.
        look: usize,
        /// Which item of it.
        item: usize,
        /// Where it is in the photo.
        bbox: BBox,
    },
    /// What shape it has.
    Mask {
        /// Which look.
        look: usize,
        /// Which item of it.
        item: usize,
        /// Its mask inside the box.
        mask: Mask,
    },
    /// What it is.
    Item {
        /// Which look.
        look: usize,
        /// Which item of it.
        item: usize,
        /// All of it, its box in the photo.
        detection: Detection,
    },
    /// There was no room to finish an item: what was reported of it is void.
    Dropped {
        /// Which look.
        look: usize,
        /// Which item of it.
        item: usize,
    },
    /// All items, each once: what several looks found is merged. From here on items are counted
    /// as in [`Analysis::items`].
    Items(Vec<Detection>),
    /// What is done with an item, and then with each of its parts.
    Instruction {
        /// Which item.
        item: usize,
        /// What the model perceived.
        perceived: Perceived,
        /// Never empty.
        instructions: Vec<Instruction>,
    },
    /// The facts to show, the one to lead with first.
    Highlights(Vec<Highlight>),
}

/// One thing on the photo.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalysedItem {
    /// Where it is, its outline, and how sure the detector is.
    pub detection: Detection,
    /// What is known of it.
    pub perceived: Perceived,
    /// What is done with it, and then with each of its parts. Never empty.
    pub instructions: Vec<Instruction>,
}

/// Everything found out about a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// Id of the community's rule pack.
    pub community: String,
    /// Width and height of the upright photo, in pixels.
    pub size: [usize; 2],
    /// How often the model looked for things: once, and once more for each closer look. Second looks
    /// at what was found are not counted.
    pub looks: usize,
    /// The things on the photo.
    pub items: Vec<AnalysedItem>,
    /// The facts to show, the one to lead with first.
    pub highlights: Vec<Highlight>,
    /// Where and when this holds, and in which language it is said.
    pub context: Context,
    /// The community's wall clock then.
    pub now: DateTime,
}

impl Session {
    /// The whole way of one photo. `on_event` hears of each step the moment it is done.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`]; labels that cannot be asked for.
    pub fn analyze(
        &mut self,
        frame: &Frame,
        request: &AnalysisRequest<'_>,
        cancel: &CancelToken,
        on_event: &mut dyn FnMut(AnalysisEvent),
    ) -> Result<Analysis> {
        let (found, looks) = self.find(frame, request, cancel, on_event)?;
        on_event(AnalysisEvent::Items(found.clone()));
        let AnalysisRequest { rules, context, now, .. } = request;
        let sorted = self.sort(&found, rules, context, cancel, &mut |item, sorted| {
            let Sorted { perceived, instructions } = sorted.clone();
            on_event(AnalysisEvent::Instruction { item, perceived, instructions });
        })?;
        let instructions: Vec<_> = sorted.iter().map(|s| s.instructions.as_slice()).collect();
        let facts = highlight::facts(&instructions, rules, context, *now);
        let highlights = self.highlight(facts, context, cancel)?;
        on_event(AnalysisEvent::Highlights(highlights.clone()));
        let items = found.into_iter().zip(sorted).map(|(detection, sorted)| {
            let Sorted { perceived, instructions } = sorted;
            AnalysedItem { detection, perceived, instructions }
        });
        Ok(Analysis {
            community: rules.info().id.clone(),
            size: [frame.width(), frame.height()],
            looks,
            items: items.collect(),
            highlights,
            context: context.clone(),
            now: *now,
        })
    }

    /// The photo's items after all looks, and how many looks there were. The session keeps the
    /// whole photo: closer looks have a session of their own.
    fn find(
        &mut self,
        frame: &Frame,
        request: &AnalysisRequest<'_>,
        cancel: &CancelToken,
        on_event: &mut dyn FnMut(AnalysisEvent),
    ) -> Result<(Vec<Detection>, usize)> {
        let segment = request.segment();
        let mut on_stage = |stage| on_event(AnalysisEvent::of_stage(0, stage));
        self.set_photo_staged(frame, cancel, &mut on_stage)?;
        let mut items = self.segment_staged(&segment, cancel, &mut on_stage)?;
        if request.refine && self.engine().is_small() {
            let mut on_part = |event| on_stage(Stage::Part(event));
            let mut second = self.engine().session();
            items = second.refine(frame, items, &segment, cancel, &mut on_part)?;
        }
        let mut items: Vec<Detection> = items.into_iter().map(|item| item.detection).collect();
        let further = request.further_looks(frame, &items);
        let mut closer = (!further.is_empty()).then(|| self.engine().session());
        for (nth, (crop, region)) in further.iter().enumerate() {
            let Some(session) = &mut closer else { break };
            items = session.look_again_staged(
                (crop, region),
                items,
                &segment,
                cancel,
                &mut |stage| {
                    on_event(AnalysisEvent::of_stage(nth + 1, stage));
                },
            )?;
        }
        Ok((items, 1 + further.len()))
    }
}

impl AnalysisEvent {
    fn of_stage(look: usize, stage: Stage) -> Self {
        match stage {
            Stage::Preprocessed => Self::Preprocessed { look },
            Stage::Seen => Self::Seen { look },
            Stage::Prefilled => Self::Prefilled { look },
            Stage::Part(SegmentEvent::Box { item, bbox }) => Self::Box { look, item, bbox },
            Stage::Part(SegmentEvent::Mask { item, mask }) => Self::Mask { look, item, mask },
            Stage::Part(SegmentEvent::Item { item, detection }) => {
                Self::Item { look, item, detection }
            }
            Stage::Part(SegmentEvent::Dropped { item }) => Self::Dropped { look, item },
        }
    }
}
