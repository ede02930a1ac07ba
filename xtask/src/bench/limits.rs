//! What this machine can do: bytes read a second, and the most multiply-adds of the instruction
//! that the engine's kernel uses.

use std::hint::black_box;

use kerbside_core::quant::kernel::Kernel;
use kerbside_core::threads::{self, Threads};
use serde_json::{Value, json};

use super::{Wish, median, time};
use crate::failure::{Failure, Result};

/// Bytes that are read to measure the memory: more than any cache holds.
const BYTES: usize = 512 << 20;
/// Bytes that one piece of reading takes: as long as those of a large matrix.
const STRETCH: usize = 1 << 20;
/// Multiply instructions that are run to measure their rate.
const INSTRUCTIONS: u64 = 100_000_000;

/// Bytes and operations a second.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes a second from memory, all threads together.
    pub bandwidth: f64,
    /// int8 operations a second (a multiply-add is two), all threads together.
    pub int8: f64,
}

/// Measures both with as many threads as asked for.
///
/// # Errors
/// If the system gives no threads.
pub fn find(count: usize, runs: usize) -> Result<Limits> {
    let threads = Threads::new(count).map_err(Failure::from)?;
    let memory = vec![1u64; BYTES / 8];
    let read = || {
        threads.install(|| {
            threads::spread(BYTES / STRETCH, BYTES / STRETCH / count / 8, |stretches| {
                let words = STRETCH / 8;
                black_box(sum(&memory[stretches.start * words..stretches.end * words]));
            });
        });
    };
    let kernel = Kernel::detect();
    let multiply = || {
        threads.install(|| {
            threads::for_each(count, |_| {
                black_box(kernel.multiply_only(INSTRUCTIONS));
            });
        });
    };
    let seconds = |work: &dyn Fn()| {
        median((0..runs).map(|_| time(work).0.as_secs_f64()).collect::<Vec<f64>>())
    };
    let operations = 2.0 * kernel.multiply_only(0) as f64 * INSTRUCTIONS as f64 * count as f64;
    Ok(Limits { bandwidth: BYTES as f64 / seconds(&read), int8: operations / seconds(&multiply) })
}

/// The sum of a stretch, in as many partial sums as keep the loads busy.
fn sum(words: &[u64]) -> u64 {
    let mut lanes = [0u64; 32];
    for chunk in words.as_chunks::<32>().0 {
        lanes.iter_mut().zip(chunk).for_each(|(lane, word)| *lane = lane.wrapping_add(*word));
    }
    lanes.into_iter().fold(0, u64::wrapping_add)
}

/// The section of the report.
///
/// # Errors
/// As [`find`].
pub fn measure(wish: &Wish) -> Result<Value> {
    let one = find(1, wish.runs)?;
    let all = find(wish.threads, wish.runs)?;
    Ok(json!({
        "read, GB/s, 1 thread": one.bandwidth / 1e9,
        "read, GB/s, all": all.bandwidth / 1e9,
        "int8, GOP/s, 1 thread": one.int8 / 1e9,
        "int8, GOP/s, all": all.int8 / 1e9,
    }))
}

/// What the machine says of itself.
pub fn machine() -> Value {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    json!({
        "processor": field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        "cores": cores,
        "kernel": Kernel::detect().name,
    })
}
