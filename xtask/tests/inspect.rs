//! Packs of random weights, and what `inspect` says of packs.

// Clippy knows unit tests only; this file is a test throughout.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use kerbside_core::language::prompt::Prefix;
use kerbside_core::language::tokenizer::Tokenizer;
use kerbside_core::pack::{Origin, Pack};
use xtask::convert::{Bits, Options, convert};
use xtask::inspect::describe;
use xtask::synth::{Size, synthesise};

fn golden(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../core/tests/golden").join(path)
}

#[test]
fn a_random_pack_opens_and_says_that_it_is_random() {
    let dir = tempfile::tempdir().unwrap();
    for bits in [Bits::Four, Bits::Eight, Bits::ThirtyTwo] {
        let out = dir.path().join(format!("tiny-{bits:?}"));
        synthesise(Size::Tiny, bits, &out).unwrap();
        let pack = Pack::open(&out).unwrap();
        assert_eq!(pack.manifest().origin, Origin::Random);
        assert!(describe(&out).unwrap().0.contains("noise"));
        let mut row = vec![0.0; 64];
        let table = pack.weights().matrix("language.embed").unwrap();
        table.read_row(7, &mut row);
        let power = row.iter().map(|v| v * v).sum::<f32>();
        assert!((0.5..2.0).contains(&power), "a row has length 1, not {power}");
        assert_eq!(pack.weights().floats("vision.norm.weight").unwrap(), [1.0; 48]);
        assert_eq!(pack.weights().floats("language.norm").unwrap(), [0.0; 64]);
    }
}

#[test]
fn its_tokenizer_is_one_the_engine_reads() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("tiny");
    synthesise(Size::Tiny, Bits::Four, &out).unwrap();
    let pack = Pack::open(&out).unwrap();
    let tokenizer = Tokenizer::from_bytes(&pack.tokenizer().unwrap()).unwrap();
    tokenizer.check_rows(pack.manifest().architecture.text.vocab).unwrap();
    assert_eq!((tokenizer.locations(), tokenizer.codes()), (512..1536, 1536..1664));
    let text = "segment plastic ; glass";
    let ids = tokenizer.encode_text(text).unwrap();
    assert_eq!(ids.len(), 4, "words are tokens, as with the real one");
    assert_eq!(tokenizer.decode(&ids).unwrap(), text);
    Prefix::new(&tokenizer, 16, text).unwrap();
}

#[test]
fn inspect_shows_what_is_in_a_pack() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("golden");
    convert(&Options {
        adapters: vec![("segment".into(), golden("peft/plain"))],
        codec: Some(golden("codec/mask_codec.safetensors")),
        ..Options::new(golden("paligemma1/hf"), &out)
    })
    .unwrap();
    let before = fs::read_dir(&out).unwrap().count();
    let (text, intact) = describe(&out).unwrap();
    assert!(intact, "{text}");
    for part in [
        "PaliGemma, joint prefix",
        "16 patches",
        "3 layers of 64",
        "boxes and masks",
        "segment for segment: 27 matrices",
        "q4",
        "sha256 is right",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(fs::read_dir(&out).unwrap().count(), before, "nothing is written");
}

#[test]
fn inspect_names_what_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("tiny");
    synthesise(Size::Tiny, Bits::Four, &out).unwrap();
    fs::write(out.join("tokenizer.json"), "{}").unwrap();
    let (text, intact) = describe(&out).unwrap();
    assert!(!intact && text.contains("DAMAGED"), "{text}");
    fs::remove_file(out.join("weights.safetensors")).unwrap();
    let (text, _) = describe(&out).unwrap();
    assert!(text.contains("weights.safetensors is missing"), "{text}");
}
