//! Files that are either whole or not there.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use xtask::failure::{Failure, Result};

/// Writes a file beside its place, has it on the disk, and moves it there: whoever reads the place
/// finds what was there before, or all of `bytes`.
///
/// # Errors
/// What the system says, such as that the disk is full; the file is then as it was.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let growing = path.with_added_extension("growing");
    let write = || {
        let mut file = File::create(&growing)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&growing, path)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&growing);
        Failure::io(path, &error).during("cannot write; what was there before is untouched")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        write_whole(&path, b"old").unwrap();
        fs::create_dir(path.with_added_extension("growing")).unwrap();
        let failure = write_whole(&path, b"new").unwrap_err().to_string();
        assert!(failure.contains("a.bin") && !failure.contains('\n'), "{failure}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
}
