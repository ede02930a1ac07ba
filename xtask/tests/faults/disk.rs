//! No room, no right to write, two imports at once: a clear refusal, and everything as it was.

use std::fs;
use std::process::{Command, Stdio};

use checks::not_run::not_run;

use crate::child;
use crate::library::{Library, names};

/// Bytes that the file system of a test has.
const ROOMS: [u32; 8] = [8, 60, 120, 200, 280, 400, 3_000, 12_000];

/// What an import into a library on a file system of so many kilobytes says, and what it leaves.
fn in_room(library: &Library, kilobytes: u32) -> Option<(String, Vec<String>)> {
    let (folder, bundled, archive) = (library.folder(), library.bundled(), library.pack("2.0.0"));
    let before = format!(
        "mount -t tmpfs -o size={kilobytes}k none '{0}' && trap 'ls -A \"{0}\" | sed s/^/\\>left\\ /' EXIT",
        folder.display()
    );
    // The shell stays: it looks at what is left before the file system is gone.
    let before = before + "; set --";
    let run = format!(
        "\"{}\" child::does_what_it_is_told --exact --ignored --nocapture",
        std::env::current_exe().unwrap().display()
    );
    let mut command = child::with_mounts(
        &format!("{before}; {run}; exit"),
        "import",
        &library.paths(&archive, (&folder, &bundled)),
    )?;
    let said = child::said(&command.output().unwrap());
    let ended = said.iter().find(|line| !line.starts_with("begun")).unwrap().clone();
    let left =
        said.iter().filter_map(|line| line.strip_prefix("left ")).map(str::to_owned).collect();
    Some((ended, left))
}

#[test]
fn an_import_without_room_says_so_and_leaves_nothing() {
    let _turn = crate::turn();
    let library = Library::new();
    let mut refused = 0;
    for kilobytes in ROOMS {
        let Some((ended, left)) = in_room(&library, kilobytes) else { return };
        let left: Vec<_> = left.iter().filter(|name| *name != ".import.lock").collect();
        if ended.starts_with("took") {
            assert_eq!(left.len(), 1, "{left:?}");
        } else {
            assert!(ended.contains("free some storage"), "{kilobytes} kB: {ended}");
            assert!(left.is_empty(), "{kilobytes} kB: {left:?}");
            refused += 1;
        }
    }
    assert!((3..ROOMS.len()).contains(&refused), "{refused} of {} were refused", ROOMS.len());
}

#[test]
fn a_limit_on_files_lengths_is_survived() {
    let _turn = crate::turn();
    let library = Library::new();
    let (folder, bundled, archive) = (library.folder(), library.bundled(), library.pack("2.0.0"));
    // In blocks of 512 bytes; exceeding it is an error where the signal is ignored.
    for blocks in [0, 1, 16, 100] {
        let before = format!("trap '' XFSZ; ulimit -f {blocks}");
        let paths = library.paths(&archive, (&folder, &bundled));
        let output = child::behind_shell(&before, "import", &paths).stdout(Stdio::piped()).output();
        let said = child::said(&output.unwrap());
        assert!(said.last().unwrap().starts_with("refused"), "{said:?}");
        assert!(names(&folder).is_empty(), "{:?}", names(&folder));
    }
    library.import(&archive);
    assert_eq!(library.whole().0, ["2.0.0"]);
}

#[test]
fn a_state_that_finds_no_room_stays_the_old_one() {
    let _turn = crate::turn();
    let library = Library::new();
    let state = library.path("state.json");
    kerbside_core::store::replace(&state, b"old").unwrap();
    let before = "trap '' XFSZ; ulimit -f 100";
    let said =
        child::said(&child::behind_shell(before, "save", &[("state", &state)]).output().unwrap());
    assert!(said[0].starts_with("refused"), "{said:?}");
    assert_eq!(fs::read(&state).unwrap(), b"old");
    let beside: Vec<_> =
        names(&library.path("")).into_iter().filter(|n| n.starts_with("state")).collect();
    assert_eq!(beside, ["state.json"], "nothing is left beside it");
    let said = child::said(&child::command("save", &[("state", &state)]).output().unwrap());
    assert_eq!(said, ["saved"]);
}

#[test]
fn a_folder_that_cannot_be_written_to_is_still_read() {
    let _turn = crate::turn();
    let library = Library::new();
    library.import(&library.pack("2.0.0"));
    library.import(&library.adapter("segment", "old"));
    let (folder, bundled, archive) = (library.folder(), library.bundled(), library.pack("3.0.0"));
    let before =
        format!("mount --bind '{0}' '{0}' && mount -o remount,bind,ro '{0}'", folder.display());
    let paths = library.paths(&archive, (&folder, &bundled));
    let Some(mut look) = child::with_mounts(&before, "look", &paths) else { return };
    let said = child::said(&look.output().unwrap());
    assert!(said.len() == 3 && said[0] == "bundled opens", "{said:?}");
    assert!(said[1].starts_with("tiny-2.0.0") && said[1].ends_with("opens"), "{said:?}");
    assert!(said[2].starts_with("refused"), "{said:?}");
    let said =
        child::said(&child::with_mounts(&before, "import", &paths).unwrap().output().unwrap());
    assert!(said[1].starts_with("refused") && said[1].contains("library"), "{said:?}");
    assert_eq!(library.whole().0, ["2.0.0"]);
}

#[test]
fn of_two_imports_at_once_one_waits_for_another_day() {
    let _turn = crate::turn();
    let library = Library::new();
    let (folder, bundled) = (library.folder(), library.bundled());
    let (mut busy, mut took) = (0, 0);
    for round in 0..20 {
        let archives = [0, 1].map(|one| library.pack(&format!("{}.{round}.0", one + 1)));
        let children = archives.each_ref().map(|archive| {
            let paths = library.paths(archive, (&folder, &bundled));
            child::command("import", &paths).stdout(Stdio::piped()).spawn().unwrap()
        });
        for child in children {
            let said = child::said(&child.wait_with_output().unwrap());
            let end = said.last().unwrap();
            assert!(end.starts_with("took") || end.contains("another import"), "{end}");
            took += usize::from(end.starts_with("took"));
            busy += usize::from(!end.starts_with("took"));
        }
        assert_eq!(library.whole().0.len(), took);
    }
    println!("40 imports, two at once: {took} taken, {busy} told to wait");
    assert!(took >= 20);
}

/// What the command line exports: a picture and a calendar, on a file system of 8 kB, and its words
/// on a device that is always full.
#[test]
fn an_export_without_room_says_so_and_leaves_nothing() {
    let _turn = crate::turn();
    let folder = tempfile::tempdir().unwrap();
    let (program, place) = (env!("CARGO_BIN_EXE_xtask"), folder.path().display());
    let mount = format!("mount -t tmpfs -o size=8k none '{place}'");
    for export in [
        format!("sort --overlay '{place}/out.png'"),
        format!("schedule --community yokohama --zone mon-fri --days 300 --ics '{place}/out.ics'"),
    ] {
        let words = format!("{mount}; '{program}' {export}; echo \"ended $?\"; ls -A '{place}'");
        let output = Command::new("unshare").args(["-rm", "sh", "-c", &words]).output();
        let Some(output) = output.ok().filter(|output| output.status.success()) else {
            return not_run("this system allows no mounts of one's own (unshare -rm)");
        };
        let said = String::from_utf8_lossy(&output.stdout);
        let (error, end) = (String::from_utf8_lossy(&output.stderr), said.split("ended ").last());
        assert_eq!(end, Some("2\n"), "{export}: {said}{error}");
        assert!(error.contains("out.") && error.contains("No space"), "{error}");
    }
}

#[test]
fn words_without_room_end_in_one_line() {
    let _turn = crate::turn();
    let full = fs::File::options().write(true).open("/dev/full");
    let Ok(full) = full else { return not_run("this system has no /dev/full") };
    let mut schedule = Command::new(env!("CARGO_BIN_EXE_xtask"));
    schedule.args(["schedule", "--community", "yokohama", "--zone", "mon-fri"]);
    let output = schedule.stdout(full).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{error}");
    assert!(error.contains("No space"), "{error}");
}
