//! The board on which one job at a time is offered, and the helpers that look at it.

use std::fmt;
use std::sync::{PoisonError, TryLockError};

use super::sync::{AtomicU64, AtomicUsize, Condvar, LOOKS, Mutex, MutexGuard, Ordering, spin_loop};
use super::{Panic, caught, go_on};

/// A loop in pieces: whoever calls [`Task::work`] takes pieces until there are none.
pub(super) struct Task<'a> {
    next: AtomicUsize,
    pieces: usize,
    piece: &'a (dyn Fn(usize) + Sync),
}

impl<'a> Task<'a> {
    /// `piece` will be called once with every index below `pieces`.
    pub fn new(pieces: usize, piece: &'a (dyn Fn(usize) + Sync)) -> Self {
        Self { next: AtomicUsize::new(0), pieces, piece }
    }

    fn work(&self) {
        loop {
            // Relaxed: pieces share nothing, and what they wrote is published by the board's lock.
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.pieces {
                return;
            }
            (self.piece)(index);
        }
    }
}

/// Where the job in hand is offered.
#[derive(Default)]
pub(super) struct Board {
    state: Mutex<State>,
    /// Told when a job is offered, or the board is taken down.
    offered: Condvar,
    /// Told when the last helper leaves a job.
    left: Condvar,
    /// Held by the thread whose job is on the board.
    turn: Mutex<()>,
    /// Threads that work at once.
    width: usize,
    /// A copy of `state.number`, to look at without the lock.
    number: AtomicU64,
    /// Helpers inside the job. Changed under the lock, looked at without.
    inside: AtomicUsize,
}

#[derive(Default)]
struct State {
    /// The job, while helpers may join it.
    job: Option<&'static Task<'static>>,
    /// Counts the jobs.
    number: u64,
    sleeping: usize,
    panic: Option<Panic>,
    closed: bool,
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").field("width", &self.width()).finish_non_exhaustive()
    }
}

impl Board {
    /// An empty board for `width` threads.
    pub fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Threads that work at once.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Helpers that wait to be woken.
    #[cfg(test)]
    pub fn sleeping(&self) -> usize {
        self.lock().sleeping
    }

    /// Offers a task, works on it, and returns when nobody works on it any more.
    pub fn run(&self, task: &Task<'_>) {
        let _turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            // Another caller's job, or this one lies inside a piece: the caller does it alone.
            Err(TryLockError::WouldBlock) => return task.work(),
        };
        self.offer(task);
        let mine = caught(|| task.work());
        let theirs = self.withdraw();
        go_on(mine.or(theirs));
    }

    fn offer(&self, task: &Task<'_>) {
        // SAFETY: only the lifetime changes. `run` does not return before `withdraw` has taken the
        // job from the board and seen every helper that joined it leave, panics included.
        let task = unsafe { std::mem::transmute::<&Task<'_>, &'static Task<'static>>(task) };
        let mut state = self.lock();
        state.job = Some(task);
        state.number += 1;
        self.number.store(state.number, Ordering::Release);
        if state.sleeping > 0 {
            self.offered.notify_all();
        }
    }

    /// Takes the job away and waits for the helpers inside. Returns a helper's panic.
    fn withdraw(&self) -> Option<Panic> {
        self.lock().job = None;
        for _ in 0..LOOKS {
            if self.inside.load(Ordering::Acquire) == 0 {
                break;
            }
            spin_loop();
        }
        let mut state = self.lock();
        while self.inside.load(Ordering::Acquire) > 0 {
            state = self.left.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.panic.take()
    }

    /// A helper's life: joins every job that it comes in time for.
    pub fn help(&self) {
        let mut seen = 0;
        while let Some(job) = self.next(&mut seen) {
            let panic = caught(|| job.work());
            let mut state = self.lock();
            state.panic = panic.or(state.panic.take());
            if self.inside.fetch_sub(1, Ordering::Release) == 1 {
                self.left.notify_all();
            }
        }
    }

    /// Waits for a job after number `seen` and joins it; `None` when the board is taken down.
    fn next(&self, seen: &mut u64) -> Option<&'static Task<'static>> {
        loop {
            for _ in 0..LOOKS {
                if self.number.load(Ordering::Acquire) != *seen {
                    break;
                }
                spin_loop();
            }
            let mut state = self.lock();
            while state.number == *seen && !state.closed {
                state.sleeping += 1;
                state = self.offered.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.sleeping -= 1;
            }
            if state.closed {
                return None;
            }
            *seen = state.number;
            if let Some(job) = state.job {
                self.inside.fetch_add(1, Ordering::Relaxed);
                return Some(job);
            }
        }
    }

    /// Sends the helpers home.
    pub fn close(&self) {
        self.lock().closed = true;
        self.offered.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under the lock, so a poisoned state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
