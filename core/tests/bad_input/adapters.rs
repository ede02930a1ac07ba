//! Adapters from the internet.

use kerbside_core::lora::{AdapterTable, BaseModel, LoraAdapter, LoraError};
use kerbside_core::pack::{AdapterFiles, PrefixMode, adapter_files};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::{Value, json};

use crate::limits::assert_says;
use crate::tiny;

/// A matrix of the tiny model, as PEFT spells it.
const O: &str = "base_model.model.model.language_model.layers.0.self_attn.o_proj";
const RANK: usize = 4;
const WIDTH: usize = 32;

/// Tensors by name and shape.
type Tensors = Vec<(String, [usize; 2])>;

fn base() -> BaseModel {
    BaseModel { architecture: tiny::architecture(), id: "kerbside/tiny".into() }
}

fn pair(module: &str) -> Tensors {
    vec![
        (format!("{module}.lora_A.weight"), [RANK, WIDTH]),
        (format!("{module}.lora_B.weight"), [WIDTH, RANK]),
    ]
}

/// The adapter whose configuration and tensors were changed.
fn bent(config: impl FnOnce(&mut Value), tensors: impl FnOnce(&mut Tensors)) -> AdapterFiles {
    let mut json = json!({
        "peft_type": "LORA", "r": RANK, "lora_alpha": 8, "target_modules": ["o_proj"],
        "bias": "none", "use_dora": false
    });
    config(&mut json);
    let mut named = pair(O);
    tensors(&mut named);
    let value = |i: usize| (i as f32 * 0.3).sin().to_le_bytes();
    let bytes: Vec<Vec<u8>> =
        named.iter().map(|(_, [rows, cols])| (0..rows * cols).flat_map(value).collect()).collect();
    let views = named.iter().zip(&bytes).map(|((name, shape), bytes)| {
        (name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap())
    });
    AdapterFiles {
        config: json.to_string().into_bytes(),
        tensors: safetensors::serialize(views, None).unwrap(),
        prefix_mode: None,
    }
}

/// The adapter with one key of its configuration set.
fn with(key: &'static str, value: Value) -> AdapterFiles {
    bent(|config| config[key] = value, |_| ())
}

/// The adapter whose configuration has this text for one number.
fn with_text(key: &str, text: &str) -> AdapterFiles {
    let mut files = bent(|config| config[key] = json!("HERE"), |_| ());
    let config = String::from_utf8(files.config).unwrap().replace("\"HERE\"", text);
    files.config = config.into_bytes();
    files
}

/// The adapter with these bytes for tensors.
fn holding(tensors: &[u8]) -> AdapterFiles {
    AdapterFiles { tensors: tensors.to_vec(), ..bent(|_| (), |_| ()) }
}

fn read(files: &AdapterFiles) -> Result<LoraAdapter, LoraError> {
    LoraAdapter::read("stranger", files, &base())
}

/// Asserts that a configuration is refused for this reason.
#[track_caller]
fn bad_config(files: &AdapterFiles, why: &str) {
    let error = read(files).unwrap_err();
    assert!(matches!(error, LoraError::Config { .. }), "{error:?}");
    let words = ["adapter stranger", "adapter_config.json", why, "save the adapter again"];
    assert_says(&error.to_string(), &words);
}

/// Asserts that something plain LoRA does not have is refused by name.
#[track_caller]
fn unsupported(files: &AdapterFiles, what: &str) {
    let error = read(files).unwrap_err();
    assert!(matches!(error, LoraError::Unsupported { .. }), "{error:?}");
    assert_says(&error.to_string(), &["adapter stranger", what, "train it as plain LoRA"]);
}

/// Asserts that tensors do not fit for this reason.
#[track_caller]
fn misfits(files: &AdapterFiles, why: &str) {
    let error = read(files).unwrap_err();
    assert!(matches!(error, LoraError::Misfits { .. }), "{error:?}");
    assert_says(&error.to_string(), &["adapter stranger", why, "train it for this model"]);
}

/// Asserts that what should be a safetensors file is none.
#[track_caller]
fn no_tensors(files: &AdapterFiles, why: &str) {
    let error = read(files).unwrap_err();
    assert!(matches!(error, LoraError::File { .. } | LoraError::Header { .. }), "{error:?}");
    let words = ["adapter stranger", "adapter_model.safetensors", why, "save it again"];
    assert_says(&error.to_string(), &words);
}

#[test]
fn the_adapter_that_is_spoilt_here_is_sound() {
    assert_eq!(read(&bent(|_| (), |_| ())).unwrap().pairs().count(), 1);
}

bad_inputs! {
    rank_zero(files = with("r", json!(0))) { bad_config(&files, "r is 0"); }

    rank_65536(files = with("r", json!(65_536))) { bad_config(&files, "r is 65536"); }

    rank_negative(files = with("r", json!(-8))) { bad_config(&files, "-8"); }

    rank_of_a_pattern_65536(files = with("rank_pattern", json!({"o_proj": 65_536}))) {
        bad_config(&files, "rank_pattern");
    }

    alpha_nan(files = with_text("lora_alpha", "NaN")) { bad_config(&files, "expected value"); }

    alpha_beyond_all_numbers(files = with_text("lora_alpha", "1e999")) {
        bad_config(&files, "number out of range");
    }

    alpha_infinite_as_a_float(files = with_text("lora_alpha", "1e60")) {
        bad_config(&files, "lora_alpha");
    }

    alpha_negative(files = with("lora_alpha", json!(-8))) {
        bad_config(&files, "lora_alpha is -8, it should be a number above 0");
    }

    alpha_zero(files = with("lora_alpha", json!(0))) { bad_config(&files, "lora_alpha is 0"); }

    alpha_as_a_text(files = with("lora_alpha", json!("16"))) { bad_config(&files, "string"); }

    a_without_b(files = bent(|_| (), |tensors| drop(tensors.pop()))) {
        misfits(&files, "lora_B is missing");
    }

    b_without_a(files = bent(|_| (), |tensors| drop(tensors.remove(0)))) {
        misfits(&files, "lora_A is missing");
    }

    rank_other_than_the_tensors(files = with("r", json!(8))) {
        misfits(&files, "lora_A is [4, 32], it should be [8, 32]");
    }

    ranks_of_a_and_b_differ(files = bent(|_| (), |tensors| tensors[1].1 = [WIDTH, 2])) {
        misfits(&files, "lora_B is [32, 2], it should be [32, 4]");
    }

    no_key_matches(files = bent(|_| (), |tensors| *tensors = pair("transformer.h.0.attn.c_attn"))) {
        misfits(&files, "the base has no such matrix");
    }

    one_key_does_not_match(files = bent(|_| (), |tensors| tensors.extend(pair("gizmo")))) {
        misfits(&files, "gizmo: the base has no such matrix");
    }

    layer_that_is_not_there(files = bent(|_| (), |tensors| {
        tensors.extend(pair(&O.replace("layers.0", "layers.99999999999999999999")));
    })) { misfits(&files, "layers.99999999999999999999"); }

    no_tensors_at_all(files = bent(|_| (), Vec::clear)) { misfits(&files, "without tensors"); }

    values_not_finite(files = {
        let mut files = bent(|_| (), |_| ());
        let end = files.tensors.len();
        files.tensors[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
        files
    }) { misfits(&files, "not finite"); }

    pattern_catastrophic(files = with("target_modules", json!(r"(?=(a|[a-z._0-9])*!)(x+x+)+y"))) {
        assert!(read(&files).is_err());
    }

    pattern_that_backtracks(files = with("target_modules", json!(r"((\w|\.|_)*)*(?<!x)!\1"))) {
        bad_config(&files, "pattern");
    }

    pattern_invalid(files = with("target_modules", json!("("))) { bad_config(&files, "pattern"); }

    pattern_that_swells(files = with("target_modules", json!("((a{1000}){1000}){1000}"))) {
        bad_config(&files, "pattern");
    }

    pattern_nested_ten_thousand_deep(files = {
        let deep = format!("{}{}", "(?=".repeat(10_000), ")".repeat(10_000));
        with("target_modules", json!(deep))
    }) { bad_config(&files, "pattern"); }

    pattern_catastrophic_for_a_rank(files = {
        with("rank_pattern", json!({r"((\w|\.)*)*(?<!x)!\1": 8}))
    }) { misfits(&files, "backtracking"); }

    a_hundred_thousand_patterns(files = {
        let patterns = (0..100_000).map(|n| (format!("x{n}"), json!(4)));
        with("rank_pattern", Value::Object(patterns.collect()))
    }) { bad_config(&files, "100000 names or patterns, at most 2048"); }

    a_hundred_thousand_names(files = with("target_modules", json!(vec!["o_proj"; 100_000]))) {
        bad_config(&files, "100000 names or patterns, at most 2048");
    }

    dora(files = with("use_dora", json!(true))) { unsupported(&files, "use_dora = true"); }

    modules_to_save(files = with("modules_to_save", json!(["lm_head"]))) {
        unsupported(&files, "modules_to_save");
    }

    field_nobody_knows(files = with("use_quantum", json!({"qubits": 3}))) {
        unsupported(&files, "use_quantum");
    }

    other_method(files = with("peft_type", json!("LOHA"))) { unsupported(&files, "LOHA"); }

    base_of_another_model(files = with("base_model_name_or_path", json!("google/gemma-2b"))) {
        let error = read(&files).unwrap_err();
        assert!(matches!(error, LoraError::OtherBase { .. }), "{error:?}");
        let words = ["adapter stranger", "google/gemma-2b", "kerbside/tiny", "choose another"];
        assert_says(&error.to_string(), &words);
    }

    prefix_mode_of_another_model(files = AdapterFiles {
        prefix_mode: Some(PrefixMode::Isolated),
        ..bent(|_| (), |_| ())
    }) {
        let error = read(&files).unwrap_err();
        assert!(matches!(error, LoraError::OtherPrefixMode { .. }), "{error:?}");
        assert_says(&error.to_string(), &["isolated prefix", "joint", "choose another adapter"]);
    }

    prefix_mode_nobody_knows(files = with("kerbside", json!({"prefix_mode": "causal"}))) {
        bad_config(&files, "causal");
    }

    pickle_renamed(files = holding(b"\x80\x02}q\0(X\x05\0\0\0evilq\x01cos\nsystem\n.")) {
        no_tensors(&files, "header");
    }

    pickle_in_a_zip_renamed(files = holding(b"PK\x03\x04\0\0\x08\x08\0\0archive/data.pkl")) {
        no_tensors(&files, "header");
    }

    adapter_tensors_empty(files = holding(b"")) { no_tensors(&files, "header"); }

    adapter_tensor_there_twice(files = {
        let entry = r#""x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#;
        holding(&tiny::join(&format!("{{{entry},{entry}}}"), b""))
    }) { no_tensors(&files, "x is there twice"); }

    config_nested_ten_thousand_deep(files = with_text("r", &"[".repeat(10_000))) {
        bad_config(&files, "recursion limit");
    }

    config_that_is_no_json(files = {
        AdapterFiles { config: b"r: 8\n".to_vec(), ..bent(|_| (), |_| ()) }
    }) { bad_config(&files, "expected value"); }

    config_of_seventy_megabytes(folder = {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("adapter_config.json"), vec![b' '; 70 << 20]).unwrap();
        std::fs::write(folder.path().join("adapter_model.safetensors"), b"").unwrap();
        folder
    }) {
        let error = adapter_files(folder.path()).unwrap_err().to_string();
        assert_says(&error, &["adapter_config.json has 73400320 bytes", "do not use this file"]);
    }

    adapter_beyond_the_budget(files = bent(|_| (), |_| ())) {
        let error = AdapterTable::new(base(), 100).load("stranger", &files).unwrap_err();
        assert!(matches!(error, LoraError::TooLarge { .. }), "{error:?}");
        assert_says(&error.to_string(), &["adapter stranger", "100", "a lower rank"]);
    }
}
