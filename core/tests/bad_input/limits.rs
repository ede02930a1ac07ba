//! What a bad input may take: a second of one processor, 64 MB of memory, the small stack of a
//! phone's thread, and no panic.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::stopwatch::Stopwatch;

/// Most time of a processor.
const SECOND: Duration = Duration::from_secs(1);
/// Most bytes held at once, beside the input itself.
const MEMORY: u64 = 64 << 20;
/// What a thread has on a phone at the least: iOS gives half a megabyte.
const STACK: usize = 512 << 10;
/// However loaded the machine is: what is not done by then never ends.
const WATCHDOG: Duration = Duration::from_secs(60);

/// Runs `work` on a thread of its own.
///
/// # Panics
/// If it panics, does not end, or takes more than it may.
#[track_caller]
pub fn within_limits(name: &str, work: impl FnOnce() + Send + 'static) {
    let (done, waiting) = mpsc::channel();
    let measured = move || {
        let watch = Stopwatch::start();
        let memory = allocation_counter::measure(work);
        done.send((watch.spent(), memory.bytes_max)).expect("somebody waits");
    };
    let thread = thread::Builder::new().name(name.to_owned()).stack_size(STACK);
    let thread = thread.spawn(measured).expect("a thread can be started");
    match waiting.recv_timeout(WATCHDOG) {
        Ok((time, bytes)) => {
            println!("{name}: {} ms, {} kB", time.as_millis(), bytes >> 10);
            assert!(time <= SECOND, "{name} took {time:?}");
            assert!(bytes <= MEMORY, "{name} held {bytes} bytes");
        }
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{name} does not end"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            let _ = thread.join();
            panic!("{name} panicked or said the wrong thing: see above");
        }
    }
}

/// Defines bad inputs, each a test of its own: `name(input = what is made) { what must hold }`. The
/// input is made before anything is measured.
macro_rules! bad_inputs {
    ($($(#[$when:meta])? $name:ident($input:ident = $make:expr) $check:block)*) => {
        $(
            $(#[$when])?
            #[test]
            fn $name() {
                let $input = $make;
                $crate::limits::within_limits(stringify!($name), move || $check);
            }
        )*

        /// The name of every input of this family.
        pub const NAMES: &[&str] = &[$($(#[$when])? stringify!($name)),*];
    };
}

/// Asserts that a message has all of these words: where it is wrong, and what to do.
#[track_caller]
pub fn assert_says(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "expected {word:?} in {message:?}");
    }
}
