use std::fs;
use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::error::Error;
use crate::lora::sample_files;
use crate::pack::fixture::write_pack;
use crate::quant::{PackedKind, WeightKind};

struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { root: tempfile::tempdir().unwrap() };
        write_pack(&place.path("source"), WeightKind::Packed(PackedKind::Q8));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn store(&self) -> ModelStore {
        ModelStore::open(&self.path("library"), Some(&self.path("source"))).unwrap()
    }

    /// Every file and folder of the library but its lock.
    fn listing(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("library")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != ".import.lock").collect()
    }
}

/// The files below a folder, each under `prefix`, in a ZIP file.
fn zipped(dir: &Path, prefix: &str, method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files(dir, "") {
        zip.start_file(
            format!("{prefix}{name}"),
            SimpleFileOptions::default().compression_method(method),
        )
        .unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn files(dir: &Path, prefix: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            found.extend(files(&entry.path(), &format!("{name}/")));
        } else {
            found.push((name, fs::read(entry.path()).unwrap()));
        }
    }
    found.sort();
    found
}

fn adapter(folder: &str) -> Vec<u8> {
    let files = sample_files();
    one_zip(&[
        (&format!("{folder}/adapter_config.json"), &files.config),
        (&format!("{folder}/adapter_model.safetensors"), &files.tensors),
    ])
}

fn one_zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn import(store: &ModelStore, bytes: &[u8]) -> Result<StoredPack> {
    store.import(&mut &*bytes, BUNDLED, &CancelToken::new(), &mut |_| ())
}

fn refusal(place: &Place, bytes: &[u8]) -> String {
    let store = place.store();
    let before = place.listing();
    let words = import(&store, bytes).unwrap_err().to_string();
    assert_eq!(place.listing(), before, "{words}");
    words
}

#[test]
fn a_pack_in_a_zip_file_becomes_one_of_the_library() {
    for (prefix, method) in
        [("", CompressionMethod::Stored), ("tiny/", CompressionMethod::Deflated)]
    {
        let place = Place::new();
        fs::write(place.path("source").join(".DS_Store"), "junk").unwrap();
        let bytes = zipped(&place.path("source"), prefix, method);
        let mut read = Vec::new();
        let stored = place
            .store()
            .import(&mut &*bytes, BUNDLED, &CancelToken::new(), &mut |done| read.push(done))
            .unwrap();
        assert!(read.is_sorted() && *read.last().unwrap() <= bytes.len() as u64, "{read:?}");
        assert!(crate::pack::Pack::open(&stored.dir).is_ok());
        assert!(stored.dir.join(".verified").exists(), "it is not hashed again");
        assert!(!stored.dir.join(".DS_Store").exists(), "what nobody listed is left out");
        assert_eq!(place.listing(), [stored.id.as_str()]);
        let ids: Vec<_> = place.store().packs().unwrap().into_iter().map(|p| p.id).collect();
        assert_eq!(ids, [BUNDLED, &stored.id]);
        assert_eq!(import(&place.store(), &bytes).unwrap().id, stored.id, "twice is once");
    }
}

#[test]
fn what_is_no_pack_is_refused_and_leaves_nothing() {
    let place = Place::new();
    let good = zipped(&place.path("source"), "", CompressionMethod::Stored);
    assert!(refusal(&place, b"%PDF-1.7").contains("is no model"));
    assert!(refusal(&place, b"").contains("cut off"));
    assert!(refusal(&place, &one_zip(&[("cat.jpg", b"meow")])).contains("neither pack.json nor"));
    assert!(refusal(&place, &one_zip(&[("../x", b"")])).contains("not a plain path"));
    for share in [3, 30, 60, 95] {
        refusal(&place, &good[..good.len() * share / 100]);
    }
    let mut damaged = good.clone();
    let middle = good.len() / 2;
    damaged[middle] ^= 1;
    assert!(refusal(&place, &damaged).contains("damaged"));
    fs::write(place.path("source/tokenizer.json"), "[]").unwrap();
    let swapped = zipped(&place.path("source"), "", CompressionMethod::Stored);
    assert!(refusal(&place, &swapped).contains("tokenizer.json is damaged"));
    fs::remove_file(place.path("source/tokenizer.json")).unwrap();
    let lacking = zipped(&place.path("source"), "", CompressionMethod::Stored);
    assert!(refusal(&place, &lacking).contains("tokenizer.json is missing"));
}

#[test]
fn an_archive_without_lengths_says_how_to_pack_it() {
    let place = Place::new();
    let mut zip = ZipWriter::new_stream(Vec::new());
    zip.start_file("pack.json", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"{}").unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    assert!(refusal(&place, &bytes).contains("as a plain ZIP file"));
}

#[test]
fn a_source_that_fails_or_a_person_who_stops_leaves_nothing() {
    struct Failing(usize);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.checked_sub(1) {
                None => Err(io::Error::other("the cloud is gone")),
                Some(left) => {
                    self.0 = left;
                    let good = one_zip(&[("pack.json", b"{}")]);
                    buffer[..30].copy_from_slice(&good[..30]);
                    Ok(30)
                }
            }
        }
    }
    let place = Place::new();
    let store = place.store();
    let cancel = CancelToken::new();
    let error = store.import(&mut Failing(1), BUNDLED, &cancel, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("the cloud is gone"), "{error}");
    assert!(place.listing().is_empty());

    let good = zipped(&place.path("source"), "", CompressionMethod::Stored);
    // A reader of small portions is asked again and again.
    let mut portions = (&*good).take(u64::MAX);
    let mut stop = |done: u64| {
        if done > 0 {
            cancel.cancel()
        }
    };
    let error = store.import(&mut Slow(&mut portions), BUNDLED, &cancel, &mut stop).unwrap_err();
    assert!(matches!(error, Error::Cancelled(_)), "{error}");
    assert!(place.listing().is_empty());
}

struct Slow<'a>(&'a mut dyn Read);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let few = buffer.len().min(100);
        self.0.read(&mut buffer[..few])
    }
}

#[test]
fn what_a_killed_import_left_is_cleared_when_the_store_is_opened() {
    let place = Place::new();
    let half = place.path("library/.importing/tiny");
    fs::create_dir_all(&half).unwrap();
    fs::write(half.join("weights.safetensors"), "half").unwrap();
    assert_eq!(place.store().packs().unwrap().len(), 1);
    assert!(place.listing().is_empty());
}

#[test]
fn an_adapter_does_the_task_it_is_named_after() {
    let place = Place::new();
    let stored = import(&place.store(), &adapter("segment")).unwrap();
    assert_eq!(stored.id, BUNDLED);
    let night = import(&place.store(), &adapter("segment-night")).unwrap();
    let ids: Vec<_> = night.added.iter().map(|one| (one.id.as_str(), one.task.as_str())).collect();
    assert_eq!(ids, [("segment-night", "segment")], "one for each task");
    assert!(night.added[0].dir.join("adapter_config.json").is_file());
    assert!(night.added[0].bytes > 0);

    assert!(refusal(&place, &adapter("bees")).contains("segment, dispose, highlight"));
    let broken = one_zip(&[
        ("dispose/adapter_config.json", &sample_files().config),
        ("dispose/adapter_model.safetensors", b"broken"),
    ]);
    assert!(refusal(&place, &broken).contains("adapter dispose"));
    place.store().remove_adapter(BUNDLED, "segment-night").unwrap();
    assert!(place.store().pack(BUNDLED).unwrap().added.is_empty());
    assert!(place.store().remove_adapter(BUNDLED, "segment-night").is_err());
}

#[test]
fn a_damaged_pack_is_found_listed_and_can_be_removed() {
    let place = Place::new();
    let good = zipped(&place.path("source"), "", CompressionMethod::Stored);
    let store = place.store();
    let stored = import(&store, &good).unwrap();
    let mut heard = Vec::new();
    let mut hear = |done, total| heard.push((done, total));
    store.verify(&stored.id, &CancelToken::new(), &mut hear).unwrap();
    let total = stored.manifest.unwrap().total_bytes();
    assert_eq!(heard.last(), Some(&(total, total)));

    // Same length and time: only hashing finds it.
    let path = stored.dir.join("tokenizer.json");
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, "[]").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    assert!(crate::pack::Pack::open(&stored.dir).is_ok());
    let error = store.verify(&stored.id, &CancelToken::new(), &mut |_, _| ()).unwrap_err();
    assert!(error.to_string().contains("tokenizer.json is damaged"), "{error}");
    assert!(crate::pack::Pack::open(&stored.dir).is_err(), "now it cannot be opened either");

    fs::write(stored.dir.join("pack.json"), "{").unwrap();
    assert!(store.packs().unwrap()[1].manifest.is_err());
    store.remove(&stored.id).unwrap();
    assert!(place.listing().is_empty());
    for id in [stored.id.as_str(), "..", "", ".adapters"] {
        assert!(store.remove(id).unwrap_err().to_string().contains("no model"), "{id}");
    }
    assert!(store.remove(BUNDLED).unwrap_err().to_string().contains("cannot be removed"));
}
