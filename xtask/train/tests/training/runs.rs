//! Whole runs: from a command line's options to the adapter's folder.

use std::fs;
use std::path::{Path, PathBuf};

use kerbside_core::CancelToken;
use kerbside_core::pack::PrefixMode;
use kerbside_train::data::card::Card;
use kerbside_train::data::parquet::SampleWriter;
use kerbside_train::data::sample::{Picture, Sample, Split, Task};
use kerbside_train::train::checkpoint;
use kerbside_train::train::lora::LoraSettings;
use kerbside_train::train::loss::Score;
use kerbside_train::train::model::Pictures;
use kerbside_train::train::options::{Keep, Options, StopAfter};
use kerbside_train::train::photos::Sight;
use kerbside_train::train::run::{Outcome, train};
use kerbside_train::train::tokens::Text;
use safetensors::SafeTensors;
use serde_json::json;
use tempfile::TempDir;
use xtask::convert::Bits;
use xtask::failure::Result;

use crate::tiny::{Tiny, golden, golden_samples, input, write_pack};

/// A folder with a pack and samples.
struct Place(TempDir);

impl Place {
    fn new(mode: PrefixMode) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        write_pack("paligemma1", mode, Bits::Eight, &place.path("pack"));
        write_samples(&place.path("data"), &samples());
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Six steps of four samples, everything random switched on.
    fn options(&self, out: &str) -> Options {
        let mut options =
            Options::new(Task::Segment, self.path("pack"), self.path("data"), self.path(out));
        options.steps = Some(6);
        options.batch = 2;
        options.accumulate = 2;
        options.dropout = 0.3;
        options.rate = 1e-2;
        options.every = Some(2);
        options
    }

    /// What is wrong with changed options, which must be one line.
    fn refusal(&self, change: impl FnOnce(&mut Options)) -> String {
        let mut options = self.options("refused");
        change(&mut options);
        let words = run(&options).unwrap_err().to_string();
        assert!(!words.contains('\n'), "{words}");
        assert!(!self.path("refused").exists(), "{words}");
        words
    }
}

fn run(options: &Options) -> Result<Outcome> {
    train(options, &CancelToken::new())
}

/// Seven to train on and two held out, some without picture.
fn samples() -> Vec<Sample> {
    let known: Vec<Sample> = golden_samples().into_iter().flatten().map(|(_, s)| s).collect();
    let sample = |number: usize| Sample {
        image: (number % 4 != 3).then(|| picture(number % 3)),
        split: if number < 7 { Split::Train } else { Split::HeldOut },
        ..known[number % known.len()].clone()
    };
    (0..9).map(sample).collect()
}

fn picture(image: usize) -> Picture {
    let bytes = fs::read(golden(&format!("paligemma1/image{image}.png"))).unwrap();
    Picture { bytes, path: None }
}

fn write_samples(out: &Path, samples: &[Sample]) {
    let mut writer = SampleWriter::create(out).unwrap();
    samples.iter().for_each(|sample| writer.push(sample.clone()).unwrap());
    writer.finish(&Card::default()).unwrap();
}

fn tensors(out: &Path) -> Vec<u8> {
    fs::read(out.join("adapter_model.safetensors")).unwrap()
}

#[test]
fn a_resumed_run_is_the_same_to_the_bit() {
    for (mode, targets) in [
        (PrefixMode::Isolated, json!(r".*language_model.*_proj")),
        (PrefixMode::Joint, json!("all-linear")),
    ] {
        let place = Place::new(mode);
        let mut straight = place.options("straight");
        straight.targets = targets.clone();
        straight.keep = Keep::Last;
        assert!(run(&straight).unwrap().is_finished());

        let mut parts = place.options("parts");
        parts.targets = targets;
        parts.keep = Keep::Last;
        parts.stop_after = Some(StopAfter::Steps(3));
        let outcome = run(&parts).unwrap();
        assert_eq!((outcome.steps, outcome.of), (3, 6));
        let file = checkpoint::place(&place.path("parts"));
        assert!(file.exists() && !place.path("parts").exists());
        parts.resume = true;
        parts.stop_after = None;
        // What does not touch the weights may change.
        parts.cache = 0;
        assert!(run(&parts).unwrap().is_finished());
        assert!(!file.exists(), "the checkpoint is of no more use");
        let [straight, parts] = ["straight", "parts"].map(|out| tensors(&place.path(out)));
        assert!(straight == parts, "{mode}: the weights differ");
    }
}

#[test]
fn a_run_learns_and_the_engine_loads_it() {
    let place = Place::new(PrefixMode::Isolated);
    let mut options = place.options("adapter");
    (options.steps, options.rate, options.every) = (Some(30), 3e-2, Some(10));
    let outcome = run(&options).unwrap();
    // A vocabulary of 1600 begins at ln 1600 = 7.4.
    let best = outcome.best.unwrap();
    assert!(best < 5.5, "held-out loss {best}");
    let engine =
        kerbside_core::Engine::open(&options.pack, &kerbside_core::EngineOptions::default());
    let adapter = engine.unwrap().load_adapter("trained", &options.out).unwrap();
    assert_eq!(adapter.pairs().count(), 3 * 7);
    // The folder is PEFT's, and nothing else.
    let mut names: Vec<_> =
        fs::read_dir(&options.out).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["adapter_config.json", "adapter_model.safetensors"]);

    // It can be trained further, on its own base and prefix only.
    let mut further = place.options("further");
    further.initial = Some(options.out.clone());
    let first = run(&further).unwrap();
    assert!(first.best.unwrap() < 6.0, "{first:?}");
    let joint = Place::new(PrefixMode::Joint);
    let words = joint.refusal(|o| o.initial = Some(options.out.clone()));
    assert!(words.contains("another prefix"), "{words}");
    let words = place.refusal(|o| (o.initial, o.rank) = (Some(options.out.clone()), 4));
    assert!(words.contains("rank 8"), "{words}");
}

#[test]
fn ctrl_c_ends_with_a_checkpoint() {
    let place = Place::new(PrefixMode::Joint);
    let mut options = place.options("adapter");
    options.stop_after = Some(StopAfter::Steps(2));
    run(&options).unwrap();
    (options.resume, options.stop_after) = (true, None);
    let cancel = CancelToken::new();
    cancel.cancel();
    let outcome = train(&options, &cancel).unwrap();
    assert_eq!((outcome.steps, outcome.of), (2, 6));
    assert!(run(&options).unwrap().is_finished());
}

#[test]
fn runs_do_not_overwrite_each_other() {
    let place = Place::new(PrefixMode::Joint);
    let mut options = place.options("adapter");
    options.stop_after = Some(StopAfter::Steps(1));
    run(&options).unwrap();
    let words = run(&options).unwrap_err().to_string();
    assert!(words.contains("add --resume"), "{words}");
    let mut other = options.clone();
    (other.resume, other.rank) = (true, 3);
    let words = run(&other).unwrap_err().to_string();
    assert!(words.contains("lora.rank = 8") && words.contains("has 3"), "{words}");
    let file = checkpoint::place(&options.out);
    fs::write(&file, "half a file").unwrap();
    options.resume = true;
    let words = run(&options).unwrap_err().to_string();
    assert!(words.contains("adapter.checkpoint") && !words.contains('\n'), "{words}");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&options.out).unwrap();
    let words = run(&options).unwrap_err().to_string();
    assert!(words.contains("is there already"), "{words}");
}

#[test]
fn what_cannot_be_trained_is_told_in_one_line() {
    let place = Place::new(PrefixMode::Joint);
    for (words, change) in [
        ("no train samples of task dispose", (|o| o.task = Task::Dispose) as fn(&mut Options)),
        ("raise --max-tokens", |o| o.positions = 5),
        ("no train samples of task segment", |o| (o.positions, o.skip_long) = (5, true)),
        ("Opening parenthesis", |o| o.targets = json!("(")),
        ("fits no matrix", |o| o.targets = json!("nothing")),
        ("embed_tokens cannot be adapted", |o| o.targets = json!(["embed_tokens"])),
        ("pack.json is missing", |o| o.pack = o.data.clone()),
        ("--device", |o| o.device = "abacus".into()),
    ] {
        let found = place.refusal(change);
        assert!(found.contains(words), "{words}: {found}");
    }
    let empty = place.path("empty");
    fs::create_dir(&empty).unwrap();
    let words = place.refusal(|o| o.data = empty);
    assert!(words.contains("no train samples"), "{words}");
    let words = place.refusal(|o| o.data = "not/there".into());
    assert!(words.contains("not/there"), "{words}");

    let mut broken = samples();
    broken[2].image = Some(Picture { bytes: b"no picture".to_vec(), path: None });
    write_samples(&place.path("broken"), &broken);
    let mut options = place.options("unseen");
    options.data = place.path("broken");
    let words = run(&options).unwrap_err().to_string();
    assert!(words.contains("the picture of sample 2"), "{words}");
}

#[test]
fn a_loss_that_is_no_number_ends_the_run() {
    let place = Place::new(PrefixMode::Joint);
    let mut options = place.options("adapter");
    options.rate = 1e30;
    let words = run(&options).unwrap_err().to_string();
    assert!(words.contains("lower --lr"), "{words}");
}

#[test]
fn a_tower_that_sees_nothing_is_named() {
    let place = Place::new(PrefixMode::Joint);
    let blind = samples().into_iter().map(|sample| Sample { image: None, ..sample });
    write_samples(&place.path("blind"), &blind.collect::<Vec<_>>());
    let words = place.refusal(|o| {
        o.targets = json!(["o_proj", "out_proj"]);
        o.data = o.data.with_file_name("blind");
    });
    assert!(words.contains("no gradient reaches") && words.contains("vision_tower"), "{words}");
}

/// Dropout belongs to learning: what is measured has nothing random in it.
#[test]
fn nothing_is_left_out_while_measuring() {
    let place = Place::new(PrefixMode::Isolated);
    let mut options = place.options("adapter");
    (options.dropout, options.rate) = (0.9, 3e-2);
    let best = run(&options).unwrap().best.unwrap();

    let tiny = Tiny::open(&options.pack);
    let settings = LoraSettings { rank: options.rank, ..tiny.settings(&options.targets) };
    let settings = LoraSettings { alpha: options.rank as f32, rank_stabilised: false, ..settings };
    let adapter = tiny.adapter_of(&settings);
    adapter.load(&SafeTensors::deserialize(&tensors(&options.out)).unwrap()).unwrap();
    let mut score = Score::default();
    for (number, sample) in samples().into_iter().enumerate().skip(7) {
        let pictures = match sample.image {
            Some(_) => tiny.pictures(&[number % 3], Sight::Features),
            None => Pictures::None,
        };
        let batch = (vec![Text::new(&tiny.tokenizer, &sample).unwrap()], pictures);
        score.add(tiny.model.score(&input(&batch), &adapter).unwrap());
    }
    assert!((score.mean_loss() - best).abs() < 1e-5, "{score:?} for {best}");
}
