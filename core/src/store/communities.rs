//! Rule packs as they lie in a folder: `<root>/<country>/<community>/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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
/// What the operating system says, naming the file.
pub fn rule_files(folder: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in entries(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.is_file() {
            files.push((name, fs::read(&path).map_err(|e| named(&path, &e))?));
        }
    }
    Ok(files)
}

/// Who the community in a rule pack's folder is: the text of its `pack.json`, without its tables.
///
/// # Errors
/// What the operating system says, naming the file.
pub fn rule_pack_info(folder: &Path) -> io::Result<Vec<u8>> {
    let path = folder.join("pack.json");
    fs::read(&path).map_err(|e| named(&path, &e))
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
