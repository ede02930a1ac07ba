//! Losses, gradients and steps against peft and torch on the same model, samples and start.

use std::fs;

use candle_core::Tensor;
use kerbside_train::train::gradients::Gradients;
use kerbside_train::train::learner::Learner;
use kerbside_train::train::lora::{Adapter, stored};
use kerbside_train::train::loss::Score;
use kerbside_train::train::model::Training;
use kerbside_train::train::optimiser::{AdamSettings, AdamW};
use kerbside_train::train::peft_out;
use kerbside_train::train::photos::Sight;
use kerbside_train::train::schedule::Schedule;
use kerbside_train::train::tape::Memory;
use safetensors::SafeTensors;

use crate::tiny::{GoldenRun, Tiny, golden, golden_runs, input, json};

/// Of losses, relative.
const LOSSES: f64 = 1e-3;
/// Of gradients.
const GRADIENTS: f32 = 1e-4;

/// The adapter that peft began with.
fn start(tiny: &Tiny, run: &GoldenRun) -> Adapter {
    let adapter = tiny.adapter(&run.targets);
    let file = fs::read(golden(&format!("training/{}.safetensors", run.name))).unwrap();
    let tensors = SafeTensors::deserialize(&file).unwrap();
    assert_eq!(tensors.len(), 2 * adapter.variables().count(), "{}", run.name);
    for (name, variable) in adapter.variables() {
        variable.set(&stored(&tensors, &format!("start.{name}"), variable).unwrap()).unwrap();
    }
    adapter
}

fn learner(adapter: Adapter) -> Learner {
    let constants = json(&golden("training/runs.json"))["constants"].clone();
    let number = |key: &str| constants[key].as_f64().unwrap();
    let adam = AdamSettings {
        beta2: number("beta2"),
        weight_decay: number("weight_decay"),
        ..AdamSettings::default()
    };
    Learner {
        optimiser: AdamW::new(adam, &adapter).unwrap(),
        adapter,
        schedule: Schedule {
            peak: number("lr"),
            floor: number("floor"),
            warm_up: number("warm_up") as usize,
            steps: number("steps") as usize,
        },
        clip: number("clip"),
        dropout: 0.0,
        scale: None,
        seed: 1,
        passes: 0,
    }
}

/// All gradients of the mean loss over the golden samples, and that loss.
fn gradients(tiny: &Tiny, adapter: &Adapter, memory: Memory) -> (Gradients, f64) {
    let batches = tiny.batches(Sight::of(adapter));
    let tokens: usize = batches.iter().flat_map(|b| &b.0).map(|text| text.suffix.len()).sum();
    let (mut gradients, mut score) = (Gradients::zero(adapter), Score::default());
    for batch in &batches {
        let weight = 1.0 / tokens as f64;
        let training =
            Training { gradients: &mut gradients, weight, dropout: None, scale: None, memory };
        score.add(tiny.model.learn(&input(batch), adapter, training).unwrap());
    }
    (gradients, score.mean_loss())
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn gradients_are_those_of_torch() {
    for run in golden_runs() {
        let file = fs::read(golden(&format!("training/{}.safetensors", run.name))).unwrap();
        let tensors = SafeTensors::deserialize(&file).unwrap();
        for (limit, memory) in [(usize::MAX, Memory::Keep), (0, Memory::Recompute)] {
            let tiny = Tiny::keeping(&run.kind, run.mode, limit);
            let adapter = start(&tiny, &run);
            let (found, loss) = gradients(&tiny, &adapter, memory);
            let off = (loss / run.losses[0] - 1.0).abs();
            assert!(off < LOSSES, "{}: loss {loss} for {}", run.name, run.losses[0]);
            for ((name, variable), found) in adapter.variables().zip(found.iter()) {
                let wanted = stored(&tensors, &format!("gradient.{name}"), variable).unwrap();
                let found = numbers(found.unwrap_or_else(|| panic!("{name}: no gradient")));
                for (a, b) in found.iter().zip(numbers(&wanted)) {
                    assert!(
                        (a - b).abs() < GRADIENTS,
                        "{} {memory:?} {name}: {a} for {b}",
                        run.name
                    );
                }
            }
        }
    }
}

#[test]
fn twenty_steps_are_those_of_torch() {
    for run in golden_runs() {
        let tiny = Tiny::new(&run.kind, run.mode);
        let adapter = start(&tiny, &run);
        let batches = tiny.batches(Sight::of(&adapter));
        let inputs: Vec<_> = batches.iter().map(input).collect();
        let mut learner = learner(adapter);
        for (at, wanted) in run.losses[..run.norms.len()].iter().enumerate() {
            let step = learner.step(&tiny.model, &inputs).unwrap();
            let loss = step.score.mean_loss();
            let words = format!("{} step {}: {step:?} for {wanted}", run.name, at + 1);
            assert!((loss / wanted - 1.0).abs() < LOSSES, "{words}");
            assert!((step.norm / run.norms[at] - 1.0).abs() < 0.01, "{words} {}", run.norms[at]);
            assert!((step.rate / run.rates[at] - 1.0).abs() < 1e-9, "{words} {}", run.rates[at]);
        }
        let mut score = Score::default();
        for input in &inputs {
            score.add(tiny.model.score(input, &learner.adapter).unwrap());
        }
        let wanted = run.losses[run.norms.len()];
        let off = (score.mean_loss() / wanted - 1.0).abs();
        assert!(off < LOSSES, "{}: {score:?} for {wanted}", run.name);

        // What was trained is what the engine runs.
        let folder = tiny.folder().join("trained");
        let settings = tiny.settings(&run.targets);
        peft_out::write(&folder, &learner.adapter, &settings, tiny.pack.manifest()).unwrap();
        let loss = tiny.engine_loss(&tiny.engine_adapter(&folder));
        assert!((loss - score.mean_loss()).abs() < 1e-4, "{}: {loss} for {score:?}", run.name);
    }
}

#[test]
fn adapters_that_peft_trained_load_unchanged() {
    for run in golden_runs() {
        let tiny = Tiny::new(&run.kind, run.mode);
        let adapter = tiny.engine_adapter(&golden(&format!("training/{}", run.name)));
        let (loss, wanted) = (tiny.engine_loss(&adapter), run.losses[run.norms.len()]);
        assert!((loss - wanted).abs() < 1e-4, "{}: {loss} for {wanted}", run.name);
    }
}

/// A frozen tower that the engine ran, and one that training ran, are the same to the decoder.
#[test]
fn both_ways_of_seeing_agree() {
    for run in golden_runs() {
        let tiny = Tiny::new(&run.kind, run.mode);
        let adapter = start(&tiny, &run);
        if Sight::of(&adapter) != Sight::Features {
            continue;
        }
        let loss = |sight| {
            let mut score = Score::default();
            for batch in &tiny.batches(sight) {
                score.add(tiny.model.score(&input(batch), &adapter).unwrap());
            }
            score.mean_loss()
        };
        let [features, states, pixels] = [Sight::Features, Sight::States, Sight::Pixels].map(loss);
        assert!((features - states).abs() < 1e-5 && (features - pixels).abs() < 1e-5);
    }
}
