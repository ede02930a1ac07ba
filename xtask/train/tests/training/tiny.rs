//! What the tests share: the tiny models as packs, the golden samples, and the engine's own loss.

use std::fs;
use std::path::{Path, PathBuf};

use candle_core::Device;
use kerbside_core::CancelToken;
use kerbside_core::language::tokenizer::Tokenizer;
use kerbside_core::lora::{BaseModel, LoraAdapter, trainable_matrices};
use kerbside_core::pack::{Pack, PrefixMode, adapter_files};
use kerbside_core::paligemma::PaliGemma;
use kerbside_core::photo::Frame;
use kerbside_core::vision::preprocess::preprocess;
use kerbside_train::data::sample::{Sample, Split, Task};
use kerbside_train::train::base::Base;
use kerbside_train::train::lora::{Adapter, LoraSettings};
use kerbside_train::train::model::{Input, Model, Pictures};
use kerbside_train::train::photos::Sight;
use kerbside_train::train::tokens::Text;
use serde_json::Value;
use tempfile::TempDir;
use xtask::convert::{self, Bits};

pub fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/tests/golden").join(path)
}

pub fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// One run of `make_training.py`.
#[derive(Debug, Clone)]
pub struct GoldenRun {
    pub name: String,
    pub kind: String,
    pub mode: PrefixMode,
    pub targets: Value,
    pub losses: Vec<f64>,
    pub norms: Vec<f64>,
    pub rates: Vec<f64>,
}

pub fn golden_runs() -> Vec<GoldenRun> {
    let runs = json(&golden("training/runs.json"));
    let numbers = |value: &Value| serde_json::from_value(value.clone()).unwrap();
    let run = |run: &Value| GoldenRun {
        name: run["run"].as_str().unwrap().to_owned(),
        kind: run["kind"].as_str().unwrap().to_owned(),
        mode: serde_json::from_value(run["mode"].clone()).unwrap(),
        targets: run["targets"].clone(),
        losses: numbers(&run["losses"]),
        norms: numbers(&run["norms"]),
        rates: numbers(&run["rates"]),
    };
    runs["runs"].as_array().unwrap().iter().map(run).collect()
}

/// A tiny model as a pack, opened by the engine and by training.
pub struct Tiny {
    pub pack: Pack,
    pub engine: PaliGemma,
    pub model: Model,
    pub tokenizer: Tokenizer,
    kind: String,
    dir: TempDir,
}

impl Tiny {
    pub fn new(kind: &str, mode: PrefixMode) -> Self {
        Self::keeping(kind, mode, usize::MAX)
    }

    /// With a limit to what stays in memory as floats.
    pub fn keeping(kind: &str, mode: PrefixMode, limit: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pack");
        write_pack(kind, mode, Bits::ThirtyTwo, &path);
        Self { kind: kind.to_owned(), dir, ..Self::load(&path, limit) }
    }

    /// A pack of the first tiny model that a test wrote.
    pub fn open(path: &Path) -> Self {
        Self::load(path, usize::MAX)
    }

    fn load(path: &Path, limit: usize) -> Self {
        let pack = Pack::open(path).unwrap();
        let arch = &pack.manifest().architecture;
        let base = Base::keeping(pack.weights(), arch, &Device::Cpu, limit);
        Self {
            engine: PaliGemma::load(pack.weights(), arch).unwrap(),
            model: Model::new(base, CancelToken::new()),
            tokenizer: Tokenizer::from_bytes(&pack.tokenizer().unwrap()).unwrap(),
            kind: "paligemma1".into(),
            pack,
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// Where the pack and whatever a test writes lie.
    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    pub fn settings(&self, targets: &Value) -> LoraSettings {
        LoraSettings {
            rank: 2,
            alpha: 3.0,
            rank_stabilised: true,
            dropout: 0.0,
            targets: targets.clone(),
        }
    }

    pub fn adapter(&self, targets: &Value) -> Adapter {
        self.adapter_of(&self.settings(targets))
    }

    pub fn adapter_of(&self, settings: &LoraSettings) -> Adapter {
        let arch = &self.pack.manifest().architecture;
        let matrices = trainable_matrices(arch, &settings.targets).unwrap();
        Adapter::new(matrices, settings, 1, &Device::Cpu).unwrap()
    }

    /// The golden samples, in their batches.
    pub fn batches(&self, sight: Sight) -> Vec<(Vec<Text>, Pictures)> {
        let samples = golden_samples();
        let batch = |batch: &Vec<(usize, Sample)>| {
            let images: Vec<usize> = batch.iter().map(|(image, _)| *image).collect();
            (self.texts(batch), self.pictures(&images, sight))
        };
        samples.iter().map(batch).collect()
    }

    fn texts(&self, batch: &[(usize, Sample)]) -> Vec<Text> {
        batch.iter().map(|(_, sample)| Text::new(&self.tokenizer, sample).unwrap()).collect()
    }

    pub fn pictures(&self, images: &[usize], sight: Sight) -> Pictures {
        let arch = &self.pack.manifest().architecture;
        let pixels: Vec<Vec<f32>> = images.iter().map(|image| self.pixels(*image)).collect();
        let stacked = |width, see: &dyn Fn(&[f32]) -> Vec<f32>| {
            let values: Vec<f32> = pixels.iter().flat_map(|pixels| see(pixels)).collect();
            let shape = (pixels.len(), arch.patches(), width);
            candle_core::Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
        };
        let cancel = CancelToken::new();
        match sight {
            Sight::Features => Pictures::Features(stacked(arch.text.hidden, &|pixels| {
                self.engine.image_features(pixels, None, &cancel).unwrap()
            })),
            Sight::States => Pictures::States(stacked(arch.vision.hidden, &|pixels| {
                self.engine.vision_states(pixels, None, &cancel).unwrap()
            })),
            Sight::Pixels => Pictures::Pixels(pixels),
        }
    }

    fn pixels(&self, image: usize) -> Vec<f32> {
        let png = fs::read(golden(&format!("{}/image{image}.png", self.kind))).unwrap();
        preprocess(&Frame::from_encoded(&png).unwrap(), 56)
    }

    /// An adapter's folder as the engine reads it, said to be for this pack.
    pub fn engine_adapter(&self, folder: &Path) -> LoraAdapter {
        let mut files = adapter_files(folder).unwrap();
        let config: Value = serde_json::from_slice(&files.config).unwrap();
        let architecture = self.pack.manifest().architecture.clone();
        files.prefix_mode = Some(architecture.prefix_mode);
        let id = config["base_model_name_or_path"].as_str().unwrap().to_owned();
        LoraAdapter::read("trained", &files, &BaseModel { architecture, id }).unwrap()
    }

    /// Mean loss of the golden samples' suffix tokens, as the engine reads and decodes.
    pub fn engine_loss(&self, adapter: &LoraAdapter) -> f64 {
        let (mut sum, mut count) = (0.0, 0);
        for (image, sample) in golden_samples().iter().flatten() {
            let text = Text::new(&self.tokenizer, sample).unwrap();
            let cancel = CancelToken::new();
            let (engine, adapter) = (&self.engine, Some(adapter));
            let features = engine.image_features(&self.pixels(*image), adapter, &cancel).unwrap();
            let mut sequence = engine.sequence(120);
            engine.prefill(&mut sequence, &features, &text.prompt, adapter, &cancel).unwrap();
            for &token in &text.suffix {
                let mut logits = Vec::new();
                let all = 0..engine.language().config().vocab as u32;
                engine.last_logits(&sequence, &[all], &mut logits);
                let exps = logits.iter().map(|logit| f64::from(*logit).exp());
                sum += exps.sum::<f64>().ln() - f64::from(logits[token as usize]);
                engine.step(&mut sequence, &[token], adapter, &cancel).unwrap();
            }
            count += text.suffix.len();
        }
        sum / count as f64
    }
}

pub fn input((texts, pictures): &(Vec<Text>, Pictures)) -> Input<'_> {
    Input { texts: texts.iter().collect(), pictures }
}

pub fn write_pack(kind: &str, mode: PrefixMode, bits: Bits, out: &Path) {
    let mut options = convert::Options::new(golden(kind).join("hf"), out);
    options.bits = bits;
    options.prefix_mode = Some(mode);
    options.base = Some(format!("kerbside/{kind}"));
    convert::convert(&options).unwrap();
}

/// Image and sample, in the batches of one step.
pub fn golden_samples() -> Vec<Vec<(usize, Sample)>> {
    let runs = json(&golden("training/runs.json"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let sample = |value: &Value| {
        let sample = Sample {
            image: None,
            task: Task::Segment,
            prompt: text(&value["prompt"]),
            suffix: text(&value["suffix"]),
            labels: Vec::new(),
            split: Split::Train,
        };
        (value["image"].as_u64().unwrap() as usize, sample)
    };
    let batches = runs["batches"].as_array().unwrap().iter();
    batches.map(|batch| batch.as_array().unwrap().iter().map(sample).collect()).collect()
}
