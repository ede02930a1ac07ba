//! What can be wrong with a pack. Every message names the file and says what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::cancel::Cancelled;

/// Why a pack could not be opened or imported.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that the pack must have is not there.
    #[error("{path} is missing; fetch the pack again")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// No room for the copy.
    #[error("no room for {path}; free some storage and import again")]
    NoRoom {
        /// The file that did not fit.
        path: PathBuf,
    },
    /// `pack.json` is not what `models/FORMAT.md` says.
    #[error("{path}: {reason}; fetch the pack again, or convert it anew")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// The pack is newer than this engine.
    #[error("{path} needs {needs}, this is kerbside-core {here}; update the app")]
    TooNew {
        /// The manifest.
        path: PathBuf,
        /// The schema or core version asked for.
        needs: String,
        /// This engine's version.
        here: String,
    },
    /// A path in the manifest leads out of the pack.
    #[error("{path:?} in pack.json is not a plain path inside the pack; do not use this pack")]
    UnsafePath {
        /// The path as written.
        path: String,
    },
    /// A link, folder or device where a file should be.
    #[error("{path} is not a plain file (links are not followed); fetch the pack again")]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// A file is shorter or longer than the manifest says.
    #[error("{path} has {found} bytes, pack.json says {expected}; fetch the pack again")]
    Size {
        /// The file.
        path: PathBuf,
        /// Bytes said.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// A file that is read whole is longer than any of its kind.
    #[error("{path} has {found} bytes, at most {limit} are read; do not use this file")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Bytes found.
        found: u64,
        /// Most bytes that are read.
        limit: u64,
    },
    /// A file's content is not what the manifest says.
    #[error("{path} is damaged (sha256 {found}, pack.json says {expected}); fetch the pack again")]
    Hash {
        /// The file.
        path: PathBuf,
        /// sha256 said, hexadecimal.
        expected: String,
        /// sha256 found, hexadecimal.
        found: String,
    },
    /// The weights are not the tensors that the architecture asks for.
    #[error("{path}: {reason}; convert the pack anew")]
    Weights {
        /// The weights file.
        path: PathBuf,
        /// What is wrong, and with which tensors.
        reason: String,
    },
    /// The pack has no adapter of that name.
    #[error("{path}: no adapter {id:?}; there are {known}")]
    NoAdapter {
        /// The pack.
        path: PathBuf,
        /// The id asked for.
        id: String,
        /// The ids there are.
        known: String,
    },
    /// Another import into the same folder is running.
    #[error("another import into {path} is running; wait for it to end")]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// A file that should hold a pack or an adapter holds something else.
    #[error("{reason}")]
    Archive {
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The file to import could not be read.
    #[error("the file could not be read ({source}); choose it again")]
    Source {
        /// What its reader said.
        source: io::Error,
    },
    /// The library has no such pack or adapter.
    #[error("there is no model {id:?} on this device; import it")]
    Unknown {
        /// The name asked for.
        id: String,
    },
    /// What came with the app stays with it.
    #[error("{id:?} came with the app and cannot be removed")]
    Bundled {
        /// The pack.
        id: String,
    },
    /// An adapter for nothing this engine does.
    #[error(
        "the adapter's folder is called {name:?}; name it after its task ({tasks}) and pack it again"
    )]
    NoTask {
        /// What it is called.
        name: String,
        /// The tasks there are.
        tasks: String,
    },
    /// The person cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl PackError {
    /// Puts the path to what the operating system said.
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoRoom { path },
            _ => Self::Io { path, source },
        }
    }
}
