//! `cargo xtask <task>`: the table of contents of what can be done with this repository.

use std::process::ExitCode;

use checks::args::Args;
use checks::failure::{Failure, Result};
use checks::handover;

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
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((task, rest)) = words.split_first() else {
        return ended(Err(Failure::new(USAGE)));
    };
    let args = Args::new(rest.to_vec());
    match task.as_str() {
        "test" => checks::test::run(args).unwrap_or_else(|failure| ended(Err(failure))),
        "kotlin" => ended(checks::kotlin::run()),
        "swift" => ended(checks::swift::run(args)),
        "ios" => ended(checks::ios::run(args)),
        "android" => ended(checks::android::run(args)),
        "fuzz" => ended(checks::fuzz::run(args)),
        "data" | "train" => handover::to("kerbside-train", words.into_iter()),
        known if is_listed(known) => handover::to("xtask", words.into_iter()),
        _ => ended(Err(Failure::new(USAGE))),
    }
}

/// Whether the table has a task of this name.
fn is_listed(task: &str) -> bool {
    let listed = |line: &'static str| line.strip_prefix("cargo xtask ")?.split(' ').next();
    USAGE.lines().filter_map(listed).any(|listed| listed == task)
}

fn ended(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tasks_of_the_table_are_handed_over() {
        assert!(is_listed("sort") && is_listed("synth-pack"));
        assert!(!is_listed("sorter") && !is_listed("itself") && !is_listed(""));
    }
}
