//! `cargo xtask inspect`: what is in a pack, and whether it is intact.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use kerbside_core::lora::{BaseModel, LoraAdapter};
use kerbside_core::pack::manifest::{MANIFEST, Manifest, Role};
use kerbside_core::pack::{Architecture, Origin, WeightMap, adapter_files, sha256_file};
use kerbside_core::quant::{PackedKind, WeightKind};

use crate::args::Args;
use crate::failure::{Failure, Result};

const USAGE: &str = "cargo xtask inspect PACK";

/// Runs the task. Nothing is written into the pack.
///
/// # Errors
/// If the folder is no pack, or the pack is not intact.
pub fn run(mut args: Args) -> Result<()> {
    let mut dir: Option<PathBuf> = None;
    while let Some(arg) = args.next(USAGE)? {
        dir = Some(args.positional(&arg, USAGE)?);
    }
    let (text, intact) = describe(&dir.ok_or_else(|| Failure::new(USAGE))?)?;
    print!("{text}");
    if intact { Ok(()) } else { Err(Failure::new("the pack is not intact")) }
}

/// What is in a pack, for people, and whether it is intact.
///
/// # Errors
/// If there is no manifest that can be read.
pub fn describe(dir: &Path) -> Result<(String, bool)> {
    let path = dir.join(MANIFEST);
    let json = fs::read(&path).map_err(|e| Failure::io(&path, &e))?;
    let manifest = Manifest::parse(&json, &path)?;
    let mut text = card(&manifest);
    text += &architecture(&manifest.architecture);
    let sound = [
        adapters(dir, &manifest, &mut text),
        tensors(dir, &manifest, &mut text),
        files(dir, &manifest, &mut text),
    ];
    Ok((text, sound.into_iter().all(|sound| sound)))
}

/// Appends one line: a name in the first column, and the rest.
macro_rules! line {
    ($text:expr, $name:expr, $($rest:tt)*) => {
        writeln!($text, "{:<14}{}", $name, format_args!($($rest)*)).expect("a string takes all")
    };
}

fn card(m: &Manifest) -> String {
    let mut text = String::new();
    line!(text, "pack", "{} {} (kerbside-core {} or later)", m.name, m.version, m.min_core);
    line!(text, "licence", "{}", m.licence);
    line!(text, "attribution", "{}", m.attribution);
    let origin = match m.origin {
        Origin::Trained => "trained",
        Origin::Random => "RANDOM: for measuring speed, what it says is noise",
    };
    line!(text, "weights", "{origin}");
    line!(text, "base", "{} (sha256 {}…)", m.base.id, &m.base.sha256[..12]);
    let masks = if m.masks { "boxes and masks" } else { "boxes but no masks" };
    line!(text, "items", "{masks}");
    for (task, numbers) in &m.calibration {
        let floor = numbers.floor * 100.0;
        line!(
            text,
            "confidence",
            "of {task} measured; below {floor:.0} % to be anything: not shown"
        );
    }
    line!(text, "memory", "about {} at most", size(m.peak_bytes));
    text
}

fn architecture(a: &Architecture) -> String {
    let mut text = String::new();
    let (v, t) = (&a.vision, &a.text);
    let (photo, patch, patches) = (a.image_size, a.patch_size, a.patches());
    line!(text, "family", "{:?}, {} prefix", a.family, a.prefix_mode);
    line!(text, "photo", "{photo} px in {patches} patches of {patch} px");
    line!(
        text,
        "vision",
        "{} layers of {}, {} heads, MLP {}, {:?}",
        v.layers,
        v.hidden,
        v.heads,
        v.mlp,
        v.hidden_act
    );
    line!(
        text,
        "text",
        "{} layers of {}, {} query and {} key heads of {}, MLP {}, {} tokens",
        t.layers,
        t.hidden,
        t.q_heads,
        t.kv_heads,
        t.head_dim,
        t.mlp,
        t.vocab
    );
    text
}

fn adapters(dir: &Path, manifest: &Manifest, text: &mut String) -> bool {
    let base = BaseModel::from(manifest);
    let mut sound = true;
    for entry in &manifest.adapters {
        let folder = dir.join("adapters").join(&entry.id);
        let adapter = adapter_files(&folder).map_err(Failure::from).and_then(|mut files| {
            files.prefix_mode = Some(entry.prefix_mode);
            Ok(LoraAdapter::read(&entry.id, &files, &base)?)
        });
        let tasks = manifest.tasks.iter().filter(|(_, id)| **id == entry.id);
        let tasks: Vec<&str> = tasks.map(|(task, _)| task.as_str()).collect();
        let tasks = if tasks.is_empty() { "no task".into() } else { tasks.join(", ") };
        match adapter {
            Ok(a) => {
                let (count, bytes) = (a.pairs().count(), size(a.byte_len() as u64));
                line!(text, "adapter", "{} for {tasks}: {count} matrices, {bytes}", entry.id);
            }
            Err(e) => {
                sound = false;
                line!(text, "adapter", "{} for {tasks}: {e}", entry.id);
            }
        }
    }
    sound
}

fn tensors(dir: &Path, manifest: &Manifest, text: &mut String) -> bool {
    let path = manifest.file(Role::Weights).map_or_else(PathBuf::new, |f| dir.join(&f.path));
    let weights = match WeightMap::open(&path, &manifest.architecture) {
        Ok(weights) => weights,
        Err(e) => {
            line!(text, "tensors", "{e}");
            return false;
        }
    };
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (_, view) in weights.iter() {
        let (count, bytes) = kinds.entry(kind_name(view.kind)).or_default();
        *count += 1;
        *bytes += view.bytes.len();
    }
    for (kind, (count, bytes)) in kinds {
        line!(text, "tensors", "{kind:<4}{count:>5}  {}", size(bytes as u64));
    }
    true
}

fn files(dir: &Path, manifest: &Manifest, text: &mut String) -> bool {
    let mut sound = true;
    for file in &manifest.files {
        let state = match sha256_file(&dir.join(&file.path)) {
            Ok(found) if found == file.sha256 => "sha256 is right".to_owned(),
            Ok(found) => format!("DAMAGED: sha256 is {}…", &found[..12]),
            Err(e) => e.to_string(),
        };
        sound &= state == "sha256 is right";
        line!(text, "file", "{:<45}{:>10}  {state}", file.path, size(file.bytes));
    }
    sound
}

fn kind_name(kind: WeightKind) -> &'static str {
    match kind {
        WeightKind::F32 => "F32",
        WeightKind::F16 => "F16",
        WeightKind::Packed(PackedKind::Q8) => "q8",
        WeightKind::Packed(PackedKind::Q4) => "q4",
    }
}

/// Bytes for people, in powers of ten.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}
