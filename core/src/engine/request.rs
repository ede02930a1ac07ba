//! What a session is asked for, and what it tells on the way.

use std::time::Duration;

use super::CLASSES;
use crate::detection::{BBox, Detection};
use crate::generate::generator::Statistics;
use crate::mask::Mask;

/// What to look for.
#[derive(Debug, Clone)]
pub struct SegmentRequest {
    /// The labels items may get.
    pub labels: Vec<String>,
    /// Most items of one answer.
    pub max_items: usize,
}

impl Default for SegmentRequest {
    fn default() -> Self {
        Self { labels: CLASSES.map(str::to_owned).to_vec(), max_items: 12 }
    }
}

/// What becomes known while items are outlined. `item` counts from 0 in one answer.
#[derive(Debug, Clone)]
pub enum SegmentEvent {
    /// Where something is: the fourth `<loc>` was written.
    Box {
        /// Which item.
        item: usize,
        /// Where it is in the photo.
        bbox: BBox,
    },
    /// What shape it has: the sixteenth `<seg>` was written.
    Mask {
        /// Which item.
        item: usize,
        /// Its mask inside the box.
        mask: Mask,
    },
    /// What it is: the item is complete.
    Item {
        /// Which item.
        item: usize,
        /// All of it.
        detection: Detection,
    },
    /// What was reported of this item is void: the answer ran out of room, most likely nothing is
    /// there, or the same thing was found twice.
    Dropped {
        /// Which item.
        item: usize,
    },
}

/// How far the model is with a photo, for whoever shows progress.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    /// The photo is the model's square of pixels.
    Preprocessed,
    /// The vision tower has run.
    Seen,
    /// Photo and prompt are in the KV cache.
    Prefilled,
    /// A part of an item is known.
    Part(SegmentEvent),
}

/// How long the stages of the last answer took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// Photo → the model's square of pixels.
    pub preprocess: Duration,
    /// Pixels → image features.
    pub vision: Duration,
    /// Image features and prompt → KV cache.
    pub prefill: Duration,
    /// Choosing and feeding tokens.
    pub decode: Duration,
    /// Codes → masks.
    pub masks: Duration,
    /// The structured answers of this photo, from question to value: `dispose` and `highlight`.
    pub structured: Duration,
    /// From the beginning of [`Session::segment`](super::Session::segment) to the first mask.
    pub first_mask: Option<Duration>,
    /// Tokens chosen, forced, and model calls.
    pub tokens: Statistics,
    /// How often the model ran for them: right guesses save some of the calls.
    pub passes: usize,
}

impl SegmentEvent {
    /// The event of a crop as one of the photo that the crop's `region` was cut from.
    pub(super) fn into_photo(self, region: &BBox) -> Self {
        match self {
            Self::Box { item, bbox } => Self::Box { item, bbox: bbox.from_crop(region) },
            Self::Item { item, detection } => {
                Self::Item { item, detection: detection.from_crop(region) }
            }
            other => other,
        }
    }
}
