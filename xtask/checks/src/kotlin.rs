//! `cargo xtask kotlin`: the Kotlin side, built and tested on this machine against the real library.
//!
//! ```text
//! cargo ─► library and bindgen ─► generated Kotlin ─┐
//! cargo xtask sort --json ─► shared vectors ────────┴─► mvn verify
//! ```
//!
//! Nothing of Google's is needed: Maven Central has all there is.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::bindgen::{self, Bindgen};
use crate::failure::{Failure, Result};
use crate::test::Ran;
use crate::{places, tools};

/// The oldest JDK that compiles the app.
const JDK: &str = "17";
/// What Debian calls the tools.
const PACKAGES: [&str; 3] = ["maven", "openjdk-17-jdk-headless", "aapt"];

/// Runs the task.
///
/// # Errors
/// If something does not build, or a test fails.
pub fn run() -> Result<()> {
    check()?.done()
}

/// The same as a check.
///
/// # Errors
/// As [`run`].
pub fn check() -> Result<Ran> {
    if !prepare() {
        let packages = PACKAGES.join(", ");
        return Ok(Ran::NotRun(format!("mvn, JDK {JDK} or aapt2 is missing; install {packages}")));
    }
    generate()?;
    // Kotlin and Swift have to say what the command line says.
    tools::run(&bindgen::program("xtask").display().to_string(), &["vectors"])?;
    verify()?;
    Ok(Ran::Passed)
}

/// Whether the tools are there, after trying to install them.
pub fn prepare() -> bool {
    has_tools() || (tools::apt_install(&PACKAGES) && has_tools())
}

/// Maven runs on some Java; the compiler must be one of a JDK.
fn has_tools() -> bool {
    tools::works("mvn", "--version")
        && tools::works("javac", "-version")
        && tools::works("aapt2", "version")
}

/// Builds the library for this machine and writes the Kotlin sources from it.
///
/// # Errors
/// If one of them does not work.
pub fn generate() -> Result<()> {
    let bindgen = Bindgen::build()?;
    let out = generated();
    // What was generated from an older library must not stay.
    if out.exists() {
        fs::remove_dir_all(&out).map_err(|e| Failure::io(&out, &e))?;
    }
    let [out, library] = [&out, &bindgen.library].map(|path| path.display().to_string());
    bindgen.run(&["generate", "--language", "kotlin", "--no-format", "--out-dir", &out, &library])
}

/// Where `android/engine/pom.xml` looks for the generated sources.
fn generated() -> PathBuf {
    places::root().join("android/engine/target/generated-sources/uniffi")
}

/// Compiles all Kotlin and runs its tests. Without the compiler's daemon, which would stay; and with
/// Java's quick compiler alone, since Maven lives for minutes, but with room for all that it compiles.
fn verify() -> Result<()> {
    let target = places::target();
    let property = |name: &str, folder: PathBuf| format!("-D{name}={}", folder.display());
    let mut maven = Command::new("mvn")
        .args(["--batch-mode", "--no-transfer-progress", "verify"])
        .arg(property("kerbside.library", target.join("debug")))
        .arg(property("kerbside.vectors", target.join("vectors")))
        .arg("-Dkotlin.compiler.daemon=false")
        .env("MAVEN_OPTS", "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m")
        .current_dir(places::root().join("android"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| Failure::from(e).during("mvn"))?;
    let output = maven.stdout.take().expect("it is piped");
    for line in BufReader::new(output).lines() {
        let line = line?;
        if is_worth_reading(&line) {
            println!("{}", without_places(&line));
        }
    }
    let status = maven.wait()?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("mvn verify ({status})"))) }
}

/// Sums of tests, and everything that is wrong.
fn is_worth_reading(line: &str) -> bool {
    line.contains("Tests run:") || !(line.starts_with("[INFO]") || line.trim().is_empty())
}

/// Without folders of this machine and addresses of servers.
fn without_places(line: &str) -> String {
    let root = format!("{}/", places::root().display());
    let local = line.replace(&format!("file://{root}"), "").replace(&root, "");
    let is_address = |word: &&str| word.contains("://");
    let kept = local.split(' ').map(|word| if is_address(&word) { "(address)" } else { word });
    kept.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_names_no_place() {
        let root = places::root();
        let line =
            format!("[ERROR] file://{0}/android/A.kt:1:2 no such name in {0}/x", root.display());
        assert_eq!(without_places(&line), "[ERROR] android/A.kt:1:2 no such name in x");
        let line = "[ERROR] cannot get it from central (https://repo.example/maven2): refused";
        assert_eq!(without_places(line), "[ERROR] cannot get it from central (address) refused");
        assert!(is_worth_reading("[INFO] Tests run: 3, Failures: 0"));
        assert!(is_worth_reading("[ERROR] no") && !is_worth_reading("[INFO] Building jar"));
    }
}
