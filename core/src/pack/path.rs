//! Which names and paths a manifest may contain. A pack comes from strangers.

use super::error::PackError;

/// Accepts relative paths of plain parts, joined by `/`.
///
/// # Errors
/// [`PackError::UnsafePath`] for `..`, `.`, empty parts, absolute paths, backslashes, drive letters
/// and control characters.
pub(super) fn check_path(path: &str) -> Result<(), PackError> {
    let plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && !part.chars().any(|c| c.is_control() || matches!(c, '\\' | ':'))
    };
    if path.split('/').all(plain) {
        Ok(())
    } else {
        Err(PackError::UnsafePath { path: path.to_owned() })
    }
}

/// Accepts names that can be a folder on every system.
///
/// # Errors
/// Says in words which name is refused.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if !name.is_empty() && name.len() <= 100 && !name.starts_with('.') && name.bytes().all(allowed)
    {
        Ok(())
    } else {
        Err(format!("{name:?} is not a name of letters, digits, '.', '_' and '-'"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_out_are_refused() {
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a//b",
            "./a",
            "a/.",
            "a\\b",
            "..\\x",
            "C:/x",
            "C:x",
            "a/\0",
            "a/",
        ] {
            assert!(check_path(path).is_err(), "{path:?}");
        }
        for path in ["weights.safetensors", "adapters/segment/adapter_config.json", "a/..b"] {
            assert!(check_path(path).is_ok(), "{path:?}");
        }
    }

    #[test]
    fn names_are_folders_everywhere() {
        for name in ["", ".hidden", "a/b", "..", "a b", "é", &"x".repeat(101)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(check_name("kerbside-nano_1.0").is_ok());
    }
}
