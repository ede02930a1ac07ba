//! What every safetensors file of a stranger must satisfy before its header is taken apart: it is
//! short, for each of its bytes costs many of memory, and no name is there twice, for one reader
//! would take the first and another the last.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

/// Longest header in bytes: ten times that of a model of three thousand million numbers.
const LONGEST: u64 = 2 << 20;

/// Checks the header of a safetensors file. One that ends before its header does is left to the
/// reader, which says so.
///
/// # Errors
/// In words.
pub(crate) fn check(file: &[u8]) -> Result<(), String> {
    let Some((length, rest)) = file.split_first_chunk() else { return Ok(()) };
    let length = u64::from_le_bytes(*length);
    if length > LONGEST {
        return Err(format!("the header should have {length} bytes, at most {LONGEST} are read"));
    }
    // At most LONGEST: it fits.
    let Some(json) = rest.get(..length as usize) else { return Ok(()) };
    let mut reader = serde_json::Deserializer::from_slice(json);
    reader.deserialize_map(Names).map_err(|e| e.to_string())
}

/// Reads the keys of a map, each of which may be there once.
struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the names of tensors")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mut names = HashSet::new();
        while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
            if let Some(twice) = names.replace(name) {
                return Err(M::Error::custom(format!("{twice} is there twice")));
            }
        }
        Ok(())
    }
}
