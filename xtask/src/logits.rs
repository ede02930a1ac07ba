//! `cargo xtask logits`: the model's own numbers, so that anybody can hold the engine against
//! another implementation.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kerbside_core::cancel::CancelToken;
use kerbside_core::engine::{Engine, EngineOptions};
use kerbside_core::language::prompt::Prefix;
use kerbside_core::lora::LoraAdapter;
use kerbside_core::pack::PrefixMode;
use kerbside_core::paligemma::PaliGemma;
use kerbside_core::vision::preprocess::preprocess;
use serde_json::json;

use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::sort::read_photo;

const USAGE: &str = "cargo xtask logits --pack DIR --image FILE --prompt TEXT [--adapter ID|DIR] \
[--tokens 12] [--out X.npy] [--json]";

/// Runs the task.
pub fn run(mut args: Args) -> Result<()> {
    let (mut pack, mut image, mut prompt) = (None, None, None);
    let (mut adapter, mut out, mut tokens, mut as_json) = (None, None::<PathBuf>, 12, false);
    while let Some(arg) = args.next(USAGE)? {
        match arg.as_str() {
            "--pack" => pack = Some(args.path("--pack")?),
            "--image" => image = Some(args.path("--image")?),
            "--prompt" => prompt = Some(args.text("--prompt")?),
            "--adapter" => adapter = Some(args.text("--adapter")?),
            "--tokens" => tokens = args.number("--tokens")?,
            "--out" => out = Some(args.path("--out")?),
            "--json" => as_json = true,
            _ => return Err(Failure::new(format!("unknown option {arg}; {USAGE}"))),
        }
    }
    let missing = |what: &str| Failure::new(format!("{what} is missing; {USAGE}"));
    let engine = Engine::open(&pack.ok_or_else(|| missing("--pack"))?, &EngineOptions::default())?;
    let frame = read_photo(&image.ok_or_else(|| missing("--image"))?)?;
    let adapter = adapter.map(|name| find_adapter(&engine, &name)).transpose()?;
    let size = engine.manifest().architecture.image_size;
    let answer = answer(
        &engine,
        &preprocess(&frame, size),
        &prompt.ok_or_else(|| missing("--prompt"))?,
        adapter.as_deref(),
        tokens,
    )?;
    if let Some(path) = out {
        write_npy(&path, &answer.logits, engine.model().language().config().vocab)?;
    }
    if as_json {
        println!("{}", json!({"prefix": answer.prefix, "greedy": answer.greedy}));
    } else {
        println!("prefix  {:?}", answer.prefix);
        println!("greedy  {:?}", answer.greedy);
        println!("text    {}", engine.tokenizer()?.decode(&answer.greedy)?);
    }
    Ok(())
}

/// An adapter of the pack by its id, or any PEFT folder.
fn find_adapter(engine: &Engine, name: &str) -> Result<Arc<LoraAdapter>> {
    if !Path::new(name).is_dir() {
        return Ok(engine.adapters().get(name)?);
    }
    Ok(engine.load_adapter(name, Path::new(name))?)
}

/// The numbers of one question.
pub struct Answer {
    /// Ids of the whole prefix, the image's placeholders included.
    pub prefix: Vec<u32>,
    /// `[positions, vocabulary]`, final soft cap included.
    pub logits: Vec<f32>,
    /// The free greedy continuation; ends with `<eos>` or at the number of tokens.
    pub greedy: Vec<u32>,
}

/// Asks the model without any grammar. `pixels: [3, size, size]`.
///
/// # Errors
/// If the prompt cannot be encoded.
pub fn answer(
    engine: &Engine,
    pixels: &[f32],
    prompt: &str,
    adapter: Option<&LoraAdapter>,
    tokens: usize,
) -> Result<Answer> {
    let (model, cancel) = (engine.model(), CancelToken::new());
    let prefix = Prefix::new(engine.tokenizer()?, model.image_tokens(), prompt)?;
    engine.on_threads(|| {
        let features = model.image_features(pixels, adapter, &cancel)?;
        let mut sequence = model.sequence(prefix.positions() + tokens);
        let mut hidden = Vec::new();
        if model.mode() == PrefixMode::Isolated {
            model.read_image(&mut sequence, &features, &cancel)?;
            hidden.extend_from_slice(model.last_hidden(&sequence));
        }
        model.prefill(&mut sequence, &features, &prefix.text, adapter, &cancel)?;
        hidden.extend_from_slice(model.last_hidden(&sequence));
        let mut logits = Vec::new();
        model.language().logits(&hidden, &[whole(model)], &mut logits);
        let mut greedy = Vec::new();
        let mut row = Vec::new();
        while greedy.len() < tokens && greedy.last() != Some(&engine.tokenizer()?.eos()) {
            if let Some(&token) = greedy.last() {
                model.step(&mut sequence, &[token], adapter, &cancel)?;
            }
            model.last_logits(&sequence, &[whole(model)], &mut row);
            greedy.push(argmax(&row));
        }
        Ok(Answer { prefix: prefix.ids(engine.tokenizer()?.image()), logits, greedy })
    })
}

fn whole(model: &PaliGemma) -> std::ops::Range<u32> {
    0..model.language().config().vocab as u32
}

/// The first of the largest, as torch has it.
pub fn argmax(row: &[f32]) -> u32 {
    let mut best = 0;
    for (i, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = i;
        }
    }
    best as u32
}

/// Writes `[rows, width]` f32 as NumPy's format 1.0.
fn write_npy(path: &Path, values: &[f32], width: usize) -> Result<()> {
    let shape = format!("({}, {width})", values.len() / width);
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    // Magic, version and length take ten bytes; the data begins at a multiple of 64.
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let fail = |e: std::io::Error| Failure::io(path, &e);
    let mut file = std::io::BufWriter::new(fs::File::create(path).map_err(fail)?);
    file.write_all(b"\x93NUMPY\x01\x00").map_err(fail)?;
    file.write_all(&(header.len() as u16).to_le_bytes()).map_err(fail)?;
    file.write_all(header.as_bytes()).map_err(fail)?;
    for value in values {
        file.write_all(&value.to_le_bytes()).map_err(fail)?;
    }
    file.flush().map_err(fail)
}
