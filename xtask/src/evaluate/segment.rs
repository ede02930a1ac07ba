//! `cargo xtask evaluate segment`: a pack's outlines on labelled photos.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kerbside_core::cancel::CancelToken;
use kerbside_core::certainty::{Calibration, Evidence};
use kerbside_core::detection::{self, Detection};
use kerbside_core::engine::{Engine, EngineOptions, SEGMENT, SegmentRequest, Session};
use kerbside_core::looks;
use kerbside_core::photo::Frame;

use super::fit::{self, Example};
use super::matching::Matches;
use super::report::Report;
use super::scene::{Scene, Truth};
use super::{Judged, evaluate_photos, pictures, table};
use crate::args::Args;
use crate::bundled;
use crate::convert::read_calibration;
use crate::dataset::Dataset;
use crate::failure::{Failure, Result};
use crate::held_out::held_out;
use crate::measure::show_progress;

const USAGE: &str = "\
cargo xtask evaluate segment --data DIR... [--pack DIR] [--json]
  --data DIR          labelled photos, YOLO or COCO layout; may be given more than once
  --held-out          only those of a training folder that nothing is trained on
  --min-area SHARE    smaller objects (0.01: one hundredth of the photo) do not count
  --crop              look again at the four overlapping quarters
  --once              without the second look at each find that small packs get
  --adapter DIR|none  with this PEFT folder, or the base alone, instead of the pack's adapter
  --calibration FILE  with these numbers instead of the pack's
  --calibrate FILE    measure the numbers on the held-out photos, write them there, and use them
  --pictures DIR      draw every photo: what is there (thin), what was found
  --threads N         threads to compute with; all by default
  --json              for another program to read";

/// The name of an adapter that is measured without being the pack's.
const MEASURED: &str = "measured";

/// What the person asked for.
#[derive(Debug)]
struct Wish {
    pack: PathBuf,
    data: Vec<PathBuf>,
    held_out: bool,
    min_area: f64,
    crop: bool,
    once: bool,
    adapter: Option<String>,
    calibration: Option<PathBuf>,
    calibrate: Option<PathBuf>,
    pictures: Option<PathBuf>,
    threads: usize,
    json: bool,
}

/// Runs the task.
///
/// # Errors
/// What is wrong with the arguments, the pack or the data.
pub fn run(args: Args) -> Result<()> {
    let wish = Wish::parse(args)?;
    let dataset = wish.dataset()?;
    let engine = wish.engine()?;
    if let Some(path) = &wish.calibrate {
        let calibration = measure_calibration(&engine, &dataset, wish.min_area)?;
        write_calibration(path, calibration)?;
        engine.calibrate(SEGMENT, calibration);
    }
    let report = measure(&wish, &engine, &dataset)?;
    if wish.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{}", table::table(&report));
    }
    Ok(())
}

fn measure(wish: &Wish, engine: &Engine, dataset: &Dataset) -> Result<Report> {
    if let Some(folder) = &wish.pictures {
        fs::create_dir_all(folder).map_err(|e| Failure::io(folder, &e))?;
    }
    let mut session = engine.session();
    let mut look = |frame: &Frame| outline(&mut session, frame, wish);
    let mut drawn = Ok(());
    let mut on_photo = |judged: &Judged<'_>| {
        if let (Some(folder), Ok(())) = (&wish.pictures, &drawn) {
            drawn = pictures::write(judged, folder);
        }
        show_progress(judged.done, dataset.samples.len(), "photos");
    };
    let report = evaluate_photos(dataset, wish.min_area, &mut look, &mut on_photo)?;
    drawn?;
    Ok(report)
}

/// The whole photo, as the app looks at it, and its overlapping quarters where asked for.
fn outline(
    session: &mut Session,
    frame: &Frame,
    wish: &Wish,
) -> kerbside_core::error::Result<Vec<Detection>> {
    let (cancel, request) = (CancelToken::new(), SegmentRequest::default());
    let mut items = if !wish.once && session.engine().is_small() {
        session.look_twice(frame, &request, &cancel)?
    } else {
        session.set_photo(frame, &cancel)?;
        session.segment(&request, &cancel, &mut |_| {})?
    };
    let quarters = if wish.crop { looks::quarters(frame).to_vec() } else { Vec::new() };
    for (crop, region) in &quarters {
        items = session.look_again((crop, region), items, &request, &cancel, &mut |_| {})?;
    }
    Ok(items)
}

/// Fits the numbers on what the model writes of each photo, each thing once.
fn measure_calibration(engine: &Engine, dataset: &Dataset, min_area: f64) -> Result<Calibration> {
    let (mut session, mut examples) = (engine.session(), Vec::new());
    for (index, sample) in dataset.samples.iter().enumerate() {
        let frame = sample.frame()?;
        let (found, evidence) = written(&mut session, &frame)
            .map_err(|e| Failure::from(e).during(sample.photo.display()))?;
        let truth = Truth::new(sample, (frame.width(), frame.height()), min_area);
        let scene = Scene::new(&truth, &found, min_area);
        examples.extend(fit::examples(&scene, &Matches::of(&scene), &evidence));
        show_progress(index + 1, dataset.samples.len(), "photos to calibrate on");
    }
    check_examples(&examples)?;
    Ok(fit::fit(&examples))
}

fn check_examples(examples: &[Example]) -> Result<()> {
    let found = examples.len();
    if found < fit::FEWEST {
        let words = format!(
            "{found} items were found, a calibration takes {} at least; give more --data",
            fit::FEWEST
        );
        return Err(Failure::new(words));
    }
    Ok(())
}

fn written(
    session: &mut Session,
    frame: &Frame,
) -> kerbside_core::error::Result<(Vec<Detection>, Vec<Evidence>)> {
    let cancel = CancelToken::new();
    session.set_photo(frame, &cancel)?;
    let items = session.write(&SegmentRequest::default(), &cancel)?;
    let (found, evidence): (Vec<_>, Vec<_>) =
        items.into_iter().map(|item| (item.detection, item.evidence)).unzip();
    let kept = detection::distinct(&found);
    Ok(kept.into_iter().map(|index| (found[index].clone(), evidence[index])).unzip())
}

fn write_calibration(path: &Path, calibration: Calibration) -> Result<()> {
    let numbers = BTreeMap::from([(SEGMENT, calibration)]);
    let mut json = serde_json::to_string_pretty(&numbers)?;
    json.push('\n');
    fs::write(path, json).map_err(|e| Failure::io(path, &e))
}

impl Wish {
    fn parse(mut args: Args) -> Result<Self> {
        let mut wish = Self {
            pack: bundled::pack(),
            data: Vec::new(),
            held_out: false,
            min_area: 0.0,
            crop: false,
            once: false,
            adapter: None,
            calibration: None,
            calibrate: None,
            pictures: None,
            threads: 0,
            json: false,
        };
        while let Some(arg) = args.next(USAGE)? {
            match arg.as_str() {
                "--pack" => wish.pack = args.path(&arg)?,
                "--data" => wish.data.push(args.path(&arg)?),
                "--held-out" => wish.held_out = true,
                "--min-area" => wish.min_area = parse_share(&arg, &args.text(&arg)?)?,
                "--crop" => wish.crop = true,
                "--once" => wish.once = true,
                "--adapter" => wish.adapter = Some(args.text(&arg)?),
                "--calibration" => wish.calibration = Some(args.path(&arg)?),
                "--calibrate" => wish.calibrate = Some(args.path(&arg)?),
                "--pictures" => wish.pictures = Some(args.path(&arg)?),
                "--threads" => wish.threads = args.number(&arg)?,
                "--json" => wish.json = true,
                _ => return Err(Failure::new(format!("unknown option {arg}; {USAGE}"))),
            }
        }
        wish.check()?;
        Ok(wish)
    }

    fn check(&self) -> Result<()> {
        if self.data.is_empty() {
            return Err(Failure::new(format!("--data is missing; {USAGE}")));
        }
        let is_valid = |folder: &PathBuf| folder.components().any(|c| c.as_os_str() == "valid");
        if self.calibrate.is_some() && (!self.held_out || self.data.iter().any(is_valid)) {
            let words = "--calibrate wants --held-out and the training folders: \
                         what is tuned on valid photos cannot be measured on them";
            return Err(Failure::new(words));
        }
        Ok(())
    }

    /// The photos of all folders.
    fn dataset(&self) -> Result<Dataset> {
        let mut samples = Vec::new();
        for folder in &self.data {
            samples.extend(Dataset::open(folder)?.samples);
        }
        let dataset = Dataset { samples };
        let dataset = if self.held_out { held_out(dataset) } else { dataset };
        if dataset.samples.is_empty() {
            return Err(Failure::new("there is no photo to measure on"));
        }
        Ok(dataset)
    }

    /// The pack, with the adapter and the calibration asked for.
    fn engine(&self) -> Result<Engine> {
        let options = EngineOptions { threads: self.threads, ..EngineOptions::default() };
        let engine = Engine::open(&self.pack, &options)?;
        match self.adapter.as_deref() {
            None => {}
            Some("none") => engine.assign(SEGMENT, None)?,
            Some(folder) => {
                engine.load_adapter(MEASURED, Path::new(folder))?;
                engine.assign(SEGMENT, Some(MEASURED))?;
            }
        }
        if let Some(path) = &self.calibration {
            let numbers = read_calibration(path)?;
            let own = numbers.get(SEGMENT).ok_or_else(|| {
                Failure::new(format!("{} says nothing of segment", path.display()))
            })?;
            engine.calibrate(SEGMENT, *own);
        }
        Ok(engine)
    }
}

fn parse_share(option: &str, text: &str) -> Result<f64> {
    let share = text.parse().ok().filter(|share| (0.0..1.0).contains(share));
    share.ok_or_else(|| {
        Failure::new(format!("{option} wants a share of the photo such as 0.01, not {text:?}"))
    })
}
