//! What the apps say of themselves in `PRIVACY.md`, held against their sources: no log, no permission
//! for a network, no backup, no collected data.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use xtask::bundled;

/// Every file below `folder` whose name ends with `ending`, without tests and what is built.
fn sources(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&bundled::root().join(folder), ending, &mut found);
    assert!(!found.is_empty(), "{folder}");
    found
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    const LEFT_OUT: [&str; 7] =
        ["test", "tests", "Tests", "tests.rs", "benches", "target", ".build"];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if LEFT_OUT.contains(&name) {
            continue;
        }
        match path.is_dir() {
            true => collect(&path, ending, found),
            false if name.ends_with(ending) => found.push(path),
            false => {}
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(bundled::root().join(path)).unwrap()
}

/// Lines of code with one of `words` in them, as `path:line`.
fn lines_with(words: &[&str], folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    for path in sources(folder, ending) {
        let text = fs::read_to_string(&path).unwrap();
        // Rust's unit tests stand at the end of their file.
        let tests = ["mod tests {", "pub(crate) mod tests {", "pub(super) mod tests {"];
        let is_test = |line: &&str| tests.contains(line);
        let code = text.lines().take_while(|line| !is_test(line)).collect::<Vec<_>>().join("\n");
        for (number, line) in code.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|word| has_word(code, word)) {
                found.push(format!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
    found
}

/// Whether `word` stands in `line` and no letter before it: `print(` is not in `fingerprint(`.
fn has_word(line: &str, word: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(is_letter))
}

#[test]
fn the_engine_prints_nothing() {
    let words = [
        "print!(",
        "println!(",
        "eprint!(",
        "eprintln!(",
        "dbg!(",
        "stdout(",
        "stderr(",
        "log::",
        "tracing::",
    ];
    for folder in ["core/src", "bindings/src"] {
        assert_eq!(lines_with(&words, folder, ".rs"), Vec::<String>::new());
    }
    let manifests = ["core/Cargo.toml", "bindings/Cargo.toml"].map(read).concat();
    for logger in ["log", "tracing", "env_logger", "android_logger", "oslog"] {
        assert!(
            !manifests.contains(&format!("\n{logger} "))
                && !manifests.contains(&format!("\n{logger}."))
        );
    }
    assert!(
        has_word("    println!(\"{photo}\")", "println!(") && !has_word("fingerprint(x)", "print(")
    );
}

#[test]
fn the_android_app_logs_nothing_and_has_no_way_to_a_network() {
    let words = [
        "println(",
        "print(",
        "Log.v(",
        "Log.d(",
        "Log.i(",
        "Log.w(",
        "Log.e(",
        "Log.wtf(",
        "android.util.Log",
        "Timber",
        "System.out",
        "System.err",
        "printStackTrace(",
        "java.util.logging",
        "Socket(",
        "java.net.",
        "HttpURLConnection",
        "okhttp",
        "WebView",
    ];
    for folder in ["android/app/src/main", "android/engine/src/main", "android/api/src/main"] {
        assert_eq!(lines_with(&words, folder, ".kt"), Vec::<String>::new());
    }
    let manifest = read("android/app/src/main/AndroidManifest.xml");
    let permissions: Vec<_> = manifest
        .split("<uses-permission android:name=\"android.permission.")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(permissions, ["CAMERA", "POST_NOTIFICATIONS", "RECEIVE_BOOT_COMPLETED"]);
    assert!(manifest.contains("android:allowBackup=\"false\""));
    let privacy = read("PRIVACY.md");
    for permission in permissions {
        assert!(privacy.contains(&format!("`{permission}`")), "{permission}");
    }
}

#[test]
fn the_ios_app_logs_nothing_and_has_no_way_to_a_network() {
    let words = [
        "print(",
        "debugPrint(",
        "dump(",
        "NSLog(",
        "os_log(",
        "Logger(",
        "OSLog",
        "URLSession",
        "URLRequest",
        "NWConnection",
        "import Network",
        "CFSocket",
        "WKWebView",
        "CLLocationManager",
        "import CoreLocation",
    ];
    for folder in ["ios/App", "ios/Widget", "ios/Share", "ios/SorterKit/Sources"] {
        assert_eq!(lines_with(&words, folder, ".swift"), Vec::<String>::new());
    }
    let project = read("ios/project.yml");
    let usages: Vec<_> = project.lines().filter(|line| line.contains("UsageDescription")).collect();
    assert!(usages.len() == 1 && usages[0].contains("NSCameraUsageDescription"), "{usages:?}");
    let manifest = read("ios/App/Support/PrivacyInfo.xcprivacy");
    let value = |key: &str| {
        let (_, rest) = manifest.split_once(&format!("<key>{key}</key>")).unwrap();
        rest.trim_start().lines().next().unwrap().trim().to_owned()
    };
    assert_eq!(value("NSPrivacyTracking"), "<false/>");
    assert_eq!(value("NSPrivacyCollectedDataTypes"), "<array/>");
    assert_eq!(value("NSPrivacyTrackingDomains"), "<array/>");
}

#[test]
fn a_photo_that_is_printed_by_mistake_shows_its_size() {
    let frame = kerbside_core::Frame::from_rgb(1, 1, vec![71, 72, 73]).unwrap();
    assert_eq!(format!("{frame:?}"), "Frame(1×1)");
}
