//! Runs jobs on all cores and hands their samples on in the jobs' order, so that the files do not
//! depend on how many cores there are.

use std::collections::BTreeMap;

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use xtask::failure::Result;

use super::sample::{Sample, Split};
use super::sheet::TILES;

/// What became of a job.
pub enum Outcome<T> {
    /// A sample, or something that has one.
    Made(Box<T>),
    /// No view showed what it should.
    NoView,
    /// The photo cannot be decoded, and such are left out.
    BadPhoto,
}

/// What became of all jobs.
#[derive(Debug, Default)]
pub struct Produced {
    /// Samples spread evenly over the jobs, at most as many as a contact sheet shows.
    pub picks: Vec<Sample>,
    /// Items to train on and held out, by class.
    items: BTreeMap<String, [usize; 2]>,
    samples: usize,
    /// Samples without items.
    empty: usize,
    no_view: usize,
    bad_photo: usize,
}

/// Jobs in memory at a time.
const CHUNK: usize = 64;

/// Makes the samples `0..jobs` and hands each to `take`, in order.
///
/// # Errors
/// The first failure of a job or of `take`.
pub fn produce<T: AsRef<Sample> + Send>(
    jobs: usize,
    make: impl Fn(usize) -> Result<Outcome<T>> + Sync,
    mut take: impl FnMut(T) -> Result<()>,
) -> Result<Produced> {
    let bar = bar(jobs);
    let mut produced = Produced::default();
    for start in (0..jobs).step_by(CHUNK) {
        let end = (start + CHUNK).min(jobs);
        let outcomes: Vec<Result<Outcome<T>>> = (start..end).into_par_iter().map(&make).collect();
        for (number, outcome) in (start..end).zip(outcomes) {
            match outcome? {
                Outcome::Made(made) => {
                    let sample = made.as_ref().as_ref();
                    produced.count(sample);
                    // The nth pick comes from the nth part of the jobs, or the first after it.
                    if number * TILES >= produced.picks.len() * jobs && produced.picks.len() < TILES
                    {
                        produced.picks.push(sample.clone());
                    }
                    take(*made)?;
                }
                Outcome::NoView => produced.no_view += 1,
                Outcome::BadPhoto => produced.bad_photo += 1,
            }
        }
        bar.set_position(end as u64);
    }
    bar.finish_and_clear();
    Ok(produced)
}

/// Drawn only on a terminal.
fn bar(jobs: usize) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {pos} of {len} samples, {per_sec}, {eta} left");
    let style = style.expect("the template is well formed");
    ProgressBar::new(jobs as u64).with_style(style)
}

impl Produced {
    /// How many samples were made.
    pub fn samples(&self) -> usize {
        self.samples
    }

    fn count(&mut self, sample: &Sample) {
        self.samples += 1;
        self.empty += usize::from(sample.labels.is_empty());
        let column = usize::from(sample.split == Split::HeldOut);
        for label in &sample.labels {
            self.items.entry(label.clone()).or_default()[column] += 1;
        }
    }

    /// What is worth knowing, a line each.
    pub fn notes(&self) -> Vec<String> {
        let class = |(label, [train, held_out]): (&String, &[usize; 2])| {
            format!("{label} {train} + {held_out}")
        };
        let classes: Vec<String> = self.items.iter().map(class).collect();
        let mut notes = vec![format!("items to train on + held out: {}", classes.join(", "))];
        for (count, what) in [
            (self.empty, "samples have no item"),
            (
                self.no_view,
                "views were not made: nothing large enough, or too much cut off, in them",
            ),
            (self.bad_photo, "views were not made: their photos cannot be decoded"),
        ] {
            if count > 0 {
                notes.push(format!("{count} {what}"));
            }
        }
        notes
    }
}
