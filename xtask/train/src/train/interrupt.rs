//! Ctrl-C: once to end with a checkpoint, twice to end at once.

use kerbside_core::CancelToken;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use xtask::failure::{Failure, Result};

/// A token that Ctrl-C, or being asked to end, cancels.
///
/// # Errors
/// If the system does not let a handler be set.
pub fn on_ctrl_c() -> Result<CancelToken> {
    let cancel = CancelToken::new();
    let token = cancel.clone();
    let handler = |e: std::io::Error| Failure::from(e).during("cannot listen to Ctrl-C");
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(handler)?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if token.is_cancelled() {
                std::process::exit(130);
            }
            eprintln!("ending with a checkpoint; Ctrl-C again ends at once");
            token.cancel();
        }
    });
    Ok(cancel)
}
