//! Every order in which the threads of a job can run, as far as three switches between them that nothing
//! asks for: loom (<https://docs.rs/loom>) runs the code of `threads/job.rs` on its own locks and atomics.

#![cfg(test)]
#![allow(dead_code, reason = "only the board and its task are looked at here")]

#[path = "../../src/threads/job.rs"]
mod job;

/// What `threads.rs` takes from the standard library.
mod sync {
    pub use loom::hint::spin_loop;
    pub use loom::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
    pub use loom::sync::{Condvar, Mutex, MutexGuard};

    /// Each look is one more order to try.
    pub const LOOKS: usize = 1;
}

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use job::{Board, Task};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

type Panic = Box<dyn Any + Send>;

fn caught(work: impl FnOnce()) -> Option<Panic> {
    catch_unwind(AssertUnwindSafe(work)).err()
}

fn go_on(panic: Option<Panic>) {
    if let Some(panic) = panic {
        resume_unwind(panic);
    }
}

/// Numbers that pieces write without any lock: loom finds two that touch one, and a reader that
/// nothing orders behind its writer.
struct Numbers<const N: usize>([UnsafeCell<u32>; N]);

// SAFETY: that no two threads touch one at a time is what the tests look for.
unsafe impl<const N: usize> Sync for Numbers<N> {}

impl<const N: usize> Numbers<N> {
    fn new() -> Self {
        Self(std::array::from_fn(|_| UnsafeCell::new(0)))
    }

    fn add(&self, index: usize) {
        // SAFETY: as above.
        self.0[index].with_mut(|number| unsafe { *number += 1 });
    }

    fn read(&self) -> [u32; N] {
        // SAFETY: as above.
        std::array::from_fn(|index| self.0[index].with(|number| unsafe { *number }))
    }
}

fn all_orders(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

fn helper(board: &Arc<Board>) -> thread::JoinHandle<()> {
    let board = board.clone();
    thread::spawn(move || board.help())
}

fn run<const N: usize>(board: &Board) {
    let numbers = Numbers::<N>::new();
    let piece = |index| numbers.add(index);
    board.run(&Task::new(N, &piece));
    assert_eq!(numbers.read(), [1; N]);
}

#[test]
fn each_piece_is_done_once_and_seen_by_the_caller() {
    all_orders(|| {
        let board = Arc::new(Board::new(2));
        let helper = helper(&board);
        run::<2>(&board);
        board.close();
        helper.join().unwrap();
    });
}

#[test]
fn a_helper_that_comes_late_touches_no_job_that_is_over() {
    all_orders(|| {
        let board = Arc::new(Board::new(2));
        let helper = helper(&board);
        run::<1>(&board);
        run::<2>(&board);
        board.close();
        helper.join().unwrap();
    });
}

#[test]
fn two_callers_share_a_board() {
    all_orders(|| {
        let board = Arc::new(Board::new(2));
        let other = {
            let board = board.clone();
            thread::spawn(move || run::<1>(&board))
        };
        run::<1>(&board);
        other.join().unwrap();
        board.close();
    });
}

#[test]
fn a_board_that_is_taken_down_sends_its_helper_home() {
    all_orders(|| {
        let board = Arc::new(Board::new(2));
        let helper = helper(&board);
        board.close();
        helper.join().unwrap();
    });
}
