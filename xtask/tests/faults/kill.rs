//! Imports that are killed at any point leave what was before, or all of what is new.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::child;
use crate::library::{Library, names};

/// Kills of each kind of import.
const KILLS: u32 = 100;

/// Lets a child take `archive` in and kills it after `delay`; how long it ran otherwise.
fn import(library: &Library, archive: &Path, delay: Option<Duration>) -> Duration {
    let (folder, bundled) = (library.folder(), library.bundled());
    let mut child = child::command("import", &library.paths(archive, (&folder, &bundled)))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.find(|line| line.as_ref().unwrap().ends_with(">begun")).unwrap().unwrap();
    let start = Instant::now();
    if let Some(delay) = delay {
        std::thread::sleep(delay);
        child.kill().unwrap();
    } else {
        let took = lines.find_map(|line| line.unwrap().contains(">took").then_some(()));
        took.expect("undisturbed, it succeeds");
    }
    let elapsed = start.elapsed();
    child.wait().unwrap();
    elapsed
}

/// Kills imports of `archive` into what `prepare` made, spread over the time that one takes. Returns
/// how many were in the middle of it, and how many had already done all that counts.
fn kill(
    prepare: &dyn Fn(&Library),
    archive: &dyn Fn(&Library) -> std::path::PathBuf,
    is_new: &dyn Fn(&Library) -> bool,
) -> (u32, u32) {
    let library = Library::new();
    let archive = archive(&library);
    prepare(&library);
    let mut whole = import(&library, &archive, None);
    assert!(is_new(&library));
    let (mut dice, mut interrupted, mut done) = (7u32, 0, 0);
    for _ in 0..KILLS {
        std::fs::remove_dir_all(library.folder()).unwrap();
        std::fs::create_dir(library.folder()).unwrap();
        prepare(&library);
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let delay = whole.mul_f64(f64::from(dice >> 8) / f64::from(1 << 24) * 1.1);
        import(&library, &archive, Some(delay));
        let left = names(&library.folder());
        interrupted +=
            u32::from(left.iter().any(|name| name.starts_with('.') && name != ".adapters"));
        done += u32::from(is_new(&library));
        // Whatever it was, the next import works. The fastest shows how long one takes.
        whole = whole.min(import(&library, &archive, None));
        assert!(is_new(&library));
    }
    println!(
        "{KILLS} kills within {whole:?}: {interrupted} in the middle, {done} after the new one was there"
    );
    (interrupted, done)
}

#[test]
fn a_killed_import_of_a_pack_leaves_the_old_one_and_perhaps_the_new() {
    let _turn = crate::turn();
    let is_new = |library: &Library| match library
        .whole()
        .0
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()[..]
    {
        ["1.0.0"] => false,
        ["1.0.0", "2.0.0"] => true,
        ref other => panic!("{other:?}"),
    };
    let old = |library: &Library| drop(library.import(&library.pack("1.0.0")));
    let (interrupted, done) = kill(&old, &|library| library.pack("2.0.0"), &is_new);
    assert!(interrupted > 0, "none was in the middle");
    assert!(done < KILLS);
}

#[test]
fn a_killed_import_of_an_adapter_leaves_the_old_one_or_the_new() {
    let _turn = crate::turn();
    for (name, is_other) in [("segment", false), ("segment-night", true)] {
        let is_new = |library: &Library| {
            let adapters = library.whole().1;
            let [(id, mark)] = adapters.as_slice() else { panic!("{adapters:?}") };
            assert_eq!(id == "segment-night", mark == "new" && is_other, "{adapters:?}");
            mark == "new"
        };
        let old = |library: &Library| drop(library.import(&library.adapter("segment", "old")));
        let (_, done) = kill(&old, &|library| library.adapter(name, "new"), &is_new);
        assert!(done < KILLS);
    }
}
