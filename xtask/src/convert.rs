//! `cargo xtask convert`: a Hugging Face PaliGemma folder becomes a pack.

mod checkpoint;
mod codec;
mod hf_config;
mod outlines;
mod weights;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kerbside_core::certainty::Calibration;
use kerbside_core::lora::{BaseModel, LoraAdapter};
use kerbside_core::pack::manifest::{ADAPTER_FILES, Manifest};
use kerbside_core::pack::{Origin, PrefixMode, adapter_files};

use self::checkpoint::Checkpoint;
use self::hf_config::HfConfig;
pub use self::weights::{Bits, encode, plan};
use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::new_pack::{Card, MASK_CODEC, NewPack, TOKENIZER, WEIGHTS};

const USAGE: &str = "cargo xtask convert HF-FOLDER OUT [--bits 4|8|16|32] [--codec FILE.npz|FILE.safetensors] \
[--adapter ID=FOLDER]... [--task TASK=ID]... [--calibration FILE] [--prefix-mode joint|isolated] \
[--name NAME] [--version 1.0.0] [--base ID] [--licence TEXT] [--attribution TEXT]";

/// The tasks of the app: an adapter of one of these names serves it.
const TASKS: [&str; 3] = ["segment", "dispose", "highlight"];

/// What is to be converted, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The Hugging Face folder.
    pub source: PathBuf,
    /// Where the pack will lie.
    pub out: PathBuf,
    /// How matrices are stored.
    pub bits: Bits,
    /// The mask codec, npz or safetensors.
    pub codec: Option<PathBuf>,
    /// Adapter id → PEFT folder.
    pub adapters: Vec<(String, PathBuf)>,
    /// Task → adapter id, beside those whose adapter has the task's name.
    pub tasks: BTreeMap<String, String>,
    /// What `cargo xtask evaluate segment --calibrate` wrote for these weights and adapters.
    pub calibration: Option<PathBuf>,
    /// Stands above what `config.json` says.
    pub prefix_mode: Option<PrefixMode>,
    /// Name of the pack; the name of `out` otherwise.
    pub name: Option<String>,
    /// Version of the pack.
    pub version: String,
    /// Name of the base; what `config.json` says otherwise, or the name of `source`.
    pub base: Option<String>,
    /// Licence of the weights.
    pub licence: String,
    /// Whom to name beside the weights.
    pub attribution: String,
}

impl Options {
    /// A conversion to 4 bits, without codec and adapters.
    pub fn new(source: impl Into<PathBuf>, out: impl Into<PathBuf>) -> Self {
        Self {
            source: source.into(),
            out: out.into(),
            bits: Bits::Four,
            codec: None,
            adapters: Vec::new(),
            tasks: BTreeMap::new(),
            calibration: None,
            prefix_mode: None,
            name: None,
            version: "1.0.0".into(),
            base: None,
            licence: "not stated".into(),
            attribution: "not stated".into(),
        }
    }
}

/// Runs the task.
///
/// # Errors
/// What is wrong with the arguments or the folder.
pub fn run(args: Args) -> Result<()> {
    let options = parse(args)?;
    let manifest = convert(&options)?;
    let megabytes = manifest.total_bytes() as f64 / 1e6;
    println!(
        "{}: {} {}, {megabytes:.1} MB",
        options.out.display(),
        manifest.name,
        manifest.version
    );
    Ok(())
}

/// Converts a folder and returns the new pack's manifest.
///
/// # Errors
/// What is wrong with the folder; nothing is left at `out`.
pub fn convert(options: &Options) -> Result<Manifest> {
    let config = read_config(options)?;
    let calibration = options.calibration.as_deref().map(read_calibration).transpose()?;
    let calibration = calibration.unwrap_or_default();
    let checkpoint = Checkpoint::open(&options.source)?;
    let base = BaseModel { architecture: config.architecture, id: base_id(options, config.id) };
    let pack = NewPack::begin(&options.out)?;
    let mut tasks = options.tasks.clone();
    for (id, folder) in &options.adapters {
        copy_adapter(&pack, id, folder, &base)?;
        if TASKS.contains(&id.as_str()) {
            tasks.entry(id.clone()).or_insert_with(|| id.clone());
        }
    }
    if let Some(path) = &options.codec {
        pack.write(MASK_CODEC, &codec::read(path, options.bits)?)?;
    }
    pack.write(TOKENIZER, &read(&options.source.join(TOKENIZER))?)?;
    let path = pack.path(WEIGHTS)?;
    weights::convert_weights(&checkpoint, &base.architecture, options.bits, &path)?;
    pack.finish(Card {
        name: options.name.clone().unwrap_or_else(|| folder_name(&options.out)),
        version: options.version.clone(),
        licence: options.licence.clone(),
        attribution: options.attribution.clone(),
        origin: Origin::Trained,
        base: base.id,
        architecture: base.architecture,
        tasks,
        calibration,
        adapters: options.adapters.iter().map(|(id, _)| id.clone()).collect(),
    })
}

fn read_config(options: &Options) -> Result<HfConfig> {
    let path = options.source.join("config.json");
    let refuse = |words| Failure::new(words).during(path.display());
    let mut config = HfConfig::parse(&read(&path)?).map_err(refuse)?;
    if let Some(mode) = options.prefix_mode {
        config.architecture.prefix_mode = mode;
    }
    Ok(config)
}

/// A file that holds what `pack.json` will have under `calibration`.
///
/// # Errors
/// If it cannot be read or holds something else.
pub fn read_calibration(path: &Path) -> Result<BTreeMap<String, Calibration>> {
    let numbers = serde_json::from_slice(&read(path)?);
    numbers.map_err(|e| Failure::from(e).during(path.display()))
}

fn base_id(options: &Options, configured: Option<String>) -> String {
    options.base.clone().or(configured).unwrap_or_else(|| folder_name(&options.source))
}

/// Copies an adapter that the engine will load.
fn copy_adapter(pack: &NewPack, id: &str, folder: &Path, base: &BaseModel) -> Result<()> {
    let files = adapter_files(folder)?;
    LoraAdapter::read(id, &files, base)?;
    for (name, bytes) in ADAPTER_FILES.iter().zip([&files.config, &files.tensors]) {
        pack.write(&format!("adapters/{id}/{name}"), bytes)?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| Failure::io(path, &e))
}

fn folder_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn parse(mut args: Args) -> Result<Options> {
    let mut options = Options::new("", "");
    let mut places = Vec::new();
    while let Some(arg) = args.next(USAGE)? {
        match arg.as_str() {
            "--bits" => options.bits = Bits::parse(args.number(&arg)?)?,
            "--codec" => options.codec = Some(args.path(&arg)?),
            "--adapter" => {
                let (id, folder) = pair(&arg, &args.text(&arg)?)?;
                options.adapters.push((id, folder.into()));
            }
            "--task" => options.tasks.extend([pair(&arg, &args.text(&arg)?)?]),
            "--calibration" => options.calibration = Some(args.path(&arg)?),
            "--prefix-mode" => options.prefix_mode = Some(mode(&args.text(&arg)?)?),
            "--name" => options.name = Some(args.text(&arg)?),
            "--version" => options.version = args.text(&arg)?,
            "--base" => options.base = Some(args.text(&arg)?),
            "--licence" => options.licence = args.text(&arg)?,
            "--attribution" => options.attribution = args.text(&arg)?,
            _ => places.push(args.positional(&arg, USAGE)?),
        }
    }
    let [source, out] = <[PathBuf; 2]>::try_from(places).map_err(|_| Failure::new(USAGE))?;
    Ok(Options { source, out, ..options })
}

fn pair(option: &str, text: &str) -> Result<(String, String)> {
    let pair = text.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned()));
    pair.ok_or_else(|| Failure::new(format!("{option} wants NAME=VALUE, not {text:?}")))
}

fn mode(text: &str) -> Result<PrefixMode> {
    match text {
        "joint" => Ok(PrefixMode::Joint),
        "isolated" => Ok(PrefixMode::Isolated),
        _ => Err(Failure::new(format!("--prefix-mode is joint or isolated, not {text:?}"))),
    }
}
