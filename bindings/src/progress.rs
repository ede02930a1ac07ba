//! What becomes known while a photo is analysed, told to the app the moment it is known.

use std::sync::Arc;

use kerbside_core::analysis::AnalysisEvent as CoreEvent;
use kerbside_core::detection::BBox;

use crate::analysis::{Bounds, FoundItem, Highlight, Mask};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::instruction::{Instruction, all};
use crate::rule_book::write_seen;
use crate::stream::CallbackError;

/// What becomes known. The whole photo is look 0, closer looks follow; within one look items count
/// from 0 as they are written. What a second look shows better comes again under the number it had:
/// box and mask, if the outline is another, and the item.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum AnalysisEvent {
    /// The photo, or a part of it, has the model's size.
    Preprocessed {
        /// Which look.
        look: u32,
    },
    /// The vision tower has run.
    Vision {
        /// Which look.
        look: u32,
    },
    /// The question was read; items follow.
    Prefill {
        /// Which look.
        look: u32,
    },
    /// Where something is.
    Box {
        /// Which look.
        look: u32,
        /// Which item of it.
        item: u32,
        /// Where it is in the photo.
        bounds: Bounds,
    },
    /// What shape it has.
    Mask {
        /// Which look.
        look: u32,
        /// Which item of it.
        item: u32,
        /// The shape.
        mask: Mask,
    },
    /// What it is.
    Item {
        /// Which look.
        look: u32,
        /// Which item of it.
        item: u32,
        /// All of it.
        found: FoundItem,
    },
    /// What was reported of an item is void.
    Dropped {
        /// Which look.
        look: u32,
        /// Which item of it.
        item: u32,
    },
    /// All items, each once. From here on they are counted as in the result.
    Items {
        /// The items.
        found: Vec<FoundItem>,
    },
    /// What is done with an item.
    Instruction {
        /// Which item.
        item: u32,
        /// What is known of it.
        seen: String,
        /// For the item, and then for each of its parts.
        instructions: Vec<Instruction>,
    },
    /// The facts to show, the one to lead with first.
    Highlights {
        /// The facts.
        highlights: Vec<Highlight>,
    },
}

/// Hears what becomes known, on the thread that called.
#[uniffi::export(with_foreign)]
pub trait ProgressListener: Send + Sync {
    /// This became known.
    ///
    /// # Errors
    /// Whatever the app likes: the analysis then stops.
    fn on_event(&self, event: AnalysisEvent) -> Result<(), CallbackError>;
}

/// Tells the listener, and stops the analysis when the listener fails.
pub(crate) struct Telling<'a> {
    listener: Arc<dyn ProgressListener>,
    cancel: &'a CancelToken,
    /// Of the item that is being written: masks need it.
    bbox: BBox,
    failure: Option<CallbackError>,
}

impl<'a> Telling<'a> {
    pub(crate) fn new(listener: Arc<dyn ProgressListener>, cancel: &'a CancelToken) -> Self {
        Self { listener, cancel, bbox: BBox::WHOLE, failure: None }
    }

    pub(crate) fn tell(&mut self, event: CoreEvent) {
        if self.failure.is_some() {
            return;
        }
        let told = self.translate(event).map(|event| self.listener.on_event(event));
        if let Ok(Err(failure)) = told {
            self.failure = Some(failure);
            self.cancel.cancel();
        }
    }

    /// The result, or what went wrong in the app while it came about.
    pub(crate) fn blame<T>(self, result: Result<T>) -> Result<T> {
        match self.failure {
            Some(failure) => Err(failure.into()),
            None => result,
        }
    }

    fn translate(&mut self, event: CoreEvent) -> Result<AnalysisEvent> {
        let small = |number: usize| number as u32;
        Ok(match event {
            CoreEvent::Preprocessed { look } => AnalysisEvent::Preprocessed { look: small(look) },
            CoreEvent::Seen { look } => AnalysisEvent::Vision { look: small(look) },
            CoreEvent::Prefilled { look } => AnalysisEvent::Prefill { look: small(look) },
            CoreEvent::Box { look, item, bbox } => {
                self.bbox = bbox;
                let (look, item) = (small(look), small(item));
                AnalysisEvent::Box { look, item, bounds: bbox.into() }
            }
            CoreEvent::Mask { look, item, mask } => {
                let (look, item) = (small(look), small(item));
                AnalysisEvent::Mask { look, item, mask: Mask::of(&mask, &self.bbox) }
            }
            CoreEvent::Item { look, item, detection } => {
                let (look, item) = (small(look), small(item));
                AnalysisEvent::Item { look, item, found: FoundItem::of(&detection) }
            }
            CoreEvent::Dropped { look, item } => {
                AnalysisEvent::Dropped { look: small(look), item: small(item) }
            }
            CoreEvent::Items(found) => {
                AnalysisEvent::Items { found: found.iter().map(FoundItem::of).collect() }
            }
            CoreEvent::Instruction { item, perceived, instructions } => {
                AnalysisEvent::Instruction {
                    item: small(item),
                    seen: write_seen(&perceived)?,
                    instructions: all(instructions),
                }
            }
            CoreEvent::Highlights(highlights) => {
                AnalysisEvent::Highlights { highlights: all(highlights) }
            }
        })
    }
}
