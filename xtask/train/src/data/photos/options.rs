//! What can be chosen when photos become samples.

use std::path::PathBuf;

use xtask::args::Args;
use xtask::bundled;
use xtask::failure::{Failure, Result};

use super::super::answer::{Asking, Order};
use super::super::seen::Rules;
use super::super::sets::HeldOut;
use super::Layout;
use crate::data::numbers::{count, share};

const USAGE: &str = "\
cargo xtask data taco|yolo DIR --out DIR
  DIR is TACO's own layout (annotations.json, batch_N/) or YOLO's (classes.txt, images/, labels/)
  --codec PACK|FILE   the pack that will be trained, or its mask codec; the bundled one
  --seed N            what all chance is drawn from; 0
  --per-photo N       crops around objects for each photo, classes evened out; taco 8, yolo 1
  --whole N           samples of the whole photo or most of it, for each photo; taco 1, yolo 3
  --empty N           samples of ground without any object, for each hundred photos; 20
  --held-out B|N      taco: the batch that is not trained on, batch_14; yolo: how many of 100 photos, 3 (garbage-seg 10)
  --longest PX        longest side of a stored picture; 448
  --least SHARE       share of the picture's side below which a thing is not asked for; 0.04
  --max-items N       most items of an answer; 12
  --order WHICH       of the items: largest (first) or reading (top to bottom); largest
  --detect SHARE      share that asks for boxes without masks; 0
  --some SHARE        share that asks for some classes only; 0.05
  --sheet PNG         a contact sheet of 24 samples
  --skip-bad          leaves out photos that are missing, damaged or of another size than labelled";

/// The choices.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    pub folder: PathBuf,
    pub out: PathBuf,
    pub codec: PathBuf,
    pub seed: u64,
    pub per_photo: usize,
    pub whole: usize,
    pub empty: usize,
    pub held_out: HeldOut,
    pub longest: u32,
    pub rules: Rules,
    pub asking: Asking,
    pub sheet: Option<PathBuf>,
    pub skip_bad: bool,
}

impl Options {
    /// Reads the command line behind `data taco` or `data yolo`.
    ///
    /// # Errors
    /// The usage, or what is wrong.
    pub fn parse(layout: Layout, mut args: Args) -> Result<Self> {
        let (mut folder, mut out) = (None, None);
        let (per_photo, whole) = if layout == Layout::Taco { (8, 1) } else { (1, 3) };
        let mut options = Self {
            folder: PathBuf::new(),
            out: PathBuf::new(),
            codec: bundled::pack(),
            seed: 0,
            per_photo,
            whole,
            empty: 20,
            held_out: HeldOut::Usual,
            longest: 448,
            rules: Rules { least: 0.04, max_items: 12, order: Order::Largest },
            asking: Asking { detect: 0.0, some: 0.05 },
            sheet: None,
            skip_bad: false,
        };
        while let Some(arg) = args.next(USAGE)? {
            match arg.as_str() {
                "--out" => out = Some(args.path("--out")?),
                "--codec" => options.codec = args.path("--codec")?,
                "--seed" => options.seed = args.number("--seed")? as u64,
                "--per-photo" => options.per_photo = args.number("--per-photo")?,
                "--whole" => options.whole = args.number("--whole")?,
                "--empty" => options.empty = args.number("--empty")?,
                "--held-out" => options.held_out = held_out(layout, &args.text("--held-out")?)?,
                "--longest" => options.longest = count(&mut args, "--longest", 32..=4096)? as u32,
                "--least" => options.rules.least = share(&mut args, "--least")? as f32,
                "--max-items" => {
                    options.rules.max_items = count(&mut args, "--max-items", 1..=100)?
                }
                "--order" => options.rules.order = order(&args.text("--order")?)?,
                "--detect" => options.asking.detect = share(&mut args, "--detect")?,
                "--some" => options.asking.some = share(&mut args, "--some")?,
                "--sheet" => options.sheet = Some(args.path("--sheet")?),
                "--skip-bad" => options.skip_bad = true,
                other => folder = Some(args.positional(other, USAGE)?),
            }
        }
        options.folder = folder.ok_or_else(|| Failure::new(USAGE))?;
        options.out = out.ok_or_else(|| Failure::new(format!("--out is missing; {USAGE}")))?;
        Ok(options)
    }

    /// What was chosen, without any path: for the samples' card.
    pub fn told(&self) -> String {
        let held_out = match &self.held_out {
            HeldOut::Usual => String::new(),
            HeldOut::Batch(name) => format!(" --held-out {name}"),
            HeldOut::Percent(share) => format!(" --held-out {share}"),
        };
        format!(
            "DIR --out OUT --seed {} --per-photo {} --whole {} --empty {}{held_out} --longest {} \
             --least {} --max-items {} --order {} --detect {} --some {}",
            self.seed,
            self.per_photo,
            self.whole,
            self.empty,
            self.longest,
            self.rules.least,
            self.rules.max_items,
            match self.rules.order {
                Order::Largest => "largest",
                Order::Reading => "reading",
            },
            self.asking.detect,
            self.asking.some,
        )
    }
}

fn held_out(layout: Layout, text: &str) -> Result<HeldOut> {
    if layout == Layout::Taco {
        return Ok(HeldOut::Batch(text.to_owned()));
    }
    let share = text.parse().ok().filter(|share| *share < 100);
    let words = || Failure::new(format!("--held-out wants photos of a hundred, not {text:?}"));
    Ok(HeldOut::Percent(share.ok_or_else(words)?))
}

fn order(word: &str) -> Result<Order> {
    match word {
        "largest" => Ok(Order::Largest),
        "reading" => Ok(Order::Reading),
        _ => Err(Failure::new(format!("--order wants largest or reading, not {word:?}"))),
    }
}
