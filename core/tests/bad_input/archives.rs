//! Packs and adapters that come as one ZIP file. Rule packs never do: an archive in a rule pack's
//! folder is a file that no reader knows.

use std::fs;
use std::io::{Cursor, Write};

use kerbside_core::cancel::CancelToken;
use kerbside_core::pack::PackError;
use kerbside_core::store::{BUNDLED, ModelStore};
use kerbside_core::{Error, RulePack};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::limits::assert_says;
use crate::tiny::{Tiny, WEIGHTS};

/// A ZIP file of these entries.
fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// What the store says to a ZIP file, after which it must be as it was.
#[track_caller]
fn refused(archive: &[u8]) -> String {
    let place = Place::new();
    let store = ModelStore::open(&place.library(), Some(place.bundled.dir())).unwrap();
    let import = store.import(&mut &*archive, BUNDLED, &CancelToken::new(), &mut |_| ());
    let error = import.expect_err("an archive like this is refused");
    assert!(matches!(error, Error::Pack(_) | Error::Adapter(_)), "{error:?}");
    let left = fs::read_dir(place.library()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), [".import.lock"], "{error}");
    assert_eq!(fs::read_dir(place.root.path()).unwrap().count(), 1, "nothing lies beside it");
    error.to_string()
}

struct Place {
    root: TempDir,
    bundled: Tiny,
}

impl Place {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap(), bundled: Tiny::sound() }
    }

    fn library(&self) -> std::path::PathBuf {
        self.root.path().join("library")
    }
}

bad_inputs! {
    archive_slips_out(archive = zipped(&[("../evil", b"x")])) {
        assert_says(&refused(&archive), &["../evil", "do not use this pack"]);
    }

    archive_begins_at_the_root(archive = zipped(&[("/tmp/evil", b"x")])) {
        assert_says(&refused(&archive), &["/tmp/evil", "do not use this pack"]);
    }

    archive_slips_out_the_other_way(archive = zipped(&[("a\\..\\..\\evil", b"x")])) {
        assert_says(&refused(&archive), &["not a plain path", "do not use this pack"]);
    }

    // The stream does not say that an entry is a link: it becomes a file of a few letters.
    archive_with_a_link(archive = {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default();
        zip.add_symlink(WEIGHTS, "/etc/passwd", options).unwrap();
        for name in ["pack.json", "tokenizer.json"] {
            zip.start_file(name, options).unwrap();
            zip.write_all(&fs::read(Tiny::sound().file(name)).unwrap()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }) { assert_says(&refused(&archive), &[WEIGHTS, "has 11 bytes", "fetch the pack again"]); }

    archive_bomb(archive = zipped(&[(WEIGHTS, &vec![0; 200 << 20])])) {
        assert!(archive.len() < 300_000, "{}", archive.len());
        assert_says(&refused(&archive), &["far more comes out of it", "choose another"]);
    }

    archive_holds_a_file_twice(archive = {
        let mut twice = zipped(&[("pack.json", b"one")]);
        let second = zipped(&[("pack.json", b"two")]);
        // Without its directory, so that the second archive's entry follows.
        let end = twice.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
        twice.truncate(end);
        [twice, second].concat()
    }) { assert_says(&refused(&archive), &["holds a file twice", "choose another"]); }

    archive_cut_off(archive = {
        let whole = zipped(&[("pack.json", &[b' '; 5000])]);
        whole[..whole.len() / 3].to_vec()
    }) { assert_says(&refused(&archive), &["download it again"]); }

    archive_of_a_pickle(archive = zipped(&[("archive/data.pkl", b"\x80\x02}q\0.")])) {
        assert_says(&refused(&archive), &["neither pack.json nor", "choose another"]);
    }

    archive_that_is_none(archive = b"%PDF-1.7".to_vec()) {
        assert_says(&refused(&archive), &["is no model", "choose another"]);
    }

    archive_among_the_rules(archive = zipped(&[("items.json", b"[]")])) {
        let error = RulePack::from_files([("items.zip", &archive), ("pack.json", &b"{}".to_vec())]);
        assert_says(&error.unwrap_err().to_string(), &["pack.json"]);
    }

    archive_of_a_pack_that_lies(archive = {
        let pack = Tiny::sound();
        let read = |name| fs::read(pack.file(name)).unwrap();
        zipped(&[("pack.json", &read("pack.json")), (WEIGHTS, b"x"), ("tokenizer.json", b"{}")])
    }) {
        let place = Place::new();
        let store = ModelStore::open(&place.library(), None).unwrap();
        let import = store.import(&mut &*archive, BUNDLED, &CancelToken::new(), &mut |_| ());
        let error = import.unwrap_err();
        assert!(matches!(error, Error::Pack(PackError::Size { .. })), "{error:?}");
        assert_says(&error.to_string(), &[WEIGHTS, "fetch the pack again"]);
    }
}
