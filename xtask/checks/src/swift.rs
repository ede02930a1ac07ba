//! `cargo xtask swift`: the Swift side, built and tested on a Linux machine against the real library.
//! SorterKit in Swift 6 with the thread sanitizer, and the app's files type-checked against stand-ins
//! for Apple's modules.
//!
//! ```text
//! cargo ─► library and bindgen ─► ios/SorterKit/Engine ─┐
//! ios/linux/root.sh ─► a Debian root with Swift in it ──┴─► swift format, swift test, swift build
//! ```

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::args::Args;
use crate::bindgen::Bindgen;
use crate::failure::{Failure, Result};
use crate::places;
use crate::test::Ran;

const USAGE: &str = "cargo xtask swift: lints, builds and tests all Swift on Linux";

/// Every folder with Swift of our own.
const SOURCES: &str = "App Widget Share SorterKit/Package.swift SorterKit/Sources SorterKit/Tests \
                       linux/AppCheck/Package.swift linux/AppCheck/StandIns";
/// Debian's own linker does not find what `Observation` needs.
const STRICT: &str = "-Xswiftc -use-ld=lld -Xswiftc -warnings-as-errors";
/// The C module behind the generated Swift.
const MODULE: &str = "KerbsideFFIFFI";

/// Runs the task.
///
/// # Errors
/// If something does not build, a test fails or a file is not formatted; where this machine cannot.
pub fn run(mut args: Args) -> Result<()> {
    if args.next(USAGE)?.is_some() {
        return Err(Failure::new(USAGE));
    }
    check()?.done()
}

/// The same as a check.
///
/// # Errors
/// As [`run`].
pub fn check() -> Result<Ran> {
    let root = match Root::make()? {
        Ok(root) => root,
        Err(why) => return Ok(Ran::NotRun(why)),
    };
    generate()?;
    share_vectors()?;
    let lint = "swift format lint --strict --configuration .swift-format --recursive";
    root.run("ios", &format!("{lint} {SOURCES}"))?;
    let lib = engine().join("lib").display().to_string();
    let scratch = places::root().join("target/swift").display().to_string();
    root.run(
        "ios/SorterKit",
        &format!(
            "swift test --disable-xctest --sanitize=thread --scratch-path {scratch}/SorterKit {STRICT} \
             -Xlinker -L{lib} -Xlinker -rpath={lib}"
        ),
    )?;
    let check = format!("swift build --scratch-path {scratch}/AppCheck {STRICT}");
    root.run("ios/linux/AppCheck", &check)?;
    Ok(Ran::Passed)
}

/// Whether Swift is there, after trying to bring it.
pub fn prepare() -> bool {
    matches!(Root::make(), Ok(Ok(_)))
}

/// Builds the library for this machine and writes the Swift sources from it, where
/// `ios/SorterKit/Package.swift` looks for them.
///
/// # Errors
/// If one of them does not work.
pub fn generate() -> Result<()> {
    let bindgen = Bindgen::build()?;
    let library = &bindgen.library;
    let (swift, c, lib) = (engine().join("Swift"), engine().join("C"), engine().join("lib"));
    for folder in [&swift, &c, &lib] {
        fs::create_dir_all(folder).map_err(|e| Failure::io(folder, &e))?;
    }
    let [from, swift, c] = [library, &swift, &c].map(|path| path.display().to_string());
    bindgen.run(&["--swift-sources", &from, &swift])?;
    let module = ["--module-name", MODULE, "--modulemap-filename", "module.modulemap", &from, &c];
    bindgen.run(&[&["--headers", "--modulemap"], &module[..]].concat())?;
    replace(library, &lib.join(library.file_name().unwrap_or_default()))
}

/// Beside the package, ignored by git: what is built for it.
pub fn engine() -> PathBuf {
    places::root().join("ios/SorterKit/Engine")
}

/// What the command line said about the shared cases of `bindings/vectors/`, where the tests look
/// for it.
fn share_vectors() -> Result<()> {
    let (from, to) = (places::target().join("vectors"), engine().join("vectors"));
    if !from.exists() {
        return Ok(());
    }
    fs::create_dir_all(&to).map_err(|e| Failure::io(&to, &e))?;
    for entry in fs::read_dir(&from).map_err(|e| Failure::io(&from, &e))? {
        let path = entry.map_err(|e| Failure::io(&from, &e))?.path();
        replace(&path, &to.join(path.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// A copy under the final name only when it is whole; one that is the same already stays.
fn replace(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).map_err(|e| Failure::io(from, &e))?;
    if fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let new = to.with_extension("new");
    fs::write(&new, bytes).map_err(|e| Failure::io(&new, &e))?;
    fs::rename(&new, to).map_err(|e| Failure::io(to, &e))
}

/// A Debian root with Swift in it.
struct Root(PathBuf);

impl Root {
    /// Makes it unless it is there; or says why that cannot be done on this machine.
    fn make() -> Result<std::result::Result<Self, String>> {
        let path = places::cache().join("swift-trixie");
        let script = places::root().join("ios/linux/root.sh");
        eprintln!(
            "Swift's root: {}",
            if path.exists() { "is there" } else { "is being made, about a minute" }
        );
        let output = Command::new("sh").arg(&script).arg(&path).stdin(Stdio::null()).output()?;
        match output.status.code() {
            Some(0) => Ok(Ok(Self(path))),
            Some(CANNOT) => Ok(Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
            _ => Err(Failure::new(format!("ios/linux/root.sh ({})", output.status))),
        }
    }

    /// Runs a command in a folder of the repository and shows what is worth reading of its output.
    fn run(&self, folder: &str, command: &str) -> Result<()> {
        let repository = places::root();
        let words = format!("cd {folder} && {command} 2>&1");
        let mut child = Command::new(repository.join("ios/linux/in-root.sh"))
            .args([&self.0, &repository])
            .arg(&words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().expect("it is piped");
        let local = format!("{}/", repository.display());
        for line in BufReader::new(output).lines() {
            let line = line?;
            if is_worth_reading(&line) {
                println!("{}", line.replace(&local, ""));
            }
        }
        let status = child.wait()?;
        let what = command.split(' ').take(2).collect::<Vec<_>>().join(" ");
        if status.success() {
            Ok(())
        } else {
            Err(Failure::new(format!("{what} in {folder} ({status})")))
        }
    }
}

/// How `root.sh` ends where it cannot be made.
const CANNOT: i32 = 3;

/// Sums of tests, and everything that is wrong: not each test that begins or passes, nor each file
/// that is compiled.
fn is_worth_reading(line: &str) -> bool {
    let passing =
        line.starts_with('◇') || (line.starts_with('✔') && !line.starts_with("✔ Test run"));
    !passing && !line.starts_with('[') && !line.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_faults_are_shown() {
        assert!(is_worth_reading("✔ Test run with 118 tests passed after 4.8 seconds."));
        assert!(is_worth_reading("✘ Test a() failed after 1 seconds with 1 issue."));
        assert!(is_worth_reading("WARNING: ThreadSanitizer: data race (pid=7)"));
        assert!(!is_worth_reading("✔ Test a() passed after 0.001 seconds."));
        assert!(!is_worth_reading("◇ Test a() started."));
        assert!(!is_worth_reading("[12/40] Compiling SorterKit Day.swift"));
    }

    #[cfg(unix)]
    #[test]
    fn a_root_that_was_made_is_not_made_again() {
        let root = tempfile::tempdir().unwrap();
        let (bin, swift) = (root.path().join("usr/bin"), root.path().join("usr/libexec/swift/bin"));
        [&bin, &swift].into_iter().for_each(|folder| fs::create_dir_all(folder).unwrap());
        // As Debian has it: on this side of the root the link leads nowhere.
        std::os::unix::fs::symlink("/usr/libexec/swift/bin/swift", bin.join("swift")).unwrap();
        fs::copy("/bin/sh", swift.join("swift")).unwrap();
        let script = places::root().join("ios/linux/root.sh");
        // Without a path nothing can be installed, nor a root be made.
        let mut command = Command::new("/bin/sh");
        let status = command.arg(script).arg(root.path()).env("PATH", "").status().unwrap();
        assert!(status.success(), "{status}");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_copy_is_made_anew_only_when_it_differs() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&from, "one").unwrap();
        replace(&from, &to).unwrap();
        let made = fs::metadata(&to).unwrap().modified().unwrap();
        replace(&from, &to).unwrap();
        assert_eq!(fs::metadata(&to).unwrap().modified().unwrap(), made);
        fs::write(&from, "two").unwrap();
        replace(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "two");
    }
}
