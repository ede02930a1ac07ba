//! `cargo xtask schedule import`: what a calendar file says, and which streams it may mean.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kerbside_core::schedule::ics::{Entry, Import, ImportOptions, MAX_BYTES, import};
use kerbside_core::schedule::suggest;
use serde_json::{Value, json};

use crate::args::Args;
use crate::failure::{Failure, Result};

pub(crate) const USAGE: &str =
    "cargo xtask schedule import FILE.ics… [--tz ZONE] [--from YYYY-MM-DD] [--days N] [--json]";

/// Runs the task.
pub(crate) fn run(args: Args) -> Result<()> {
    let wish = Wish::parse(args)?;
    let files = wish.files.iter().map(read).collect::<Result<Vec<_>>>()?;
    let slices: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let found = import(&slices, &wish.options)?;
    if wish.json {
        println!("{}", serde_json::to_string_pretty(&to_json(&found))?);
    } else {
        print(&found);
    }
    Ok(())
}

/// What the person asked for.
struct Wish {
    files: Vec<PathBuf>,
    options: ImportOptions<'static>,
    json: bool,
}

impl Wish {
    fn parse(mut args: Args) -> Result<Self> {
        let options = ImportOptions { fallback: TimeZone::system(), ..ImportOptions::default() };
        let mut wish = Self { files: Vec::new(), options, json: false };
        let mut days = None;
        while let Some(arg) = args.next(USAGE)? {
            match arg.as_str() {
                "--tz" => wish.options.time_zone = Some(TimeZone::get(&args.text("--tz")?)?),
                "--from" => wish.options.from = Some(args.text("--from")?.parse::<Date>()?),
                "--days" => days = Some(args.number("--days")?),
                "--json" => wish.json = true,
                word if word.starts_with("--") => return Err(Failure::new(USAGE)),
                _ => wish.files.push(arg.into()),
            }
        }
        if wish.files.is_empty() {
            return Err(Failure::new(USAGE));
        }
        if let Some(days) = days {
            wish.options.to = Some(last_day(&mut wish.options.from, days)?);
        }
        Ok(wish)
    }
}

/// The last of so many days, which begin today if no day is given.
fn last_day(from: &mut Option<Date>, days: usize) -> Result<Date> {
    let from = *from.get_or_insert_with(|| jiff::Zoned::now().date());
    let more = i32::try_from(days).ok().and_then(|days| days.checked_sub(1));
    let more = more.filter(|more| (0..=36_500).contains(more));
    let more = more.ok_or_else(|| Failure::new("--days wants a number from 1 to 36500"))?;
    Ok(from.saturating_add(more.days()))
}

/// Reads a file, but not one that will be refused for its size anyway.
fn read(path: &PathBuf) -> Result<Vec<u8>> {
    let io = |error| Failure::io(path, &error);
    let bytes = fs::metadata(path).map_err(io)?.len();
    if bytes > MAX_BYTES as u64 {
        let words = format!("{}: {bytes} bytes, at most {MAX_BYTES} are read", path.display());
        return Err(Failure::new(words));
    }
    fs::read(path).map_err(io)
}

/// The streams each entry may mean.
fn streams(found: &Import) -> Vec<String> {
    let suggestion = |entry: &Entry| suggest(&entry.summary, &entry.description).to_string();
    found.entries.iter().map(suggestion).collect()
}

fn to_json(found: &Import) -> Value {
    let streams = streams(found);
    // The same title may mean something else on another day, where only the description tells.
    let meanings: BTreeSet<_> =
        found.days.iter().map(|day| (&day.summary, &streams[day.entry])).collect();
    let days = found.days.iter().map(|day| {
        let stream = &streams[day.entry];
        json!({"date": day.date, "summary": day.summary, "stream": stream})
    });
    let aside = found
        .set_aside
        .iter()
        .map(|aside| json!({"line": aside.line, "summary": aside.summary, "why": aside.why}));
    json!({
        "events": {
            "taken": found.counts.taken,
            "set_aside": found.counts.set_aside,
            "unreadable": found.counts.unreadable,
        },
        "days": days.collect::<Vec<_>>(),
        "streams": meanings
            .iter()
            .map(|(summary, stream)| json!({"summary": summary, "stream": stream}))
            .collect::<Vec<_>>(),
        "set_aside": aside.collect::<Vec<_>>(),
        "warnings": found.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn print(found: &Import) {
    let streams = streams(found);
    for day in &found.days {
        let weekday = day.date.strftime("%a");
        println!("{} {weekday}  {:<32}  {}", day.date, day.summary, streams[day.entry]);
    }
    for aside in &found.set_aside {
        println!("set aside: line {}: {}: {}", aside.line, aside.summary, aside.why);
    }
    for warning in &found.warnings {
        println!("warning: {warning}");
    }
    let counts = found.counts;
    println!(
        "{} days; {} entries taken, {} set aside, {} unreadable",
        found.days.len(),
        counts.taken,
        counts.set_aside,
        counts.unreadable
    );
}
