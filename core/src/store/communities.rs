//! Rule packs as they lie in a folder: `<root>/<country>/<community>/`.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::rules::LONGEST_FILE;

/// The folders of all rule packs below `root`, sorted.
///
/// # Errors
/// If a folder cannot be read.
pub fn communities(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for country in subfolders(root)? {
        found.extend(subfolders(&country)?);
    }
    found.sort();
    Ok(found)
}

/// Names and contents of the files in a rule pack's folder, for
/// [`RulePack::from_files`](crate::RulePack::from_files).
///
/// # Errors
/// What the operating system says, naming the file; a link, or a file longer than any table.
pub fn rule_files(folder: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in entries(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let about = fs::symlink_metadata(&path).map_err(|e| named(&path, &e))?;
        if about.is_symlink() {
            let what = "links are not followed; put the file itself in the folder";
            return Err(named(&path, &io::Error::new(ErrorKind::InvalidInput, what)));
        }
        if about.is_file() {
            files.push((name, read_file(&path)?));
        }
    }
    Ok(files)
}

/// Who the community in a rule pack's folder is: the text of its `pack.json`, without its tables.
///
/// # Errors
/// What the operating system says, naming the file.
pub fn rule_pack_info(folder: &Path) -> io::Result<Vec<u8>> {
    read_file(&folder.join("pack.json"))
}

/// A file that a rule pack may have: a longer one is refused before it is in memory.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let found = super::read(path, LONGEST_FILE as u64).map_err(|e| named(path, &e))?;
    found.ok_or_else(|| named(path, &ErrorKind::NotFound.into()))
}

fn subfolders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in entries(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> io::Result<fs::ReadDir> {
    fs::read_dir(folder).map_err(|e| named(folder, &e))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
