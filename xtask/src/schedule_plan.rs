//! `cargo xtask schedule --community C`: what is collected when, as a table.

use std::path::PathBuf;

use jiff::ToSpan;
use jiff::civil::Date;
use kerbside_core::rules::{RulePack, Texts};
use kerbside_core::schedule::{Collection, Window};
use kerbside_core::store;

use crate::args::Args;
use crate::bundled;
use crate::failure::{Failure, Result};

/// How the task is called.
pub const USAGE: &str = "cargo xtask schedule --community NAME [--zone ID]… [--from YYYY-MM-DD] \
[--days N] [--language TAG] [--ics OUT.ics]";

/// When the alarms of a calendar file ring on the day before.
const EVENING_HOUR: u8 = 18;

/// Longer tables than this are no tables.
const MOST_DAYS: usize = 400;

struct Wish {
    pack: RulePack,
    zones: Vec<String>,
    from: Date,
    days: usize,
    language: String,
    ics: Option<PathBuf>,
}

/// Prints the plan of one community, for some zones; `args` start with its name.
///
/// # Errors
/// For an unknown community or zone, or one without a plan.
pub fn run(args: Args) -> Result<()> {
    let wish = parse(args)?;
    let calendar = wish.pack.calendar(&wish.zones);
    let last = wish.from.checked_add((wish.days as i64 - 1).days())?;
    let found = calendar.between(wish.from, last);
    if wish.pack.schedule().rows.is_empty() {
        let id = &wish.pack.info().id;
        return Err(Failure::new(format!("{id}: no official dates are known for this community")));
    }
    for collection in &found {
        println!("{}", line(&wish, collection, calendar.window(collection)));
    }
    if let Some(path) = &wish.ics {
        let stamp = jiff::Timestamp::now();
        let file = calendar.to_ics((wish.from, last), &wish.language, EVENING_HOUR, stamp);
        store::replace(path, file.as_bytes()).map_err(|e| Failure::io(path, &e))?;
        println!("wrote {} days to {}", found.len(), path.display());
    }
    if found.is_empty() && wish.zones.is_empty() && !wish.pack.zones().is_empty() {
        println!("nothing for the whole community: name a --zone ({})", zones(&wish.pack));
    }
    match calendar.valid_until() {
        Some(until) if until < last => println!("no official dates after {until}"),
        _ => {}
    }
    Ok(())
}

fn parse(mut args: Args) -> Result<Wish> {
    let community = args.text("--community")?;
    let (mut zones, mut days) = (Vec::new(), 28);
    let mut from = jiff::Zoned::now().date();
    let (mut language, mut ics) = ("en".to_owned(), None);
    while let Some(arg) = args.next(USAGE)? {
        match arg.as_str() {
            "--zone" => zones.push(args.text("--zone")?),
            "--from" => from = args.text("--from")?.parse()?,
            "--days" => days = args.number("--days")?,
            "--ics" => ics = Some(args.path("--ics")?),
            "--language" => language = args.text("--language")?,
            _ => return Err(Failure::new(format!("unknown option {arg}; {USAGE}"))),
        }
    }
    let pack = bundled::rule_pack(&community)?;
    if let Some(zone) = zones.iter().find(|id| !pack.zones().iter().any(|zone| zone.id == **id)) {
        return Err(Failure::new(format!("no zone {zone}; there are {}", self::zones(&pack))));
    }
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Failure::new(format!("--days wants 1 to {MOST_DAYS}")));
    }
    Ok(Wish { pack, zones, from, days, language, ics })
}

fn line(wish: &Wish, collection: &Collection<'_>, window: Window) -> String {
    let language = wish.pack.language(&wish.language);
    let text = |texts: &Texts| texts.get(language).to_owned();
    let name = wish.pack.stream_name(collection.stream, language);
    let mut line = format!("{}  {}", collection.date.strftime("%a %Y-%m-%d"), name);
    if let Some(regular) = collection.instead_of {
        let why = collection.reason.map(|reason| format!(", {}", text(reason))).unwrap_or_default();
        line += &format!(" (instead of {}{why})", regular.strftime("%a %Y-%m-%d"));
    }
    let clock = |at: jiff::civil::DateTime| at.strftime("%a %H:%M").to_string();
    match (window.opens.map(clock), window.closes.map(clock)) {
        (Some(opens), Some(closes)) => line += &format!("  out {opens} to {closes}"),
        (Some(opens), None) => line += &format!("  out from {opens}"),
        (None, Some(closes)) => line += &format!("  out by {closes}"),
        (None, None) => {}
    }
    line
}

fn zones(pack: &RulePack) -> String {
    pack.zones().iter().map(|zone| zone.id.as_str()).collect::<Vec<_>>().join(", ")
}
