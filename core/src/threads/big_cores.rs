//! How many cores are worth waiting for: a loop shared with a slow core ends when the slow core
//! does, and phones have several of those.

/// Big cores of this machine; `None` where the system does not tell them apart.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn count() -> Option<usize> {
    count_in(std::path::Path::new("/sys/devices/system/cpu"))
}

/// Big cores of this machine: those of Apple's performance level 0.
#[cfg(target_vendor = "apple")]
pub(super) fn count() -> Option<usize> {
    use sysctl::Sysctl;
    let level = sysctl::Ctl::new("hw.perflevel0.physicalcpu").ok()?;
    level.value_string().ok()?.parse().ok()
}

/// Other systems do not tell.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn count() -> Option<usize> {
    None
}

/// Counts the cores whose highest frequency is at least this part of the fastest one's: a phone's
/// prime and big cores, but not its little ones.
#[cfg(any(target_os = "linux", target_os = "android"))]
const BIG: f64 = 0.7;

/// See [`count`]; `cpus` holds a folder `cpu0`, `cpu1`, … for each core.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn count_in(cpus: &std::path::Path) -> Option<usize> {
    let frequency = |core: usize| {
        let file = cpus.join(format!("cpu{core}/cpufreq/cpuinfo_max_freq"));
        std::fs::read_to_string(file).ok()?.trim().parse::<f64>().ok()
    };
    let frequencies: Vec<f64> = (0..).map_while(frequency).collect();
    let fastest = frequencies.iter().copied().reduce(f64::max)?;
    Some(frequencies.iter().filter(|f| **f >= BIG * fastest).count())
}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn little_cores_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(count_in(dir.path()), None);
        // Kilohertz of a phone with one prime, three big and four little cores.
        let phone = [1_800_000, 1_800_000, 1_800_000, 1_800_000, 2_420_000, 2_420_000, 2_420_000];
        for (core, frequency) in phone.into_iter().chain([2_840_000]).enumerate() {
            let folder = dir.path().join(format!("cpu{core}/cpufreq"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("cpuinfo_max_freq"), format!("{frequency}\n")).unwrap();
        }
        assert_eq!(count_in(dir.path()), Some(4));
    }
}
