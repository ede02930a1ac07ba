//! What a phone's life does to the engine: killed, out of room, out of memory, two at once, the
//! clock and the time zone turned, stopped at any moment, used for a long time.
//!
//! ```text
//! child    another process with this program in it, told what to do
//! library  a folder of models, and what must hold in it whatever happened
//! kill     imports that are killed
//! disk     no room, no right to write, two imports at once
//! clock    the clock set back, another time zone
//! memory   less memory than a model needs
//! cancel   stopped at any moment
//! soak     used for a long time, and by many threads
//! network  no socket
//! ```

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cancel;
mod child;
mod clock;
mod disk;
mod kill;
mod library;
mod memory;
#[cfg(target_os = "linux")]
mod network;
mod soak;

/// One test at a time: for a moment, the process that one of them starts holds whatever lock another
/// has taken.
fn turn() -> std::sync::MutexGuard<'static, ()> {
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
