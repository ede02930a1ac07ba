//! A weight matrix where it lies: a stretch of the memory map and how to read it.

use std::ops::Range;
use std::sync::Arc;

use half::f16;

use super::pack::{self, BLOCK_COLS, PackedKind, TILE_ROWS};

/// How the numbers of a matrix are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WeightKind {
    /// Little-endian f32, row-major.
    F32,
    /// Little-endian f16, row-major.
    F16,
    /// The tiles of [`super::pack`].
    Packed(PackedKind),
}

impl WeightKind {
    /// Bytes of a `[rows, cols]` matrix.
    pub const fn byte_len(self, rows: usize, cols: usize) -> usize {
        match self {
            Self::F32 => rows * cols * 4,
            Self::F16 => rows * cols * 2,
            Self::Packed(kind) => pack::packed_len(kind, rows, cols),
        }
    }
}

/// Why bytes are not the matrix they are said to be.
#[derive(Debug, thiserror::Error)]
pub enum MatrixError {
    /// The stretch has another length than kind and shape ask for.
    #[error("a {rows}×{cols} matrix of {kind:?} takes {wanted} bytes, the file holds {found}")]
    Length {
        /// How the numbers are said to be stored.
        kind: WeightKind,
        /// Rows said.
        rows: usize,
        /// Columns said.
        cols: usize,
        /// Bytes that this takes.
        wanted: usize,
        /// Bytes there are.
        found: usize,
    },
}

/// Whoever keeps the bytes alive: a memory map, or a vector in tests.
pub type Owner = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A `[rows, cols]` weight matrix: output features × input features.
#[derive(Clone)]
pub struct Matrix {
    owner: Owner,
    span: Range<usize>,
    kind: WeightKind,
    rows: usize,
    cols: usize,
}

impl std::fmt::Debug for Matrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Matrix {:?} {}×{}", self.kind, self.rows, self.cols)
    }
}

impl Matrix {
    /// A matrix at `span` of the owner's bytes.
    ///
    /// # Errors
    /// [`MatrixError::Length`] if the span is not what kind and shape ask for.
    pub fn new(
        owner: Owner,
        span: Range<usize>,
        kind: WeightKind,
        rows: usize,
        cols: usize,
    ) -> Result<Self, MatrixError> {
        let found = (*owner).as_ref().get(span.clone()).map_or(0, <[u8]>::len);
        let wanted = kind.byte_len(rows, cols);
        if found != wanted {
            return Err(MatrixError::Length { kind, rows, cols, wanted, found });
        }
        Ok(Self { owner, span, kind, rows, cols })
    }

    /// A matrix on the heap, for tests and for small tensors that were computed.
    pub fn from_floats(kind: WeightKind, rows: usize, cols: usize, values: &[f32]) -> Self {
        let bytes = match kind {
            WeightKind::F32 => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            WeightKind::F16 => {
                values.iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect()
            }
            WeightKind::Packed(packed) => pack::pack_rows(packed, rows, cols, values),
        };
        let len = bytes.len();
        Self::new(Arc::new(bytes), 0..len, kind, rows, cols)
            .expect("the length follows from the shape")
    }

    /// Output features.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Input features.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// How the numbers are stored.
    pub fn kind(&self) -> WeightKind {
        self.kind
    }

    /// The stored bytes.
    pub fn bytes(&self) -> &[u8] {
        &(*self.owner).as_ref()[self.span.clone()]
    }

    /// The bytes of tile `tile` of a packed matrix: 16 rows.
    pub(super) fn tile(&self, kind: PackedKind, tile: usize) -> &[u8] {
        let len = kind.tile_bytes(self.cols);
        &self.bytes()[tile * len..(tile + 1) * len]
    }

    /// Dequantises row `row` into `out` (`cols` floats).
    ///
    /// # Panics
    /// If the row does not exist or `out` has another length.
    pub fn read_row(&self, row: usize, out: &mut [f32]) {
        assert!(row < self.rows && out.len() == self.cols, "row {row} of {self:?}");
        match self.kind {
            WeightKind::F32 => {
                let bytes = &self.bytes()[row * self.cols * 4..][..self.cols * 4];
                for (value, b) in out.iter_mut().zip(bytes.chunks_exact(4)) {
                    *value = f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
                }
            }
            WeightKind::F16 => {
                let bytes = &self.bytes()[row * self.cols * 2..][..self.cols * 2];
                for (value, b) in out.iter_mut().zip(bytes.chunks_exact(2)) {
                    *value = f16::from_le_bytes([b[0], b[1]]).to_f32();
                }
            }
            WeightKind::Packed(kind) => {
                let blocks = self.tile(kind, row / TILE_ROWS).chunks_exact(kind.block_bytes());
                let mut values = [0.0; BLOCK_COLS];
                for (block, part) in blocks.zip(out.chunks_mut(BLOCK_COLS)) {
                    pack::unpack_block_row(kind, block, row % TILE_ROWS, &mut values);
                    part.copy_from_slice(&values[..part.len()]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_its_rows_back() {
        let values: Vec<f32> = (0..20 * 33).map(|i| (i as f32 * 0.37).cos()).collect();
        let kinds = [
            (WeightKind::F32, 0.0),
            (WeightKind::F16, 1e-3),
            (WeightKind::Packed(PackedKind::Q8), 5e-3),
            (WeightKind::Packed(PackedKind::Q4), 0.11),
        ];
        for (kind, bound) in kinds {
            let matrix = Matrix::from_floats(kind, 20, 33, &values);
            let mut row = [0.0; 33];
            for r in 0..20 {
                matrix.read_row(r, &mut row);
                for (a, b) in row.iter().zip(&values[r * 33..]) {
                    assert!((a - b).abs() <= bound, "{kind:?}: {a} for {b}");
                }
            }
        }
    }

    #[test]
    fn a_short_span_is_refused() {
        let bytes: Owner = Arc::new(vec![0u8; 100]);
        let error = Matrix::new(bytes, 0..100, WeightKind::F32, 5, 6).unwrap_err();
        assert!(error.to_string().contains("takes 120 bytes, the file holds 100"), "{error}");
    }
}
