//! A file that the app reads and the engine asks for: out of a document picker it has no path.

use std::io::{self, Read};
use std::sync::Arc;

/// Why the app's code, called by the engine, failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum CallbackError {
    /// In the app's own words.
    #[error("{reason}")]
    Failed {
        /// What happened.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for CallbackError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { reason: error.reason }
    }
}

/// A file read from beginning to end.
#[uniffi::export(with_foreign)]
pub trait ByteSource: Send + Sync {
    /// The next bytes, at most `most`; none at the end.
    ///
    /// # Errors
    /// If they cannot be read.
    fn read(&self, most: u32) -> Result<Vec<u8>, CallbackError>;
}

/// The app's file as the engine reads one.
pub(crate) struct Reader {
    source: Arc<dyn ByteSource>,
    /// Bytes the app gave beyond what was asked for.
    left: Vec<u8>,
}

impl Reader {
    pub(crate) fn new(source: Arc<dyn ByteSource>) -> Self {
        Self { source, left: Vec::new() }
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.is_empty() {
            let most = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
            self.left = self.source.read(most).map_err(io::Error::other)?;
        }
        let n = buffer.len().min(self.left.len());
        buffer[..n].copy_from_slice(&self.left[..n]);
        self.left.drain(..n);
        Ok(n)
    }
}
