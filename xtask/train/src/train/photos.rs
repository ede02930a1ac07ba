//! Pictures as the model sees them, made by the engine's own tower, once a photo where there is room.

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use kerbside_core::CancelToken;
use kerbside_core::pack::Architecture;
use kerbside_core::paligemma::PaliGemma;
use kerbside_core::photo::Frame;
use kerbside_core::vision::preprocess::preprocess;
use xtask::failure::{Failure, Result};

use super::examples::Examples;
use super::lora::Adapter;
use super::model::Pictures;

/// How far pictures can go before something that is trained changes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Through tower and projector.
    Features,
    /// Through the tower.
    States,
    /// Nowhere.
    Pixels,
}

impl Sight {
    /// As far as `adapter` leaves the vision half alone.
    pub fn of(adapter: &Adapter) -> Self {
        match (adapter.touches("vision."), adapter.touches("projector.")) {
            (true, _) => Self::Pixels,
            (false, true) => Self::States,
            (false, false) => Self::Features,
        }
    }
}

/// The engine's eyes and what they have seen.
pub struct Photos {
    engine: Arc<PaliGemma>,
    sizes: Architecture,
    sight: Sight,
    device: Device,
    cancel: CancelToken,
    seen: HashMap<usize, Arc<Vec<f32>>>,
    /// Bytes that may still be remembered.
    room: usize,
}

impl Photos {
    /// Eyes that remember at most `room` bytes. What is seen first is remembered, and kept: the
    /// samples come round in another order every time, so letting go of the oldest gains nothing.
    pub fn new(
        engine: &Arc<PaliGemma>,
        sizes: &Architecture,
        sight: Sight,
        room: usize,
        (device, cancel): (&Device, &CancelToken),
    ) -> Self {
        Self {
            engine: engine.clone(),
            sizes: sizes.clone(),
            sight,
            device: device.clone(),
            cancel: cancel.clone(),
            seen: HashMap::new(),
            room,
        }
    }

    /// The pictures of some samples, all of which have one.
    ///
    /// # Errors
    /// If a picture cannot be read.
    pub fn look(&mut self, examples: &mut Examples, indices: &[usize]) -> Result<Pictures> {
        let each: Vec<_> =
            indices.iter().map(|&index| self.see(examples, index)).collect::<Result<_>>()?;
        let stacked = |width| {
            let values: Vec<f32> = each.iter().flat_map(|one| one.iter().copied()).collect();
            Tensor::from_vec(values, (each.len(), self.sizes.patches(), width), &self.device)
        };
        Ok(match self.sight {
            Sight::Features => Pictures::Features(stacked(self.sizes.text.hidden)?),
            Sight::States => Pictures::States(stacked(self.sizes.vision.hidden)?),
            Sight::Pixels => Pictures::Pixels(each.iter().map(|one| one.to_vec()).collect()),
        })
    }

    fn see(&mut self, examples: &mut Examples, index: usize) -> Result<Arc<Vec<f32>>> {
        if let Some(seen) = self.seen.get(&index) {
            return Ok(seen.clone());
        }
        let named = |e| Failure::from(e).during(format!("the picture of sample {index}"));
        let frame = Frame::from_encoded(examples.picture(index)?).map_err(named)?;
        let pixels = preprocess(&frame, self.sizes.image_size);
        let values = Arc::new(match self.sight {
            Sight::Features => self.engine.image_features(&pixels, None, &self.cancel)?,
            Sight::States => self.engine.vision_states(&pixels, None, &self.cancel)?,
            Sight::Pixels => pixels,
        });
        let bytes = size_of_val(values.as_slice());
        if bytes <= self.room {
            self.room -= bytes;
            self.seen.insert(index, values.clone());
        }
        Ok(values)
    }
}
