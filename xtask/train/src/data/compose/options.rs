//! What can be chosen when scenes are composed.

use std::path::PathBuf;

use xtask::args::Args;
use xtask::bundled;
use xtask::failure::{Failure, Result};

use super::super::answer::{Asking, Order};
use super::super::numbers::{count, share};
use super::super::sample::Split;
use super::super::seen::Rules;

const USAGE: &str = "\
cargo xtask data compose --cutouts DIR [--cutouts DIR …] --backgrounds DIR --out DIR --count N
  --cutouts DIR       labelled photos (YOLO's or TACO's layout) to cut things out of
  --backgrounds DIR   pictures of grounds, in folders of any depth; small ones are laid as tiles
  --count N           scenes
  --objects WHICH     train or held-out: things of photos that may be trained on, or that never are; train
  --items A-B         things in a scene; 1-6
  --as WHICH          parquet, to train on, or yolo, to measure on (cargo xtask evaluate segment --data); parquet
  --codec PACK|FILE   the pack that will be trained, or its mask codec; the bundled one
  --seed N            what all chance is drawn from; 0
  --longest PX        longer side of a scene; 448
  --empty SHARE       share of scenes without any thing; 0.02, as yolo 0
  --detect SHARE      share that asks for boxes without masks; 0
  --some SHARE        share that asks for some classes only; 0.05
  --sheet PNG         a contact sheet of 24 scenes";

/// How scenes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As samples.
    Parquet,
    /// As labelled photos.
    Yolo,
}

/// The choices.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    pub cutouts: Vec<PathBuf>,
    pub backgrounds: PathBuf,
    pub out: PathBuf,
    pub count: usize,
    pub objects: Split,
    /// Least and most.
    pub items: (usize, usize),
    pub format: Format,
    pub codec: PathBuf,
    pub seed: u64,
    pub longest: u32,
    pub empty: f64,
    pub rules: Rules,
    pub asking: Asking,
    pub sheet: Option<PathBuf>,
}

impl Options {
    /// Reads the command line behind `data compose`.
    ///
    /// # Errors
    /// The usage, or what is wrong.
    pub fn parse(mut args: Args) -> Result<Self> {
        let (mut backgrounds, mut out, mut number, mut empty) = (None, None, None, None);
        let mut options = Self {
            cutouts: Vec::new(),
            backgrounds: PathBuf::new(),
            out: PathBuf::new(),
            count: 0,
            objects: Split::Train,
            items: (1, 6),
            format: Format::Parquet,
            codec: bundled::pack(),
            seed: 0,
            longest: 448,
            empty: 0.0,
            rules: Rules { least: 0.03, max_items: 12, order: Order::Largest },
            asking: Asking { detect: 0.0, some: 0.05 },
            sheet: None,
        };
        while let Some(arg) = args.next(USAGE)? {
            match arg.as_str() {
                "--cutouts" => options.cutouts.push(args.path("--cutouts")?),
                "--backgrounds" => backgrounds = Some(args.path("--backgrounds")?),
                "--out" => out = Some(args.path("--out")?),
                "--count" => number = Some(count(&mut args, "--count", 1..=10_000_000)?),
                "--objects" => options.objects = args.text("--objects")?.parse()?,
                "--items" => options.items = items(&args.text("--items")?)?,
                "--as" => options.format = format(&args.text("--as")?)?,
                "--codec" => options.codec = args.path("--codec")?,
                "--seed" => options.seed = args.number("--seed")? as u64,
                "--longest" => options.longest = count(&mut args, "--longest", 96..=2048)? as u32,
                "--empty" => empty = Some(share(&mut args, "--empty")?),
                "--detect" => options.asking.detect = share(&mut args, "--detect")?,
                "--some" => options.asking.some = share(&mut args, "--some")?,
                "--sheet" => options.sheet = Some(args.path("--sheet")?),
                other => return Err(Failure::new(format!("unknown option {other}; {USAGE}"))),
            }
        }
        let missing = |option: &str| Failure::new(format!("{option} is missing; {USAGE}"));
        if options.cutouts.is_empty() {
            return Err(missing("--cutouts"));
        }
        options.backgrounds = backgrounds.ok_or_else(|| missing("--backgrounds"))?;
        options.out = out.ok_or_else(|| missing("--out"))?;
        options.count = number.ok_or_else(|| missing("--count"))?;
        let usual = if options.format == Format::Parquet { 0.02 } else { 0.0 };
        options.empty = empty.unwrap_or(usual);
        Ok(options)
    }

    /// What was chosen, without any path: for the card.
    pub fn told(&self) -> String {
        format!(
            "--cutouts DIR … --backgrounds DIR --out OUT --count {} --objects {} --items {}-{} --as {} --seed {} \
             --longest {} --empty {} --detect {} --some {}",
            self.count,
            self.objects,
            self.items.0,
            self.items.1,
            match self.format {
                Format::Parquet => "parquet",
                Format::Yolo => "yolo",
            },
            self.seed,
            self.longest,
            self.empty,
            self.asking.detect,
            self.asking.some,
        )
    }
}

/// `A-B` or `A`, at least one.
fn items(text: &str) -> Result<(usize, usize)> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    let bounds = least.parse().ok().zip(most.parse().ok());
    let bounds = bounds.filter(|&(least, most)| (1..=most).contains(&least) && most <= 12);
    bounds.ok_or_else(|| {
        Failure::new(format!("--items wants 3-6 or the like, at most 12, not {text:?}"))
    })
}

fn format(word: &str) -> Result<Format> {
    match word {
        "parquet" => Ok(Format::Parquet),
        "yolo" => Ok(Format::Yolo),
        _ => Err(Failure::new(format!("--as wants parquet or yolo, not {word:?}"))),
    }
}
