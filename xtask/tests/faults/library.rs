//! A folder of models, and what must hold in it whatever happened.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use kerbside_core::cancel::CancelToken;
use kerbside_core::pack::Pack;
use kerbside_core::store::{BUNDLED, ModelStore};
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::convert;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A bundled pack, archives to take in, and a library.
pub struct Library {
    root: TempDir,
}

impl Library {
    pub fn new() -> Self {
        let library = Self { root: tempfile::tempdir().unwrap() };
        tiny_pack(&library.bundled());
        fs::create_dir(library.folder()).unwrap();
        library
    }

    pub fn folder(&self) -> PathBuf {
        self.path("library")
    }

    pub fn bundled(&self) -> PathBuf {
        self.path("bundled")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Where everything lies, for a child.
    pub fn paths<'a>(
        &self,
        archive: &'a Path,
        (folder, bundled): (&'a Path, &'a Path),
    ) -> [(&'static str, &'a Path); 3] {
        [("library", folder), ("bundled", bundled), ("archive", archive)]
    }

    pub fn store(&self) -> ModelStore {
        ModelStore::open(&self.folder(), Some(&self.bundled())).unwrap()
    }

    /// The bundled pack as `version`, in a ZIP file.
    pub fn pack(&self, version: &str) -> PathBuf {
        let manifest = self.bundled().join("pack.json");
        let mut changed: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
        changed["version"] = json!(version);
        let mut files = files(&self.bundled(), "");
        files.iter_mut().find(|(name, _)| name == "pack.json").unwrap().1 =
            changed.to_string().into_bytes();
        self.zip(&format!("pack-{version}.zip"), &files)
    }

    /// An adapter called `name`, in a ZIP file; `mark` is in it.
    pub fn adapter(&self, name: &str, mark: &str) -> PathBuf {
        let source = golden("peft/layers");
        let mut config: Value =
            serde_json::from_slice(&fs::read(source.join("adapter_config.json")).unwrap()).unwrap();
        config["inference_mode"] = json!(mark == "new");
        let tensors = fs::read(source.join("adapter_model.safetensors")).unwrap();
        let files = [
            (format!("{name}/adapter_config.json"), config.to_string().into_bytes()),
            (format!("{name}/adapter_model.safetensors"), tensors),
        ];
        self.zip(&format!("adapter-{name}-{mark}.zip"), &files)
    }

    fn zip(&self, name: &str, files: &[(String, Vec<u8>)]) -> PathBuf {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for (name, bytes) in files {
            zip.start_file(name.as_str(), stored).unwrap();
            zip.write_all(bytes).unwrap();
        }
        let path = self.path(name);
        fs::write(&path, zip.finish().unwrap().into_inner()).unwrap();
        path
    }

    pub fn import(&self, archive: &Path) -> String {
        let mut source = fs::File::open(archive).unwrap();
        let pack = self.store().import(&mut source, BUNDLED, &CancelToken::new(), &mut |_| ());
        pack.unwrap().id
    }

    /// What is found after whatever happened, once the app was started again: the versions of the
    /// packs, each of them whole, and the adapters of the bundled one. Nothing else may lie about.
    pub fn whole(&self) -> (Vec<String>, Vec<(String, String)>) {
        let store = self.store();
        let packs = store.packs().unwrap();
        let mut versions = Vec::new();
        for pack in packs.iter().filter(|pack| pack.id != BUNDLED) {
            store.verify(&pack.id, &CancelToken::new(), &mut |_, _| ()).unwrap();
            versions.push(Pack::open(&pack.dir).unwrap().manifest().version.clone());
        }
        let adapters = packs[0].added.iter().map(|adapter| {
            let files = kerbside_core::pack::adapter_files(&adapter.dir).unwrap();
            let config: Value = serde_json::from_slice(&files.config).unwrap();
            assert_eq!(
                files.tensors,
                fs::read(golden("peft/layers/adapter_model.safetensors")).unwrap()
            );
            let mark = if config["inference_mode"] == true { "new" } else { "old" };
            (adapter.id.clone(), mark.to_owned())
        });
        let adapters = adapters.collect();
        let names = names(&self.folder());
        let stray = names.iter().find(|name| name.starts_with('.') && *name != ".adapters");
        assert_eq!(stray, None, "left behind");
        (versions, adapters)
    }
}

/// Everything in a folder but the lock.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != ".import.lock").collect()
}

/// The golden PaliGemma with one adapter of its own, as a pack.
pub fn tiny_pack(out: &Path) {
    let mut options = convert::Options::new(golden("paligemma1/hf"), out);
    options.name = Some("tiny".to_owned());
    options.base = Some(base_of(&golden("peft/plain")));
    options.codec = Some(golden("codec/mask_codec.safetensors"));
    options.adapters = vec![("segment".to_owned(), golden("peft/plain"))];
    convert::convert(&options).unwrap();
}

fn base_of(adapter: &Path) -> String {
    let json = fs::read(adapter.join("adapter_config.json")).unwrap();
    let config: Value = serde_json::from_slice(&json).unwrap();
    config["base_model_name_or_path"].as_str().unwrap().to_owned()
}

/// A file or folder of the golden ones.
pub fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/golden").join(path)
}

fn files(folder: &Path, prefix: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            found.extend(files(&path, &format!("{name}/")));
        } else {
            found.push((name, fs::read(&path).unwrap()));
        }
    }
    found
}
