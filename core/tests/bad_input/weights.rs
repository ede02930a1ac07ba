//! Model packs from the internet.

use std::fs;

use kerbside_core::cancel::CancelToken;
use kerbside_core::pack::{Pack, PackError};
use kerbside_core::{Engine, EngineOptions, Error, Frame, SegmentRequest};
use serde_json::{Map, Value, json};

use crate::limits::assert_says;
use crate::tiny::{self, Tiny, WEIGHTS, join, span};

type Header = Map<String, Value>;

/// A matrix of the tiny model, of which the header says how it is packed; and a norm, which is not.
const MATRIX: &str = "language.layers.0.q.weight";
const NORM: &str = "language.norm";

/// What every refusal of weights says.
const REMEDY: &str = "convert the pack anew";

/// Asserts that the weights are refused for this reason.
#[track_caller]
fn refused(pack: &Tiny, why: &str) {
    let error = pack.refusal();
    assert!(matches!(error, PackError::Weights { .. }), "{error:?}");
    assert_says(&error.to_string(), &[WEIGHTS, why, REMEDY]);
}

/// Asserts that the engine does not open with this mask codec.
#[track_caller]
fn bad_codec(pack: &Tiny, why: &str) {
    let error = Engine::open(pack.dir(), &EngineOptions::default()).unwrap_err();
    let mut said = error.to_string();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    assert_says(&said, &[why]);
}

/// Asserts that the manifest is refused for this reason.
#[track_caller]
fn bad_manifest(pack: &Tiny, why: &str) {
    let error = pack.refusal();
    assert!(matches!(error, PackError::Manifest { .. }), "{error:?}");
    assert_says(&error.to_string(), &["pack.json", why, "fetch the pack again"]);
}

/// Weights that are nothing but a header's length and some bytes.
fn headed(length: u64, rest: &[u8]) -> Tiny {
    Tiny::with_weights(&[&length.to_le_bytes(), rest].concat())
}

/// Weights with one tensor's entry changed.
fn bent(name: &'static str, change: impl FnOnce(&mut Value)) -> Tiny {
    Tiny::spoilt(|header, _| change(&mut header[name]))
}

/// Weights in which a norm begins and ends this many bytes later.
fn shifted(begin: i64, end: i64) -> Tiny {
    bent(NORM, |entry| {
        for (at, by) in [begin, end].into_iter().enumerate() {
            let offset = &mut entry["data_offsets"][at];
            *offset = json!(offset.as_i64().unwrap() + by);
        }
    })
}

/// Weights whose header ends with one more entry, written as text.
fn with_entry(entry: &str) -> Tiny {
    let header = tiny::header();
    let (open, _) = header.rsplit_once('}').unwrap();
    Tiny::with_weights(&join(&format!("{open},{entry}}}"), &tiny::data()))
}

/// Weights in which these bytes stand at the beginning of a tensor.
fn overwritten(name: &'static str, bytes: &[u8]) -> Tiny {
    Tiny::spoilt(|header: &mut Header, data| {
        data[span(header, name)][..bytes.len()].copy_from_slice(bytes);
    })
}

fn engine(pack: &Tiny) -> Result<Engine, Error> {
    Engine::open(pack.dir(), &EngineOptions { threads: 1, ..EngineOptions::default() })
}

/// What comes of showing the model of a pack a photo.
fn segment(pack: &Tiny) -> Result<usize, Error> {
    let (mut session, cancel) = (engine(pack)?.session(), CancelToken::new());
    session.set_photo(&Frame::from_rgb(4, 4, vec![90; 48]).unwrap(), &cancel)?;
    let request = SegmentRequest { max_items: 1, ..SegmentRequest::default() };
    session.segment(&request, &cancel, &mut |_| ()).map(|items| items.len())
}

#[test]
fn the_pack_that_is_spoilt_here_is_sound() {
    assert!(segment(&Tiny::sound()).is_ok());
    assert!(Pack::open(Tiny::spoilt(|_, _| ()).dir()).is_ok(), "and so it is taken apart");
}

bad_inputs! {
    weights_empty(pack = Tiny::with_weights(b"")) { refused(&pack, "header"); }

    weights_of_seven_bytes(pack = Tiny::with_weights(&[1; 7])) { refused(&pack, "header"); }

    header_of_two_to_the_63_bytes(pack = headed(1 << 63, b"{}")) {
        refused(&pack, "9223372036854775808 bytes");
    }

    header_past_the_end(pack = headed(1000, b"{}")) { refused(&pack, "header"); }

    header_not_utf8(pack = headed(4, b"{\"\xff\"")) { refused(&pack, "header"); }

    codec_header_of_a_million_tensors(pack = {
        let entry = |n| format!("\"{n}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}");
        let entries: Vec<String> = (0..1_000_000).map(entry).collect();
        Tiny::with_codec(&join(&format!("{{{}}}", entries.join(",")), b""))
    }) { bad_codec(&pack, "at most 2097152 are read"); }

    codec_tensor_there_twice(pack = {
        let entry = "\"decoder.x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
        Tiny::with_codec(&join(&format!("{{{entry},{entry}}}"), &[0; 4]))
    }) { bad_codec(&pack, "decoder.x is there twice"); }

    codec_without_tensors(pack = Tiny::with_codec(&join("{}", b""))) {
        bad_codec(&pack, "no tensor _vq_vae._embedding");
    }

    codec_empty(pack = Tiny::with_codec(b"")) { bad_codec(&pack, "not a safetensors file"); }

    header_nested_ten_thousand_deep(pack = {
        let deep = format!("\"x\":{}{}", "[".repeat(10_000), "]".repeat(10_000));
        with_entry(&deep)
    }) { refused(&pack, "header"); }

    header_of_a_million_tensors(pack = {
        let entry = |n| format!("\"{n}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}");
        let entries: Vec<String> = (0..1_000_000).map(entry).collect();
        Tiny::with_weights(&join(&format!("{{{}}}", entries.join(",")), b""))
    }) { refused(&pack, "at most 2097152 are read"); }

    tensor_there_twice(pack = {
        let header: Header = serde_json::from_str(&tiny::header()).unwrap();
        with_entry(&format!("\"{NORM}\":{}", header[NORM]))
    }) { refused(&pack, "language.norm is there twice"); }

    tensors_overlap(pack = shifted(-4, 0)) { refused(&pack, "header"); }

    gap_between_tensors(pack = shifted(4, 4)) { refused(&pack, "header"); }

    tensor_ends_before_it_begins(pack = bent(NORM, |entry| {
        entry["data_offsets"].as_array_mut().unwrap().reverse();
    })) { refused(&pack, "header"); }

    trailing_bytes(pack = Tiny::spoilt(|_, data| data.extend([0; 64]))) {
        refused(&pack, "header");
    }

    shape_product_overflows(pack = bent(NORM, |entry| {
        entry["shape"] = json!([u64::MAX, u64::MAX]);
    })) { refused(&pack, "header"); }

    packed_shape_overflows(pack = Tiny::spoilt(|header, _| {
        let packed = header["__metadata__"]["packed"].as_str().unwrap();
        let mut packed: Value = serde_json::from_str(packed).unwrap();
        packed[MATRIX]["rows"] = json!(u64::MAX);
        header["__metadata__"]["packed"] = json!(packed.to_string());
    })) { refused(&pack, "larger than the file"); }

    zero_dimension(pack = Tiny::spoilt(|header, data| {
        let gone = span(header, NORM);
        data.drain(gone.clone());
        header[NORM] = json!({"dtype": "F32", "shape": [0], "data_offsets": [gone.start, gone.start]});
        for (name, entry) in header.iter_mut().filter(|(name, _)| *name != "__metadata__") {
            for offset in entry["data_offsets"].as_array_mut().unwrap() {
                let at = offset.as_u64().unwrap() as usize;
                if at >= gone.end && name != NORM {
                    *offset = json!(at - gone.len());
                }
            }
        }
    })) { refused(&pack, "language.norm is 1×0, the architecture asks for 1×32"); }

    shape_times_type_is_not_the_span(pack = bent(NORM, |entry| entry["shape"] = json!([33]))) {
        refused(&pack, "header");
    }

    unknown_type(pack = bent(NORM, |entry| entry["dtype"] = json!("F33"))) {
        refused(&pack, "F33");
    }

    known_type_that_is_not_ours(pack = bent(NORM, |entry| entry["dtype"] = json!("I32"))) {
        refused(&pack, "neither float nor packed");
    }

    truncated_at_each_sixteenth(packs = {
        (0..16).map(|n| Tiny::with_weights(&tiny::cut_weights(n))).collect::<Vec<_>>()
    }) {
        for pack in &packs {
            refused(pack, "header");
        }
    }

    missing_tensor(pack = Tiny::spoilt(|header, _| {
        let norm = header.remove(NORM).unwrap();
        header.insert("language.morn".to_owned(), norm);
    })) { refused(&pack, "language.norm is missing; language.morn is unknown"); }

    transposed_tensor(pack = Tiny::spoilt(|header, _| {
        let packed = header["__metadata__"]["packed"].as_str().unwrap();
        let mut packed: Value = serde_json::from_str(packed).unwrap();
        let name = "language.layers.0.gate.weight";
        let shape = &mut packed[name];
        (shape["rows"], shape["cols"]) = (json!(32), json!(48));
        header["__metadata__"]["packed"] = json!(packed.to_string());
    })) {
        let error = pack.refusal().to_string();
        assert_says(&error, &[WEIGHTS, "language.layers.0.gate.weight", REMEDY]);
    }

    transposed_positions(pack = bent("vision.position", |entry| {
        entry["shape"].as_array_mut().unwrap().reverse();
    })) { refused(&pack, "vision.position is 32×4, the architecture asks for 4×32"); }

    nan_in_a_norm(pack = overwritten(NORM, &f32::NAN.to_le_bytes())) {
        refused(&pack, "language.norm holds numbers that are not finite");
    }

    infinity_among_the_positions(pack = {
        overwritten("vision.position", &half::f16::INFINITY.to_le_bytes())
    }) { refused(&pack, "vision.position holds numbers that are not finite"); }

    scale_is_nan(pack = overwritten(MATRIX, &half::f16::NAN.to_le_bytes())) {
        refused(&pack, "language.layers.0.q.weight holds numbers that are not finite");
    }

    // Numbers so large that their products are not: found when the model is asked.
    norm_beyond_all_products(pack = overwritten(NORM, &f32::MAX.to_le_bytes().repeat(32))) {
        let error = segment(&pack).unwrap_err();
        assert!(matches!(error, Error::Generate(_)), "{error:?}");
        assert_says(&error.to_string(), &["unusable numbers", "pack is damaged"]);
    }

    // A row of zeros is a row like any other: the model answers.
    scale_is_zero(pack = overwritten(MATRIX, &[0; 32])) { assert!(segment(&pack).is_ok()); }

    right_shape_but_wrong_hash(pack = {
        let pack = Tiny::sound();
        let mut weights = fs::read(pack.file(WEIGHTS)).unwrap();
        *weights.last_mut().unwrap() ^= 1;
        fs::write(pack.file(WEIGHTS), weights).unwrap();
        pack
    }) {
        let error = pack.refusal();
        assert!(matches!(error, PackError::Hash { .. }), "{error:?}");
        assert_says(&error.to_string(), &[WEIGHTS, "is damaged", "fetch the pack again"]);
    }

    manifest_without_hash(pack = Tiny::with_manifest(|manifest| {
        manifest["files"][0].as_object_mut().unwrap().remove("sha256");
    })) { bad_manifest(&pack, "missing field `sha256`"); }

    manifest_with_half_a_hash(pack = Tiny::with_manifest(|manifest| {
        manifest["files"][0]["sha256"] = json!("c0ffee");
    })) { bad_manifest(&pack, "sha256 of weights.safetensors is not one"); }

    manifest_nested_ten_thousand_deep(pack = {
        let pack = Tiny::sound();
        fs::write(pack.file("pack.json"), "[".repeat(10_000)).unwrap();
        pack
    }) { bad_manifest(&pack, "invalid type: sequence"); }

    manifest_of_seventy_megabytes(pack = {
        let pack = Tiny::sound();
        fs::write(pack.file("pack.json"), vec![b' '; 70 << 20]).unwrap();
        pack
    }) {
        let error = pack.refusal();
        assert!(matches!(error, PackError::TooLong { .. }), "{error:?}");
        assert_says(&error.to_string(), &["pack.json has 73400320 bytes", "do not use this file"]);
    }

    model_of_sixteen_million_layers(pack = Tiny::with_manifest(|manifest| {
        manifest["architecture"]["text"]["layers"] = json!(1 << 24);
    })) { bad_manifest(&pack, "no model has more than 1024 layers"); }

    sizes_that_divide_by_zero(pack = Tiny::with_manifest(|manifest| {
        manifest["architecture"]["patch_size"] = json!(0);
    })) { bad_manifest(&pack, "no size may be 0"); }

    numbers_too_large_for_32_bits(pack = Tiny::with_manifest(|manifest| {
        manifest["architecture"]["text"]["eps"] = json!(1e106);
    })) { bad_manifest(&pack, "eps must be above 0 and finite"); }

    lengths_that_overflow_their_sum(pack = Tiny::with_manifest(|manifest| {
        for file in manifest["files"].as_array_mut().unwrap() {
            file["bytes"] = json!(u64::MAX);
        }
    })) {
        let library = tempfile::tempdir().unwrap();
        let import = |step: &mut dyn FnMut(u64, u64)| {
            kerbside_core::pack::import(pack.dir(), library.path(), &CancelToken::new(), step)
        };
        let error = import(&mut |_, _| ()).unwrap_err();
        assert!(matches!(error, PackError::Size { .. }), "{error:?}");
        assert_says(&error.to_string(), &[WEIGHTS, "fetch the pack again"]);
    }

    manifest_from_the_future(pack = Tiny::with_manifest(|manifest| manifest["schema"] = json!(2))) {
        let error = pack.refusal();
        assert!(matches!(error, PackError::TooNew { .. }), "{error:?}");
        assert_says(&error.to_string(), &["pack.json", "pack schema 2", "update the app"]);
    }

    path_that_leads_up(pack = Tiny::with_manifest(|m| m["files"][0]["path"] = json!("../x"))) {
        let error = pack.refusal();
        assert!(matches!(error, PackError::UnsafePath { .. }), "{error:?}");
        assert_says(&error.to_string(), &["../x", "pack.json", "do not use this pack"]);
    }

    path_from_the_root(pack = {
        Tiny::with_manifest(|m| m["files"][0]["path"] = json!("/etc/passwd"))
    }) {
        let error = pack.refusal();
        assert!(matches!(error, PackError::UnsafePath { .. }), "{error:?}");
        assert_says(&error.to_string(), &["/etc/passwd", "do not use this pack"]);
    }

    #[cfg(unix)]
    path_that_is_a_link(pack = {
        let pack = Tiny::sound();
        fs::rename(pack.file(WEIGHTS), pack.file("away")).unwrap();
        std::os::unix::fs::symlink("away", pack.file(WEIGHTS)).unwrap();
        pack
    }) {
        let error = pack.refusal();
        assert!(matches!(error, PackError::NotAFile { .. }), "{error:?}");
        assert_says(&error.to_string(), &[WEIGHTS, "links are not followed", "fetch the pack again"]);
    }

    // Whoever has the file mapped keeps what was there; the next to open it sees another file.
    file_replaced_while_mapped(pack = Tiny::sound()) {
        let open = Pack::open(pack.dir()).unwrap();
        let before = open.weights().floats(NORM).unwrap();
        fs::write(pack.file("new"), b"something else").unwrap();
        fs::rename(pack.file("new"), pack.file(WEIGHTS)).unwrap();
        assert_eq!(open.weights().floats(NORM).unwrap(), before);
        let error = pack.refusal();
        assert!(matches!(error, PackError::Size { .. }), "{error:?}");
    }
}
