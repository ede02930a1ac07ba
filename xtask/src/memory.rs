//! What the system says about this process's memory.

use std::fs;

/// Names and bytes: private memory now, mapped files now, and the peak of both together. Empty
/// where the system has no `/proc`.
pub fn figures() -> Vec<(&'static str, u64)> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    [("RssAnon", "RssAnon:"), ("RssFile", "RssFile:"), ("peak", "VmHWM:")]
        .into_iter()
        .filter_map(|(name, key)| Some((name, kilobytes(&status, key)?)))
        .collect()
}

/// Private memory now, in bytes.
pub fn private() -> Option<u64> {
    kilobytes(&fs::read_to_string("/proc/self/status").ok()?, "RssAnon:")
}

/// Addresses that are taken without memory behind them: each thread's stack, and what the heap keeps
/// in reserve.
const RESERVED: u64 = 32 << 20;
const STACK: u64 = 2 << 20;

/// Bytes there are to use, where the system says: what is free of its memory, and of the addresses
/// this process may have (`ulimit -v`).
pub fn available() -> Option<u64> {
    let free = kilobytes(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:");
    let addresses = || {
        let limits = fs::read_to_string("/proc/self/limits").ok()?;
        let used = kilobytes(&fs::read_to_string("/proc/self/status").ok()?, "VmSize:")?;
        let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
        let taken = used + RESERVED + STACK * threads;
        Some(address_limit(&limits)?.saturating_sub(taken))
    };
    [free, addresses()].into_iter().flatten().min()
}

/// `None` where there is no limit.
fn address_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The bytes on the line that begins with `key`.
fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with(key))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_and_no_limit_is_none() {
        assert_eq!(kilobytes("VmPeak:\t 9 kB\nVmSize:\t    12 kB\n", "VmSize:"), Some(12 << 10));
        assert_eq!(kilobytes("", "VmSize:"), None);
        let line = |limit| {
            format!("Max cpu time  unlimited\nMax address space  {limit}  unlimited bytes\n")
        };
        assert_eq!(address_limit(&line("4096")), Some(4096));
        assert_eq!(address_limit(&line("unlimited")), None);
    }
}
