//! The flag that stops what is running.

use std::sync::Arc;

use kerbside_core::cancel::CancelToken as CoreToken;

/// Stops the call it was handed to, from any thread. One token for each call.
#[derive(Debug, Default, uniffi::Object)]
pub struct CancelToken(pub(crate) CoreToken);

#[uniffi::export]
impl CancelToken {
    /// A token that is not cancelled.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Asks the call to stop. It ends with `Cancelled` within a moment.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
