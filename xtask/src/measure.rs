//! `cargo xtask evaluate`: a pack on labelled data, as a table or as JSON.

use std::io::{IsTerminal, Write};

use serde::Serialize;

use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::{codec_report, evaluate};

const USAGE: &str = "\
cargo xtask evaluate segment   items found, classes, mask AP, confidence: on labelled photos
cargo xtask evaluate codec     how much of labelled masks survives the mask codec
cargo xtask evaluate dispose   items, states and outcomes: on made-up scenes of the rule packs
cargo xtask evaluate highlight the right fact to lead with: on made-up scenes
Each explains itself with --help.";

/// Runs the task.
///
/// # Errors
/// What is wrong with the arguments, the pack or the data.
pub fn run(mut args: Args) -> Result<()> {
    match args.next(USAGE)?.as_deref() {
        Some("segment") => evaluate::segment::run(args),
        Some("codec") => codec_report::run(args),
        Some("dispose") => evaluate::dispose::run(args),
        Some("highlight") => evaluate::highlight::run(args),
        _ => Err(Failure::new(USAGE)),
    }
}

/// Says how far a measurement is, where a person looks on.
pub fn show_progress(done: usize, all: usize, what: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r{done} of {all} {what}");
        let _ = std::io::stderr().flush();
        if done == all {
            eprintln!();
        }
    }
}

/// Prints a report of plain figures, one a line or as JSON.
///
/// # Errors
/// If it does not serialise.
pub fn print<T: Serialize>(report: &T, as_json: bool) -> Result<()> {
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
