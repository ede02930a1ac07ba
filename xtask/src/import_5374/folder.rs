//! A folder that appears whole or not at all: it grows under another name beside its place.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::Error;
use super::pack::File;

/// Writes the files into a new folder.
///
/// # Errors
/// If something lies there already, and what the operating system says.
pub(super) fn write(target: &Path, files: &[File]) -> Result<(), Error> {
    if target.exists() {
        return Err(Error::Exists(target.to_owned()));
    }
    let failure = |path: &Path, source| Error::Io { path: path.to_owned(), source };
    let growing = Growing::begin(target).map_err(|source| failure(target, source))?;
    for (name, text) in files {
        let path = growing.0.join(name);
        write_file(&path, text).map_err(|source| failure(&path, source))?;
    }
    fs::rename(&growing.0, target).map_err(|source| failure(target, source))
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The folder before it has its name. Dropped unfinished, it is removed.
struct Growing(PathBuf);

impl Growing {
    fn begin(target: &Path) -> io::Result<Self> {
        let no_name =
            || io::Error::new(io::ErrorKind::InvalidInput, "the pack's folder needs a name");
        let name = target.file_name().ok_or_else(no_name)?.to_string_lossy();
        let path = target.with_file_name(format!(".{name}.growing"));
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        // Gone already where the folder was finished.
        let _ = fs::remove_dir_all(&self.0);
    }
}
