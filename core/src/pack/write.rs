//! Writes `weights.safetensors`: the header first, then tensor after tensor, never all in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use crate::quant::{PackedKind, WeightKind};

/// Where the data and every packed tensor begin: a cache line, one operand of the widest kernel.
pub const ALIGNMENT: usize = 64;

/// Key of the header's `__metadata__` under which [`PackedShape`]s stand.
pub(super) const PACKED_KEY: &str = "packed";

/// A tensor about to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorPlan {
    /// Name in the weights file.
    pub name: String,
    /// How its numbers are stored.
    pub kind: WeightKind,
    /// Rows; 1 for a vector.
    pub rows: usize,
    /// Columns, or the length of a vector.
    pub cols: usize,
}

/// What the bytes of a packed tensor mean.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackedShape {
    pub kind: PackedName,
    pub rows: usize,
    pub cols: usize,
}

/// [`PackedKind`] as the header spells it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PackedName {
    Q4,
    Q8,
}

impl From<PackedName> for PackedKind {
    fn from(name: PackedName) -> Self {
        match name {
            PackedName::Q4 => Self::Q4,
            PackedName::Q8 => Self::Q8,
        }
    }
}

impl From<PackedKind> for PackedName {
    fn from(kind: PackedKind) -> Self {
        match kind {
            PackedKind::Q4 => Self::Q4,
            PackedKind::Q8 => Self::Q8,
        }
    }
}

impl TensorPlan {
    /// Bytes of the numbers themselves.
    pub fn byte_len(&self) -> usize {
        self.kind.byte_len(self.rows, self.cols)
    }

    /// Bytes in the file: packed tensors end on a cache line.
    pub fn stored_len(&self) -> usize {
        match self.kind {
            WeightKind::Packed(_) => self.byte_len().next_multiple_of(ALIGNMENT),
            WeightKind::F32 | WeightKind::F16 => self.byte_len(),
        }
    }

    /// Whole cache lines first, so that all of them are aligned; then by falling element size.
    fn order(&self) -> (bool, bool, &str) {
        let ragged = !self.stored_len().is_multiple_of(ALIGNMENT);
        (ragged, self.kind == WeightKind::F16, &self.name)
    }

    /// The tensor's entry in the header, beginning at `offset` of the data.
    fn entry(&self, offset: usize) -> serde_json::Value {
        let (dtype, shape) = match self.kind {
            WeightKind::Packed(_) => ("U8", vec![self.stored_len()]),
            WeightKind::F32 => ("F32", self.shape()),
            WeightKind::F16 => ("F16", self.shape()),
        };
        let span = [offset, offset + self.stored_len()];
        json!({"dtype": dtype, "shape": shape, "data_offsets": span})
    }

    fn shape(&self) -> Vec<usize> {
        if self.rows == 1 { vec![self.cols] } else { vec![self.rows, self.cols] }
    }
}

/// Writes the tensors of `plan`, in the file's order; `fill` writes the bytes of one.
///
/// # Errors
/// Those of `fill` and of writing; `InvalidData` where `fill` wrote another length than planned.
pub fn write_weights<E: From<io::Error>>(
    path: &Path,
    mut plan: Vec<TensorPlan>,
    mut fill: impl FnMut(&TensorPlan, &mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    plan.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(&header(&plan))?;
    for tensor in &plan {
        let mut counted = Counted { inner: &mut file, written: 0 };
        fill(tensor, &mut counted)?;
        let written = counted.written;
        if written != tensor.byte_len() {
            let words =
                format!("{}: {written} bytes written, {} planned", tensor.name, tensor.byte_len());
            return Err(io::Error::new(io::ErrorKind::InvalidData, words).into());
        }
        file.write_all(&[0; ALIGNMENT][..tensor.stored_len() - written])?;
    }
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(())
}

/// Length, JSON and the spaces that bring the data to a cache line.
fn header(plan: &[TensorPlan]) -> Vec<u8> {
    let packed: BTreeMap<&str, PackedShape> = plan.iter().filter_map(packed_shape).collect();
    let packed = serde_json::to_string(&packed).expect("plain data serialises");
    let mut entries = Map::new();
    entries.insert("__metadata__".into(), json!({"format": "kerbside", PACKED_KEY: packed}));
    let mut offset = 0;
    for tensor in plan {
        entries.insert(tensor.name.clone(), tensor.entry(offset));
        offset += tensor.stored_len();
    }
    let mut json = serde_json::to_vec(&entries).expect("plain data serialises");
    json.resize((8 + json.len()).next_multiple_of(ALIGNMENT) - 8, b' ');
    let mut header = (json.len() as u64).to_le_bytes().to_vec();
    header.append(&mut json);
    header
}

fn packed_shape(tensor: &TensorPlan) -> Option<(&str, PackedShape)> {
    let WeightKind::Packed(kind) = tensor.kind else {
        return None;
    };
    let shape = PackedShape { kind: kind.into(), rows: tensor.rows, cols: tensor.cols };
    Some((&tensor.name, shape))
}

struct Counted<'a> {
    inner: &'a mut dyn Write,
    written: usize,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.written += n;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
