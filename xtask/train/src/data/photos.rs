//! `cargo xtask data taco` and `data yolo`: labelled photos → samples of the task `segment`.
//!
//! ```text
//! options  what can be chosen
//! plan     which views of which photos are made
//! make     one view → one sample
//! ```

mod make;
mod options;
mod plan;

use std::path::Path;

use xtask::args::Args;
use xtask::dataset::Dataset;
use xtask::failure::{Failure, Result};

use self::make::Studio;
use self::options::Options;
use super::card::Card;
use super::codec;
use super::parquet::SampleWriter;
use super::produce::produce;
use super::sets;
use super::sheet;

/// How a folder of photos is labelled, and with it what is worth making of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Many small things in wide scenes: mostly crops around objects.
    Taco,
    /// One thing or a few that fill the photo: mostly the photo as it is.
    Yolo,
}

impl Layout {
    fn name(self) -> &'static str {
        match self {
            Self::Taco => "taco",
            Self::Yolo => "yolo",
        }
    }

    /// The file that a folder of this layout has.
    fn marker(self) -> &'static str {
        match self {
            Self::Taco => "annotations.json",
            Self::Yolo => "classes.txt",
        }
    }
}

/// Runs the task.
///
/// # Errors
/// Whatever stopped it, as one line; the samples' folder is then not there.
pub fn run(layout: Layout, args: Args) -> Result<()> {
    let options = Options::parse(layout, args)?;
    let folder = &options.folder;
    refuse_valid(folder)?;
    if !folder.join(layout.marker()).is_file() {
        let words = format!("{} has no {}", folder.display(), layout.marker());
        return Err(Failure::new(words));
    }
    let codec = codec::open(&options.codec)?;
    let mut writer = SampleWriter::create(&options.out)?;
    let (photos, left_out) = plan::photos(Dataset::open(folder)?, &options)?;
    let jobs = plan::jobs(&photos, &options);
    let studio = Studio { photos: &photos, codec: &codec, options: &options };
    let produced =
        produce(jobs.len(), |number| studio.make(&jobs[number], number), |s| writer.push(s))?;
    let mut notes = produced.notes();
    if left_out > 0 {
        notes.push(format!("{left_out} photos that cannot be used were left out"));
    }
    let card = Card {
        command: format!("cargo xtask data {} {}", layout.name(), options.told()),
        seed: options.seed,
        sources: vec![sets::source(folder)],
        notes: notes.clone(),
    };
    if let Some(path) = &options.sheet {
        sheet::write(&produced.picks, &codec, path)?;
    }
    let counts = writer.finish(&card)?;
    println!(
        "{}: {} samples to train on, {} held out",
        options.out.display(),
        counts.train,
        counts.held_out
    );
    notes.iter().for_each(|note| println!("{note}"));
    Ok(())
}

/// Samples of what is measured on would make every figure a lie.
fn refuse_valid(folder: &Path) -> Result<()> {
    let folder = folder.canonicalize().map_err(|e| Failure::io(folder, &e))?;
    if folder.ends_with("valid") {
        let words = format!("{} is there to measure on: never train on it", folder.display());
        return Err(Failure::new(words));
    }
    Ok(())
}
