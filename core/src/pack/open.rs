//! An opened pack: its manifest, its mapped weights, and its smaller files on demand.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::adapter_files::{AdapterFiles, adapter_files};
use super::error::PackError;
use super::header;
use super::manifest::{LONGEST, MANIFEST, Manifest, Role};
use super::verify::verify;
use super::weights::WeightMap;

/// Most bytes of a tokenizer or a mask codec: twice what the largest vocabulary takes.
const LONGEST_FILE: u64 = 64 << 20;

/// A model pack, verified and mapped. Clones share the map.
#[derive(Debug, Clone)]
pub struct Pack {
    dir: PathBuf,
    manifest: Manifest,
    weights: Arc<WeightMap>,
    known: bool,
}

impl Pack {
    /// Opens a pack folder: checks the manifest, the files (see `models/FORMAT.md`, Checks) and the
    /// header of the weights, and maps the weights.
    ///
    /// # Errors
    /// [`PackError`], naming the file that is wrong and what to do.
    pub fn open(dir: &Path) -> Result<Self, PackError> {
        let (manifest, json) = read_manifest(dir)?;
        let (weights, known) = verify(dir, &manifest, &json)?;
        Ok(Self { dir: dir.to_owned(), manifest, weights: Arc::new(weights), known })
    }

    /// What the pack says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether its files are those that an earlier opening hashed.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Where the pack lies.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The base's tensors.
    pub fn weights(&self) -> &Arc<WeightMap> {
        &self.weights
    }

    /// The text of `tokenizer.json`.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn tokenizer(&self) -> Result<Vec<u8>, PackError> {
        self.read(Role::Tokenizer).map(Option::unwrap_or_default)
    }

    /// The bytes of the mask codec's safetensors file; `None` for a pack without masks.
    ///
    /// # Errors
    /// What the operating system says, and [`PackError::Weights`] for a header that is too long or
    /// has a name twice.
    pub fn mask_codec(&self) -> Result<Option<Vec<u8>>, PackError> {
        let Some(bytes) = self.read(Role::MaskCodec)? else {
            return Ok(None);
        };
        let path = || self.manifest.file(Role::MaskCodec).map(|file| self.dir.join(&file.path));
        header::check(&bytes)
            .map_err(|reason| PackError::Weights { path: path().unwrap_or_default(), reason })?;
        Ok(Some(bytes))
    }

    /// The files of a bundled adapter.
    ///
    /// # Errors
    /// [`PackError::NoAdapter`] for an id that the manifest does not have.
    pub fn adapter(&self, id: &str) -> Result<AdapterFiles, PackError> {
        let adapters = &self.manifest.adapters;
        let Some(entry) = adapters.iter().find(|a| a.id == id) else {
            let ids: Vec<&str> = adapters.iter().map(|a| a.id.as_str()).collect();
            return Err(PackError::NoAdapter {
                path: self.dir.clone(),
                id: id.to_owned(),
                known: if ids.is_empty() { "none".into() } else { ids.join(", ") },
            });
        };
        let files = adapter_files(&self.dir.join("adapters").join(id))?;
        Ok(AdapterFiles { prefix_mode: Some(entry.prefix_mode), ..files })
    }

    fn read(&self, role: Role) -> Result<Option<Vec<u8>>, PackError> {
        let Some(file) = self.manifest.file(role) else {
            return Ok(None);
        };
        read_file(&self.dir.join(&file.path), LONGEST_FILE).map(Some)
    }
}

/// The manifest of a pack folder, and its text.
pub(crate) fn read_manifest(dir: &Path) -> Result<(Manifest, Vec<u8>), PackError> {
    let path = dir.join(MANIFEST);
    let json = read_file(&path, LONGEST)?;
    Ok((Manifest::parse(&json, &path)?, json))
}

/// The contents of a file that is read whole and so has to fit into memory.
pub(super) fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, PackError> {
    let read = || {
        let found = fs::metadata(path)?.len();
        if found > limit { Ok(Err(found)) } else { fs::read(path).map(Ok) }
    };
    let bytes = read().map_err(|e| PackError::io(path, e))?;
    bytes.map_err(|found| PackError::TooLong { path: path.to_owned(), found, limit })
}

/// Maps the weights that a manifest names.
pub(super) fn open_weights(dir: &Path, manifest: &Manifest) -> Result<WeightMap, PackError> {
    let file = manifest.file(Role::Weights).expect("a checked manifest has one");
    WeightMap::open(&dir.join(&file.path), &manifest.architecture)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::fixture::{rewrite_manifest, write_pack};
    use crate::pack::verify::STAMP;
    use crate::quant::{PackedKind, WeightKind};
    use serde_json::json;
    use std::time::{Duration, SystemTime};

    fn pack() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        write_pack(dir.path(), WeightKind::Packed(PackedKind::Q4));
        dir
    }

    fn refusal(dir: &Path) -> String {
        Pack::open(dir).unwrap_err().to_string()
    }

    /// Changes one byte, leaving length and modification time alone.
    fn flip(path: &Path) {
        let time = fs::metadata(path).unwrap().modified().unwrap();
        let mut bytes = fs::read(path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(path, bytes).unwrap();
        fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn an_intact_pack_gives_all_its_parts() {
        let dir = pack();
        let pack = Pack::open(dir.path()).unwrap();
        assert_eq!(pack.manifest().name, "tiny");
        assert_eq!(pack.tokenizer().unwrap(), b"{}");
        assert_eq!(pack.mask_codec().unwrap(), None);
        assert_eq!(pack.adapter("cut").unwrap().tensors, b"tensors");
        let error = pack.adapter("sort").unwrap_err().to_string();
        assert!(error.contains("\"sort\"; there are cut"), "{error}");
        // The map outlives the pack.
        let matrix = pack.weights().matrix("language.embed").unwrap();
        drop(pack);
        assert_eq!((matrix.rows(), matrix.cols()), (70, 32));
    }

    #[test]
    fn a_changed_byte_is_found_before_the_first_stamp() {
        let dir = pack();
        flip(&dir.path().join("weights.safetensors"));
        let error = refusal(dir.path());
        assert!(error.contains("weights.safetensors is damaged"), "{error}");
        assert!(!dir.path().join(STAMP).exists());
    }

    #[test]
    fn a_new_modification_time_asks_for_the_hash_again() {
        let dir = pack();
        Pack::open(dir.path()).unwrap();
        let path = dir.path().join("weights.safetensors");
        flip(&path);
        assert!(Pack::open(dir.path()).is_ok(), "the stamp spares the hash");
        let later = SystemTime::now() + Duration::from_secs(5);
        fs::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        assert!(refusal(dir.path()).contains("is damaged"));
    }

    #[test]
    fn another_manifest_asks_for_the_hash_again() {
        let dir = pack();
        Pack::open(dir.path()).unwrap();
        rewrite_manifest(dir.path(), |m| m["files"][0]["sha256"] = json!("0".repeat(64)));
        assert!(refusal(dir.path()).contains("is damaged"));
    }

    #[test]
    fn files_of_other_lengths_and_missing_files_are_named() {
        let dir = pack();
        let path = dir.path().join("tokenizer.json");
        fs::write(&path, "{} ").unwrap();
        assert!(refusal(dir.path()).contains("tokenizer.json has 3 bytes, pack.json says 2"));
        fs::remove_file(&path).unwrap();
        assert!(refusal(dir.path()).contains("tokenizer.json is missing"));
        fs::remove_file(dir.path().join("pack.json")).unwrap();
        assert!(refusal(dir.path()).contains("pack.json is missing"));
    }

    #[test]
    fn weights_of_another_architecture_are_refused() {
        let dir = pack();
        rewrite_manifest(dir.path(), |m| m["architecture"]["text"]["mlp"] = json!(64));
        assert!(refusal(dir.path()).contains("the architecture asks for 64×32"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let dir = pack();
        let [path, away] = ["tokenizer.json", "away"].map(|n| dir.path().join(n));
        fs::rename(&path, &away).unwrap();
        std::os::unix::fs::symlink(&away, &path).unwrap();
        assert!(refusal(dir.path()).contains("links are not followed"));
        fs::remove_file(&path).unwrap();
        fs::rename(&away, &path).unwrap();
        let adapters = dir.path().join("adapters");
        fs::rename(&adapters, &away).unwrap();
        std::os::unix::fs::symlink(&away, &adapters).unwrap();
        assert!(refusal(dir.path()).contains("links are not followed"));
    }
}
