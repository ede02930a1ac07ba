//! `cargo xtask <task>`: the table of contents of what can be done with this repository.

use std::process::ExitCode;

use xtask::args::Args;
use xtask::failure::{Failure, Result};

const USAGE: &str = "\
cargo xtask sort       outline a photo's items and say what is done with each
cargo xtask test       run every check
cargo xtask evaluate   measure a pack on labelled photos
cargo xtask logits     print the model's own numbers
cargo xtask convert    make a pack from a Hugging Face PaliGemma folder
cargo xtask calibrate  put measured confidence into a pack
cargo xtask inspect    print what is in a pack
cargo xtask bench      how fast the engine is, beside others
cargo xtask synth-pack write a pack of random weights, to measure speed and memory
cargo xtask rules      check, show, search, compare and import rule packs
cargo xtask swift      lint, build and test all Swift on Linux
cargo xtask ios        build the iPhone app, or say what is missing for that
cargo xtask android    build the app for a phone, where the Android SDK is
cargo xtask apps       write what both phone apps share: words, and the table of features
cargo xtask schedule   print a community's calendar, or read one from a file
cargo xtask data       make training samples from labelled photos
cargo xtask train      train an adapter on them
cargo xtask kotlin     build the Kotlin side and run its tests against the real library
cargo xtask fuzz       make up packs, photos, rules and calendars, and look for what breaks
cargo xtask soak       analyse again and again, and compare answers and memory
Each explains itself with --help.";

fn main() -> ExitCode {
    end_with_the_output();
    let mut words = std::env::args().skip(1);
    let task = words.next().unwrap_or_default();
    match task.as_str() {
        "test" => return xtask::test::run(),
        "data" | "train" => return xtask::training::run(&task, words),
        _ => {}
    }
    match run(&task, Args::new(words.collect())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(2)
        }
    }
}

/// `println!` panics where its words find no room, as on a full disk or behind `| head`: that is no
/// mistake of this program, and one line says it.
fn end_with_the_output() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        match panic.payload_as_str().filter(|words| words.starts_with("failed printing to stdout"))
        {
            Some(words) => {
                eprintln!("{words}");
                std::process::exit(2);
            }
            None => usual(panic),
        }
    }));
}

fn run(task: &str, args: Args) -> Result<()> {
    match task {
        "sort" => xtask::sort::run(args),
        "evaluate" => xtask::measure::run(args),
        "logits" => xtask::logits::run(args),
        "convert" => xtask::convert::run(args),
        "calibrate" => xtask::calibrate::run(args),
        "inspect" => xtask::inspect::run(args),
        "bench" => xtask::bench::run(args),
        "synth-pack" => xtask::synth::run(args),
        "rules" => xtask::rules::run(args),
        "swift" => xtask::swift::run(args),
        "ios" => xtask::ios::run(args),
        "android" => xtask::android::run(args),
        "apps" => xtask::apps::run(args),
        "kotlin" => xtask::kotlin::run(),
        "schedule" => xtask::schedule::run(args),
        "fuzz" => xtask::fuzz::run(args),
        "soak" => xtask::soak::run(args),
        _ => Err(Failure::new(USAGE)),
    }
}
