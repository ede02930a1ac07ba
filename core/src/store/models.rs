//! The models on a device: the pack that came with the app, packs in a folder of the app's own, and
//! the adapters added to them.
//!
//! ```text
//! <library>/<pack>/                     as `models/FORMAT.md` says
//! <library>/.adapters/<pack>/<adapter>/ as PEFT writes it
//! ```
//!
//! An import ends with what was there before or with all of what is new, whenever its process dies.
//!
//! An added adapter does the task it is named after, instead of the pack's own: `segment` and
//! `segment-night` both outline. There is at most one for each task.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::cancel::CancelToken;
use crate::engine::{Engine, EngineOptions, SEGMENT};
use crate::error::Result;
use crate::lora::AdapterTable;
use crate::pack::{
    Manifest, PackError, Site, adapter_files, check_name, read_manifest, unpack, verify_whole,
};

/// Id of the pack that came with the app.
pub const BUNDLED: &str = "bundled";

/// What an adapter can be for.
const TASKS: [&str; 3] = [SEGMENT, "dispose", "highlight"];

/// Where added adapters lie: no pack's name begins with a dot.
const ADAPTERS: &str = ".adapters";

/// The packs and adapters of the app.
#[derive(Debug, Clone)]
pub struct ModelStore {
    library: PathBuf,
    bundled: Option<PathBuf>,
}

/// A pack of the store.
#[derive(Debug)]
pub struct StoredPack {
    /// [`BUNDLED`], or its folder's name.
    pub id: String,
    /// Its folder.
    pub dir: PathBuf,
    /// What it says of itself, or why that cannot be read: such a pack can only be removed.
    pub manifest: Result<Manifest, PackError>,
    /// Adapters added to it.
    pub added: Vec<StoredAdapter>,
}

/// An adapter added to a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAdapter {
    /// Its name.
    pub id: String,
    /// The task it does.
    pub task: String,
    /// Its folder.
    pub dir: PathBuf,
    /// On disk.
    pub bytes: u64,
}

impl ModelStore {
    /// The store in the folder `library`, which is made if there is none, and the pack in
    /// `bundled`. What an import left that was killed is finished or cleared away. A folder that
    /// cannot be written to, or has no room, is still read.
    ///
    /// # Errors
    /// If the folder cannot be made, or cannot be tidied up.
    pub fn open(library: &Path, bundled: Option<&Path>) -> Result<Self> {
        match Site::enter(library) {
            Ok(_) | Err(PackError::Busy { .. }) => {}
            Err(error) if is_full_or_read_only(&error) && library.is_dir() => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Self { library: library.to_owned(), bundled: bundled.map(Path::to_owned) })
    }

    /// The packs: the bundled one first, then by name.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn packs(&self) -> Result<Vec<StoredPack>> {
        let bundled = self.bundled.iter().map(|_| BUNDLED.to_owned());
        bundled.chain(folders(&self.library)?).map(|id| self.pack(&id)).collect()
    }

    /// One pack.
    ///
    /// # Errors
    /// [`PackError::Unknown`].
    pub fn pack(&self, id: &str) -> Result<StoredPack> {
        let dir = self.folder(id)?;
        let manifest = read_manifest(&dir).map(|(manifest, _)| manifest);
        Ok(StoredPack { id: id.to_owned(), dir, manifest, added: self.added(id)? })
    }

    /// Takes in what `source` holds, a ZIP file of a pack or of an adapter for the pack `for_pack`,
    /// and returns the pack that is new or has a new adapter. `progress` hears bytes read.
    ///
    /// # Errors
    /// [`PackError`], [`crate::lora::LoraError`] for an adapter that does not fit; the store is then
    /// as it was before.
    pub fn import(
        &self,
        source: &mut dyn Read,
        for_pack: &str,
        cancel: &CancelToken,
        progress: &mut dyn FnMut(u64),
    ) -> Result<StoredPack> {
        let site = Site::enter(&self.library)?;
        let unpacked = unpack(source, &site.growing(), cancel, progress)?;
        if unpacked.is_pack() {
            let dir = unpacked.land_pack(&site, &self.library)?;
            let id = dir.file_name().unwrap_or_default().to_string_lossy();
            return self.pack(&id);
        }
        let (dir, name) = unpacked.adapter()?;
        let task = task_of(&name)?;
        refuse_misfit(&self.folder(for_pack)?, &name, &dir)?;
        let target = self.adapters_of(for_pack).join(&name);
        let before: Vec<_> = self
            .added(for_pack)?
            .into_iter()
            .filter(|one| one.task == task && one.id != name)
            .map(|one| one.dir)
            .collect();
        site.land(&dir, &target, &before)?;
        self.pack(for_pack)
    }

    /// Hashes every file of a pack. `progress` hears bytes done and bytes in all.
    ///
    /// # Errors
    /// [`PackError`] naming the file that is wrong.
    pub fn verify(
        &self,
        id: &str,
        cancel: &CancelToken,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        Ok(verify_whole(&self.folder(id)?, cancel, progress)?)
    }

    /// Deletes a pack and the adapters added to it. Whoever has it open keeps what is mapped.
    ///
    /// # Errors
    /// [`PackError::Unknown`], [`PackError::Bundled`], or what the operating system says.
    pub fn remove(&self, id: &str) -> Result<()> {
        let dir = self.folder(id)?;
        if id == BUNDLED {
            return Err(PackError::Bundled { id: id.to_owned() }.into());
        }
        let site = Site::enter(&self.library)?;
        site.discard(&dir)?;
        Ok(site.discard(&self.adapters_of(id))?)
    }

    /// Deletes an added adapter.
    ///
    /// # Errors
    /// As [`Self::remove`].
    pub fn remove_adapter(&self, pack: &str, adapter: &str) -> Result<()> {
        let known = self.added(pack)?.into_iter().find(|one| one.id == adapter);
        let known = known.ok_or_else(|| unknown(adapter))?;
        Ok(Site::enter(&self.library)?.discard(&known.dir)?)
    }

    fn added(&self, pack: &str) -> Result<Vec<StoredAdapter>> {
        let folder = self.adapters_of(pack);
        let stored = |id: String| {
            let (dir, task) = (folder.join(&id), task_of(&id)?);
            let bytes = bytes_in(&dir)?;
            Ok(StoredAdapter { id, task, dir, bytes })
        };
        folders(&folder)?.into_iter().map(stored).collect()
    }

    /// A pack's folder. Only names that are listed lead to one: never a path out of the library.
    fn folder(&self, id: &str) -> Result<PathBuf> {
        match &self.bundled {
            Some(bundled) if id == BUNDLED => Ok(bundled.clone()),
            _ if folders(&self.library)?.iter().any(|folder| folder == id) => {
                Ok(self.library.join(id))
            }
            _ => Err(unknown(id)),
        }
    }

    fn adapters_of(&self, pack: &str) -> PathBuf {
        self.library.join(ADAPTERS).join(pack)
    }
}

impl StoredPack {
    /// Opens the pack, and lets the added adapters do their tasks.
    ///
    /// # Errors
    /// Those of [`Engine::open`] and [`Engine::load_adapter`].
    pub fn open(&self, options: &EngineOptions) -> Result<Engine> {
        let engine = Engine::open(&self.dir, options)?;
        for adapter in &self.added {
            engine.load_adapter(&adapter.id, &adapter.dir)?;
            engine.assign(&adapter.task, Some(&adapter.id))?;
        }
        Ok(engine)
    }
}

fn is_full_or_read_only(error: &PackError) -> bool {
    match error {
        PackError::NoRoom { .. } => true,
        PackError::Io { source, .. } => {
            matches!(source.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied)
        }
        _ => false,
    }
}

fn unknown(id: &str) -> crate::Error {
    PackError::Unknown { id: id.to_owned() }.into()
}

/// The task an adapter is named after: `segment` of `segment-night`.
fn task_of(name: &str) -> Result<String, PackError> {
    let first = name.split(['-', '_', '.']).next().unwrap_or_default();
    let is_task = TASKS.contains(&first) && check_name(name).is_ok();
    let refusal = || PackError::NoTask { name: name.to_owned(), tasks: TASKS.join(", ") };
    is_task.then(|| first.to_owned()).ok_or_else(refusal)
}

/// Reads the adapter as the engine will.
fn refuse_misfit(pack: &Path, name: &str, adapter: &Path) -> Result<()> {
    let (manifest, _) = read_manifest(pack)?;
    let files = adapter_files(adapter)?;
    Ok(AdapterTable::new(&manifest, usize::MAX).load(name, &files).map(drop)?)
}

/// Names of the folders in a folder, sorted, without hidden ones; none if there is no folder.
fn folders(dir: &Path) -> Result<Vec<String>, PackError> {
    let entries = match fs::read_dir(dir) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|e| PackError::io(dir, e))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| PackError::io(dir, e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn bytes_in(dir: &Path) -> Result<u64, PackError> {
    let io = |e| PackError::io(dir, e);
    fs::read_dir(dir)
        .map_err(io)?
        .map(|entry| Ok(entry.and_then(|e| e.metadata()).map_err(io)?.len()))
        .sum()
}

#[cfg(test)]
mod tests;
