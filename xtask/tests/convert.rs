//! Conversion of the golden checkpoints, compared with what stands in their files.

// Clippy knows unit tests only; this file is a test throughout.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use half::bf16;
use kerbside_core::mask::MaskCodec;
use kerbside_core::pack::{Pack, PrefixMode};
use kerbside_core::quant::PackedKind;
use kerbside_core::quant::pack::{BLOCK_COLS, TILE_ROWS, pack_rows, unpack_block_row};
use kerbside_core::vision::preprocess::preprocess;
use kerbside_core::{Engine, EngineOptions, Frame};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};
use xtask::convert::{Bits, Options, convert};
use xtask::logits::answer;

type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/golden").join(path)
}

/// All tensors of a Hugging Face folder, by key.
fn tensors_of(folder: &Path) -> Tensors {
    let mut all = Tensors::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "safetensors") {
            let bytes = fs::read(path).unwrap();
            for (key, view) in SafeTensors::deserialize(&bytes).unwrap().tensors() {
                all.insert(key, (view.shape().to_vec(), floats(&view)));
            }
        }
    }
    all
}

fn floats(view: &TensorView<'_>) -> Vec<f32> {
    let data = view.data();
    match view.dtype() {
        Dtype::F32 => {
            data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
        }
        Dtype::BF16 => {
            data.chunks_exact(2).map(|b| bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// A folder with the golden's configuration and tokenizer, and these tensors as f32.
fn write_folder(folder: &Path, model: &str, tensors: &Tensors) {
    fs::create_dir_all(folder).unwrap();
    for file in ["config.json", "tokenizer.json"] {
        fs::copy(golden(model).join("hf").join(file), folder.join(file)).unwrap();
    }
    let stored: Vec<(&String, &Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(key, (shape, values))| {
            (key, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect())
        })
        .collect();
    let views = stored.iter().map(|(key, shape, bytes)| {
        (key, TensorView::new(Dtype::F32, (*shape).clone(), bytes).unwrap())
    });
    fs::write(folder.join("model.safetensors"), safetensors::serialize(views, None).unwrap())
        .unwrap();
}

/// Converts the golden's tensors after `change`.
fn convert_changed(model: &str, change: impl FnOnce(&mut Tensors)) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    let mut tensors = tensors_of(&golden(model).join("hf"));
    change(&mut tensors);
    write_folder(&dir.path().join("hf"), model, &tensors);
    let out = dir.path().join("out");
    let result = convert(&Options::new(dir.path().join("hf"), &out));
    let left = fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(left, if result.is_ok() { 2 } else { 1 }, "nothing half-made is left");
    result.map(drop).map_err(|e| e.to_string())
}

/// Names in the pack → keys of the golden's checkpoint.
const KEYS: [(&str, &str, &str); 8] = [
    (
        "paligemma1",
        "vision.patch.weight",
        "vision_tower.vision_model.embeddings.patch_embedding.weight",
    ),
    (
        "paligemma1",
        "vision.layers.1.o.bias",
        "vision_tower.vision_model.encoder.layers.1.self_attn.out_proj.bias",
    ),
    (
        "paligemma1",
        "language.layers.2.norm.mlp_in",
        "language_model.model.layers.2.post_attention_layernorm.weight",
    ),
    ("paligemma1", "language.embed", "language_model.model.embed_tokens.weight"),
    (
        "paligemma2",
        "vision.layers.0.fc2.weight",
        "model.vision_tower.encoder.layers.0.mlp.fc2.weight",
    ),
    (
        "paligemma2",
        "language.layers.3.norm.mlp_in",
        "model.language_model.layers.3.pre_feedforward_layernorm.weight",
    ),
    (
        "paligemma2",
        "language.layers.3.norm.attention_out",
        "model.language_model.layers.3.post_attention_layernorm.weight",
    ),
    ("paligemma2", "projector.weight", "model.multi_modal_projector.linear.weight"),
];

#[test]
fn tensors_arrive_under_their_names_at_every_width() {
    let dir = tempfile::tempdir().unwrap();
    for bits in [Bits::ThirtyTwo, Bits::Sixteen, Bits::Eight, Bits::Four] {
        for model in ["paligemma1", "paligemma2"] {
            let out = dir.path().join(format!("{model}-{bits:?}"));
            convert(&Options { bits, ..Options::new(golden(model).join("hf"), &out) }).unwrap();
            let pack = Pack::open(&out).unwrap();
            let source = tensors_of(&golden(model).join("hf"));
            for (_, name, key) in KEYS.iter().filter(|(m, _, _)| *m == model) {
                let matrix = pack.weights().matrix(name).unwrap();
                let wanted = &source[*key].1;
                let largest = wanted.iter().fold(0f32, |m, v| m.max(v.abs()));
                let bound = largest
                    * match bits {
                        Bits::ThirtyTwo => 0.0,
                        Bits::Sixteen => 5e-4,
                        Bits::Eight => 5e-3,
                        Bits::Four => 0.08,
                    };
                let mut row = vec![0.0; matrix.cols()];
                for (r, wanted) in wanted.chunks_exact(matrix.cols()).enumerate() {
                    matrix.read_row(r, &mut row);
                    let near = row.iter().zip(wanted).all(|(a, b)| (a - b).abs() <= bound);
                    assert!(near, "{name} at {bits:?}");
                }
            }
        }
    }
}

#[test]
fn codec_adapters_and_card_arrive() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("tiny-pack");
    let options = Options {
        adapters: vec![
            ("segment".into(), golden("peft/plain")),
            ("cut".into(), golden("peft/rslora")),
        ],
        tasks: BTreeMap::from([("dispose".into(), "cut".into())]),
        codec: Some(golden("codec/mask_codec.npz")),
        licence: "MIT".into(),
        ..Options::new(golden("paligemma1/hf"), &out)
    };
    let manifest = convert(&options).unwrap();
    assert_eq!((manifest.name.as_str(), manifest.licence.as_str()), ("tiny-pack", "MIT"));
    assert_eq!(json!(manifest.tasks), json!({"dispose": "cut", "segment": "segment"}));
    assert!(manifest.masks && manifest.peak_bytes > manifest.total_bytes());
    let pack = Pack::open(&out).unwrap();
    let codec = MaskCodec::from_safetensors(&pack.mask_codec().unwrap().unwrap()).unwrap();
    assert!(codec.guesses().is_some(), "a codec that can encode is given guesses");
    assert_eq!(pack.adapter("cut").unwrap().prefix_mode, Some(PrefixMode::Joint));
    let again = convert(&options).unwrap_err().to_string();
    assert!(again.contains("exists"), "{again}");
}

#[test]
fn adapters_that_the_engine_would_refuse_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let with = |adapter: &str, prefix_mode| {
        let adapters = vec![("cut".into(), golden(adapter))];
        let options = Options {
            adapters,
            prefix_mode,
            ..Options::new(golden("paligemma1/hf"), dir.path().join("out"))
        };
        convert(&options).unwrap_err().to_string()
    };
    assert!(with("peft/refused/dora", None).contains("use_dora"));
    assert!(
        with("peft/plain", Some(PrefixMode::Isolated)).contains("trained for the joint prefix")
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn tensors_that_do_not_fit_the_configuration_are_named() {
    let error = convert_changed("paligemma2", |tensors| {
        tensors.remove("model.language_model.norm.weight");
        let norm = "model.language_model.layers.0.input_layernorm.weight";
        tensors.get_mut(norm).unwrap().0 = vec![32, 2];
        tensors.insert("model.language_model.layers.9.extra".into(), (vec![1], vec![0.0]));
    });
    let words = error.unwrap_err();
    for part in
        ["norm.weight is missing", "input_layernorm.weight is [32, 2]", "layers.9.extra is unknown"]
    {
        assert!(words.contains(part), "{part}: {words}");
    }
    let alien = convert_changed("paligemma1", |tensors| {
        tensors.insert("audio_tower.weight".into(), (vec![1], vec![0.0]));
    });
    assert!(alien.unwrap_err().contains("audio_tower.weight"));
    let infinite = convert_changed("paligemma1", |tensors| {
        tensors.values_mut().next().unwrap().1[0] = f32::INFINITY;
    });
    assert!(infinite.unwrap_err().contains("not finite"));
}

#[test]
fn a_stored_head_must_be_the_embedding_table() {
    let table = "language_model.model.embed_tokens.weight";
    let tied = convert_changed("paligemma1", |tensors| {
        let head = tensors[table].clone();
        tensors.insert("language_model.lm_head.weight".into(), head);
    });
    assert_eq!(tied, Ok(()));
    let untied = convert_changed("paligemma1", |tensors| {
        let mut head = tensors[table].clone();
        head.1[5] += 1.0;
        tensors.insert("lm_head.weight".into(), head);
    });
    assert!(untied.unwrap_err().contains("lm_head.weight is not the embedding table"));
}

#[test]
fn truncated_shards_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    write_folder(dir.path(), "paligemma1", &tensors_of(&golden("paligemma1/hf")));
    let path = dir.path().join("model.safetensors");
    let whole = fs::read(&path).unwrap();
    for len in [4, 100, whole.len() - 1] {
        fs::write(&path, &whole[..len]).unwrap();
        let error = convert(&Options::new(dir.path(), dir.path().join("out"))).unwrap_err();
        assert!(error.to_string().contains("model.safetensors"), "{len}: {error}");
    }
    fs::remove_file(&path).unwrap();
    let index = json!({"weight_map": {"x": "../outside.safetensors"}});
    fs::write(dir.path().join("model.safetensors.index.json"), index.to_string()).unwrap();
    let error = convert(&Options::new(dir.path(), dir.path().join("out"))).unwrap_err();
    assert!(error.to_string().contains("not a file beside it"), "{error}");
}

#[test]
fn the_base_is_named_by_option_configuration_or_folder() {
    let dir = tempfile::tempdir().unwrap();
    let hf = dir.path().join("some-folder");
    write_folder(&hf, "paligemma1", &tensors_of(&golden("paligemma1/hf")));
    let id = |n: usize, base: Option<&str>| {
        let out = dir.path().join(format!("out{n}"));
        let options = Options { base: base.map(str::to_owned), ..Options::new(&hf, out) };
        convert(&options).unwrap().base.id
    };
    assert_eq!(id(0, None), "some-folder");
    let path = hf.join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config["kerbside"] = json!({"id": "kerbside-nano", "prefix_mode": "isolated"});
    fs::write(&path, config.to_string()).unwrap();
    assert_eq!(id(1, None), "kerbside-nano");
    assert_eq!(id(2, Some("google/x")), "google/x");
}

/// llama.cpp's Q4_0: of 32 weights the largest, sign and all, becomes −8.
fn plain_4_bits(weights: &mut [f32]) {
    for block in weights.chunks_mut(32) {
        let largest = block.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap();
        let step = half::f16::from_f32(largest / -8.0).to_f32();
        let inverse = if largest == 0.0 { 0.0 } else { -8.0 / largest };
        block.iter_mut().for_each(|w| *w = ((*w * inverse).round().clamp(-8.0, 7.0)) * step);
    }
}

/// The same weights as the packed layout keeps them.
fn searched_4_bits(shape: &[usize], weights: &mut [f32]) {
    let (rows, cols, kind) = (shape[0], shape[1], PackedKind::Q4);
    let packed = pack_rows(kind, rows, cols, weights);
    for (row, weights) in weights.chunks_mut(cols).enumerate() {
        let tile = packed.chunks(kind.tile_bytes(cols)).nth(row / TILE_ROWS).unwrap();
        for (block, weights) in tile.chunks(kind.block_bytes()).zip(weights.chunks_mut(BLOCK_COLS))
        {
            let mut values = [0.0; BLOCK_COLS];
            unpack_block_row(kind, block, row % TILE_ROWS, &mut values);
            weights.copy_from_slice(&values[..weights.len()]);
        }
    }
}

/// All logits of a pack of these tensors about three photos, two questions each.
fn logits(model: &str, tensors: &Tensors, bits: Bits) -> Vec<f32> {
    let dir = tempfile::tempdir().unwrap();
    let (hf, out) = (dir.path().join("hf"), dir.path().join("pack"));
    write_folder(&hf, model, tensors);
    convert(&Options { bits, ..Options::new(&hf, &out) }).unwrap();
    let engine = Engine::open(&out, &EngineOptions::default()).unwrap();
    let size = engine.manifest().architecture.image_size;
    let mut all = Vec::new();
    for photo in ["image0.png", "image1.png", "image2.png"] {
        let photo = fs::read(golden(model).join(photo)).unwrap();
        let pixels = preprocess(&Frame::from_encoded(&photo).unwrap(), size);
        for prompt in ["caption en", "segment glass ; paper"] {
            all.extend(answer(&engine, &pixels, prompt, None, 0).unwrap().logits);
        }
    }
    all
}

/// The tensors with every matrix of the decoder changed.
fn rounded(tensors: &Tensors, round: impl Fn(&[usize], &mut [f32])) -> Tensors {
    let mut all = tensors.clone();
    let decoder = |key: &str| key.contains("language_model");
    let matrices = all.iter_mut().filter(|(key, (shape, _))| decoder(key) && shape.len() == 2);
    matrices.for_each(|(_, (shape, values))| round(shape, values));
    all
}

#[test]
fn four_bits_cost_the_logits_less_than_plain_ones_do() {
    for model in ["paligemma1", "paligemma2"] {
        let tensors = tensors_of(&golden(model).join("hf"));
        let exact = logits(model, &tensors, Bits::ThirtyTwo);
        let error = |found: &[f32]| {
            let squares: f32 = found.iter().zip(&exact).map(|(a, b)| (a - b).powi(2)).sum();
            (squares / exact.iter().map(|v| v * v).sum::<f32>()).sqrt()
        };
        let plain = rounded(&tensors, |_, weights| plain_4_bits(weights));
        let plain = error(&logits(model, &plain, Bits::ThirtyTwo));
        let ours = rounded(&tensors, searched_4_bits);
        let ours = error(&logits(model, &ours, Bits::ThirtyTwo));
        // The engine rounds activations to 8 bits as well, and the tower's weights.
        let engine = error(&logits(model, &tensors, Bits::Four));
        println!(
            "{model}: relative RMS error of the logits {ours:.4}, with plain 4 bits {plain:.4}; \
             with all that the engine rounds {engine:.4}"
        );
        assert!(ours < plain, "{model}: {ours} beside {plain}");
        assert!(engine < plain, "{model}: {engine} beside {plain}");
    }
}
