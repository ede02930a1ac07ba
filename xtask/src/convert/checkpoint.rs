//! A Hugging Face checkpoint: safetensors shards, read a few rows at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use kerbside_core::pack::Part;
use safetensors::Dtype;
use safetensors::tensor::Metadata;
use serde_json::{Map, Value};

use crate::failure::{Failure, Result};

const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// Headers are text: more than this is not one.
const MAX_HEADER: u64 = 100_000_000;

/// All tensors of a checkpoint, by part and by their name within it.
#[derive(Debug)]
pub struct Checkpoint {
    tensors: BTreeMap<(Part, String), Source>,
    /// `lm_head.weight`, where the checkpoint stores the tied head once more.
    head: Option<Source>,
}

/// A tensor in its shard.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its key in the file.
    pub key: String,
    /// Its shape.
    pub shape: Vec<usize>,
    shard: PathBuf,
    dtype: Dtype,
    /// Of its first byte in the shard.
    offset: u64,
}

impl Checkpoint {
    /// Reads the headers of `model.safetensors`, or of the shards its index names.
    ///
    /// # Errors
    /// If a file is missing, or holds tensors that no PaliGemma has.
    pub fn open(dir: &Path) -> Result<Self> {
        let mut checkpoint = Self { tensors: BTreeMap::new(), head: None };
        let mut unknown = Vec::new();
        for shard in shards(dir)? {
            for source in read_header(&dir.join(shard))? {
                checkpoint.sort_in(source, &mut unknown)?;
            }
        }
        if unknown.is_empty() {
            return Ok(checkpoint);
        }
        let words = format!("{}: not a PaliGemma's tensors: {}", dir.display(), unknown.join(", "));
        Err(Failure::new(words))
    }

    /// Where a tensor lies.
    pub fn find(&self, part: Part, name: &str) -> Option<&Source> {
        self.tensors.get(&(part, name.to_owned()))
    }

    /// The head, where it is stored beside the embedding table.
    pub fn head(&self) -> Option<&Source> {
        self.head.as_ref()
    }

    /// Keys of tensors that are not among `wanted`.
    pub fn others(&self, wanted: &BTreeSet<(Part, String)>) -> Vec<&str> {
        let others = self.tensors.iter().filter(|(name, _)| !wanted.contains(*name));
        others.map(|(_, source)| source.key.as_str()).collect()
    }

    fn sort_in(&mut self, source: Source, unknown: &mut Vec<String>) -> Result<()> {
        let key = source.key.clone();
        match Part::split(&key) {
            _ if is_derived(&key) => {}
            _ if key.ends_with("lm_head.weight") => self.head = Some(source),
            None => unknown.push(key),
            Some((part, name)) => {
                if self.tensors.insert((part, name.to_owned()), source).is_some() {
                    return Err(Failure::new(format!("{key} is there twice, in two spellings")));
                }
            }
        }
        Ok(())
    }
}

/// Buffers that older versions saved, and SigLIP's pooling head, which PaliGemma does not use.
fn is_derived(key: &str) -> bool {
    let head = |(part, name): (Part, &str)| part == Part::Vision && name.starts_with("head.");
    key.ends_with(".position_ids")
        || key.ends_with(".rotary_emb.inv_freq")
        || Part::split(key).is_some_and(head)
}

/// File names of the shards.
fn shards(dir: &Path) -> Result<Vec<String>> {
    if dir.join(SINGLE).exists() {
        return Ok(vec![SINGLE.to_owned()]);
    }
    let path = dir.join(INDEX);
    let json = std::fs::read(&path).map_err(|_| {
        Failure::new(format!("{}: neither {SINGLE} nor {INDEX} is there", dir.display()))
    })?;
    let refuse = |words: &str| Failure::new(format!("{}: {words}", path.display()));
    let index: Map<String, Value> = serde_json::from_slice(&json)?;
    let map = index.get("weight_map").and_then(Value::as_object);
    let map = map.ok_or_else(|| refuse("no weight_map"))?;
    let names: Option<BTreeSet<String>> =
        map.values().map(|name| name.as_str().map(str::to_owned)).collect();
    let names = names.ok_or_else(|| refuse("weight_map must name files"))?;
    match names.iter().find(|name| name.contains(['/', '\\'])) {
        Some(name) => Err(refuse(&format!("{name} is not a file beside it"))),
        None => Ok(names.into_iter().collect()),
    }
}

/// The tensors of one shard; nothing but the header is read.
fn read_header(path: &Path) -> Result<Vec<Source>> {
    let io = |e: std::io::Error| Failure::io(path, &e);
    let refuse = |words: String| Failure::new(format!("{}: {words}", path.display()));
    let mut file = File::open(path).map_err(io)?;
    let total = file.metadata().map_err(io)?.len();
    let mut len = [0; 8];
    file.read_exact(&mut len).map_err(io)?;
    let len = u64::from_le_bytes(len);
    if len > MAX_HEADER.min(total) {
        return Err(refuse("not a safetensors file".into()));
    }
    let mut json = vec![0; len as usize];
    file.read_exact(&mut json).map_err(io)?;
    let header: Metadata = serde_json::from_slice(&json).map_err(|e| refuse(e.to_string()))?;
    if 8 + len + header.data_len() as u64 != total {
        return Err(refuse(format!("{total} bytes do not fit its header; download it again")));
    }
    let source = |(key, info): (String, &safetensors::tensor::TensorInfo)| Source {
        key,
        shape: info.shape.clone(),
        shard: path.to_owned(),
        dtype: info.dtype,
        offset: 8 + len + info.data_offsets.0 as u64,
    };
    Ok(header.tensors().into_iter().map(source).collect())
}

impl Source {
    /// Reads rows of the tensor, taken as `[_, cols]`, as f32.
    ///
    /// # Errors
    /// If the shard cannot be read, holds another type, or numbers that are not finite.
    pub fn read(&self, rows: Range<usize>, cols: usize) -> Result<Vec<f32>> {
        let size = match self.dtype {
            Dtype::F32 => 4,
            Dtype::F16 | Dtype::BF16 => 2,
            other => {
                let words = format!("{} is {other:?}, not F32, F16 or BF16", self.key);
                return Err(Failure::new(words));
            }
        };
        let mut bytes = vec![0; rows.len() * cols * size];
        let begin = self.offset + (rows.start * cols * size) as u64;
        let mut file = File::open(&self.shard).map_err(|e| Failure::io(&self.shard, &e))?;
        file.seek(SeekFrom::Start(begin))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|e| Failure::io(&self.shard, &e))?;
        let values = self.floats(&bytes);
        match values.iter().all(|v| v.is_finite()) {
            true => Ok(values),
            false => Err(Failure::new(format!("{} holds numbers that are not finite", self.key))),
        }
    }

    fn floats(&self, bytes: &[u8]) -> Vec<f32> {
        let pairs = bytes.chunks_exact(2).map(|b| [b[0], b[1]]);
        match self.dtype {
            Dtype::F16 => pairs.map(|b| f16::from_le_bytes(b).to_f32()).collect(),
            Dtype::BF16 => pairs.map(|b| bf16::from_le_bytes(b).to_f32()).collect(),
            _ => {
                let quads = bytes.chunks_exact(4).map(|b| [b[0], b[1], b[2], b[3]]);
                quads.map(f32::from_le_bytes).collect()
            }
        }
    }
}
