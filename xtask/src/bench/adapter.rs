//! What an adapter costs: a random one for the seven matrices of every decoder layer.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use kerbside_core::CancelToken;
use kerbside_core::engine::Engine;
use kerbside_core::lora::LoraAdapter;
use kerbside_core::pack::PrefixMode;
use safetensors::{Dtype, tensor::TensorView};
use serde_json::{Value, json};

use super::{Wish, median, time};
use crate::failure::{Failure, Result};
use crate::memory;

/// Steps of one run.
const STEPS: u32 = 24;

/// The section of the report.
///
/// # Errors
/// If the pack cannot be opened or the adapter not be written.
pub fn measure(wish: &Wish, rank: usize) -> Result<Value> {
    let engine = wish.engine()?;
    let folder = checks::places::target().join(format!("bench/adapter-{rank}"));
    let bytes = write(&engine, rank, &folder)?;
    let (load, adapter) = time(|| engine.load_adapter("random", &folder));
    let adapter = adapter?;
    let swaps = 1000;
    let (swap, result) = time(|| -> Result<()> {
        for i in 0..swaps {
            engine.assign("segment", (i % 2 == 0).then_some("random"))?;
            engine.adapter_of("segment")?;
        }
        Ok(())
    });
    result?;
    let runs: Vec<[f64; 2]> = (0..wish.runs)
        .map(|_| Ok([step(&engine, None)?, step(&engine, Some(&adapter))?]))
        .collect::<Result<_>>()?;
    let [base, adapted] = [0, 1].map(|i| median(runs.iter().map(|run| run[i]).collect()));
    let ratio = median(runs.iter().map(|[base, adapted]| adapted / base).collect());
    let mut report = json!({
        "rank": rank,
        "file, MB": bytes as f64 / 1e6,
        "cold load, ms": load.as_secs_f64() * 1e3,
        "swap, µs": swap.as_secs_f64() * 1e6 / f64::from(swaps),
        "token of the base, ms": base * 1e3,
        "token with the adapter, ms": adapted * 1e3,
        "ratio": ratio,
    });
    for (name, bytes) in memory::figures() {
        report[format!("{name}, MB")] = json!(bytes as f64 / 1e6);
    }
    Ok(report)
}

/// Seconds of one token behind a prefix, median of some.
fn step(engine: &Engine, adapter: Option<&LoraAdapter>) -> Result<f64> {
    let (model, cancel) = (engine.model(), CancelToken::new());
    let mut sequence = model.sequence(model.image_tokens() + 768);
    let prompt: Vec<u32> = (100..120).collect();
    let feed = |sequence: &mut _, tokens: &[u32]| {
        engine.on_threads(|| model.step(sequence, tokens, adapter, &cancel))
    };
    feed(&mut sequence, &prompt)?;
    let mut seconds = Vec::new();
    for token in 0..STEPS {
        let (took, result) = time(|| feed(&mut sequence, &[200 + token]));
        result?;
        seconds.push(took.as_secs_f64());
    }
    Ok(median(seconds))
}

/// Writes a PEFT folder in 16 bits; returns the length of its tensors.
fn write(engine: &Engine, rank: usize, folder: &Path) -> Result<u64> {
    let manifest = engine.manifest();
    let text = &manifest.architecture.text;
    let (h, m) = (text.hidden, text.mlp);
    let (q, k) = (text.query_width(), text.key_width());
    let shapes = [
        ("self_attn.q_proj", q, h),
        ("self_attn.k_proj", k, h),
        ("self_attn.v_proj", k, h),
        ("self_attn.o_proj", h, q),
        ("mlp.gate_proj", m, h),
        ("mlp.up_proj", m, h),
        ("mlp.down_proj", h, m),
    ];
    let mut tensors = Vec::new();
    for layer in 0..text.layers {
        for (name, out, input) in shapes {
            let at = format!("base_model.model.language_model.model.layers.{layer}.{name}");
            tensors.push((format!("{at}.lora_A.weight"), [rank, input]));
            tensors.push((format!("{at}.lora_B.weight"), [out, rank]));
        }
    }
    let longest = rank * h.max(m).max(q);
    let noise: Vec<u8> = (0..longest)
        .flat_map(|i| half::f16::from_f32(((i * 37 % 101) as f32 - 50.0) * 1e-4).to_le_bytes())
        .collect();
    let views = tensors.iter().map(|(name, shape)| {
        let bytes = &noise[..shape[0] * shape[1] * 2];
        Ok((name.clone(), TensorView::new(Dtype::F16, shape.to_vec(), bytes)?))
    });
    let views: HashMap<String, TensorView<'_>> = views.collect::<Result<_>>()?;
    let bytes = safetensors::serialize(views, None)?;
    let isolated = manifest.architecture.prefix_mode == PrefixMode::Isolated;
    let config = json!({
        "peft_type": "LORA",
        "r": rank,
        "lora_alpha": rank,
        // By suffix, q, k and v would be those of the vision tower too.
        "target_modules": r".*language_model.*\.(q|k|v|o|gate|up|down)_proj",
        "kerbside": {
            "base": manifest.base.id,
            "prefix_mode": if isolated { "isolated" } else { "joint" },
        },
    });
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|e| Failure::io(&path, &e))
    };
    fs::create_dir_all(folder).map_err(|e| Failure::io(folder, &e))?;
    put("adapter_config.json", config.to_string().as_bytes())?;
    put("adapter_model.safetensors", &bytes)?;
    Ok(bytes.len() as u64)
}
