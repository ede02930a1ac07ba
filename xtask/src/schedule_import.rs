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
    let found = import(&slices, &wish.options).map_err(|error| {
        // The core knows no file names: the file it refuses by itself is the one.
        let refused = |bytes: &&[u8]| import(&[*bytes], &wish.options).is_err();
        let place = slices.iter().position(refused).unwrap_or_default();
        Failure::from(error).during(wish.files[place].display())
    })?;
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
        "events": found.counts.taken + found.counts.set_aside + found.counts.unreadable,
        "counts": {
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

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260105\nSUMMARY:Bins\n\
        DESCRIPTION:paper\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20260112\nSUMMARY:Bins\n\
        DESCRIPTION:glass\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:soon\nEND:VEVENT\nEND:VCALENDAR\n";

    fn words(words: &[&str]) -> Args {
        Args::new(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn json_tells_days_streams_and_counts() {
        let found = import(&[FILE.as_bytes()], &ImportOptions::default()).expect("a calendar");
        let json = to_json(&found);
        assert_eq!(json["days"][0]["date"], "2026-01-05");
        assert_eq!(json["days"][0]["stream"], "paper");
        assert_eq!(json["days"][1]["stream"], "glass");
        assert_eq!(json["streams"].as_array().map(Vec::len), Some(2));
        assert_eq!(json["events"], 3);
        assert_eq!(json["counts"], json!({"taken": 2, "set_aside": 0, "unreadable": 1}));
        assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn a_number_of_days_ends_the_range() {
        let wish = Wish::parse(words(&["a.ics", "--from", "2026-01-01", "--days", "7"]));
        let to = wish.expect("good words").options.to;
        assert_eq!(to, Some(jiff::civil::date(2026, 1, 7)));
    }

    #[test]
    fn wrong_words_are_one_line() {
        for wrong in [
            &["--json"][..],
            &["a.ics", "--tz", "Moon/Crater"],
            &["a.ics", "--from", "yesterday"],
            &["a.ics", "--days", "0"],
            &["a.ics", "--sideways"],
        ] {
            let failure = Wish::parse(words(wrong)).err().expect("a failure").to_string();
            assert!(!failure.is_empty() && !failure.contains('\n'), "{failure}");
        }
        let missing = run(words(&["no such file.ics"])).expect_err("a failure").to_string();
        assert!(missing.contains("no such file.ics"), "{missing}");
    }
}
