//! The checkpoint's tensors, quantised and written, a few million numbers at a time.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::Path;

use half::f16;
use kerbside_core::pack::{
    Architecture, Part, TensorPlan, TensorRole, TensorSpec, tensors, write_weights,
};
use kerbside_core::quant::pack::{TILE_ROWS, pack_rows};
use kerbside_core::quant::{PackedKind, WeightKind};
use rayon::prelude::*;

use super::checkpoint::{Checkpoint, Source};
use crate::failure::{Failure, Result};

/// Numbers in memory at once: 16 MiB as f32.
const CHUNK: usize = 1 << 22;

/// How the matrices are stored: the `--bits` of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    /// q4: 4.5 bits a weight. What makes the image features is stored as q8: it is a sixth of a
    /// large model and costs nothing in a token, and every token reads what it wrote.
    Four,
    /// q8: 8.5 bits a weight.
    Eight,
    /// f16.
    Sixteen,
    /// f32.
    ThirtyTwo,
}

impl Bits {
    /// Reads the option's value.
    ///
    /// # Errors
    /// For other numbers than 4, 8, 16 and 32.
    pub fn parse(bits: usize) -> Result<Self> {
        match bits {
            4 => Ok(Self::Four),
            8 => Ok(Self::Eight),
            16 => Ok(Self::Sixteen),
            32 => Ok(Self::ThirtyTwo),
            _ => Err(Failure::new(format!("--bits is 4, 8, 16 or 32, not {bits}"))),
        }
    }

    /// The kind of a tensor by its use, as the table in `models/FORMAT.md` says.
    pub fn kind(self, part: Part, role: TensorRole) -> WeightKind {
        match (role, self) {
            (TensorRole::Vector, _) | (_, Self::ThirtyTwo) => WeightKind::F32,
            (TensorRole::Position, _) | (_, Self::Sixteen) => WeightKind::F16,
            (TensorRole::Matrix, Self::Four) if part == Part::Language => {
                WeightKind::Packed(PackedKind::Q4)
            }
            (TensorRole::Matrix, Self::Four | Self::Eight) => WeightKind::Packed(PackedKind::Q8),
        }
    }
}

/// What is to be written of an architecture.
pub fn plan(arch: &Architecture, bits: Bits) -> Vec<TensorPlan> {
    let planned = |spec: TensorSpec| TensorPlan {
        kind: bits.kind(spec.part, spec.role),
        name: spec.name,
        rows: spec.rows,
        cols: spec.cols,
    };
    tensors(arch).into_iter().map(planned).collect()
}

/// Writes the weights file of a checkpoint.
///
/// # Errors
/// If tensors are missing, too many or of other shapes (all named), or hold numbers that the
/// pack's types cannot.
pub fn convert_weights(
    checkpoint: &Checkpoint,
    arch: &Architecture,
    bits: Bits,
    path: &Path,
) -> Result<()> {
    let sources = find_all(checkpoint, arch)?;
    check_head(checkpoint)?;
    let plan = plan(arch, bits);
    let mut progress = Progress::new(plan.iter().map(|t| t.rows * t.cols).sum());
    write_weights(path, plan, |tensor, out| {
        let (_, source) = sources
            .iter()
            .find(|(spec, _)| spec.name == tensor.name)
            .expect("planned and found from one list");
        write_tensor(tensor, source, out, &mut progress)
    })?;
    progress.end();
    Ok(())
}

/// Every tensor of the architecture with its place in the checkpoint.
fn find_all<'a>(
    checkpoint: &'a Checkpoint,
    arch: &Architecture,
) -> Result<Vec<(TensorSpec, &'a Source)>> {
    let (mut found, mut wrong, mut wanted) = (Vec::new(), Vec::new(), BTreeSet::new());
    for spec in tensors(arch) {
        wanted.insert((spec.part, spec.source.clone()));
        match checkpoint.find(spec.part, &spec.source) {
            None => wrong.push(format!("{:?} {} is missing", spec.part, spec.source)),
            Some(source) if !fits(&source.shape, &spec) => {
                let (rows, cols) = (spec.rows, spec.cols);
                let words = format!("{} is {:?}, not {rows}×{cols}", source.key, source.shape);
                wrong.push(words);
            }
            Some(source) => found.push((spec, source)),
        }
    }
    wrong.extend(checkpoint.others(&wanted).iter().map(|key| format!("{key} is unknown")));
    match wrong.is_empty() {
        true => Ok(found),
        false => Err(Failure::new(format!("config.json and tensors differ: {}", wrong.join("; ")))),
    }
}

/// Vectors are `[cols]`, matrices `[rows, cols]`, and the patch embedding `[rows, 3, patch, patch]`.
fn fits(shape: &[usize], spec: &TensorSpec) -> bool {
    let (rows, cols) = (spec.rows, spec.cols);
    match spec.role {
        TensorRole::Vector => shape == [cols],
        _ => shape.first() == Some(&rows) && shape[1..].iter().product::<usize>() == cols,
    }
}

/// A head that is stored must be the embedding table: the pack ties them.
fn check_head(checkpoint: &Checkpoint) -> Result<()> {
    let Some(head) = checkpoint.head() else { return Ok(()) };
    let Some(table) = checkpoint.find(Part::Language, "embed_tokens.weight") else { return Ok(()) };
    let untied = || Failure::new(format!("{} is not the embedding table", head.key));
    if head.shape != table.shape {
        return Err(untied());
    }
    let &[rows, cols] = table.shape.as_slice() else { return Err(untied()) };
    for rows in chunks(rows, cols) {
        if head.read(rows.clone(), cols)? != table.read(rows, cols)? {
            return Err(untied());
        }
    }
    Ok(())
}

fn write_tensor(
    tensor: &TensorPlan,
    source: &Source,
    out: &mut dyn Write,
    progress: &mut Progress,
) -> Result<()> {
    for rows in chunks(tensor.rows, tensor.cols) {
        let values = source.read(rows, tensor.cols)?;
        let bytes = encode(tensor.kind, tensor.cols, &values);
        if tensor.kind == WeightKind::F16 && values.iter().any(|v| f16::from_f32(*v).is_infinite())
        {
            let words = format!("{} has numbers too large for f16; use --bits 32", source.key);
            return Err(Failure::new(words));
        }
        out.write_all(&bytes)?;
        progress.step(values.len(), &tensor.name);
    }
    Ok(())
}

/// Whole tiles of rows, each chunk about [`CHUNK`] numbers.
fn chunks(rows: usize, cols: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let step = (CHUNK / cols).next_multiple_of(TILE_ROWS).max(TILE_ROWS);
    (0..rows).step_by(step).map(move |start| start..rows.min(start + step))
}

/// Rows as they are stored; packed ones on all threads.
pub fn encode(kind: WeightKind, cols: usize, values: &[f32]) -> Vec<u8> {
    match kind {
        WeightKind::F32 => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        WeightKind::F16 => values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect(),
        WeightKind::Packed(packed) => values
            .par_chunks(TILE_ROWS * cols)
            .flat_map_iter(|tile| pack_rows(packed, tile.len() / cols, cols, tile))
            .collect(),
    }
}

/// One line on stderr that says how far the conversion is.
struct Progress {
    done: usize,
    total: usize,
    shown: usize,
    live: bool,
}

impl Progress {
    fn new(total: usize) -> Self {
        Self { done: 0, total, shown: 0, live: std::io::stderr().is_terminal() }
    }

    fn step(&mut self, numbers: usize, name: &str) {
        self.done += numbers;
        let percent = self.done * 100 / self.total.max(1);
        if self.live && percent > self.shown {
            eprint!("\r{percent:3} %  {name:<50}");
            self.shown = percent;
        }
    }

    fn end(&self) {
        if self.live {
            eprintln!();
        }
    }
}
