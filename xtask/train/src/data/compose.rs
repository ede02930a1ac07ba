//! `cargo xtask data compose`: things cut out of photos on clean ground, laid on other grounds: scenes
//! of several things whose masks are known to the pixel.
//!
//! ```text
//! options     what can be chosen
//! cutout      one thing without its ground
//! background  the ground
//! layer       a thing scaled, turned and placed
//! scene       ground, shadows and things on one another
//! yolo        scenes as a folder to measure on
//! ```

mod background;
mod cutout;
mod layer;
mod options;
mod scene;
mod yolo;

use xtask::args::Args;
use xtask::failure::Result;

use self::background::Backgrounds;
use self::cutout::Library;
use self::options::{Format, Options};
use self::scene::Scene;
use self::yolo::YoloFolder;
use super::answer::{Item, Question};
use super::card::{Card, Source};
use super::chance::stream;
use super::codec;
use super::parquet::SampleWriter;
use super::produce::{Outcome, Produced, produce};
use super::sample::{Sample, Split};
use super::{sets, sheet};
use kerbside_core::mask::{BinaryMask, MaskCodec};
use rand::Rng;

/// Scenes tried until one has enough things.
const TRIES: usize = 10;

/// Runs the task.
///
/// # Errors
/// Whatever stopped it, as one line; the folder is then not there.
pub fn run(args: Args) -> Result<()> {
    let options = Options::parse(args)?;
    let codec = codec::open(&options.codec)?;
    let library = Library::open(&options.cutouts, options.objects)?;
    let backgrounds = Backgrounds::open(&options.backgrounds)?;
    let stage = Stage { options: &options, library, backgrounds, codec };
    let make = |number: usize| stage.shoot(number);
    let produced = match options.format {
        Format::Parquet => {
            let mut writer = SampleWriter::create(&options.out)?;
            let produced = produce(options.count, make, |shot: Shot| writer.push(shot.sample))?;
            writer.finish(&stage.card(&produced))?;
            produced
        }
        Format::Yolo => {
            let mut folder = YoloFolder::create(&options.out)?;
            let produced = produce(options.count, make, |shot: Shot| folder.push(&shot))?;
            folder.finish(&stage.card(&produced))?;
            produced
        }
    };
    if let Some(path) = &options.sheet {
        sheet::write(&produced.picks, &stage.codec, path)?;
    }
    println!("{}: {} scenes", options.out.display(), produced.samples());
    stage.notes(&produced).iter().for_each(|note| println!("{note}"));
    Ok(())
}

/// A scene as a sample, and the masks of its items.
pub(super) struct Shot {
    sample: Sample,
    /// In the order of the sample's labels, unless not all classes were asked for.
    masks: Vec<(Item, BinaryMask)>,
}

impl AsRef<Sample> for Shot {
    fn as_ref(&self) -> &Sample {
        &self.sample
    }
}

/// What all scenes share.
struct Stage<'a> {
    options: &'a Options,
    library: Library,
    backgrounds: Backgrounds,
    codec: MaskCodec,
}

impl Stage<'_> {
    fn shoot(&self, number: usize) -> Result<Outcome<Shot>> {
        let options = self.options;
        let mut rng = stream(options.seed, number as u64);
        let (least, most) = options.items;
        let is_empty = rng.random_bool(options.empty);
        let wanted = if is_empty { 0 } else { rng.random_range(least..=most) };
        let enough = if is_empty { 0 } else { least };
        for _ in 0..TRIES {
            let scene = Scene::compose(
                wanted,
                options.longest,
                &self.library,
                &self.backgrounds,
                &mut rng,
            )?;
            let masks = scene.items(&options.rules);
            if masks.len() >= enough {
                return Ok(Outcome::Made(Box::new(self.shot(number, &scene, masks, &mut rng)?)));
            }
        }
        Ok(Outcome::NoView)
    }

    fn shot(
        &self,
        number: usize,
        scene: &Scene,
        masks: Vec<(Item, BinaryMask)>,
        rng: &mut impl Rng,
    ) -> Result<Shot> {
        let options = self.options;
        let (question, quality) = match options.objects {
            Split::Train => (Question::random(&options.asking, rng), rng.random_range(78..=95)),
            Split::HeldOut => (Question::usual(), 92),
        };
        let items: Vec<Item> = masks.iter().map(|(item, _)| item.clone()).collect();
        let path = format!("composed/{number:06}.jpg");
        let split = options.objects;
        let sample = question.sample(&scene.picture, quality, path, &items, split, &self.codec)?;
        Ok(Shot { sample, masks })
    }

    fn notes(&self, produced: &Produced) -> Vec<String> {
        let mut notes = produced.notes();
        notes.push(format!(
            "things to cut out ({}): {}; {} more are too small or cut off by their photo's edge",
            self.options.objects,
            self.library.told(),
            self.library.unfit
        ));
        notes
    }

    fn card(&self, produced: &Produced) -> Card {
        let folders = self.options.cutouts.iter().chain([&self.options.backgrounds]);
        let mut sources: Vec<Source> = folders.map(|folder| sets::source(folder)).collect();
        sources.dedup();
        Card {
            command: format!("cargo xtask data compose {}", self.options.told()),
            seed: self.options.seed,
            sources,
            notes: self.notes(produced),
        }
    }
}
