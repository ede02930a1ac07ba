//! Is every file of a pack what the manifest says? Hashing gigabytes takes seconds, so the answer
//! is remembered in `.verified` and holds while lengths and modification times stay.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::PackError;
use super::manifest::{FileEntry, Manifest};
use super::open::{open_weights, read_manifest};
use super::weights::WeightMap;
use crate::cancel::CancelToken;

/// File name of the note about the last full check.
pub(super) const STAMP: &str = ".verified";

/// What held when the hashes were last right.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Stamp {
    /// sha256 of `pack.json`.
    manifest: String,
    /// Path → modification time, nanoseconds since 1970.
    modified: BTreeMap<String, u64>,
}

/// Checks lengths always, and contents unless the stamp says that nothing changed since they were
/// right. `json` is the text of the manifest. Gives back the mapped weights, and whether the stamp was
/// enough.
pub(super) fn verify(
    dir: &Path,
    manifest: &Manifest,
    json: &[u8],
) -> Result<(WeightMap, bool), PackError> {
    let now = observe(dir, manifest, json)?;
    if read_stamp(dir).is_some_and(|then| then == now) {
        return Ok((open_weights(dir, manifest)?, true));
    }
    for file in &manifest.files {
        check_hash(&dir.join(&file.path), file)?;
    }
    let weights = open_weights(dir, manifest)?;
    weights.check_numbers()?;
    // A pack inside a read-only app bundle is checked on every open instead.
    let _ = write_stamp(dir, &now);
    Ok((weights, false))
}

/// Hashes every file, whatever the stamp says. `progress` hears bytes done and bytes in all.
///
/// # Errors
/// [`PackError`] naming the file that is wrong; the pack is then hashed again on the next open.
pub fn verify_whole(
    dir: &Path,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), PackError> {
    let (manifest, json) = read_manifest(dir)?;
    let now = observe(dir, &manifest, &json)?;
    let (mut done, total) = (0, manifest.total_bytes());
    for file in &manifest.files {
        let path = dir.join(&file.path);
        let found = hash_file(&path, |chunk| {
            done += chunk.len() as u64;
            progress(done, total);
            Ok(cancel.check()?)
        })?;
        if let Err(damaged) = same_hash(&path, file, found) {
            // Without its stamp the pack cannot be opened any more.
            let _ = fs::remove_file(dir.join(STAMP));
            return Err(damaged);
        }
    }
    open_weights(dir, &manifest)?.check_numbers()?;
    // As on opening, a pack in a read-only folder has none.
    let _ = write_stamp(dir, &now);
    Ok(())
}

/// Notes that the hashes are right as of now.
pub(super) fn stamp(dir: &Path, manifest: &Manifest, json: &[u8]) -> Result<(), PackError> {
    let now = observe(dir, manifest, json)?;
    write_stamp(dir, &now).map_err(|e| PackError::io(&dir.join(STAMP), e))
}

/// The path and metadata of a file of the pack, reached through no link.
pub(super) fn plain_file(dir: &Path, relative: &str) -> Result<(PathBuf, Metadata), PackError> {
    let mut path = dir.to_owned();
    let mut parts = relative.split('/').peekable();
    loop {
        path.push(parts.next().unwrap_or_default());
        let metadata = fs::symlink_metadata(&path).map_err(|e| PackError::io(&path, e))?;
        match (parts.peek().is_some(), metadata.is_dir(), metadata.is_file()) {
            (true, true, _) => {}
            (false, _, true) => return Ok((path, metadata)),
            _ => return Err(PackError::NotAFile { path }),
        }
    }
}

/// sha256 of a file, as 64 hexadecimal digits; `each` sees every chunk of it.
pub(super) fn hash_file(
    path: &Path,
    mut each: impl FnMut(&[u8]) -> Result<(), PackError>,
) -> Result<String, PackError> {
    let mut file = File::open(path).map_err(|e| PackError::io(path, e))?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 1 << 20];
    loop {
        let n = match file.read(&mut chunk) {
            Ok(0) => return Ok(hex(&hasher.finalize())),
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(PackError::io(path, e)),
        };
        hasher.update(&chunk[..n]);
        each(&chunk[..n])?;
    }
}

/// sha256 of a file, as 64 hexadecimal digits.
///
/// # Errors
/// What the operating system says.
pub fn sha256_file(path: &Path) -> Result<String, PackError> {
    hash_file(path, |_| Ok(()))
}

/// sha256 of bytes, as 64 hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares lengths, and collects what a stamp would say now.
fn observe(dir: &Path, manifest: &Manifest, json: &[u8]) -> Result<Stamp, PackError> {
    let mut modified = BTreeMap::new();
    for file in &manifest.files {
        let (path, metadata) = plain_file(dir, &file.path)?;
        check_size(&path, file, metadata.len())?;
        let time = metadata.modified().map_err(|e| PackError::io(&path, e))?;
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        modified.insert(file.path.clone(), since.as_nanos() as u64);
    }
    Ok(Stamp { manifest: sha256(json), modified })
}

pub(super) fn check_size(path: &Path, file: &FileEntry, found: u64) -> Result<(), PackError> {
    if found == file.bytes {
        return Ok(());
    }
    Err(PackError::Size { path: path.to_owned(), expected: file.bytes, found })
}

fn check_hash(path: &Path, file: &FileEntry) -> Result<(), PackError> {
    same_hash(path, file, sha256_file(path)?)
}

pub(super) fn same_hash(path: &Path, file: &FileEntry, found: String) -> Result<(), PackError> {
    if found == file.sha256 {
        return Ok(());
    }
    let expected = file.sha256.clone();
    Err(PackError::Hash { path: path.to_owned(), expected, found })
}

fn read_stamp(dir: &Path) -> Option<Stamp> {
    serde_json::from_slice(&fs::read(dir.join(STAMP)).ok()?).ok()
}

fn write_stamp(dir: &Path, stamp: &Stamp) -> io::Result<()> {
    let mut file = File::create(dir.join(STAMP))?;
    file.write_all(&serde_json::to_vec(stamp)?)?;
    file.sync_all()
}
