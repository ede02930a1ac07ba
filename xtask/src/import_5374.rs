//! `cargo xtask rules import-5374`: Japanese "5374" tables become a rule pack with a schedule.
//!
//! 5374 ("go-mi-na-shi", no rubbish) is the format in which dozens of Japanese towns publish which
//! area puts out what on which day. Every town bends it a little; what each module forgives stands
//! at its head.
//!
//! ```text
//! options   what the person asks for
//! table     a CSV file as rows, whatever its encoding and separator
//! names     comparing what people wrote; ids from names
//! day_cell  月 木 · 水2 水4 · 水1:6 7 · 隔水20150114 · 20150114 20150128 · *1
//! remarks   remarks.csv: the texts behind *1
//! centres   center.csv: the days a collection centre is closed
//! areas     area_days.csv and area_master.csv: who puts out what when
//! targets   target.csv: the A–Z list
//! kinds     the kinds of waste kept apart, and what is told about each
//! items     A–Z rows as items of the pack, each name once
//! zones     areas and wards as zones of the pack
//! period    for which days the tables speak
//! schedule  schedule.json
//! wording   the few sentences a pack needs and no table has
//! pack      the other files of the pack
//! folder    a folder that appears whole or not at all
//! report    what was understood, what was repaired, what was not
//! error     why nothing was imported
//! ```
//!
//! Invariant: nothing is invented. A cell that is not wholly understood puts no day into the
//! schedule, and a kind of waste without collection days leads to the town's contact.

mod areas;
mod centres;
mod day_cell;
mod error;
mod folder;
mod items;
mod kinds;
mod names;
mod options;
mod pack;
mod period;
mod remarks;
mod report;
mod schedule;
mod table;
mod targets;
mod wording;
mod zones;

use crate::args::Args;
use crate::failure::{Failure, Result};

pub use error::Error;
pub use options::Options;
pub use report::{Report, Share, Warning};

use areas::Areas;
use report::Findings;
use table::Folder;

/// Runs the task.
///
/// # Errors
/// One line for whatever kept the tables from being imported.
pub fn run(args: Args) -> Result<()> {
    let (options, json) = Options::parse(args)?;
    let report = import(&options)?;
    if json {
        let text = serde_json::to_string_pretty(&report).map_err(Failure::from)?;
        println!("{text}");
    } else {
        report.warnings.iter().for_each(|warning| eprintln!("{warning}"));
        println!("{report}");
    }
    Ok(())
}

/// Reads the tables in `options.tables` and writes the pack folder `options.out`.
///
/// # Errors
/// See [`Error`]; in each case nothing is left where the pack would have been.
pub fn import(options: &Options) -> Result<Report, Error> {
    options.check()?;
    let folder = Folder::open(&options.tables)?;
    let mut found = Findings::default();

    let remarks = remarks::read(folder.table("remarks.csv", &mut found)?.as_ref(), &mut found);
    let centres = centres::read(folder.table("center.csv", &mut found)?.as_ref(), &mut found);
    let wards = areas::wards(folder.table("area_master.csv", &mut found)?.as_ref(), &mut found);
    let descriptions =
        kinds::descriptions(folder.table("description.csv", &mut found)?.as_ref(), &mut found);
    let areas = Areas::read(&folder.needed("area_days.csv", &mut found)?, &wards, &mut found)?;
    let targets = targets::read(&folder.needed("target.csv", &mut found)?, &mut found);

    remarks::check_use(&remarks, &areas, &mut found);
    centres::check_use(&centres, &areas, &mut found);
    period::check_lists(&areas, options.today, &mut found);
    let named = period::named_days(&areas, &centres, &remarks);
    let period = period::of(options, &areas, &named, &mut found)?;

    let zones = zones::of(&areas);
    let kinds = kinds::collected(&areas, &descriptions, &remarks, &mut found);
    let items = items::of(targets, &kinds, &mut found);
    let calendar =
        schedule::Calendar { areas: &areas, centres: &centres, remarks: &remarks, period };
    let schedule = calendar.schedule(&kinds, &zones, &mut found)?;

    let parts = pack::Parts { options, zones: &zones, kinds: &kinds, items: &items };
    let files = pack::files(&parts, &schedule, &mut found)?;
    folder::write(&options.out, &files)?;
    Ok(found.report(&parts, &schedule))
}
