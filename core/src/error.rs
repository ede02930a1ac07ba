//! What can go wrong, seen from outside: each module's own error, with its sources kept.

use std::sync::Arc;

use crate::cancel::Cancelled;
use crate::detection::ItemError;
use crate::generate::generator::GenerateError;
use crate::generate::lexicon::LexiconError;
use crate::generate::structured_graph::CompileError;
use crate::language::tokenizer::TokenizerError;
use crate::lora::LoraError;
use crate::mask::CodecError;
use crate::pack::PackError;
use crate::photo::PhotoError;

/// A result of the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any failure of the engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The person asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The photo cannot be used.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// The model pack cannot be used.
    #[error(transparent)]
    Pack(PackError),
    /// An adapter cannot be used.
    #[error(transparent)]
    Adapter(#[from] LoraError),
    /// The tokenizer of the pack cannot be used.
    #[error(transparent)]
    Tokenizer(Arc<TokenizerError>),
    /// The mask codec of the pack cannot be used.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A label cannot be asked for.
    #[error(transparent)]
    Label(#[from] ItemError),
    /// Labels that the grammar cannot tell apart.
    #[error(transparent)]
    Labels(#[from] LexiconError),
    /// The shape of an answer that the pack's tokenizer cannot write.
    #[error("this model's tokenizer cannot write the ids of the rule pack")]
    Shape(#[from] CompileError),
    /// The model's numbers cannot be chosen from.
    #[error("the model gave unusable numbers; its pack is damaged or was made by another version")]
    Generate(#[source] GenerateError<Cancelled>),
    /// The answer's beginning does not fit the room a session has.
    #[error("the question takes {needed} positions, a session has {room}; ask for fewer labels")]
    TooLong {
        /// Positions of photo and prompt.
        needed: usize,
        /// Positions of a session.
        room: usize,
    },
    /// The pack needs more memory than there is.
    #[error(
        "this model needs {} MB of memory, {} are free; close other apps or choose a smaller one",
        .needs.div_ceil(1_000_000),
        .has / 1_000_000
    )]
    Memory {
        /// Bytes at the most.
        needs: u64,
        /// Bytes there are.
        has: u64,
    },
    /// A question came before a photo.
    #[error("no photo was set")]
    NoPhoto,
    /// The threads could not be started.
    #[error("cannot start {count} threads")]
    Threads {
        /// How many.
        count: usize,
        /// Why.
        source: std::io::Error,
    },
}

impl From<TokenizerError> for Error {
    fn from(error: TokenizerError) -> Self {
        Self::Tokenizer(Arc::new(error))
    }
}

impl From<PackError> for Error {
    fn from(error: PackError) -> Self {
        match error {
            PackError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            other => Self::Pack(other),
        }
    }
}

impl From<GenerateError<Cancelled>> for Error {
    fn from(error: GenerateError<Cancelled>) -> Self {
        match error {
            GenerateError::Cancelled(cancelled) | GenerateError::Model(cancelled) => {
                Self::Cancelled(cancelled)
            }
            other => Self::Generate(other),
        }
    }
}
