//! A pack or an adapter that comes as one ZIP file, read once from beginning to end: on a phone it
//! is a stream out of another app, with no way back and no room for a second copy.
//!
//! ```text
//! stream ─► files under `.importing`, hashed on the way ─► compared with pack.json ─► renamed
//! ```
//!
//! Everything may lie in the archive's root or in one folder. Lengths must stand before the data:
//! programs that write archives to a disk put them there, those that stream them cannot.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::read::read_zipfile_from_stream;
use zip::result::ZipError;

use super::error::PackError;
use super::import::{Site, create_dir, folder_name, seal};
use super::manifest::{ADAPTER_FILES, FileEntry, MANIFEST, Manifest};
use super::open::{Pack, read_manifest};
use super::path::check_path;
use super::verify::{check_size, hex, same_hash};
use crate::cancel::CancelToken;

/// Most files of an archive.
const MOST_FILES: usize = 10_000;
/// Most bytes that are unpacked: more than any model a phone can hold.
const MOST_BYTES: u64 = 32 << 30;
/// How many bytes may come out of one: trained weights hardly shrink, texts to a tenth, weights that
/// were drawn in tiles to a hundredth. A bomb swells by a thousand.
const MOST_SWELLING: u64 = 200;
/// Bytes that may come out of any archive, however small.
const ALWAYS_ROOM: u64 = 16 << 20;
/// Bytes asked for at once, and between two looks at the cancel token.
const CHUNK: usize = 1 << 20;

/// What came out of an archive: hashes by path, below the folder it was unpacked into.
pub(crate) struct Unpacked {
    dir: PathBuf,
    files: BTreeMap<String, Contents>,
}

/// Of one file.
struct Contents {
    bytes: u64,
    sha256: String,
}

impl Unpacked {
    /// Whether it is a pack; otherwise it is taken for an adapter.
    pub(crate) fn is_pack(&self) -> bool {
        self.folder_of(MANIFEST).is_ok()
    }

    /// Puts the pack in its place in `library`, once every file is what its manifest says, and
    /// returns its folder there. One that is there and intact is left as it is.
    pub(crate) fn land_pack(&self, site: &Site, library: &Path) -> Result<PathBuf, PackError> {
        let folder = self.folder_of(MANIFEST)?;
        let dir = self.dir.join(&folder);
        let (manifest, json) = read_manifest(&dir)?;
        for file in &manifest.files {
            self.check(&dir, &folder, file)?;
        }
        let target = library.join(folder_name(&manifest, &json));
        if Pack::open(&target).is_ok() {
            return Ok(target);
        }
        self.drop_unlisted(&folder, &manifest)?;
        seal(&dir, &manifest, &json)?;
        site.land(&dir, &target, &[])?;
        Ok(target)
    }

    /// The adapter's folder, and the name that folder had in the archive.
    pub(crate) fn adapter(&self) -> Result<(PathBuf, String), PackError> {
        let folder = self.folder_of(ADAPTER_FILES[0]).map_err(|_| {
            not_a_model(&format!("it has neither {MANIFEST} nor {} in it", ADAPTER_FILES[0]))
        })?;
        Ok((self.dir.join(&folder), folder))
    }

    /// The folder that `name` lies in: the root (`""`) or the one folder below it.
    fn folder_of(&self, name: &str) -> Result<String, PackError> {
        let split = |path: &String| match path.rsplit_once('/') {
            Some((folder, last)) => (last == name).then(|| folder.to_owned()),
            None => (path == name).then(String::new),
        };
        let mut folders: Vec<String> = self.files.keys().filter_map(split).collect();
        folders.retain(|folder| !folder.contains('/'));
        folders.sort_unstable();
        folders.into_iter().next().ok_or_else(|| PackError::Archive {
            reason: format!("there is no {name} in this file; choose another"),
        })
    }

    fn check(&self, dir: &Path, folder: &str, file: &FileEntry) -> Result<(), PackError> {
        let path = dir.join(&file.path);
        match self.files.get(&inside(folder, &file.path)) {
            None => Err(PackError::Missing { path }),
            Some(found) => {
                check_size(&path, file, found.bytes)?;
                same_hash(&path, file, found.sha256.clone())
            }
        }
    }

    /// Deletes what the manifest does not name.
    fn drop_unlisted(&self, folder: &str, manifest: &Manifest) -> Result<(), PackError> {
        let listed: Vec<_> = manifest.files.iter().map(|file| inside(folder, &file.path)).collect();
        let kept = |path: &String| *path == inside(folder, MANIFEST) || listed.contains(path);
        for path in self.files.keys().filter(|path| !kept(path)) {
            let path = self.dir.join(path);
            fs::remove_file(&path).map_err(|e| PackError::io(&path, e))?;
        }
        Ok(())
    }
}

fn inside(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

/// Unpacks the ZIP file that `source` holds into the folder `target`. `progress` hears bytes read.
///
/// # Errors
/// [`PackError`]; what was unpacked until then is left for the caller to clear away.
pub(crate) fn unpack(
    source: &mut dyn Read,
    target: &Path,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(u64),
) -> Result<Unpacked, PackError> {
    create_dir(target)?;
    let read = Cell::new(0);
    let watched = Watched { source, read: &read, cancel, progress };
    let mut reader = BufReader::with_capacity(CHUNK, watched);
    let (mut files, mut room) = (BTreeMap::new(), Room { read: &read, unpacked: 0 });
    let explain = |error| explain(error, cancel);
    while let Some(mut entry) = read_zipfile_from_stream(&mut reader).map_err(explain)? {
        if entry.is_dir() {
            continue;
        }
        let path = entry.name().map_err(explain)?.to_string();
        check_path(&path)?;
        if files.len() == MOST_FILES {
            return Err(not_a_model("it holds more files than any model"));
        }
        let contents = unpack_file(&mut entry, &target.join(&path), &mut room, cancel)?;
        files.insert(path, contents);
    }
    Ok(Unpacked { dir: target.to_owned(), files })
}

fn unpack_file(
    entry: &mut dyn Read,
    to: &Path,
    room: &mut Room<'_>,
    cancel: &CancelToken,
) -> Result<Contents, PackError> {
    if let Some(folder) = to.parent() {
        create_dir(folder)?;
    }
    // Never a second time into the same file, whatever the file system takes for the same name.
    let mut file = File::create_new(to).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => not_a_model("it holds a file twice"),
        _ => PackError::io(to, e),
    })?;
    let (mut hasher, mut bytes, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK]);
    loop {
        let n = match entry.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(explain(ZipError::Io(error), cancel)),
        };
        room.take(n as u64)?;
        hasher.update(&chunk[..n]);
        file.write_all(&chunk[..n]).map_err(|e| PackError::io(to, e))?;
        bytes += n as u64;
    }
    file.sync_all().map_err(|e| PackError::io(to, e))?;
    Ok(Contents { bytes, sha256: hex(&hasher.finalize()) })
}

/// How much may still come out of the archive.
struct Room<'a> {
    /// Bytes read of it so far.
    read: &'a Cell<u64>,
    /// Bytes that came out so far.
    unpacked: u64,
}

impl Room<'_> {
    fn take(&mut self, bytes: u64) -> Result<(), PackError> {
        self.unpacked += bytes;
        let swollen = ALWAYS_ROOM.saturating_add(self.read.get().saturating_mul(MOST_SWELLING));
        if self.unpacked > MOST_BYTES {
            return Err(not_a_model("it is larger than any model"));
        }
        if self.unpacked > swollen {
            return Err(not_a_model("far more comes out of it than any model packs into a file"));
        }
        Ok(())
    }
}

/// The stream, counted and open to cancellation.
struct Watched<'a> {
    source: &'a mut dyn Read,
    read: &'a Cell<u64>,
    cancel: &'a CancelToken,
    progress: &'a mut dyn FnMut(u64),
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.cancel.check().map_err(io::Error::other)?;
        let n = self.source.read(buffer)?;
        self.read.set(self.read.get() + n as u64);
        (self.progress)(self.read.get());
        Ok(n)
    }
}

fn not_a_model(what: &str) -> PackError {
    PackError::Archive { reason: format!("this file is no model: {what}; choose another") }
}

fn explain(error: ZipError, cancel: &CancelToken) -> PackError {
    if let Err(cancelled) = cancel.check() {
        return cancelled.into();
    }
    match error {
        ZipError::Io(error) => match error.kind() {
            ErrorKind::UnexpectedEof => {
                PackError::Archive { reason: "this file is cut off; download it again".to_owned() }
            }
            ErrorKind::InvalidData | ErrorKind::InvalidInput => PackError::Archive {
                reason: format!("this file is damaged ({error}); download it again"),
            },
            _ => PackError::Source { source: error },
        },
        ZipError::UnsupportedArchive(what) => {
            not_a_model(&format!("{what} (pack the folder as a plain ZIP file, not as a stream)"))
        }
        error => not_a_model(&format!("a ZIP file was expected ({error})")),
    }
}
