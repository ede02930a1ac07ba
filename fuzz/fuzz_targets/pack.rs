//! A pack's manifest, and the header of its weights: `<pack.json> NUL <length> <header>`. So many bytes
//! of numbers follow, all zero: whatever their bits are, they are numbers.
#![no_main]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use kerbside_core::pack::{Architecture, Manifest, WeightMap};
use kerbside_core::quant::WeightKind;
use libfuzzer_sys::fuzz_target;

/// The architecture that headers belong to which come without a manifest.
static SAMPLE: LazyLock<Architecture> = LazyLock::new(|| {
    let json = include_bytes!("../seeds/pack/sample");
    let manifest = json.split(|&byte| byte == 0).next().expect("a split has a first part");
    parse(manifest).expect("the seed is a manifest").architecture
});

/// Most bytes of numbers.
const MOST: u32 = 1 << 17;

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |&byte| byte == 0);
    let manifest = parse(parts.next().unwrap_or_default());
    let weights = parts.next().and_then(|rest| rest.split_first_chunk());
    if let Some((length, header)) = weights {
        let length = u32::from_le_bytes(*length).min(MOST);
        let architecture = manifest.map_or_else(|| SAMPLE.clone(), |m| m.architecture);
        read_weights(header, length, &architecture);
    }
});

fn parse(json: &[u8]) -> Option<Manifest> {
    let manifest = Manifest::parse(json, Path::new("pack.json")).ok()?;
    let again = manifest.to_json();
    let again = Manifest::parse(again.as_bytes(), Path::new("pack.json"));
    assert_eq!(again.expect("what is written can be read"), manifest);
    manifest.total_bytes();
    Some(manifest)
}

fn read_weights(header: &[u8], length: u32, architecture: &Architecture) {
    let path = scratch();
    let mut file = File::create(&path).expect("the folder of temporary files can be written");
    file.write_all(header)
        .and_then(|()| file.set_len(header.len() as u64 + u64::from(length)))
        .expect("there is room");
    drop(file);
    let Ok(weights) = WeightMap::open(&path, architecture) else { return };
    for (name, view) in weights.iter() {
        assert!(view.bytes.len() >= view.rows * view.cols / 2, "{name}");
        let matrix = weights.matrix(name).expect("it is there");
        let mut row = vec![0.0; view.cols];
        matrix.read_row(view.rows - 1, &mut row);
        let floats = weights.floats(name);
        assert_eq!(floats.is_ok(), !matches!(view.kind, WeightKind::Packed(_)));
    }
}

/// A file of this process, in memory where the system has such a folder.
fn scratch() -> PathBuf {
    static PATH: LazyLock<PathBuf> = LazyLock::new(|| {
        let memory = PathBuf::from("/dev/shm");
        let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
        folder.join(format!("kerbside-fuzz-{}", std::process::id()))
    });
    // A map of the last file keeps what it maps.
    let _ = fs::remove_file(&*PATH);
    PATH.clone()
}
