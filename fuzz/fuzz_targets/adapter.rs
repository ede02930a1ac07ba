//! An adapter as PEFT writes it: `<adapter_config.json> NUL <adapter_model.safetensors>`.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use kerbside_core::lora::AdapterTable;
use kerbside_core::pack::{AdapterFiles, Manifest};
use libfuzzer_sys::fuzz_target;

static BASE: LazyLock<Manifest> = LazyLock::new(|| {
    let json = include_bytes!("../seeds/pack/sample");
    let manifest = json.split(|&byte| byte == 0).next().expect("a split has a first part");
    Manifest::parse(manifest, Path::new("pack.json")).expect("the seed is a manifest")
});

fuzz_target!(|data: &[u8]| {
    let (config, tensors) = match data.iter().position(|&byte| byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[][..]),
    };
    let [config, tensors] = [config, tensors].map(<[u8]>::to_vec);
    let table = AdapterTable::new(&*BASE, 1 << 20);
    let files = AdapterFiles { config, tensors, prefix_mode: None };
    if let Ok(adapter) = table.load("segment", &files) {
        assert!(adapter.pairs().count() > 0);
        assert_eq!(table.byte_len(), adapter.byte_len());
        assert!(table.unload("segment"));
    }
});
