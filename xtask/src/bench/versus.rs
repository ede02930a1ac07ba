//! Ours and theirs in turns, on models of the same shape.

use std::process::{Child, Command, Stdio};

use kerbside_core::CancelToken;
use kerbside_core::engine::Engine;
use serde_json::{Map, Value, json};

use super::peer::{Peer, python};
use super::{Wish, median, time};
use crate::bundled;
use crate::failure::{Failure, Result};

/// Image tokens and a prompt's.
pub const PREFIX: usize = 256 + 20;
/// Three items of 22 tokens.
const ANSWER: usize = 66;
/// One item: four places, sixteen codes, a label and what stands between.
const ITEM: usize = 22;
const LLAMA: &str = "llama-cpp-python==0.3.36";

/// Who there is to take turns with.
const PEERS: [&str; 3] = ["llama", "candle", "torch"];

/// The name of a peer, if there is such a one.
///
/// # Errors
/// If there is none.
pub fn known(name: String) -> Result<String> {
    match PEERS.contains(&name.as_str()) {
        true => Ok(name),
        false => Err(Failure::new(format!("--vs is {}, not {name:?}", PEERS.join(", ")))),
    }
}

/// The section of the report.
///
/// # Errors
/// If the peer cannot be built.
pub fn measure(wish: &Wish, name: &str) -> Result<Value> {
    match name {
        "llama" => {
            let q4_0 = against(wish, llama(wish, "q4_0")?)?;
            let q4_k_m = against(wish, llama(wish, "q4_k_m")?)?;
            Ok(json!({"llama.cpp, Q4_0": q4_0, "llama.cpp, Q4_K_M": q4_k_m}))
        }
        "candle" => Ok(json!({"candle, Q4_0, its matrices alone": against(wish, candle(wish)?)?})),
        _ => Ok(json!({"torch, SigLIP So400m at 224": vision(wish)?})),
    }
}

/// llama.cpp with random weights of Gemma 2B's shape.
pub fn llama(wish: &Wish, kind: &str) -> Result<Peer> {
    // The compiler of Debian 12 takes the stores that describe AMX tiles for dead ones, and on
    // processors that have AMX the program then ends with an illegal instruction.
    let keep_stores = "-fno-dse -fno-tree-dse -fno-tree-dce";
    let settings = [("CMAKE_ARGS", "-DGGML_NATIVE=ON"), ("CXXFLAGS", keep_stores)];
    let python = python("llama", &[LLAMA, "gguf==0.19.0"], &settings)?;
    let script = bundled::root().join("xtask/src/bench/llama.py");
    let model = checks::places::target().join(format!("bench/gemma-2b-{kind}.gguf"));
    let mut command = Command::new(python);
    Peer::start(command.arg(script).arg(kind).arg(model).arg(wish.threads.to_string()))
}

/// candle's own quantised products.
fn candle(wish: &Wish) -> Result<Peer> {
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    cargo.args(["run", "--quiet", "--release", "--package", "kerbside-train", "--manifest-path"]);
    cargo.arg(bundled::root().join("Cargo.toml")).args(["--", "peer"]);
    // Its kernels are chosen when it is compiled.
    cargo.env("RUSTFLAGS", "-C target-cpu=native");
    cargo.env("CARGO_TARGET_DIR", checks::places::target().join("bench/candle"));
    cargo.env("RAYON_NUM_THREADS", wish.threads.to_string());
    Peer::start(&mut cargo)
}

/// A language model in turns with ours.
fn against(wish: &Wish, mut peer: Peer) -> Result<Value> {
    let engine = wish.engine()?;
    let mut rounds = Rounds::default();
    for _ in 0..wish.runs {
        rounds.prefill.push([prefill(&engine)?, peer.ask(&format!("prefill {PREFIX}"))?]);
        rounds.free.push([decode(&engine, false)?, peer.ask(&format!("decode {ANSWER}"))?]);
        rounds.grammar.push([decode(&engine, true)?, rounds.free[rounds.free.len() - 1][1]]);
    }
    if wish.busy {
        let _busy = Busy::start()?;
        for _ in 0..wish.runs {
            // Theirs may take a second for a token: one item's will do.
            let theirs = peer.ask(&format!("decode {ITEM}"))? * (ANSWER / ITEM) as f64;
            rounds.busy.push([decode(&engine, true)?, theirs]);
        }
    }
    let mut report = Map::new();
    let tokens = [PREFIX, ANSWER, ANSWER, ANSWER].map(|n| n as f64);
    for ((name, pairs), tokens) in rounds.named().into_iter().zip(tokens) {
        if pairs.is_empty() {
            continue;
        }
        let of = |i: usize| median(pairs.iter().map(|pair| pair[i]).collect());
        let ratio = median(pairs.iter().map(|[ours, theirs]| theirs / ours).collect());
        let (ours, theirs) = (tokens / of(0), tokens / of(1));
        report.insert(
            name.into(),
            json!({"ours, tokens/s": ours, "theirs, tokens/s": theirs, "ratio": ratio}),
        );
    }
    for (name, question) in [("RssAnon", "anon"), ("RssFile", "file")] {
        report.insert(format!("their {name}, MB"), json!(peer.ask(question)? / 1e6));
    }
    for (name, bytes) in crate::memory::figures() {
        report.insert(format!("our {name}, MB"), json!(bytes as f64 / 1e6));
    }
    Ok(Value::Object(report))
}

/// Seconds, ours and theirs, round by round.
#[derive(Default)]
struct Rounds {
    prefill: Vec<[f64; 2]>,
    free: Vec<[f64; 2]>,
    grammar: Vec<[f64; 2]>,
    busy: Vec<[f64; 2]>,
}

impl Rounds {
    fn named(&self) -> [(&'static str, &[[f64; 2]]); 4] {
        [
            ("prefill of 276 tokens", &self.prefill),
            ("decode of 66 tokens, whole head", &self.free),
            ("decode of 66 tokens, within the grammar", &self.grammar),
            ("the same beside a busy program", &self.busy),
        ]
    }
}

fn prefill(engine: &Engine) -> Result<f64> {
    let (model, cancel) = (engine.model(), CancelToken::new());
    let width = model.language().config().hidden;
    let features = vec![0.01; model.image_tokens() * width];
    let prompt: Vec<u32> = (100..).take(PREFIX - model.image_tokens()).collect();
    let mut sequence = model.sequence(model.image_tokens() + 768);
    let work = || model.prefill(&mut sequence, &features, &prompt, None, &cancel);
    let (took, result) = time(|| engine.on_threads(work));
    result?;
    Ok(took.as_secs_f64())
}

/// Seconds of an answer behind a prefix: any token after any other, or three items.
fn decode(engine: &Engine, grammar: bool) -> Result<f64> {
    if grammar {
        return Ok(super::stages::walk(engine)?.decode_seconds());
    }
    let (model, cancel) = (engine.model(), CancelToken::new());
    let mut sequence = model.sequence(model.image_tokens() + 768);
    let prompt: Vec<u32> = (100..).take(PREFIX).collect();
    engine.on_threads(|| model.step(&mut sequence, &prompt, None, &cancel))?;
    let all = 0..model.language().config().vocab as u32;
    let mut logits = Vec::new();
    let work = || {
        for token in 0..ANSWER as u32 {
            model.step(&mut sequence, &[200 + token], None, &cancel)?;
            model.last_logits(&sequence, std::slice::from_ref(&all), &mut logits);
        }
        Ok(())
    };
    let (took, result) = time(|| engine.on_threads(work));
    let result: Result<()> = result;
    result?;
    Ok(took.as_secs_f64())
}

/// torch's SigLIP So400m.
pub fn torch(wish: &Wish) -> Result<Peer> {
    let python = python("torch", &["torch==2.15.0", "transformers==5.23.0"], &[])?;
    let script = bundled::root().join("xtask/src/bench/siglip.py");
    Peer::start(Command::new(python).arg(script).arg(wish.threads.to_string()))
}

/// The vision towers in turns.
fn vision(wish: &Wish) -> Result<Value> {
    let (mut peer, engine) = (torch(wish)?, wish.engine()?);
    let mut rounds = Vec::new();
    for _ in 0..wish.runs {
        let ours = super::stages::walk(&engine)?.vision_seconds();
        rounds.push([ours, peer.ask("f32")?, peer.ask("bf16")?]);
    }
    let [ours, f32, bf16] = [0, 1, 2].map(|i| median(rounds.iter().map(|r| r[i]).collect()));
    Ok(json!({
        "ours, ms": ours * 1e3,
        "torch f32, ms": f32 * 1e3,
        "torch bf16, ms": bf16 * 1e3,
        "ratio to the faster": f32.min(bf16) / ours,
    }))
}

/// A program that never rests.
struct Busy(Child);

impl Busy {
    fn start() -> Result<Self> {
        let mut shell = Command::new("sh");
        Ok(Self(shell.args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn()?))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        // It only ends so.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
