//! A trained adapter as PEFT writes one: `adapter_config.json` and `adapter_model.safetensors`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use kerbside_core::pack::Manifest;
use kerbside_core::pack::manifest::ADAPTER_FILES;
use safetensors::{Dtype, serialize, tensor::TensorView};
use serde_json::{Value, json};
use xtask::failure::{Failure, Result};

use super::files::write_whole;
use super::lora::{Adapter, LoraSettings};

/// Writes both files into `folder`, each of them whole or not at all.
///
/// # Errors
/// What the system says.
pub fn write(
    folder: &Path,
    adapter: &Adapter,
    settings: &LoraSettings,
    base: &Manifest,
) -> Result<()> {
    fs::create_dir_all(folder).map_err(|e| Failure::io(folder, &e))?;
    let [config, tensors] = ADAPTER_FILES;
    let numbers = adapter.variables().map(|(name, variable)| Ok((name, bytes_of(variable)?)));
    let numbers: Vec<(String, Stored)> = numbers.collect::<Result<_>>()?;
    write_whole(&folder.join(tensors), &to_safetensors(&numbers, &[("format", "pt")])?)?;
    let json = serde_json::to_string_pretty(&describe(settings, base))?;
    write_whole(&folder.join(config), format!("{json}\n").as_bytes())
}

/// A tensor's shape, and its numbers as little-endian f32.
pub struct Stored {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// A tensor on its way to a file.
pub fn bytes_of(tensor: &candle_core::Tensor) -> Result<Stored> {
    let values: Vec<f32> = tensor.flatten_all()?.to_vec1()?;
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Ok(Stored { shape: tensor.dims().to_vec(), bytes })
}

/// A safetensors file.
pub fn to_safetensors(tensors: &[(String, Stored)], notes: &[(&str, &str)]) -> Result<Vec<u8>> {
    let views = tensors.iter().map(|(name, stored)| {
        Ok((name, TensorView::new(Dtype::F32, stored.shape.clone(), &stored.bytes)?))
    });
    let views: Vec<_> = views.collect::<Result<_>>()?;
    let notes = notes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Ok(serialize(views, Some(notes.collect::<HashMap<_, _>>()))?)
}

/// PEFT's keys, and our own that says which base and prefix mode the adapter is for.
fn describe(settings: &LoraSettings, base: &Manifest) -> Value {
    json!({
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base.base.id,
        "inference_mode": true,
        "r": settings.rank,
        "lora_alpha": settings.alpha,
        "lora_dropout": settings.dropout,
        "use_rslora": settings.rank_stabilised,
        "target_modules": settings.targets,
        "bias": "none",
        "fan_in_fan_out": false,
        "init_lora_weights": true,
        "modules_to_save": null,
        "kerbside": { "base": base.base.id, "prefix_mode": base.architecture.prefix_mode },
    })
}
