//! `cargo xtask ios`: the iPhone app, as far as this machine can build it.
//!
//! ```text
//! cargo, device and simulator ─► static libraries ─► ios/SorterKit/Engine/KerbsideFFI.xcframework
//! bindgen ─► ios/SorterKit/Engine/Swift
//! XcodeGen, ios/project.yml ─► ios/Kerbside.xcodeproj ─► xcodebuild
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::{places, swift, tools};

const USAGE: &str = "cargo xtask ios [--no-build]: the engine as an xcframework, the generated Swift and \
                     the Xcode project; then the app itself for the simulator, unsigned";

/// iPhones, and simulators on Apple's own processors.
const TARGETS: [&str; 2] = ["aarch64-apple-ios", "aarch64-apple-ios-sim"];

/// Runs the task.
///
/// # Errors
/// What is missing on this machine, all of it at once; or what did not build.
pub fn run(mut args: Args) -> Result<()> {
    let mut build = true;
    while let Some(arg) = args.next(USAGE)? {
        match arg.as_str() {
            "--no-build" => build = false,
            _ => return Err(Failure::new(USAGE)),
        }
    }
    let missing = missing();
    if !missing.is_empty() {
        let list = missing.join("\n  ");
        return Err(Failure::new(format!("the iPhone app cannot be built here:\n  {list}")));
    }
    swift::generate()?;
    xcframework()?;
    tools::run("xcodegen", &["generate", "--spec", "ios/project.yml"])?;
    if build { xcodebuild() } else { Ok(()) }
}

/// What this machine lacks, a line each with the way to get it.
fn missing() -> Vec<&'static str> {
    let needs = [
        (cfg!(target_os = "macos"), "macOS: Apple's SDK runs on nothing else"),
        (
            works("xcodebuild", "-version"),
            "Xcode 16 or later: from the App Store, then `xcode-select --install`",
        ),
        (works("xcodegen", "--version"), "XcodeGen: `brew install xcodegen`"),
        (has_target(TARGETS[0]), "Rust for iPhones: `rustup target add aarch64-apple-ios`"),
        (
            has_target(TARGETS[1]),
            "Rust for the simulator: `rustup target add aarch64-apple-ios-sim`",
        ),
    ];
    needs.into_iter().filter(|(there, _)| !there).map(|(_, words)| words).collect()
}

/// Whether a program starts and says that all is well.
fn works(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether Rust can build for a target.
fn has_target(target: &str) -> bool {
    let list = Command::new("rustup").args(["target", "list", "--installed"]).output();
    list.is_ok_and(|list| String::from_utf8_lossy(&list.stdout).lines().any(|one| one == target))
}

/// The engine for device and simulator, stripped, with its header.
fn xcframework() -> Result<()> {
    let mut words = vec!["-create-xcframework".to_owned()];
    let headers = swift::engine().join("C");
    for target in TARGETS {
        let build = [
            "build",
            "--release",
            "--target",
            target,
            "--package",
            "kerbside-ffi",
            "--lib",
            "--locked",
        ];
        tools::run("cargo", &build)?;
        let library = stripped(target)?;
        words.extend([
            "-library".to_owned(),
            text(&library),
            "-headers".to_owned(),
            text(&headers),
        ]);
    }
    let out = swift::engine().join("KerbsideFFI.xcframework");
    if out.exists() {
        fs::remove_dir_all(&out).map_err(|e| Failure::io(&out, &e))?;
    }
    words.extend(["-output".to_owned(), text(&out)]);
    tools::run("xcodebuild", &words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A copy of a target's library without what only debuggers and linkers of its own parts need.
fn stripped(target: &str) -> Result<PathBuf> {
    let built = places::target().join(target).join("release/libkerbside_ffi.a");
    let folder = swift::engine().join("lib").join(target);
    fs::create_dir_all(&folder).map_err(|e| Failure::io(&folder, &e))?;
    let copy = folder.join("libkerbside_ffi.a");
    fs::copy(&built, &copy).map_err(|e| Failure::io(&built, &e))?;
    tools::run("xcrun", &["strip", "-S", "-x", &text(&copy)])?;
    Ok(copy)
}

fn xcodebuild() -> Result<()> {
    let words = [
        "-project",
        "ios/Kerbside.xcodeproj",
        "-scheme",
        "Kerbside",
        "-destination",
        "generic/platform=iOS Simulator",
        "CODE_SIGNING_ALLOWED=NO",
        "build",
    ];
    tools::run("xcodebuild", &words)
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_the_project_is_there() {
        let ios = places::root().join("ios");
        let project = fs::read_to_string(ios.join("project.yml")).unwrap();
        let mut seen = 0;
        for line in project.lines() {
            let line = line.trim().trim_start_matches("- ");
            let value = |key: &str| line.strip_prefix(key).map(str::trim);
            let path = value("path:").or_else(|| value("CODE_SIGN_ENTITLEMENTS:"));
            for path in path.into_iter().filter(|path| !path.starts_with("Generated/")) {
                assert!(ios.join(path).exists(), "{path}");
                seen += 1;
            }
        }
        assert!(seen >= 5);
    }

    #[test]
    fn nothing_asks_for_the_network() {
        let support = places::root().join("ios/App/Support");
        for name in ["Kerbside.entitlements", "Extension.entitlements"] {
            let text = fs::read_to_string(support.join(name)).unwrap();
            let keys: Vec<_> =
                text.split("<key>").skip(1).filter_map(|p| p.split('<').next()).collect();
            let known = [
                "com.apple.security.application-groups",
                "com.apple.developer.kernel.increased-memory-limit",
            ];
            assert!(keys.iter().all(|key| known.contains(key)), "{name}: {keys:?}");
        }
        let privacy = fs::read_to_string(support.join("PrivacyInfo.xcprivacy")).unwrap();
        let after =
            |key: &str| privacy.split_once(&format!("<key>{key}</key>")).unwrap().1.trim_start();
        assert!(after("NSPrivacyTracking").starts_with("<false/>"));
        assert!(after("NSPrivacyTrackingDomains").starts_with("<array/>"));
        assert!(after("NSPrivacyCollectedDataTypes").starts_with("<array/>"));
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn a_machine_without_xcode_is_told_what_it_lacks() {
        let words = run(Args::new(vec![])).unwrap_err().to_string();
        assert!(
            words.contains("macOS") && words.contains("Xcode 16") && words.contains("XcodeGen")
        );
        assert!(run(Args::new(vec!["--fast".to_owned()])).is_err());
    }
}
