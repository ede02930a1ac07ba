//! Samples → what goes through the model together.

use xtask::failure::Result;

use super::examples::{Examples, Order};
use super::model::{Input, Pictures};
use super::photos::Photos;
use super::tokens::Text;

/// The samples of one split with the eyes that look at their pictures.
pub struct Feed {
    examples: Examples,
    photos: Photos,
}

/// One pass's texts and pictures.
pub struct Batch {
    texts: Vec<Text>,
    pictures: Pictures,
}

impl Batch {
    /// As the model takes it.
    pub fn input(&self) -> Input<'_> {
        Input { texts: self.texts.iter().collect(), pictures: &self.pictures }
    }
}

impl Feed {
    /// Samples and eyes.
    pub fn new(examples: Examples, photos: Photos) -> Self {
        Self { examples, photos }
    }

    /// The samples.
    pub fn examples(&self) -> &Examples {
        &self.examples
    }

    /// The `count` samples from `position` on, in batches of `batch`. Samples with and without
    /// picture do not go together.
    ///
    /// # Errors
    /// If a picture cannot be read.
    pub fn batches(
        &mut self,
        order: &mut Order,
        position: usize,
        count: usize,
        batch: usize,
    ) -> Result<Vec<Batch>> {
        let indices: Vec<usize> = (position..position + count).map(|p| order.at(p)).collect();
        let mut batches = Vec::new();
        for chunk in indices.chunks(batch) {
            let (pictured, plain): (Vec<usize>, Vec<usize>) =
                chunk.iter().partition(|&&index| self.examples.get(index).pictured);
            for (group, pictured) in [(pictured, true), (plain, false)] {
                if group.is_empty() {
                    continue;
                }
                let pictures = match pictured {
                    true => self.photos.look(&mut self.examples, &group)?,
                    false => Pictures::None,
                };
                let texts = group.iter().map(|&index| self.examples.get(index).text.clone());
                batches.push(Batch { texts: texts.collect(), pictures });
            }
        }
        Ok(batches)
    }
}
