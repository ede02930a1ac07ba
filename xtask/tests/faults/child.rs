//! Another process with this program in it, told what to do: some faults end the process they are in.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use checks::not_run::not_run;
use kerbside_core::cancel::CancelToken;
use kerbside_core::store::{self, BUNDLED, ModelStore};

/// What a child is told to do, and with what; paths by name.
const TASK: &str = "KERBSIDE_TEST_TASK";

/// A child that will do `task`, which finds `paths` in its environment.
pub fn command(task: &str, paths: &[(&str, &Path)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    set(&mut command, task, paths);
    command
}

/// The same behind a shell: `before` is what it does before it becomes the child.
pub fn behind_shell(before: &str, task: &str, paths: &[(&str, &Path)]) -> Command {
    let mut command = Command::new("sh");
    let program = std::env::current_exe().unwrap();
    command.args(["-c", &format!("{before}; exec \"$0\" \"$@\"")]).arg(program);
    set(&mut command, task, paths);
    command
}

/// A root of its own for `before`: file systems may be mounted, and are gone when the child is.
/// `None` where the system does not allow that.
pub fn with_mounts(before: &str, task: &str, paths: &[(&str, &Path)]) -> Option<Command> {
    let allowed = Command::new("unshare").args(["-rm", "true"]).output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        not_run("this system allows no mounts of one's own (unshare -rm)");
        return None;
    }
    let shell = behind_shell(before, task, paths);
    let mut command = Command::new("unshare");
    command.arg("-rm").arg(shell.get_program()).args(shell.get_args());
    set(&mut command, task, paths);
    Some(command)
}

fn set(command: &mut Command, task: &str, paths: &[(&str, &Path)]) {
    if command.get_program() != "unshare" {
        command.args(["child::does_what_it_is_told", "--exact", "--ignored", "--nocapture"]);
    }
    command.env(TASK, task);
    for (name, path) in paths {
        command.env(format!("{TASK}_{name}"), path);
    }
}

/// What a child said: its lines that begin with `>`.
pub fn said(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    // The test's own name stands before the first line.
    let lines =
        text.lines().filter_map(|line| line.split_once('>').map(|(_, said)| said.to_owned()));
    lines.collect()
}

pub fn say(words: impl std::fmt::Display) {
    println!(">{words}");
    std::io::stdout().flush().unwrap();
}

fn path(name: &str) -> PathBuf {
    std::env::var_os(format!("{TASK}_{name}")).unwrap().into()
}

/// Runs in the child only.
#[test]
#[ignore = "for the child processes of other tests"]
fn does_what_it_is_told() {
    let Ok(task) = std::env::var(TASK) else { return };
    let tasks: HashMap<&str, fn()> = HashMap::from([
        ("import", import as fn()),
        ("look", look),
        ("save", save),
        ("socket", socket),
        ("sort", sort),
    ]);
    tasks[task.as_str()]();
}

/// Takes a ZIP file in, and says when it begins and how it ended.
fn import() {
    let mut source = File::open(path("archive")).unwrap();
    say("begun");
    let mut import = || {
        let store = ModelStore::open(&path("library"), Some(&path("bundled")))?;
        store.import(&mut source, BUNDLED, &CancelToken::new(), &mut |_| ())
    };
    match import() {
        Ok(pack) => say(format_args!("took {}", pack.id)),
        Err(error) => say(format_args!("refused {error}")),
    }
}

/// Lists the models, and whether each is whole.
fn look() {
    let store = ModelStore::open(&path("library"), Some(&path("bundled"))).unwrap();
    for pack in store.packs().unwrap() {
        let opened = kerbside_core::pack::Pack::open(&pack.dir);
        say(format_args!("{} {}", pack.id, if opened.is_ok() { "opens" } else { "is broken" }));
    }
    if let Err(error) = store.remove_adapter(BUNDLED, "segment") {
        say(format_args!("refused {error}"));
    }
}

/// Writes a small file of the app's anew, until there is no room or it was written.
fn save() {
    let contents = vec![b'n'; 300_000];
    match store::replace(&path("state"), &contents) {
        Ok(()) => say("saved"),
        Err(error) => say(format_args!("refused {error}")),
    }
}

/// Opens a socket, which goes nowhere.
fn socket() {
    #[cfg(target_os = "linux")]
    super::network::forbid();
    let opened = std::net::UdpSocket::bind("127.0.0.1:0");
    say(format_args!("opened {}", opened.is_ok()));
}

/// Sorts the example photograph.
fn sort() {
    #[cfg(target_os = "linux")]
    super::network::forbid();
    xtask::sort::run(xtask::args::Args::new(Vec::new())).unwrap();
    say("sorted");
}
