//! What the system says about this process's memory.

/// Names and bytes: private memory now, mapped files now, and the peak of both together. Empty
/// where the system has no `/proc`.
pub fn figures() -> Vec<(&'static str, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let figure = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key))?;
        let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes * 1024)
    };
    [("RssAnon", "RssAnon:"), ("RssFile", "RssFile:"), ("peak", "VmHWM:")]
        .into_iter()
        .filter_map(|(name, key)| Some((name, figure(key)?)))
        .collect()
}
