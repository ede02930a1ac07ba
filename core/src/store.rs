//! What the app keeps on a device.
//!
//! ```text
//! store        the app's own small files: written whole or not at all
//! models       packs and the adapters added to them
//! communities  folders of rule packs
//! ```

mod communities;
mod models;

pub use communities::{communities, rule_files, rule_pack_info};
pub use models::{BUNDLED, ModelStore, StoredAdapter, StoredPack};

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Replaces a file. Whoever reads it, even after the battery fell out in between, finds the old
/// contents or the new ones: they are written beside it, synced, and renamed over it.
///
/// # Errors
/// If the folder cannot be written to; the old file is then as it was.
pub fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let growing = beside(path);
    let written = write_synced(&growing, contents).and_then(|()| fs::rename(&growing, path));
    if written.is_err() {
        // The first error says more than one of cleaning up would.
        let _ = fs::remove_file(&growing);
    }
    written?;
    // The new name itself must reach the disk, too; not every system can sync a folder.
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

/// The contents of a file of at most `limit` bytes; `None` if there is none.
///
/// # Errors
/// If it cannot be read, or is longer.
pub fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Ok(about) if about.len() > limit => {
            Err(io::Error::new(ErrorKind::InvalidData, format!("longer than {limit} bytes")))
        }
        Ok(_) => fs::read(path).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn write_synced(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(contents)?;
    file.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::ReminderLog;

    #[test]
    fn what_was_put_out_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reminders.json");
        assert_eq!(read(&path, 1 << 20).unwrap(), None);
        let mut log = ReminderLog::default();
        for day in 1..=3 {
            log.done(jiff::civil::date(2026, 12, day), "paper");
            replace(&path, log.to_json().as_bytes()).unwrap();
            let kept = read(&path, 1 << 20).unwrap().unwrap();
            assert_eq!(ReminderLog::from_json(&kept).unwrap(), log);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        replace(&path, b"old").unwrap();
        // Something in the way of the growing file makes writing fail.
        fs::create_dir(beside(&path)).unwrap();
        assert!(replace(&path, b"new").is_err());
        assert_eq!(read(&path, 10).unwrap().unwrap(), b"old");
        assert!(read(&path, 2).is_err(), "too long");
    }
}
