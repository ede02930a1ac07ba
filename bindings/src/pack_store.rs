//! The models on the device: the one that came with the app, imported ones, adapters added to them.

use std::path::Path;
use std::sync::Arc;

use kerbside_core::pack::{Manifest, Origin};
use kerbside_core::store::{BUNDLED, ModelStore, StoredPack};

use crate::cancel::CancelToken;
use crate::caught::caught;
use crate::error::Result;
use crate::stream::{ByteSource, CallbackError, Reader};

/// The packs and adapters of the app.
#[derive(Debug, uniffi::Object)]
pub struct PackStore(pub(crate) ModelStore);

/// A model pack.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PackInfo {
    /// `bundled`, or its folder's name.
    pub id: String,
    /// Whether it came with the app and stays.
    pub bundled: bool,
    /// What is wrong with it: it can only be removed. The rest is empty then.
    pub problem: Option<String>,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Licence of the weights.
    pub licence: String,
    /// Whom to name beside them.
    pub attribution: String,
    /// On disk.
    pub bytes: u64,
    /// Most memory one photo needs, mapped weights included.
    pub peak_bytes: u64,
    /// Whether it outlines items, or only boxes them.
    pub masks: bool,
    /// Its weights are random: what it says is noise.
    pub random: bool,
    /// Its adapters, and those added to it.
    pub adapters: Vec<AdapterInfo>,
}

/// An adapter of a pack.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AdapterInfo {
    /// Its name.
    pub id: String,
    /// On disk.
    pub bytes: u64,
    /// What it is used for.
    pub tasks: Vec<String>,
    /// Whether it was added, and can be removed.
    pub imported: bool,
}

/// Hears how far something is.
#[uniffi::export(with_foreign)]
pub trait ByteListener: Send + Sync {
    /// So many bytes are done, of so many; 0 if nobody knows how many there are.
    ///
    /// # Errors
    /// Whatever the app likes: the work then stops.
    fn on_bytes(&self, done: u64, total: u64) -> Result<(), CallbackError>;
}

#[uniffi::export]
impl PackStore {
    /// The store in the folder `library`, and the pack in `bundled`. What an import left that was
    /// killed is cleared away.
    ///
    /// # Errors
    /// `BadPack` if the folder cannot be written to.
    #[uniffi::constructor]
    pub fn open(library: String, bundled: Option<String>) -> Result<Arc<Self>> {
        caught(|| {
            let bundled = bundled.as_deref().map(Path::new);
            Ok(Arc::new(Self(ModelStore::open(Path::new(&library), bundled)?)))
        })
    }

    /// The bundled pack first, then the others by name.
    ///
    /// # Errors
    /// `BadPack` if the folder cannot be read.
    pub fn list(&self) -> Result<Vec<PackInfo>> {
        caught(|| Ok(self.0.packs()?.iter().map(PackInfo::of).collect()))
    }

    /// Takes in what `source` holds, a ZIP file of `total` bytes with a pack or with an adapter for
    /// the pack `for_pack`, and returns the pack that is new or has a new adapter.
    ///
    /// # Errors
    /// `BadPack`, `BadAdapter`, `NoSpace`, `Busy`, `Cancelled`; the store is then as it was before.
    pub fn import(
        &self,
        source: Arc<dyn ByteSource>,
        total: u64,
        for_pack: String,
        cancel: Arc<CancelToken>,
        listener: Arc<dyn ByteListener>,
    ) -> Result<PackInfo> {
        caught(|| {
            let mut progress = Progress::new(listener, &cancel);
            let result =
                self.0.import(&mut Reader::new(source), &for_pack, &cancel.0, &mut |done| {
                    progress.tell(done, total);
                });
            Ok(PackInfo::of(&progress.blame(result)?))
        })
    }

    /// Hashes every file of a pack.
    ///
    /// # Errors
    /// `BadPack` naming the file that is wrong, `NotFound`, `Cancelled`.
    pub fn verify(
        &self,
        id: String,
        cancel: Arc<CancelToken>,
        listener: Arc<dyn ByteListener>,
    ) -> Result<()> {
        caught(|| {
            let mut progress = Progress::new(listener, &cancel);
            let result =
                self.0.verify(&id, &cancel.0, &mut |done, total| progress.tell(done, total));
            progress.blame(result)
        })
    }

    /// Deletes an imported pack and the adapters added to it.
    ///
    /// # Errors
    /// `NotFound`; `BadPack` for the one that came with the app.
    pub fn remove(&self, id: String) -> Result<()> {
        caught(|| Ok(self.0.remove(&id)?))
    }

    /// Deletes an added adapter.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn remove_adapter(&self, pack: String, adapter: String) -> Result<()> {
        caught(|| Ok(self.0.remove_adapter(&pack, &adapter)?))
    }
}

/// Tells the listener, and stops the work when the listener fails.
struct Progress<'a> {
    listener: Arc<dyn ByteListener>,
    cancel: &'a CancelToken,
    failure: Option<CallbackError>,
}

impl<'a> Progress<'a> {
    fn new(listener: Arc<dyn ByteListener>, cancel: &'a CancelToken) -> Self {
        Self { listener, cancel, failure: None }
    }

    fn tell(&mut self, done: u64, total: u64) {
        if self.failure.is_none()
            && let Err(failure) = self.listener.on_bytes(done, total)
        {
            self.failure = Some(failure);
            self.cancel.cancel();
        }
    }

    /// The result, or what went wrong in the app while it came about.
    fn blame<T, E>(self, result: Result<T, E>) -> Result<T>
    where
        crate::error::SorterError: From<E>,
    {
        match self.failure {
            Some(failure) => Err(failure.into()),
            None => Ok(result?),
        }
    }
}

impl PackInfo {
    pub(crate) fn of(pack: &StoredPack) -> Self {
        let bare = Self {
            id: pack.id.clone(),
            bundled: pack.id == BUNDLED,
            problem: None,
            name: pack.id.clone(),
            version: String::new(),
            licence: String::new(),
            attribution: String::new(),
            bytes: 0,
            peak_bytes: 0,
            masks: false,
            random: false,
            adapters: Vec::new(),
        };
        match &pack.manifest {
            Err(problem) => Self { problem: Some(problem.to_string()), ..bare },
            Ok(manifest) => Self {
                name: manifest.name.clone(),
                version: manifest.version.clone(),
                licence: manifest.licence.clone(),
                attribution: manifest.attribution.clone(),
                bytes: manifest.total_bytes(),
                peak_bytes: manifest.peak_bytes,
                masks: manifest.masks,
                random: manifest.origin == Origin::Random,
                adapters: adapters(pack, manifest),
                ..bare
            },
        }
    }
}

fn adapters(pack: &StoredPack, manifest: &Manifest) -> Vec<AdapterInfo> {
    let own = manifest.adapters.iter().map(|entry| {
        let replaced = |task: &String| pack.added.iter().any(|added| added.task == *task);
        let does = |(task, id): (&String, &String)| {
            (*id == entry.id && !replaced(task)).then(|| task.clone())
        };
        AdapterInfo {
            id: entry.id.clone(),
            bytes: manifest.adapter_bytes(&entry.id),
            tasks: manifest.tasks.iter().filter_map(does).collect(),
            imported: false,
        }
    });
    let added = pack.added.iter().map(|added| AdapterInfo {
        id: added.id.clone(),
        bytes: added.bytes,
        tasks: vec![added.task.clone()],
        imported: true,
    });
    own.chain(added).collect()
}
