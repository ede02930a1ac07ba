//! Started by `cargo xtask data` and `cargo xtask train`.

use std::process::ExitCode;

use xtask::args::Args;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let task = words.next().unwrap_or_default();
    match kerbside_train::run(&task, Args::new(words.collect())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(2)
        }
    }
}
