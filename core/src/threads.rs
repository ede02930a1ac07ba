//! A few threads that share loops: the arithmetic of one photo, spread over the big cores.
//!
//! A phone always has something else to do, so the work is handed out in small pieces that whoever
//! is free takes next, and nobody waits for a thread that has not begun: helpers join a job that is
//! open, and the caller waits only for those that joined. Between jobs a helper looks for the next
//! one for some microseconds — one layer has several — and then sleeps.
//!
//! [`Threads::install`] makes a pool that of the calling thread; [`for_each`] and its like then use
//! it. Without a pool, inside a piece of work, or while another thread uses the same pool, they
//! run on the caller alone.

use std::any::Any;
use std::cell::RefCell;
use std::io;
use std::num::NonZero;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

mod big_cores;
mod job;
mod sync;

use job::{Board, Task};

/// Largest piece of a loop: a thread's share in this many parts, so that one that lost its core for
/// a while delays nobody by much.
const PARTS: usize = 4;

thread_local! {
    /// The pool of the calling thread.
    static CURRENT: RefCell<Option<Arc<Board>>> = const { RefCell::new(None) };
}

/// A pool of threads. Dropping it ends them.
#[derive(Debug)]
pub struct Threads {
    board: Arc<Board>,
    helpers: Vec<JoinHandle<()>>,
}

impl Threads {
    /// A pool of `count` threads, the caller's among them; 0 takes as many as there are big cores
    /// this process may run on.
    ///
    /// # Errors
    /// If the system gives no more threads.
    pub fn new(count: usize) -> io::Result<Self> {
        let count = if count == 0 { default_count() } else { count };
        let board = Arc::new(Board::new(count));
        let mut this = Self { board, helpers: Vec::new() };
        for i in 1..count {
            let board = this.board.clone();
            let builder = std::thread::Builder::new().name(format!("kerbside-{i}"));
            this.helpers.push(builder.spawn(move || board.help())?);
        }
        Ok(this)
    }

    /// Threads that work at once.
    pub fn count(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Runs `work` here; the loops in it use this pool.
    pub fn install<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(Some(self.board.clone()));
        let _restore = Restore(before);
        work()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.board.close();
        for helper in self.helpers.drain(..) {
            // A helper catches what its pieces do; it has nothing to say at its end.
            let _ = helper.join();
        }
    }
}

/// Gives the calling thread its former pool back, also when the work panics.
struct Restore(Option<Arc<Board>>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Threads that a pool has by itself: the big cores, less those the process may not use.
fn default_count() -> usize {
    let allowed = std::thread::available_parallelism().map_or(1, NonZero::get);
    big_cores::count().map_or(allowed, |big| big.clamp(1, allowed))
}

/// Calls `f` with every index below `count`, in any order, on the threads of the current pool.
///
/// # Panics
/// If `f` does, after every thread has left it.
pub fn for_each(count: usize, f: impl Fn(usize) + Sync) {
    spread(count, 1, |range| range.for_each(&f));
}

/// Cuts `0..len` into stretches of at least `least` (but the last), and calls `f` with each.
///
/// # Panics
/// If `f` does, after every thread has left it.
pub fn spread(len: usize, least: usize, f: impl Fn(Range<usize>) + Sync) {
    let board = CURRENT.with_borrow(Clone::clone).filter(|board| board.width() > 1);
    let (Some(board), true) = (board, len > least) else {
        return if len > 0 {
            f(0..len)
        };
    };
    let ends = cut(len, least, board.width());
    let piece = |index: usize| {
        let start = if index == 0 { 0 } else { ends[index - 1] };
        f(start..ends[index]);
    };
    board.run(&Task::new(ends.len(), &piece));
}

/// Where the pieces of a loop end: long stretches first, which memory likes, and short ones at the
/// end, so that all threads finish together.
fn cut(len: usize, least: usize, width: usize) -> Vec<usize> {
    let (mut ends, mut end) = (Vec::new(), 0);
    while end < len {
        let left = len - end;
        let size = (len / (PARTS * width)).min(left / (2 * width));
        end += size.max(least).max(1).min(left);
        ends.push(end);
    }
    ends
}

/// Calls `f` with every chunk of `size` elements (the last may be shorter) and its index.
///
/// # Panics
/// If `f` does, after every thread has left it.
pub fn for_each_chunk<T: Send>(data: &mut [T], size: usize, f: impl Fn(usize, &mut [T]) + Sync) {
    let (len, start) = (data.len(), Shared(data.as_mut_ptr()));
    for_each(len.div_ceil(size), |index| {
        let at = index * size;
        // SAFETY: the chunks of different indices are disjoint, each index is given out once, and
        // the exclusive borrow of `data` lasts until every call has returned.
        let chunk =
            unsafe { std::slice::from_raw_parts_mut(start.get().add(at), size.min(len - at)) };
        f(index, chunk);
    });
}

/// A pointer that several threads may hold.
struct Shared<T>(*mut T);

// SAFETY: whoever dereferences it says why no two threads touch the same element.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// The pointer; a method, so that closures capture the wrapper and not the pointer in it.
    fn get(&self) -> *mut T {
        self.0
    }
}

/// What a panic carries.
type Panic = Box<dyn Any + Send>;

/// Runs `work`; a panic comes back as a value.
fn caught(work: impl FnOnce()) -> Option<Panic> {
    catch_unwind(AssertUnwindSafe(work)).err()
}

/// Goes on with a panic that was caught, if there was one.
fn go_on(panic: Option<Panic>) {
    if let Some(panic) = panic {
        resume_unwind(panic);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    #[test]
    fn every_index_is_visited_once() {
        for count in 1..5 {
            let threads = Threads::new(count).unwrap();
            for len in [0, 1, 2, 7, 1000] {
                let seen: Vec<AtomicUsize> = (0..len).map(|_| AtomicUsize::new(0)).collect();
                threads.install(|| {
                    for_each(len, |i| {
                        seen[i].fetch_add(1, Ordering::Relaxed);
                    });
                });
                assert!(seen.iter().all(|n| n.load(Ordering::Relaxed) == 1), "{count} {len}");
            }
        }
    }

    #[test]
    fn pieces_are_long_first_and_never_too_short() {
        assert_eq!(cut(80, 3, 2), [10, 20, 30, 40, 50, 57, 62, 66, 69, 72, 75, 78, 80]);
        assert_eq!(cut(5, 1, 1), [1, 2, 3, 4, 5]);
        assert_eq!(cut(5, 9, 4), [5]);
    }

    #[test]
    fn chunks_are_disjoint_and_whole() {
        let threads = Threads::new(3).unwrap();
        let mut data = vec![0; 103];
        threads.install(|| {
            for_each_chunk(&mut data, 10, |index, chunk| {
                for (i, value) in chunk.iter_mut().enumerate() {
                    *value += index * 10 + i;
                }
            });
        });
        assert_eq!(data, (0..103).collect::<Vec<_>>());
    }

    #[test]
    fn several_threads_take_part() {
        let threads = Threads::new(2).unwrap();
        // Two pieces that wait for each other can only end on two threads.
        let barrier = std::sync::Barrier::new(2);
        threads.install(|| {
            for_each(2, |_| {
                barrier.wait();
            });
        });
    }

    #[test]
    fn loops_inside_loops_and_a_pool_in_use_run_on_the_caller() {
        let threads = Arc::new(Threads::new(2).unwrap());
        let total = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    threads.install(|| {
                        for _ in 0..200 {
                            for_each(10, |_| {
                                for_each(3, |_| {
                                    total.fetch_add(1, Ordering::Relaxed);
                                })
                            });
                        }
                    });
                });
            }
        });
        assert_eq!(total.into_inner(), 4 * 200 * 30);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_goes_on() {
        let threads = Threads::new(2).unwrap();
        for wrong in [0, 63] {
            let panic = caught(|| {
                threads.install(|| for_each(64, |i| assert!(i != wrong, "piece {wrong}")));
            });
            let message = *panic.unwrap().downcast::<String>().unwrap();
            assert_eq!(message, format!("piece {wrong}"));
        }
        let done = AtomicUsize::new(0);
        threads.install(|| {
            for_each(64, |_| {
                done.fetch_add(1, Ordering::Relaxed);
            });
        });
        assert_eq!(done.into_inner(), 64);
    }

    #[test]
    fn nobody_waits_for_a_helper_that_never_began() {
        let threads = Threads::new(2).unwrap();
        let release = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            // Keeps the pool's one helper and another caller inside a job.
            scope.spawn(|| {
                threads.install(|| {
                    for_each(2, |_| {
                        while release.load(Ordering::Relaxed) == 0 {
                            std::thread::sleep(Duration::from_millis(1));
                        }
                    });
                });
            });
            std::thread::sleep(Duration::from_millis(20));
            let start = Instant::now();
            threads.install(|| for_each(1000, |_| {}));
            assert!(start.elapsed() < Duration::from_secs(5));
            release.store(1, Ordering::Relaxed);
        });
    }

    #[test]
    fn helpers_sleep_between_jobs() {
        let threads = Threads::new(4).unwrap();
        threads.install(|| for_each(64, |_| {}));
        let start = Instant::now();
        while threads.board.sleeping() < 3 {
            assert!(start.elapsed() < Duration::from_secs(60), "{}", threads.board.sleeping());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
