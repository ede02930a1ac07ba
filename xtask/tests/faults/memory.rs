//! Less memory than a model needs: a clear refusal before anything is loaded, never an abort.

use std::process::{Command, Stdio};

use kerbside_core::{Engine, EngineOptions, Error};

use crate::library::Library;

#[test]
fn a_model_that_needs_more_memory_than_there_is_is_not_even_looked_at() {
    let _turn = crate::turn();
    let library = Library::new();
    // Were the weights opened first, this would be another error.
    std::fs::write(library.bundled().join("weights.safetensors"), "damaged").unwrap();
    let options = EngineOptions { memory: Some(1_000), ..EngineOptions::default() };
    let error = Engine::open(&library.bundled(), &options).unwrap_err();
    assert!(matches!(error, Error::Memory { has: 1_000, .. }), "{error}");
    assert!(error.to_string().contains("choose a smaller one"), "{error}");
}

/// The command line asks the system, which here gives a process only so many addresses.
#[test]
fn under_a_limit_of_memory_it_sorts_or_says_that_there_is_too_little() {
    let _turn = crate::turn();
    let (mut refused, mut sorted) = (0, 0);
    for megabytes in [40, 60, 80, 120, 200, 400, 1_000, 4_000] {
        let words = format!("ulimit -v {}; exec \"$0\" sort --threads 2", megabytes * 1_000);
        let output = Command::new("sh")
            .args(["-c", &words, env!("CARGO_BIN_EXE_xtask")])
            // Each of glibc's arenas takes 64 MB of addresses, and none of memory.
            .env("MALLOC_ARENA_MAX", "1")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => sorted += 1,
            Some(2) if error.contains("MB of memory") => refused += 1,
            other => panic!("{megabytes} MB: {other:?} {error}"),
        }
    }
    println!("{refused} refused, {sorted} sorted");
    assert!(refused > 0 && sorted > 0);
}
