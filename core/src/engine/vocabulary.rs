//! The tokenizer, read beside everything else. Its file is the one part of a pack that takes time
//! to read — a quarter of a million tokens — and nobody needs it before the photo has been seen.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use crate::language::tokenizer::{Tokenizer, TokenizerError};

/// What reading came to.
type Read = Result<Tokenizer, Arc<TokenizerError>>;

/// A tokenizer that is being read, or was.
#[derive(Debug)]
pub(super) struct Vocabulary {
    reading: Mutex<Option<JoinHandle<Read>>>,
    read: OnceLock<Read>,
}

impl Vocabulary {
    /// Begins to read `tokenizer.json`, whose ids must have a row each in an embedding of `rows`.
    pub fn begin(json: Vec<u8>, rows: usize) -> Self {
        let json = Arc::new(json);
        let read = {
            let json = json.clone();
            move || read(&json, rows)
        };
        let builder = thread::Builder::new().name("kerbside-words".to_owned());
        let (reading, done) = (Mutex::default(), OnceLock::new());
        match builder.spawn(read) {
            Ok(thread) => *reading.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread),
            // No thread to be had: it is read here and now.
            Err(_) => drop(done.set(self::read(&json, rows))),
        }
        Self { reading, read: done }
    }

    /// The tokenizer, waiting for it if need be.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn get(&self) -> Result<&Tokenizer, Arc<TokenizerError>> {
        let read = self.read.get_or_init(|| {
            let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
            let thread = reading.take().expect("taken once, by who initialises the cell");
            thread.join().unwrap_or_else(|panic| resume_unwind(panic))
        });
        read.as_ref().map_err(Arc::clone)
    }
}

fn read(json: &[u8], rows: usize) -> Read {
    let tokenizer = Tokenizer::from_bytes(json)?;
    tokenizer.check_rows(rows)?;
    Ok(tokenizer)
}
