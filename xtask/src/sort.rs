//! `cargo xtask sort`: one photo, the whole way — items outlined, then what this community wants
//! done with each.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kerbside_core::cancel::CancelToken;
use kerbside_core::detection::{BBox, Detection};
use kerbside_core::engine::{Engine, EngineOptions, SegmentEvent, SegmentRequest, Timings};
use kerbside_core::mask::Point;
use kerbside_core::pack::Origin;
use kerbside_core::photo::Frame;
use kerbside_core::rules::{Context, Instruction, Perceived, RulePack, certainty_word};
use serde_json::{Value, json};

use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::looks::{self, Look};
use crate::{bundled, memory, overlay};

const USAGE: &str = "cargo xtask sort [PHOTO] [--pack DIR] [--community NAME] [--zone ID] \
[--language TAG] [--at X,Y] [--crop] [--overlay OUT.png] [--json] [--timings] [--threads N]";

/// What the person asked for.
struct Wish {
    photo: PathBuf,
    pack: PathBuf,
    community: String,
    zones: Vec<String>,
    language: String,
    /// A tap, in pixels of the upright photo.
    at: Option<(f32, f32)>,
    /// Whether to look at overlapping quarters as well.
    crop: bool,
    overlay: Option<PathBuf>,
    json: bool,
    timings: bool,
    threads: usize,
}

/// Everything that was found out.
struct Sorted {
    items: Vec<(Detection, Vec<Instruction>)>,
    /// How often the model looked: once, and once more for each closer look.
    looks: usize,
    open: Duration,
    whole: Duration,
    /// Of the first look.
    timings: Timings,
    /// Of this process, with engine and session still in use.
    memory: Vec<(&'static str, u64)>,
}

/// Runs the task.
pub fn run(args: Args) -> Result<()> {
    let wish = Wish::parse(args)?;
    let frame = read_photo(&wish.photo)?;
    let rules = bundled::rule_pack(&wish.community)?;
    let sorted = sort(&wish, &frame, &rules)?;
    if let Some(path) = &wish.overlay {
        let detections: Vec<_> = sorted.items.iter().map(|(d, _)| d.clone()).collect();
        overlay::draw_to_file(&frame, &detections, path)?;
    }
    if wish.json {
        println!("{:#}", sorted.to_json(&wish, &frame));
    } else {
        print!("{}", sorted.to_text(&wish));
    }
    Ok(())
}

fn sort(wish: &Wish, frame: &Frame, rules: &RulePack) -> Result<Sorted> {
    let start = Instant::now();
    let options = EngineOptions { threads: wish.threads, ..EngineOptions::default() };
    let engine = Engine::open(&wish.pack, &options)?;
    let open = start.elapsed();
    if engine.manifest().origin == Origin::Random {
        eprintln!(
            "this pack has random weights: what it says is noise, only its speed means anything"
        );
    }
    let cancel = CancelToken::new();
    let mut session = engine.session();
    let mut print = Progress { quiet: wish.json, start, items: 0 };
    session.set_photo(frame, &cancel)?;
    let request = SegmentRequest::default();
    let mut items = session.segment(&request, &cancel, &mut |event| print.show(&event))?;
    let timings = session.timings();
    let further = further_looks(wish, frame, &items);
    let looks = 1 + further.len();
    for (crop, region) in &further {
        let on_event = &mut |event| print.show(&event);
        items = session.look_again((crop, region), items, &request, &cancel, on_event)?;
    }
    let context = Context {
        zones: wish.zones.clone(),
        date: jiff::Zoned::now().date(),
        language: wish.language.clone(),
    };
    let resolve = |item: Detection| {
        let instructions = rules.resolve(&Perceived::of_class(item.label.as_str()), &context);
        (item, instructions)
    };
    let items = items.into_iter().map(resolve).collect();
    let whole = start.elapsed();
    Ok(Sorted { items, looks, open, whole, timings, memory: memory::figures() })
}

/// Where a tap found nothing, and the quarters if the person asked for them.
fn further_looks(wish: &Wish, frame: &Frame, items: &[Detection]) -> Vec<Look> {
    let tap = wish.at.and_then(|at| looks::around_tap(frame, at, items));
    let quarters = wish.crop.then(|| looks::quarters(frame));
    tap.into_iter().chain(quarters.into_iter().flatten()).collect()
}

/// Prints items the moment they are complete.
struct Progress {
    quiet: bool,
    start: Instant,
    items: usize,
}

impl Progress {
    fn show(&mut self, event: &SegmentEvent) {
        let SegmentEvent::Item { detection, .. } = event else { return };
        self.items += 1;
        if !self.quiet {
            let at = self.start.elapsed().as_secs_f32();
            println!("{at:6.2} s  found {}, {}", detection.label, place(&detection.bbox));
        }
    }
}

/// Where a box is, in words a person can check against the photo.
fn place(bbox: &BBox) -> String {
    let percent = |v: f32| (v * 100.0).round();
    format!(
        "{}–{} % from the left, {}–{} % from the top",
        percent(bbox.x1),
        percent(bbox.x2),
        percent(bbox.y1),
        percent(bbox.y2)
    )
}

impl Sorted {
    fn to_text(&self, wish: &Wish) -> String {
        let mut text = String::new();
        if self.items.is_empty() {
            text.push_str("\nNothing found. A closer look may help: --crop, or --at X,Y.\n");
        }
        for (i, (item, instructions)) in self.items.iter().enumerate() {
            let word = certainty_word(item.certainty(), &wish.language);
            let _ = writeln!(text, "\n{} {} ({word})", i + 1, item.label);
            for instruction in instructions {
                let _ = writeln!(text, "  {}", instruction.sentence());
            }
        }
        if let Some(path) = &wish.overlay {
            let _ = writeln!(text, "\nDrawn to {}", path.display());
        }
        if wish.timings {
            text.push_str(&self.timings_table());
        }
        text
    }

    fn stages(&self) -> [(&'static str, Duration); 7] {
        let t = &self.timings;
        [
            ("open", self.open),
            ("preprocess", t.preprocess),
            ("vision", t.vision),
            ("prefill", t.prefill),
            ("decode", t.decode),
            ("masks", t.masks),
            ("whole", self.whole),
        ]
    }

    fn timings_table(&self) -> String {
        let mut text = String::from("\n");
        for (name, time) in self.stages() {
            let _ = writeln!(text, "{name:>10} {:8.1} ms", time.as_secs_f64() * 1e3);
        }
        let t = &self.timings.tokens;
        let _ = writeln!(
            text,
            "{:>10} {} chosen, {} forced, {} model calls",
            "tokens", t.chosen, t.forced, t.model_calls
        );
        for (name, bytes) in &self.memory {
            let _ = writeln!(text, "{name:>10} {:8.1} MB", *bytes as f64 / 1e6);
        }
        text
    }

    fn to_json(&self, wish: &Wish, frame: &Frame) -> Value {
        let item = |(item, instructions): &(Detection, Vec<Instruction>)| {
            let outline = item.mask.as_ref().map(|m| m.outline(&item.bbox));
            let rings = |points: &[Point]| points.iter().map(|p| [p.x, p.y]).collect::<Vec<_>>();
            json!({
                "label": item.label.as_str(),
                "confidence": item.confidence,
                "certainty": item.certainty().id(),
                "box": {"y1": item.bbox.y1, "x1": item.bbox.x1, "y2": item.bbox.y2, "x2": item.bbox.x2},
                "outline": outline.map(|polygons| polygons.iter().map(|p| json!({
                    "outer": rings(&p.outer),
                    "holes": p.holes.iter().map(|h| rings(h)).collect::<Vec<_>>(),
                })).collect::<Vec<_>>()),
                "instructions": instructions,
                "sentences": instructions.iter().map(Instruction::sentence).collect::<Vec<_>>(),
            })
        };
        let mut value = json!({
            "photo": {"path": wish.photo, "width": frame.width(), "height": frame.height()},
            "community": wish.community,
            "looks": self.looks,
            "items": self.items.iter().map(item).collect::<Vec<_>>(),
        });
        if wish.timings {
            let stages = self.stages().map(|(name, t)| (name.to_owned(), json!(t.as_secs_f64())));
            value["seconds"] = Value::Object(stages.into_iter().collect());
            let figures = self.memory.iter().map(|(n, b)| ((*n).to_owned(), json!(b)));
            value["bytes"] = Value::Object(figures.collect());
        }
        value
    }
}

impl Wish {
    fn parse(mut args: Args) -> Result<Self> {
        let mut wish = Self {
            photo: bundled::example_photo(),
            pack: bundled::pack(),
            community: "zurich".to_owned(),
            zones: Vec::new(),
            language: "en".to_owned(),
            at: None,
            crop: false,
            overlay: None,
            json: false,
            timings: false,
            threads: 0,
        };
        while let Some(arg) = args.next(USAGE)? {
            match arg.as_str() {
                "--pack" => wish.pack = args.path("--pack")?,
                "--community" => wish.community = args.text("--community")?,
                "--zone" => wish.zones.push(args.text("--zone")?),
                "--language" => wish.language = args.text("--language")?,
                "--at" => wish.at = Some(parse_point(&args.text("--at")?)?),
                "--crop" => wish.crop = true,
                "--overlay" => wish.overlay = Some(args.path("--overlay")?),
                "--json" => wish.json = true,
                "--timings" => wish.timings = true,
                "--threads" => wish.threads = args.number("--threads")?,
                _ => wish.photo = args.positional(&arg, USAGE)?,
            }
        }
        Ok(wish)
    }
}

fn parse_point(text: &str) -> Result<(f32, f32)> {
    let number =
        |part: &str| part.trim().parse::<f32>().ok().filter(|v| v.is_finite() && *v >= 0.0);
    text.split_once(',').and_then(|(x, y)| Some((number(x)?, number(y)?))).ok_or_else(|| {
        Failure::new(format!("--at wants X,Y in pixels, such as 120,80, not {text:?}"))
    })
}

/// Reads and decodes a photo, naming the file in what goes wrong.
pub fn read_photo(path: &Path) -> Result<Frame> {
    let bytes = bundled::read_limited(path, kerbside_core::photo::MAX_BYTES)?;
    Frame::from_encoded(&bytes).map_err(|e| Failure::from(e).during(path.display()))
}
