//! For tests: how long a thread has computed, however busy the machine is with other things.

use std::time::{Duration, Instant};

/// Runs from when it is made.
pub struct Stopwatch {
    /// What the thread had computed by then, where the system says.
    before: Option<Duration>,
    begun: Instant,
}

impl Stopwatch {
    /// Of this thread.
    pub fn start() -> Self {
        Self { before: computed(), begun: Instant::now() }
    }

    /// The processor's time this thread has had since. Where the system does not say, a tenth of the
    /// time on the clock: the machine may have much else to do.
    pub fn spent(&self) -> Duration {
        let told = self.before.zip(computed()).map(|(before, now)| now - before);
        told.unwrap_or_else(|| self.begun.elapsed() / 10)
    }
}

fn computed() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
