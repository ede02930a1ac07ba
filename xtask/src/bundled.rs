//! What comes with the repository: the model pack, the example photograph, the rule packs.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use kerbside_core::rules::RulePack;
use kerbside_core::store;

use crate::failure::{Failure, Result};
pub use checks::places::root;

/// The bundled model pack.
pub fn pack() -> PathBuf {
    root().join("models/kerbside-nano/pack")
}

/// The bundled example photograph.
pub fn example_photo() -> PathBuf {
    root().join("models/kerbside-nano/example/photo.jpg")
}

/// The folders of all rule packs: `rules/<country>/<community>`.
///
/// # Errors
/// If the folder of rule packs cannot be read.
pub fn communities() -> Result<Vec<PathBuf>> {
    Ok(store::communities(&root().join("rules"))?)
}

/// The rule pack of a community, named `zurich` or `ch/zurich`, or by a folder's path.
///
/// # Errors
/// If there is none (the message lists those there are), or if it is not valid.
pub fn rule_pack(name: &str) -> Result<RulePack> {
    let known = communities()?;
    let folder = known.iter().find(|folder| folder.ends_with(name)).cloned();
    let folder = folder.or_else(|| Some(PathBuf::from(name)).filter(|p| p.is_dir()));
    let Some(folder) = folder else {
        let names: Vec<_> = known.iter().filter_map(|f| f.file_name()?.to_str()).collect();
        return Err(Failure::new(format!("no community {name}; there are {}", names.join(", "))));
    };
    read_rule_pack(&folder)
}

/// Reads the rule pack in a folder.
///
/// # Errors
/// If a file cannot be read or the pack is not valid.
pub fn read_rule_pack(folder: &Path) -> Result<RulePack> {
    let files = store::rule_files(folder)?;
    RulePack::from_files(files).map_err(|e| Failure::from(e).during(folder.display()))
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// If it cannot be read or is longer.
pub fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(|e| Failure::io(path, &e))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| Failure::io(path, &e))?;
    if bytes.len() as u64 > limit {
        let words = format!("{}: larger than {} MB", path.display(), limit >> 20);
        return Err(Failure::new(words));
    }
    Ok(bytes)
}
