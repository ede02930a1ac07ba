//! The tasks of `cargo xtask` that need the engine; `checks` has the table of all, and calls this.

use std::process::ExitCode;

use xtask::args::Args;
use xtask::failure::{Failure, Result};

fn main() -> ExitCode {
    end_with_the_output();
    let mut words = std::env::args().skip(1);
    let task = words.next().unwrap_or_default();
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
        "apps" => xtask::apps::run(args),
        "schedule" => xtask::schedule::run(args),
        "soak" => xtask::soak::run(args),
        "vectors" => xtask::vectors::run(args),
        _ => Err(Failure::new("no such task here; `cargo xtask` lists those there are")),
    }
}
