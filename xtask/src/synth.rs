//! `cargo xtask synth-pack`: a pack of the right size with random weights, to measure speed and
//! memory where the real one cannot be had. What it says is noise, and its manifest says so.

mod tokenizer;

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};

use kerbside_core::language::config::{Activation, AttentionReach, TextConfig};
use kerbside_core::pack::manifest::Manifest;
use kerbside_core::pack::{Architecture, Family, Origin, PrefixMode, TensorPlan, write_weights};
use kerbside_core::quant::WeightKind;
use kerbside_core::quant::pack::TILE_ROWS;
use kerbside_core::vision::config::VisionConfig;

use crate::args::Args;
use crate::convert::{Bits, encode, plan};
use crate::failure::{Failure, Result};
use crate::new_pack::{Card, NewPack, TOKENIZER, WEIGHTS};

const USAGE: &str = "cargo xtask synth-pack OUT --size 3b|tiny [--bits 4|8|16|32]";

/// Different tiles of one shape: the weights of a matrix are picked from these.
const POOL: usize = 64;

/// How large the model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// PaliGemma-3B at 224 pixels (arXiv:2407.07726).
    ThreeB,
    /// Runs in a moment.
    Tiny,
}

/// Runs the task.
///
/// # Errors
/// What is wrong with the arguments, or with writing.
pub fn run(mut args: Args) -> Result<()> {
    let (mut size, mut bits, mut out) = (None, Bits::Four, None::<PathBuf>);
    while let Some(arg) = args.next(USAGE)? {
        match arg.as_str() {
            "--bits" => bits = Bits::parse(args.number(&arg)?)?,
            "--size" => {
                size = match args.text(&arg)?.as_str() {
                    "3b" => Some(Size::ThreeB),
                    "tiny" => Some(Size::Tiny),
                    other => {
                        return Err(Failure::new(format!("--size is 3b or tiny, not {other:?}")));
                    }
                }
            }
            _ => out = Some(args.positional(&arg, USAGE)?),
        }
    }
    let (Some(size), Some(out)) = (size, out) else { return Err(Failure::new(USAGE)) };
    let manifest = synthesise(size, bits, &out)?;
    println!("{}: random weights, {:.1} MB", out.display(), manifest.total_bytes() as f64 / 1e6);
    Ok(())
}

/// Writes a pack of random weights.
///
/// # Errors
/// If something lies at `out`, or writing fails.
pub fn synthesise(size: Size, bits: Bits, out: &Path) -> Result<Manifest> {
    let architecture = architecture(size);
    let pack = NewPack::begin(out)?;
    pack.write(TOKENIZER, &tokenizer::json(first_location(size)))?;
    let mut pools = Pools::default();
    write_weights(&pack.path(WEIGHTS)?, plan(&architecture, bits), |tensor, out| {
        match constant(tensor) {
            Some(value) => {
                out.write_all(&encode(tensor.kind, tensor.cols, &vec![value; tensor.cols]))
            }
            None => pools.write(tensor, out),
        }
        .map_err(Failure::from)
    })?;
    pack.finish(Card {
        name: out.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        version: "0.0.0".into(),
        licence: "none needed: random numbers".into(),
        attribution: "nobody".into(),
        origin: Origin::Random,
        base: "kerbside/random".into(),
        architecture,
        tasks: BTreeMap::new(),
        calibration: BTreeMap::new(),
        adapters: Vec::new(),
    })
}

/// Norms start as the identity and biases at zero: Gemma's norms are stored less one.
fn constant(tensor: &TensorPlan) -> Option<f32> {
    let layer_norm = tensor.name.starts_with("vision.") && tensor.name.contains("norm");
    let one = layer_norm && tensor.name.ends_with(".weight");
    (tensor.rows == 1).then_some(if one { 1.0 } else { 0.0 })
}

/// The id of `<loc0000>`: 256000 tokens of text, as Gemma has.
fn first_location(size: Size) -> usize {
    match size {
        Size::ThreeB => 256_000,
        Size::Tiny => 512,
    }
}

fn architecture(size: Size) -> Architecture {
    let (gelu, full) = (Activation::GeluPytorchTanh, vec![AttentionReach::Full]);
    let vision = |hidden, layers, heads, mlp| VisionConfig {
        hidden,
        layers,
        heads,
        mlp,
        hidden_act: gelu,
        eps: 1e-6,
    };
    let text = |hidden, layers, q_heads, head_dim: usize, mlp, vocab| TextConfig {
        hidden,
        layers,
        q_heads,
        kv_heads: 1,
        head_dim,
        mlp,
        vocab,
        eps: 1e-6,
        rope_theta: 10_000.0,
        query_pre_attn_scalar: head_dim as f32,
        attn_softcap: None,
        final_softcap: None,
        sliding_window: None,
        layer_pattern: full.clone(),
        hidden_act: gelu,
    };
    let (image_size, vision, text) = match size {
        Size::ThreeB => (224, vision(1152, 27, 16, 4304), text(2048, 18, 8, 256, 16384, 257_216)),
        Size::Tiny => (56, vision(48, 2, 4, 72), text(64, 2, 4, 16, 96, 1728)),
    };
    Architecture {
        family: Family::PaliGemma,
        image_size,
        patch_size: 14,
        prefix_mode: PrefixMode::Joint,
        projection_dim: text.hidden,
        vision,
        text,
    }
}

/// Encoded tiles of 16 random rows, by kind and width. Drawing and packing three thousand million
/// numbers would take minutes; picking tiles takes as long as writing them.
#[derive(Default)]
struct Pools {
    tiles: HashMap<(WeightKind, usize), Vec<Vec<u8>>>,
    random: Random,
}

impl Pools {
    fn write(&mut self, tensor: &TensorPlan, out: &mut dyn Write) -> std::io::Result<()> {
        let Self { tiles, random } = self;
        let (kind, cols) = (tensor.kind, tensor.cols);
        let draw = |rows: usize, random: &mut Random| {
            // Uniform with variance 1 / cols: a product with a normed state has variance 1.
            let reach = (3.0 / cols as f32).sqrt();
            let values: Vec<f32> = (0..rows * cols).map(|_| random.signed() * reach).collect();
            encode(kind, cols, &values)
        };
        let pool = tiles
            .entry((kind, cols))
            .or_insert_with(|| (0..POOL).map(|_| draw(TILE_ROWS, random)).collect());
        for _ in 0..tensor.rows / TILE_ROWS {
            out.write_all(&pool[random.below(POOL)])?;
        }
        match tensor.rows % TILE_ROWS {
            0 => Ok(()),
            rest => out.write_all(&draw(rest, random)),
        }
    }
}

/// xorshift64* (Marsaglia 2003; Vigna, arXiv:1402.6246), always from the same seed: the same pack.
struct Random(u64);

impl Default for Random {
    fn default() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }
}

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// −1..1.
    fn signed(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end
    }
}
