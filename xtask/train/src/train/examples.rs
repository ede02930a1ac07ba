//! The samples of one split and task, checked before the first step; pictures stay in the files.

use std::path::Path;

use kerbside_core::language::tokenizer::Tokenizer;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use xtask::failure::{Failure, Result};

use super::tokens::Text;
use crate::data::parquet::Samples;
use crate::data::sample::{Sample, Split, Task};

/// What samples must be to be trained on.
#[derive(Debug, Clone, Copy)]
pub struct Demands {
    /// Whose samples.
    pub task: Task,
    /// Which part of the data.
    pub split: Split,
    /// Most positions of prompt and answer.
    pub most: usize,
    /// Leave longer ones out instead of refusing the data.
    pub skip_long: bool,
}

/// Samples as tokens, and where their pictures are.
pub struct Examples {
    /// `None` where the data has no file of the split.
    samples: Option<Samples>,
    list: Vec<Example>,
    left_out: usize,
    /// The row group that was read last.
    group: Option<(usize, Vec<Sample>)>,
}

/// One sample.
pub struct Example {
    /// Its tokens.
    pub text: Text,
    /// Whether it has a picture.
    pub pictured: bool,
    group: usize,
    row: usize,
}

impl Examples {
    /// Reads all samples of a folder or file once. There may be none of the split or the task.
    ///
    /// # Errors
    /// If a file cannot be read, a sample has nothing to answer, or some are too long: how many,
    /// and how the longest begins.
    pub fn open(path: &Path, tokenizer: &Tokenizer, demands: Demands) -> Result<Self> {
        let samples = match has_split(path, demands.split)? {
            true => Samples::open(path, Some(demands.split))?,
            false => return Ok(Self { samples: None, list: vec![], left_out: 0, group: None }),
        };
        let (mut list, mut long) = (Vec::new(), Long::default());
        for group in 0..samples.groups() {
            for (row, sample) in samples.group(group)?.iter().enumerate() {
                if sample.task != demands.task || sample.split != demands.split {
                    continue;
                }
                let text = Text::new(tokenizer, sample)?;
                if text.positions() > demands.most {
                    long.add(&text, &sample.prompt);
                } else {
                    list.push(Example { text, pictured: sample.image.is_some(), group, row });
                }
            }
        }
        if long.count > 0 && !demands.skip_long {
            return Err(Failure::new(long.words(demands.most)).during(path.display()));
        }
        Ok(Self { samples: Some(samples), list, left_out: long.count, group: None })
    }

    /// Samples.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Samples that were too long.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// One of them.
    pub fn get(&self, index: usize) -> &Example {
        &self.list[index]
    }

    /// The encoded picture of one of them.
    ///
    /// # Errors
    /// If the file cannot be read any more, or the sample has none.
    pub fn picture(&mut self, index: usize) -> Result<&[u8]> {
        let Example { group, row, .. } = self.list[index];
        if self.group.as_ref().is_none_or(|(held, _)| *held != group) {
            let samples = self.samples.as_ref().expect("examples come from samples");
            self.group = Some((group, samples.group(group)?));
        }
        let (_, samples) = self.group.as_ref().expect("read above");
        let picture = samples[row].image.as_ref();
        Ok(&picture.ok_or_else(|| Failure::new("a sample without picture"))?.bytes)
    }

    /// Changes where any text changes: what tells a checkpoint's data from other data.
    pub fn fingerprint(&self) -> String {
        let mut bytes = Vec::new();
        for example in &self.list {
            let tokens = example.text.prompt.iter().chain(&example.text.suffix);
            bytes.extend(tokens.flat_map(|token| token.to_le_bytes()));
            bytes.push(u8::from(example.pictured));
        }
        kerbside_core::pack::sha256(&bytes)
    }
}

/// The samples that are too long.
#[derive(Default)]
struct Long {
    count: usize,
    positions: usize,
    /// How the longest one's prompt begins.
    prompt: String,
}

impl Long {
    fn add(&mut self, text: &Text, prompt: &str) {
        self.count += 1;
        if text.positions() > self.positions {
            self.positions = text.positions();
            self.prompt = prompt.chars().take(60).collect();
        }
    }

    fn words(&self, most: usize) -> String {
        let Self { count, positions, prompt } = self;
        format!(
            "{count} samples take more than {most} positions, the longest {positions} ({prompt:?}): \
             raise --max-tokens, or leave them out with --skip-long"
        )
    }
}

/// Whether a folder has files of a split; a single file may hold any.
fn has_split(path: &Path, split: Split) -> Result<bool> {
    if !path.is_dir() {
        return Ok(true);
    }
    let entries = std::fs::read_dir(path).map_err(|e| Failure::io(path, &e))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.into_iter().any(|name| name.starts_with(split.as_str()) && name.ends_with(".parquet")))
}

/// In which order samples are shown: another one in every epoch, and the same again for the same
/// seed, from wherever it is taken up.
pub struct Order {
    len: usize,
    seed: u64,
    /// Epoch and its permutation.
    current: Option<(usize, Vec<usize>)>,
}

impl Order {
    /// Of `len` samples.
    pub fn new(len: usize, seed: u64) -> Self {
        Self { len, seed, current: None }
    }

    /// The sample at `position`, counted over all epochs.
    pub fn at(&mut self, position: usize) -> usize {
        let epoch = position / self.len;
        if self.current.as_ref().is_none_or(|(held, _)| *held != epoch) {
            let mut random = ChaCha8Rng::seed_from_u64(self.seed);
            random.set_stream(epoch as u64);
            let mut order: Vec<usize> = (0..self.len).collect();
            order.shuffle(&mut random);
            self.current = Some((epoch, order));
        }
        let (_, order) = self.current.as_ref().expect("made above");
        order[position % self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_shows_every_sample_in_another_order() {
        let mut order = Order::new(50, 7);
        let epochs: Vec<Vec<usize>> =
            (0..3).map(|epoch| (0..50).map(|i| order.at(epoch * 50 + i)).collect()).collect();
        for epoch in &epochs {
            let mut sorted = epoch.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..50).collect::<Vec<_>>());
        }
        assert_ne!(epochs[0], epochs[1]);
        assert_eq!(Order::new(50, 7).at(120), epochs[2][20], "taken up in the middle");
        assert_ne!(Order::new(50, 8).at(120), Order::new(50, 7).at(120));
    }
}
