//! `cargo xtask bench` on the bundled pack: every figure it promises is there and can be true.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

use serde_json::Value;

fn bench(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).arg("bench").args(args).output().unwrap()
}

/// A figure of a section, which must be there and above nothing.
fn figure(section: &Value, name: &str) -> f64 {
    let number = section[name].as_f64().unwrap_or_else(|| panic!("no {name} in {section}"));
    assert!(number.is_finite() && number > 0.0, "{name}: {number}");
    number
}

#[test]
fn stages_scaling_and_an_adapter_are_measured() {
    let output = bench(&["--runs", "1", "--threads", "2", "--scaling", "--adapter", "4", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let part = |name: &str| {
        let parts = report.as_array().unwrap();
        parts.iter().find_map(|part| part.get(name)).unwrap_or_else(|| panic!("no {name}"))
    };

    figure(part("limits"), "read, GB/s, all");
    figure(part("limits"), "int8, GOP/s, all");

    let stages = part("stages");
    // Three items of 22 tokens and what opens and ends the answer; guesses save some passes.
    assert_eq!(figure(stages, "tokens"), 68.0);
    assert!(figure(stages, "passes") < 68.0);
    let parts = ["vision, ms", "prefill, ms"].map(|name| figure(stages, name));
    assert!(figure(stages, "first mask, ms") > parts.iter().sum::<f64>());
    assert!(figure(stages, "whole analysis of 3 items, ms") > figure(stages, "per item, ms"));
    // The eight-bit decoder with the 1,024 rows of places.
    let megabytes = figure(stages, "MB read for a token");
    assert!((3.5..4.5).contains(&megabytes), "{megabytes}");

    let scaling = part("scaling");
    for threads in ["1 threads", "2 threads"] {
        let passes = scaling[threads].as_object().unwrap();
        assert_eq!(passes.len(), 8, "{passes:?}");
        let [few, many] = ["1 tokens, ms", "276 tokens, ms"].map(|n| figure(&scaling[threads], n));
        assert!(many > few, "{threads}: {few} and {many}");
    }
    let items = scaling["items"].as_object().unwrap();
    assert!(items.keys().map(|name| &name[..1]).eq(["1", "2", "3", "4", "5", "6"]), "{items:?}");
    let nano = &scaling["models"]["kerbside-nano"];
    assert!(figure(nano, "whole, ms") > figure(nano, "vision, ms"));
    assert!((3.0..4.0).contains(&figure(nano, "decoder, MB")));

    let adapter = part("adapter");
    assert_eq!(figure(adapter, "rank"), 4.0);
    assert!(figure(adapter, "swap, µs") < 1e3 * figure(adapter, "cold load, ms"));
}

#[test]
fn what_cannot_be_measured_is_said() {
    for (args, words) in [
        (&["--vs", "onnx"][..], "--vs is llama, candle, torch"),
        (&["--pack", "nowhere"], "nowhere"),
        (&["--fast"], "unknown option --fast"),
        (&["--runs", "many"], "--runs"),
    ] {
        let output = bench(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
    }
}
