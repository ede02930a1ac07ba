//! The small error of the apps: what kind of thing is wrong, and words a person can act on.

use kerbside_core::pack::PackError;
use kerbside_core::schedule::ics;
use kerbside_core::{Error as CoreError, cancel, photo, rules};

use crate::stream::CallbackError;

/// A result of the bindings.
pub(crate) type Result<T, E = SorterError> = std::result::Result<T, E>;

/// Why something did not work. The message says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[uniffi(flat_error)]
pub enum SorterError {
    /// The photo or frame cannot be used.
    #[error("{0}")]
    BadPhoto(String),
    /// The model pack cannot be used.
    #[error("{0}")]
    BadPack(String),
    /// The adapter cannot be used with this pack.
    #[error("{0}")]
    BadAdapter(String),
    /// The rules of a community cannot be used.
    #[error("{0}")]
    BadRules(String),
    /// The calendar file cannot be read.
    #[error("{0}")]
    BadCalendar(String),
    /// There is nothing of that name.
    #[error("{0}")]
    NotFound(String),
    /// Something else is at it; try again when that is done.
    #[error("{0}")]
    Busy(String),
    /// The storage is full.
    #[error("{0}")]
    NoSpace(String),
    /// The device has not the memory this takes.
    #[error("{0}")]
    OutOfMemory(String),
    /// The person stopped it.
    #[error("stopped")]
    Cancelled,
    /// The sorter was closed.
    #[error("the model was closed; open it again")]
    Closed,
    /// A mistake in this program.
    #[error("{0}")]
    Internal(String),
}

impl SorterError {
    /// A mistake in this program, in the words of whoever found it.
    pub(crate) fn internal(words: &str) -> Self {
        Self::Internal(format!(
            "something went wrong inside ({words}); try again, and start the app anew if it happens again"
        ))
    }

    /// Nothing of a kind has this name.
    pub(crate) fn not_found(kind: &str, name: &str) -> Self {
        Self::NotFound(format!("there is no {kind} {name:?}; choose another"))
    }
}

/// The one place where the engine's errors become the apps'.
impl From<CoreError> for SorterError {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::Cancelled(_) => Self::Cancelled,
            CoreError::Photo(error) => error.into(),
            CoreError::Pack(error) => error.into(),
            CoreError::Memory { .. } => Self::OutOfMemory(error.to_string()),
            CoreError::Adapter(error) => Self::BadAdapter(error.to_string()),
            CoreError::Tokenizer(_) | CoreError::Codec(_) | CoreError::Generate(_) => {
                Self::BadPack(with_sources(&error))
            }
            error => Self::internal(&with_sources(&error)),
        }
    }
}

impl From<PackError> for SorterError {
    fn from(error: PackError) -> Self {
        let words = with_sources(&error);
        match error {
            PackError::Cancelled(_) => Self::Cancelled,
            PackError::NoRoom { .. } => Self::NoSpace(words),
            PackError::Busy { .. } => Self::Busy(words),
            PackError::Unknown { .. } => Self::NotFound(words),
            PackError::NoTask { .. } => Self::BadAdapter(words),
            _ => Self::BadPack(words),
        }
    }
}

impl From<photo::PhotoError> for SorterError {
    fn from(error: photo::PhotoError) -> Self {
        Self::BadPhoto(with_sources(&error))
    }
}

impl From<cancel::Cancelled> for SorterError {
    fn from(_: cancel::Cancelled) -> Self {
        Self::Cancelled
    }
}

impl From<rules::Error> for SorterError {
    fn from(error: rules::Error) -> Self {
        Self::BadRules(format!(
            "these rules cannot be used ({}); update the app",
            with_sources(&error)
        ))
    }
}

/// Code of the app's own failed while the engine waited for it.
impl From<CallbackError> for SorterError {
    fn from(error: CallbackError) -> Self {
        Self::internal(&error.to_string())
    }
}

impl From<ics::Error> for SorterError {
    fn from(error: ics::Error) -> Self {
        Self::BadCalendar(error.to_string())
    }
}

/// An error and what lies behind it on one line, nothing said twice.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let more = inner.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        source = inner.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_failure_has_a_kind_of_its_own() {
        let path = || "weights".into();
        let cases = [
            (CoreError::from(PackError::NoRoom { path: path() }), "free some storage"),
            (PackError::Busy { path: path() }.into(), "wait for it to end"),
            (PackError::Unknown { id: "nano".into() }.into(), "import it"),
            (PackError::Missing { path: path() }.into(), "fetch the pack again"),
            (photo::PhotoError::Truncated.into(), "download it again"),
            (cancel::Cancelled.into(), "stopped"),
            (CoreError::NoPhoto, "start the app anew"),
        ];
        let kinds = cases.map(|(error, advice)| {
            let error = SorterError::from(error);
            assert!(error.to_string().contains(advice), "{error}");
            std::mem::discriminant(&error)
        });
        for (at, kind) in kinds.iter().enumerate() {
            assert!(!kinds[..at].contains(kind), "{at}");
        }
    }
}
