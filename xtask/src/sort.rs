//! `cargo xtask sort`: one photo, the whole way — items outlined, then what this community wants
//! done with each.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::civil::DateTime;
use kerbside_core::analysis::{Analysis, AnalysisEvent, AnalysisRequest};
use kerbside_core::cancel::CancelToken;
use kerbside_core::detection::BBox;
use kerbside_core::engine::{Engine, EngineOptions, Timings};
use kerbside_core::mask::Point;
use kerbside_core::pack::Origin;
use kerbside_core::photo::Frame;
use kerbside_core::rules::{Instruction, RulePack, certainty_word};
use serde_json::{Value, json};

use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::{bundled, memory, overlay};

const USAGE: &str = "cargo xtask sort [PHOTO] [--pack DIR] [--community NAME] [--zone ID] \
[--language TAG] [--at X,Y] [--crop] [--overlay OUT.png] [--json] [--timings] [--threads N] \
[--now YYYY-MM-DDTHH:MM]";

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
    /// The community's wall clock.
    now: DateTime,
}

/// Everything that was found out, and what it cost.
struct Sorted {
    analysis: Analysis,
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
        let items = sorted.analysis.items.iter();
        let detections: Vec<_> = items.map(|item| item.detection.clone()).collect();
        overlay::draw_to_file(&frame, &detections, path)?;
    }
    if wish.json {
        println!("{:#}", sorted.to_json(&wish));
    } else {
        print!("{}", sorted.to_text(&wish));
    }
    Ok(())
}

fn sort(wish: &Wish, frame: &Frame, rules: &RulePack) -> Result<Sorted> {
    let start = Instant::now();
    let memory = memory::available();
    let options = EngineOptions { threads: wish.threads, memory, ..EngineOptions::default() };
    let engine = Engine::open(&wish.pack, &options)?;
    let open = start.elapsed();
    if engine.manifest().origin == Origin::Random {
        eprintln!(
            "this pack has random weights: what it says is noise, only its speed means anything"
        );
    }
    let request = wish.request(frame, rules);
    let mut print = Progress { quiet: wish.json, start, told: BTreeSet::new() };
    let mut session = engine.session();
    let on_event = &mut |event| print.show(&event);
    let analysis = session.analyze(frame, &request, &CancelToken::new(), on_event)?;
    let (whole, timings) = (start.elapsed(), session.timings());
    Ok(Sorted { analysis, open, whole, timings, memory: memory::figures() })
}

/// Prints items the moment they are complete, each once: what another look tells of the same thing
/// in the same words is not printed again.
struct Progress {
    quiet: bool,
    start: Instant,
    told: BTreeSet<String>,
}

impl Progress {
    fn show(&mut self, event: &AnalysisEvent) {
        let AnalysisEvent::Item { detection, .. } = event else { return };
        let found = format!("{}, {}", detection.label, place(&detection.bbox));
        if !self.quiet && self.told.insert(found.clone()) {
            println!("{:6.2} s  found {found}", self.start.elapsed().as_secs_f32());
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
        if self.analysis.items.is_empty() {
            text.push_str("\nNothing found. A closer look may help: --crop, or --at X,Y.\n");
        }
        for (i, item) in self.analysis.items.iter().enumerate() {
            let word = certainty_word(item.detection.certainty(), &wish.language);
            let _ = writeln!(text, "\n{} {} ({word})", i + 1, item.detection.label);
            for sentence in item.instructions.iter().map(Instruction::sentence) {
                let _ = writeln!(text, "  {sentence}");
            }
        }
        if !self.analysis.highlights.is_empty() {
            text.push('\n');
        }
        for fact in &self.analysis.highlights {
            let _ = writeln!(text, "* {}", fact.text);
        }
        if let Some(path) = &wish.overlay {
            let _ = writeln!(text, "\nDrawn to {}", path.display());
        }
        if wish.timings {
            text.push_str(&self.timings_table());
        }
        text
    }

    fn stages(&self) -> [(&'static str, Duration); 8] {
        let t = &self.timings;
        [
            ("open", self.open),
            ("preprocess", t.preprocess),
            ("vision", t.vision),
            ("prefill", t.prefill),
            ("decode", t.decode),
            ("masks", t.masks),
            ("answers", t.structured),
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
            "{:>10} {} chosen, {} forced, {} passes",
            "tokens", t.chosen, t.forced, self.timings.passes
        );
        for (name, bytes) in &self.memory {
            let _ = writeln!(text, "{name:>10} {:8.1} MB", *bytes as f64 / 1e6);
        }
        text
    }

    fn to_json(&self, wish: &Wish) -> Value {
        let mut value = self.analysis.to_json();
        value["photo"]["path"] = json!(wish.photo);
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
            now: jiff::Zoned::now().datetime(),
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
                "--now" => wish.now = args.text("--now")?.parse()?,
                "--threads" => wish.threads = args.number("--threads")?,
                _ => wish.photo = args.positional(&arg, USAGE)?,
            }
        }
        Ok(wish)
    }

    fn request<'a>(&self, frame: &Frame, rules: &'a RulePack) -> AnalysisRequest<'a> {
        let mut request = AnalysisRequest::new(rules, self.now);
        let (width, height) = (frame.width() as f32, frame.height() as f32);
        request.tap = self.at.map(|(x, y)| Point { x: x / width, y: y / height });
        request.closer = self.crop;
        request.context.zones.clone_from(&self.zones);
        request.context.language.clone_from(&self.language);
        request
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
