//! `cargo xtask android`: the app for a phone, where the Android SDK is.
//!
//! ```text
//! cargo xtask kotlin ─► generated Kotlin ─┐
//! cargo ndk          ─► arm64 library ────┴─► gradle ─► APK
//! ```
//!
//! Without SDK and NDK everything but the APK itself is still built and tested, by `cargo xtask kotlin`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::places;

const USAGE: &str = "cargo xtask android [--install]   build the app; --install puts it on the phone that is plugged in";

/// The platform of `compileSdk` in `android/app/build.gradle.kts`.
const PLATFORM: &str = "android-36";
const TARGET: &str = "aarch64-linux-android";
const ABI: &str = "arm64-v8a";

/// Runs the task.
///
/// # Errors
/// Everything that is missing, each with how to get it; or whatever failed.
pub fn run(mut args: Args) -> Result<()> {
    let mut install = false;
    while let Some(arg) = args.next(USAGE)? {
        match arg.as_str() {
            "--install" => install = true,
            _ => return Err(Failure::new(USAGE)),
        }
    }
    let missing = missing(&ThisMachine);
    if !missing.is_empty() {
        let list: String = missing.iter().map(|what| format!("\n  - {what}")).collect();
        return Err(Failure::new(format!(
            "the app cannot be built here, this is missing:{list}\n\
             Its sources are compiled and tested without any of it: cargo xtask kotlin"
        )));
    }
    let android = places::root().join("android");
    crate::kotlin::generate()?;
    library(&android)?;
    let task = if install { ":app:installDebug" } else { ":app:assembleDebug" };
    finish(Command::new(gradle(&android)).arg(task).current_dir(&android))?;
    println!("{}", android.join("app/build/outputs/apk/debug/app-debug.apk").display());
    Ok(())
}

/// The engine for the phone's processor, where Gradle looks for it.
fn library(android: &Path) -> Result<()> {
    let out = android.join("app/target/jniLibs");
    finish(
        Command::new("cargo")
            .args(["ndk", "--target", ABI, "--platform", "26", "--output-dir"])
            .arg(&out)
            .args(["build", "--release", "--locked", "--package", "kerbside-ffi"])
            .current_dir(places::root()),
    )
}

fn finish(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|e| Failure::from(e).during(&name))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{name} ended with {status}"))) }
}

/// The wrapper Android Studio made, or the Gradle of this machine.
fn gradle(android: &Path) -> PathBuf {
    let wrapper = wrapper(android);
    if wrapper.exists() { wrapper } else { "gradle".into() }
}

fn wrapper(android: &Path) -> PathBuf {
    android.join(if cfg!(windows) { "gradlew.bat" } else { "gradlew" })
}

/// What a machine has.
trait Machine {
    fn variable(&self, name: &str) -> Option<PathBuf>;
    fn exists(&self, path: &Path) -> bool;
    /// Whether a program starts with these arguments and says this.
    fn says(&self, program: &str, arguments: &[&str], word: &str) -> bool;
}

struct ThisMachine;

impl Machine for ThisMachine {
    fn variable(&self, name: &str) -> Option<PathBuf> {
        env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn says(&self, program: &str, arguments: &[&str], word: &str) -> bool {
        let Ok(output) = Command::new(program).args(arguments).output() else { return false };
        output.status.success()
            && [output.stdout, output.stderr]
                .iter()
                .any(|text| String::from_utf8_lossy(text).contains(word))
    }
}

/// Everything the build needs and this machine lacks, a sentence each.
fn missing(machine: &dyn Machine) -> Vec<String> {
    let mut missing = Vec::new();
    let sdk = machine.variable("ANDROID_HOME").or_else(|| machine.variable("ANDROID_SDK_ROOT"));
    match &sdk {
        None => missing.push(
            "the Android SDK: install Android Studio or its command line tools, and set ANDROID_HOME to the SDK's folder"
                .to_owned(),
        ),
        Some(sdk) if !machine.exists(&sdk.join("platforms").join(PLATFORM)) => {
            missing.push(format!("the platform of the SDK in {}: sdkmanager \"platforms;{PLATFORM}\"", sdk.display()));
        }
        Some(_) => {}
    }
    let ndk = machine.variable("ANDROID_NDK_HOME");
    let has_ndk = match (&ndk, &sdk) {
        (Some(ndk), _) => machine.exists(&ndk.join("toolchains")),
        (None, Some(sdk)) => machine.exists(&sdk.join("ndk")),
        (None, None) => false,
    };
    if !has_ndk {
        missing.push(
            "the NDK: sdkmanager \"ndk;28.2.13676358\", or set ANDROID_NDK_HOME to one".to_owned(),
        );
    }
    let tools: [(&str, &[&str], &str, String); 4] = [
        (
            "cargo",
            &["ndk", "--version"],
            "cargo-ndk",
            "cargo-ndk: cargo install cargo-ndk".to_owned(),
        ),
        (
            "rustup",
            &["target", "list", "--installed"],
            TARGET,
            format!("Rust's standard library for the phone: rustup target add {TARGET}"),
        ),
        (
            "javac",
            &["-version"],
            "javac",
            "a JDK, 17 or newer: Android Studio has one, set JAVA_HOME and PATH to it".to_owned(),
        ),
        (
            "gradle",
            &["--version"],
            "Gradle",
            "Gradle 8.13 or newer: open the folder android/ in Android Studio once, or install it"
                .to_owned(),
        ),
    ];
    for (program, arguments, word, sentence) in tools {
        let has_wrapper =
            program == "gradle" && machine.exists(&wrapper(&places::root().join("android")));
        if !has_wrapper && !machine.says(program, arguments, word) {
            missing.push(sentence);
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with some things, by the end of their path or by program.
    struct Made(Vec<&'static str>);

    impl Made {
        fn has(&self, what: &str) -> bool {
            self.0.contains(&what)
        }
    }

    impl Machine for Made {
        fn variable(&self, name: &str) -> Option<PathBuf> {
            self.has(name).then(|| PathBuf::from("/sdk"))
        }

        fn exists(&self, path: &Path) -> bool {
            self.0.iter().any(|end| path.ends_with(end) && path.starts_with("/sdk"))
        }

        fn says(&self, program: &str, _: &[&str], _: &str) -> bool {
            self.has(program)
        }
    }

    const ALL: [&str; 7] =
        ["ANDROID_HOME", "android-36", "ndk", "cargo", "rustup", "javac", "gradle"];

    #[test]
    fn a_machine_with_everything_lacks_nothing() {
        assert_eq!(missing(&Made(ALL.to_vec())), Vec::<String>::new());
    }

    #[test]
    fn each_missing_thing_is_named_with_how_to_get_it() {
        let names = [
            "ANDROID_HOME",
            "platforms;android-36",
            "ANDROID_NDK_HOME",
            "cargo install cargo-ndk",
            "rustup target add",
            "JDK",
            "Gradle",
        ];
        for (index, name) in names.into_iter().enumerate() {
            let rest = ALL.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, what)| *what);
            let said = missing(&Made(rest.collect()));
            assert!(said.iter().any(|sentence| sentence.contains(name)), "{name}: {said:?}");
        }
    }

    #[test]
    fn a_bare_machine_is_told_everything_at_once() {
        assert_eq!(missing(&Made(Vec::new())).len(), 6);
    }
}
