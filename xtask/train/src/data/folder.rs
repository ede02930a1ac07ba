//! A new folder that is there whole or not at all: it grows beside its place under another name.

use std::fs;
use std::path::{Path, PathBuf};

use xtask::failure::{Failure, Result};

/// A folder in the making. Dropped before [`Self::finish`], it is removed; left by a process that
/// was stopped, it is removed by the next that wants the same place.
#[derive(Debug)]
pub struct NewFolder {
    place: PathBuf,
    growing: PathBuf,
}

impl NewFolder {
    /// Starts a folder at `place`, which must not exist or be empty.
    ///
    /// # Errors
    /// If something is there, or the folder cannot be made.
    pub fn create(place: &Path) -> Result<Self> {
        let is_taken = fs::read_dir(place).is_ok_and(|mut entries| entries.next().is_some());
        if is_taken || place.is_file() {
            let words = format!("{} is not empty: choose another folder", place.display());
            return Err(Failure::new(words));
        }
        let growing = growing_name(place)?;
        if growing.exists() {
            fs::remove_dir_all(&growing).map_err(|e| Failure::io(&growing, &e))?;
        }
        fs::create_dir_all(&growing).map_err(|e| Failure::io(&growing, &e))?;
        Ok(Self { place: place.to_owned(), growing })
    }

    /// Where to write until it is finished.
    pub fn path(&self) -> &Path {
        &self.growing
    }

    /// Writes a file into it; folders on the way are made.
    ///
    /// # Errors
    /// If that fails.
    pub fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Result<()> {
        let path = self.growing.join(name);
        let folder = path.parent().expect("a joined path has a parent");
        fs::create_dir_all(folder).map_err(|e| Failure::io(folder, &e))?;
        fs::write(&path, bytes).map_err(|e| Failure::io(&path, &e))
    }

    /// Moves it to its place.
    ///
    /// # Errors
    /// If that fails.
    pub fn finish(self) -> Result<()> {
        if self.place.exists() {
            fs::remove_dir(&self.place).map_err(|e| Failure::io(&self.place, &e))?;
        }
        fs::rename(&self.growing, &self.place).map_err(|e| Failure::io(&self.place, &e))
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        // Nothing is there once it was moved.
        let _ = fs::remove_dir_all(&self.growing);
    }
}

/// `.samples.growing` beside `samples`: on the same file system, so that moving is one step.
fn growing_name(place: &Path) -> Result<PathBuf> {
    let words = || Failure::new(format!("{} is no name for a new folder", place.display()));
    let name = place.file_name().and_then(|name| name.to_str()).ok_or_else(words)?;
    Ok(place.with_file_name(format!(".{name}.growing")))
}
