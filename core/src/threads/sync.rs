//! What the board is made of. `core/loom` puts loom's locks and atomics in the place of these.

pub(super) use std::hint::spin_loop;
pub(super) use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
pub(super) use std::sync::{Condvar, Mutex, MutexGuard};

/// Looks at the board before a thread sleeps: some ten microseconds, about what waking it costs.
pub(super) const LOOKS: usize = 400;
