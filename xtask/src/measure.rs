//! `cargo xtask evaluate`: a pack on labelled photos, as a table or as JSON.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use kerbside_core::cancel::CancelToken;
use kerbside_core::detection::Detection;
use kerbside_core::engine::{Engine, EngineOptions, SegmentRequest, Session};
use kerbside_core::photo::Frame;
use serde::Serialize;

use crate::args::Args;
use crate::codec_report::codec_report;
use crate::dataset::Dataset;
use crate::evaluate::evaluate;
use crate::failure::{Failure, Result};
use crate::{bundled, looks};

const USAGE: &str = "cargo xtask evaluate segment|codec --data DIR [--pack DIR] [--crop] [--json]";

/// Runs the task.
pub fn run(mut args: Args) -> Result<()> {
    let what = args.next(USAGE)?.ok_or_else(|| Failure::new(USAGE))?;
    let (mut pack, mut data, mut crop, mut as_json) = (bundled::pack(), None, false, false);
    while let Some(arg) = args.next(USAGE)? {
        match arg.as_str() {
            "--pack" => pack = args.path("--pack")?,
            "--data" => data = Some(args.path("--data")?),
            "--crop" => crop = true,
            "--json" => as_json = true,
            _ => return Err(Failure::new(format!("unknown option {arg}; {USAGE}"))),
        }
    }
    let data: PathBuf = data.ok_or_else(|| Failure::new(format!("--data is missing; {USAGE}")))?;
    let dataset = Dataset::open(&data)?;
    let engine = Engine::open(&pack, &EngineOptions::default())?;
    match what.as_str() {
        "segment" => print(&segment(&engine, &dataset, crop)?, as_json),
        "codec" => {
            let codec =
                engine.codec().ok_or_else(|| Failure::new("this pack has no mask codec"))?;
            print(&codec_report(&dataset, codec)?, as_json)
        }
        _ => Err(Failure::new(USAGE)),
    }
}

fn segment(engine: &Engine, dataset: &Dataset, crop: bool) -> Result<crate::evaluate::Report> {
    let mut session = engine.session();
    let photos = dataset.samples.len();
    let mut look = |frame: &Frame| outline(&mut session, frame, crop);
    let mut progress = |done: usize| show_progress(done, photos);
    Ok(evaluate(dataset, &mut look, &mut progress)?)
}

/// The whole photo and, where asked for, its overlapping quarters.
fn outline(
    session: &mut Session,
    frame: &Frame,
    crop: bool,
) -> kerbside_core::error::Result<Vec<Detection>> {
    let (cancel, request) = (CancelToken::new(), SegmentRequest::default());
    session.set_photo(frame, &cancel)?;
    let mut items = session.segment(&request, &cancel, &mut |_| {})?;
    let quarters = if crop { looks::quarters(frame).to_vec() } else { Vec::new() };
    for (crop, region) in &quarters {
        items = session.look_again((crop, region), items, &request, &cancel, &mut |_| {})?;
    }
    Ok(items)
}

fn show_progress(done: usize, photos: usize) {
    if std::io::stderr().is_terminal() {
        eprint!("\r{done} of {photos} photos");
        let _ = std::io::stderr().flush();
        if done == photos {
            eprintln!();
        }
    }
}

fn print<T: Serialize>(report: &T, as_json: bool) -> Result<()> {
    let json = serde_json::to_value(report)?;
    if as_json {
        println!("{json}");
        return Ok(());
    }
    for (name, value) in json.as_object().into_iter().flatten() {
        match value.as_f64().filter(|_| value.is_f64()) {
            Some(number) => println!("{name:>24} {number:8.3}"),
            None => println!("{name:>24} {value:>8}"),
        }
    }
    Ok(())
}
