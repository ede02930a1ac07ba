//! A pack folder being made. It grows under another name and becomes a pack at the end, so that a
//! half-written one is never taken for whole.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use kerbside_core::certainty::Calibration;
use kerbside_core::pack::manifest::{
    AdapterEntry, Base, FileEntry, MANIFEST, Manifest, Role, SCHEMA,
};
use kerbside_core::pack::{Architecture, Origin, WeightMap, sha256_file};

use crate::failure::{Failure, Result};

/// File name of the weights.
pub const WEIGHTS: &str = "weights.safetensors";
/// File name of the tokenizer.
pub const TOKENIZER: &str = "tokenizer.json";
/// File name of the mask codec.
pub const MASK_CODEC: &str = "mask_codec.safetensors";

/// What a manifest says beyond its files.
#[derive(Debug, Clone)]
pub struct Card {
    /// Name of the pack.
    pub name: String,
    /// Version of the pack.
    pub version: String,
    /// Licence of the weights.
    pub licence: String,
    /// Whom to name beside the weights.
    pub attribution: String,
    /// Trained, or random.
    pub origin: Origin,
    /// Name of the base as adapters give it.
    pub base: String,
    /// Sizes of the model.
    pub architecture: Architecture,
    /// Task → adapter id.
    pub tasks: BTreeMap<String, String>,
    /// Task → how sure its answers are, where that was measured.
    pub calibration: BTreeMap<String, Calibration>,
    /// Adapter ids, with folders under `adapters/`.
    pub adapters: Vec<String>,
}

/// A folder that is not yet a pack. Dropped unfinished, it is removed.
#[derive(Debug)]
pub struct NewPack {
    target: PathBuf,
    growing: PathBuf,
}

impl NewPack {
    /// Begins a pack that will lie at `target`.
    ///
    /// # Errors
    /// If something lies there already.
    pub fn begin(target: &Path) -> Result<Self> {
        if target.exists() {
            let words = format!("{} exists; remove it or choose another", target.display());
            return Err(Failure::new(words));
        }
        let name = target.file_name().ok_or_else(|| Failure::new("the pack needs a name"))?;
        let growing = target.with_file_name(format!(".{}.growing", name.to_string_lossy()));
        if growing.exists() {
            fs::remove_dir_all(&growing).map_err(|e| Failure::io(&growing, &e))?;
        }
        fs::create_dir_all(&growing).map_err(|e| Failure::io(&growing, &e))?;
        Ok(Self { target: target.to_owned(), growing })
    }

    /// Where a file of the pack is to be written; its folder is made.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn path(&self, relative: &str) -> Result<PathBuf> {
        let path = self.growing.join(relative);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| Failure::io(folder, &e))?;
        }
        Ok(path)
    }

    /// Writes a small file of the pack.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&self, relative: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(relative)?;
        let write = || {
            let mut file = fs::File::create(&path)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|e| Failure::io(&path, &e))
    }

    /// Writes the manifest, checks what was made as a reader would, and moves it to its place.
    ///
    /// # Errors
    /// If what was made is not a pack.
    pub fn finish(self, card: Card) -> Result<Manifest> {
        let files = self.files()?;
        let manifest = manifest(card, files)?;
        self.write(MANIFEST, manifest.to_json().as_bytes())?;
        Manifest::parse(manifest.to_json().as_bytes(), &self.growing.join(MANIFEST))?;
        WeightMap::open(&self.growing.join(WEIGHTS), &manifest.architecture)?;
        fs::rename(&self.growing, &self.target).map_err(|e| Failure::io(&self.target, &e))?;
        Ok(manifest)
    }

    /// Every file written so far.
    fn files(&self) -> Result<Vec<FileEntry>> {
        let mut paths = Vec::new();
        list(&self.growing, String::new(), &mut paths)?;
        paths.sort();
        paths.into_iter().map(|path| entry(&self.growing, path)).collect()
    }
}

impl Drop for NewPack {
    fn drop(&mut self) {
        // Gone already where the pack was finished.
        let _ = fs::remove_dir_all(&self.growing);
    }
}

/// Relative paths of all files under `dir`, with `/`.
fn list(dir: &Path, prefix: String, paths: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(dir).map_err(|e| Failure::io(dir, &e))? {
        let path = entry.map_err(|e| Failure::io(dir, &e))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let relative = format!("{prefix}{name}");
        match path.is_dir() {
            true => list(&path, relative + "/", paths)?,
            false => paths.push(relative),
        }
    }
    Ok(())
}

fn entry(dir: &Path, path: String) -> Result<FileEntry> {
    let role = match path.as_str() {
        WEIGHTS => Role::Weights,
        TOKENIZER => Role::Tokenizer,
        MASK_CODEC => Role::MaskCodec,
        other if other.starts_with("adapters/") => Role::Adapter,
        _ => Role::Document,
    };
    let full = dir.join(&path);
    let bytes = fs::metadata(&full).map_err(|e| Failure::io(&full, &e))?.len();
    Ok(FileEntry { role, path, bytes, sha256: sha256_file(&full)? })
}

fn manifest(card: Card, files: Vec<FileEntry>) -> Result<Manifest> {
    let weights = files.iter().find(|f| f.role == Role::Weights);
    let weights = weights.ok_or_else(|| Failure::new("the pack has no weights"))?;
    let prefix_mode = card.architecture.prefix_mode;
    let adapters = card.adapters.into_iter().map(|id| AdapterEntry { id, prefix_mode });
    Ok(Manifest {
        schema: SCHEMA,
        name: card.name,
        version: card.version,
        min_core: env!("CARGO_PKG_VERSION").to_owned(),
        licence: card.licence,
        attribution: card.attribution,
        origin: card.origin,
        base: Base { id: card.base, sha256: weights.sha256.clone() },
        peak_bytes: peak_bytes(&card.architecture, &files),
        architecture: card.architecture,
        tasks: card.tasks,
        calibration: card.calibration,
        adapters: adapters.collect(),
        masks: files.iter().any(|f| f.role == Role::MaskCodec),
        files,
    })
}

/// An estimate of the most memory one photo needs: the files, the KV cache of a photo with its
/// prompt and answer, and the widest states of the prefill.
fn peak_bytes(arch: &Architecture, files: &[FileEntry]) -> u64 {
    const TEXT: usize = 768;
    const FLOAT: usize = size_of::<f32>();
    let (text, vision) = (&arch.text, &arch.vision);
    let positions = arch.patches() + TEXT;
    let cache = text.layers * 2 * text.key_width() * positions;
    let decoder = positions * (4 * text.hidden + 2 * text.mlp);
    let tower = arch.patches() * (6 * vision.hidden + vision.mlp);
    let states = (cache + decoder.max(tower) + text.vocab) * FLOAT;
    files.iter().map(|f| f.bytes).sum::<u64>() + states as u64
}
