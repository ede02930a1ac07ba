//! Takes a pack into the app's library: copied beside its place, verified, synced, renamed.
//!
//! A pack in use is mapped, and changing a mapped file crashes its reader. So nothing is ever
//! written into a folder that can be opened: the copy grows under a name that is no pack's, and
//! another version gets another folder.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::PackError;
use super::manifest::{FileEntry, MANIFEST, Manifest};
use super::open::{Pack, open_weights, read_manifest};
use super::verify::{check_size, hash_file, plain_file, same_hash, sha256, stamp};
use crate::cancel::CancelToken;
use crate::store;

/// Where the copy grows. One name is enough: imports hold [`LOCK`], and what lies here when an
/// import begins was left by one that died.
const GROWING: &str = ".importing";
/// Where what is replaced or removed goes before it is deleted.
const DISCARDED: &str = ".discarded";
const LOCK: &str = ".import.lock";
/// The [`Landing`] that is under way.
const LANDING: &str = ".landing";

/// Imports the pack in folder `source` into `library`, and returns the new pack's folder, named
/// after the pack, its version and its content. A pack that is already there and intact is left
/// as it is. `progress` hears bytes done and bytes in all.
///
/// # Errors
/// [`PackError`]; the library is then as it was before.
pub fn import(
    source: &Path,
    library: &Path,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<PathBuf, PackError> {
    let site = Site::enter(library)?;
    let (manifest, json) = read_manifest(source)?;
    let target = library.join(folder_name(&manifest, &json));
    if Pack::open(&target).is_ok() {
        return Ok(target);
    }
    copy_pack(source, &site.growing(), &manifest, &json, cancel, progress)?;
    site.land(&site.growing(), &target, &[])?;
    Ok(target)
}

/// A library's building site: one at a time, and tidied up when it is left.
pub(crate) struct Site {
    library: PathBuf,
    _lock: File,
}

/// The last step of an import, written down before it begins. It takes several renames, and a
/// process can die between any two of them: the next one finds this and does what is left, so that
/// there is what was before or all of what is new.
#[derive(Debug, Serialize, Deserialize)]
struct Landing {
    /// What has grown, whole. All paths are below the library.
    grown: PathBuf,
    /// Where it belongs.
    place: PathBuf,
    /// What it takes the place of, beside what lies at `place`.
    gone: Vec<PathBuf>,
}

impl Site {
    /// Takes the lock, finishes what an import that died had begun to put in place, and clears away
    /// what it left.
    ///
    /// # Errors
    /// [`PackError::Busy`], or what the operating system says.
    pub(crate) fn enter(library: &Path) -> Result<Self, PackError> {
        let site = Self { library: library.to_owned(), _lock: lock(library)? };
        site.finish()?;
        site.clear()?;
        Ok(site)
    }

    /// Where the copy grows.
    pub(crate) fn growing(&self) -> PathBuf {
        self.library.join(GROWING)
    }

    /// Puts what has grown in its place, and takes away what was there and what is `gone` with it.
    ///
    /// # Errors
    /// What the operating system says.
    pub(crate) fn land(
        &self,
        grown: &Path,
        place: &Path,
        gone: &[PathBuf],
    ) -> Result<(), PackError> {
        create_dir(parent(place))?;
        let inside = |path: &Path| path.strip_prefix(&self.library).unwrap_or(path).to_owned();
        let landing = Landing {
            grown: inside(grown),
            place: inside(place),
            gone: gone.iter().map(|path| inside(path)).collect(),
        };
        self.note(&landing)?;
        self.finish()
    }

    /// Takes a folder of the library away. It is renamed before it is deleted: one that is there
    /// is there whole.
    ///
    /// # Errors
    /// What the operating system says.
    pub(crate) fn discard(&self, folder: &Path) -> Result<(), PackError> {
        self.set_aside(folder)?;
        remove(&self.discarded())
    }

    fn note(&self, landing: &Landing) -> Result<(), PackError> {
        let json = serde_json::to_vec(landing).expect("paths below a library are text");
        let path = self.library.join(LANDING);
        store::replace(&path, &json).map_err(|e| PackError::io(&path, e))
    }

    /// Does what is left of the landing that was noted last, if any.
    fn finish(&self) -> Result<(), PackError> {
        let path = self.library.join(LANDING);
        let Ok(json) = fs::read(&path) else { return Ok(()) };
        // It was renamed into place whole; what is no landing was not written here.
        if let Ok(Landing { grown, place, gone }) = serde_json::from_slice(&json) {
            let [grown, place] = [grown, place].map(|path| self.library.join(path));
            if grown.exists() {
                remove(&self.discarded())?;
                self.set_aside(&place)?;
                rename(&grown, &place)?;
                sync_dir(parent(&place))?;
            }
            remove(&self.discarded())?;
            for folder in gone {
                self.discard(&self.library.join(folder))?;
            }
        }
        fs::remove_file(&path).map_err(|e| PackError::io(&path, e))
    }

    fn set_aside(&self, folder: &Path) -> Result<(), PackError> {
        match fs::rename(folder, self.discarded()) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(PackError::io(folder, e)),
            _ => Ok(()),
        }
    }

    fn discarded(&self) -> PathBuf {
        self.library.join(DISCARDED)
    }

    fn clear(&self) -> Result<(), PackError> {
        // A note that was never finished.
        let _ = fs::remove_file(self.library.join(".landing.new"));
        remove(&self.growing())?;
        remove(&self.discarded())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // A landing that failed half-way still needs what has grown.
        if !self.library.join(LANDING).exists() {
            // What cannot be removed now is removed by the next import.
            let _ = self.clear();
        }
    }
}

fn parent(place: &Path) -> &Path {
    place.parent().expect("a place in the library has a parent")
}

fn lock(library: &Path) -> Result<File, PackError> {
    create_dir(library)?;
    let path = library.join(LOCK);
    let file = File::create(&path).map_err(|e| PackError::io(&path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(PackError::Busy { path: library.to_owned() }),
        Err(TryLockError::Error(e)) => Err(PackError::io(&path, e)),
    }
}

/// Two builds that call themselves the same version still get folders of their own.
pub(super) fn folder_name(manifest: &Manifest, json: &[u8]) -> String {
    format!("{}-{}-{}", manifest.name, manifest.version, &sha256(json)[..8])
}

fn copy_pack(
    source: &Path,
    target: &Path,
    manifest: &Manifest,
    json: &[u8],
    cancel: &CancelToken,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), PackError> {
    create_dir(target)?;
    let (mut done, total) = (0, manifest.total_bytes());
    progress(done, total);
    for file in &manifest.files {
        copy_file(source, target, file, &mut |bytes| {
            done += bytes;
            progress(done, total);
            Ok(cancel.check()?)
        })?;
    }
    write_synced(&target.join(MANIFEST), json)?;
    seal(target, manifest, json)
}

/// The last steps on a folder whose files are written and whose hashes were right.
pub(super) fn seal(dir: &Path, manifest: &Manifest, json: &[u8]) -> Result<(), PackError> {
    open_weights(dir, manifest)?.check_numbers()?;
    stamp(dir, manifest, json)?;
    for folder in folders(manifest) {
        sync_dir(&dir.join(folder))?;
    }
    sync_dir(dir)
}

/// Copies one file and checks its length and hash on the way.
fn copy_file(
    source: &Path,
    target: &Path,
    file: &FileEntry,
    step: &mut dyn FnMut(u64) -> Result<(), PackError>,
) -> Result<(), PackError> {
    let (from, metadata) = plain_file(source, &file.path)?;
    check_size(&from, file, metadata.len())?;
    let to = target.join(&file.path);
    if let Some(parent) = to.parent() {
        create_dir(parent)?;
    }
    let mut writer = File::create(&to).map_err(|e| PackError::io(&to, e))?;
    let found = hash_file(&from, |chunk| {
        writer.write_all(chunk).map_err(|e| PackError::io(&to, e))?;
        step(chunk.len() as u64)
    })?;
    same_hash(&from, file, found)?;
    writer.sync_all().map_err(|e| PackError::io(&to, e))
}

/// The folders inside a pack that its files lie in, deepest first.
fn folders(manifest: &Manifest) -> Vec<PathBuf> {
    let parents = |file: &FileEntry| -> Vec<PathBuf> {
        let ancestors = Path::new(&file.path).ancestors().skip(1);
        ancestors.filter(|p| !p.as_os_str().is_empty()).map(Path::to_owned).collect()
    };
    let mut folders: Vec<PathBuf> = manifest.files.iter().flat_map(parents).collect();
    folders.sort();
    folders.dedup();
    folders.reverse();
    folders
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), PackError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|e| PackError::io(path, e))
}

pub(super) fn create_dir(path: &Path) -> Result<(), PackError> {
    fs::create_dir_all(path).map_err(|e| PackError::io(path, e))
}

fn rename(from: &Path, to: &Path) -> Result<(), PackError> {
    fs::rename(from, to).map_err(|e| PackError::io(from, e))
}

fn remove(dir: &Path) -> Result<(), PackError> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(PackError::io(dir, e)),
        _ => Ok(()),
    }
}

/// Makes new names in a folder survive a power cut. Windows has no such call, and needs none.
fn sync_dir(dir: &Path) -> Result<(), PackError> {
    if cfg!(unix) {
        let sync = File::open(dir).and_then(|d| d.sync_all());
        sync.map_err(|e| PackError::io(dir, e))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::fixture::{rewrite_manifest, write_pack};
    use crate::quant::{PackedKind, WeightKind};
    use serde_json::json;

    struct Place {
        root: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Self {
            let place = Self { root: tempfile::tempdir().unwrap() };
            write_pack(&place.source(), WeightKind::Packed(PackedKind::Q8));
            place
        }

        fn source(&self) -> PathBuf {
            self.root.path().join("download")
        }

        fn library(&self) -> PathBuf {
            self.root.path().join("library")
        }

        fn import(&self) -> Result<PathBuf, PackError> {
            import(&self.source(), &self.library(), &CancelToken::new(), &mut |_, _| ())
        }

        /// Everything in the library but its lock.
        fn listing(&self) -> Vec<String> {
            let entries = fs::read_dir(self.library()).unwrap();
            let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names.filter(|n| n != LOCK).collect();
            names.sort();
            names
        }
    }

    #[test]
    fn an_imported_pack_opens_without_hashing_again() {
        let place = Place::new();
        let mut steps = Vec::new();
        let mut note = |done, total| steps.push((done, total));
        let dir =
            import(&place.source(), &place.library(), &CancelToken::new(), &mut note).unwrap();
        let total = Pack::open(&dir).unwrap().manifest().total_bytes();
        assert_eq!((steps[0], *steps.last().unwrap()), ((0, total), (total, total)));
        assert!(dir.join(super::super::verify::STAMP).exists());
        assert_eq!(place.listing().len(), 1);
        assert_eq!(place.import().unwrap(), dir, "a second import finds it there");
    }

    #[test]
    fn a_damaged_download_changes_nothing() {
        let place = Place::new();
        let tokenizer = place.source().join("tokenizer.json");
        fs::write(&tokenizer, "[]").unwrap();
        assert!(place.import().unwrap_err().to_string().contains("tokenizer.json is damaged"));
        assert!(place.listing().is_empty());
        fs::write(&tokenizer, "{").unwrap();
        assert!(place.import().unwrap_err().to_string().contains("has 1 bytes"));
        fs::remove_file(&tokenizer).unwrap();
        assert!(place.import().unwrap_err().to_string().contains("tokenizer.json is missing"));
    }

    #[test]
    fn weights_that_do_not_fit_never_land() {
        let place = Place::new();
        rewrite_manifest(&place.source(), |m| m["architecture"]["text"]["layers"] = json!(3));
        assert!(place.import().unwrap_err().to_string().contains("is missing"));
        assert!(place.listing().is_empty());
    }

    #[test]
    fn another_build_of_a_version_gets_its_own_folder() {
        let place = Place::new();
        let first = place.import().unwrap();
        let open = Pack::open(&first).unwrap();
        rewrite_manifest(&place.source(), |m| m["attribution"] = json!("somebody"));
        let second = place.import().unwrap();
        assert_ne!(first, second);
        assert_eq!(open.adapter("cut").unwrap().config, b"{\"r\": 8}");
    }

    #[test]
    fn a_pack_damaged_in_the_library_is_replaced() {
        let place = Place::new();
        let dir = place.import().unwrap();
        let open = Pack::open(&dir).unwrap();
        let before = open.weights().floats("language.norm").unwrap();
        fs::write(dir.join("tokenizer.json"), "broken").unwrap();
        assert_eq!(place.import().unwrap(), dir);
        assert_eq!(Pack::open(&dir).unwrap().tokenizer().unwrap(), b"{}");
        assert_eq!(open.weights().floats("language.norm").unwrap(), before);
        assert_eq!(place.listing().len(), 1);
    }

    #[test]
    fn what_a_dead_import_left_is_cleaned() {
        let place = Place::new();
        for name in [GROWING, DISCARDED] {
            fs::create_dir_all(place.library().join(name)).unwrap();
            fs::write(place.library().join(name).join("half"), "x").unwrap();
        }
        place.import().unwrap();
        assert_eq!(place.listing().len(), 1);
    }

    /// Whatever a process had done of a landing when it died.
    #[test]
    fn a_landing_that_was_cut_short_is_finished() {
        for done in 0..=4 {
            let place = Place::new();
            let path = |name: &str| place.library().join(name);
            for (folder, mark) in [("one", "old"), ("two", "old"), (".importing/new", "new")] {
                fs::create_dir_all(path(folder)).unwrap();
                fs::write(path(folder).join("mark"), mark).unwrap();
            }
            let note = json!({"grown": ".importing/new", "place": "one", "gone": ["two"]});
            fs::write(path(LANDING), note.to_string()).unwrap();
            fs::write(path(".landing.new"), "{").unwrap();
            let steps: [&dyn Fn(); 4] = [
                &|| fs::rename(path("one"), path(DISCARDED)).unwrap(),
                &|| fs::rename(path(".importing/new"), path("one")).unwrap(),
                &|| fs::remove_dir_all(path(DISCARDED)).unwrap(),
                &|| fs::rename(path("two"), path(DISCARDED)).unwrap(),
            ];
            steps[..done].iter().for_each(|step| step());
            drop(Site::enter(&place.library()).unwrap());
            assert_eq!(place.listing(), ["one"], "after {done} steps");
            assert_eq!(fs::read(path("one").join("mark")).unwrap(), b"new", "after {done} steps");
        }
    }

    #[test]
    fn a_note_that_is_none_is_cleared_away() {
        let place = Place::new();
        fs::create_dir(place.library()).unwrap();
        fs::write(place.library().join(LANDING), "{").unwrap();
        place.import().unwrap();
        assert_eq!(place.listing().len(), 1);
    }

    #[test]
    fn a_cancelled_import_leaves_nothing() {
        let place = Place::new();
        let cancel = CancelToken::new();
        let mut stop = |done, _| {
            if done > 0 {
                cancel.cancel();
            }
        };
        let result = import(&place.source(), &place.library(), &cancel, &mut stop);
        assert!(matches!(result, Err(PackError::Cancelled(_))));
        assert!(place.listing().is_empty());
    }

    #[test]
    fn two_imports_at_once_are_refused() {
        let place = Place::new();
        let held = lock(&place.library()).unwrap();
        assert!(matches!(place.import(), Err(PackError::Busy { .. })));
        drop(held);
        place.import().unwrap();
    }
}
