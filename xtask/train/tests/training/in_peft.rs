//! Our adapters in `peft` itself.

use std::path::Path;
use std::process::Command;

use checks::not_run::not_run;
use checks::python;
use kerbside_core::pack::PrefixMode;
use kerbside_train::train::peft_out;
use kerbside_train::train::photos::Sight;

use crate::tiny::{Tiny, golden, golden_runs, input};

#[test]
fn peft_loads_what_was_trained_here() {
    let python = match python::python().unwrap() {
        Ok(python) => python,
        Err(why) => return not_run(why),
    };
    for run in golden_runs() {
        let tiny = Tiny::new(&run.kind, run.mode);
        let adapter = tiny.adapter(&run.targets);
        // What B holds does not matter, as long as it shows.
        for (at, pair) in adapter.pairs().iter().enumerate() {
            let like = pair.b.as_tensor();
            let wave = (0..like.elem_count()).map(|i| ((i * 7 + at) as f32).sin() * 0.2);
            let values: Vec<f32> = wave.collect();
            let tensor = candle_core::Tensor::from_vec(values, like.shape(), like.device());
            pair.b.set(&tensor.unwrap()).unwrap();
        }
        let folder = tiny.folder().join("trained");
        let settings = tiny.settings(&run.targets);
        peft_out::write(&folder, &adapter, &settings, tiny.pack.manifest()).unwrap();
        let (loaded, there) = in_peft(&python, &run.kind, run.mode, &folder);
        assert_eq!(loaded, adapter.pairs().len(), "{}: pairs that peft found", run.name);
        let (mut sum, mut tokens) = (0.0, 0);
        for batch in &tiny.batches(Sight::of(&adapter)) {
            let score = tiny.model.score(&input(batch), &adapter).unwrap();
            (sum, tokens) = (sum + score.loss, tokens + score.tokens);
        }
        let here = sum / tokens as f64;
        assert!((here - there).abs() < 1e-4, "{}: {here} here, {there} there", run.name);
    }
}

/// How many pairs `peft` loaded, and the loss it computes with them.
fn in_peft(python: &Path, kind: &str, mode: PrefixMode, folder: &Path) -> (usize, f64) {
    let script = golden("../../../models/reference/measure_adapter.py");
    let run = Command::new(python).arg(script).args([kind, &mode.to_string()]).arg(folder).output();
    let run = run.unwrap_or_else(|e| panic!("{}: {e}", python.display()));
    let words = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{words}");
    let answer = String::from_utf8(run.stdout).unwrap();
    let (loaded, loss) = answer.trim().split_once(' ').unwrap();
    (loaded.parse().unwrap(), loss.parse().unwrap())
}
