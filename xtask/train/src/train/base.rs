//! The frozen base: the pack's packed matrices, as floats for as long as they are needed.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{Device, Tensor};
use kerbside_core::pack::{Architecture, TensorRole, WeightMap, tensors};
use kerbside_core::quant::Matrix;
use rayon::prelude::*;
use xtask::failure::Result;

/// A base whose matrices take no more than this as floats stays in memory as floats; the layers of
/// a larger one are dequantised when they are used, forwards and again backwards.
const KEPT_BYTES: usize = 1 << 30;

/// The tensors of a pack. The file stays mapped, its matrices packed.
pub struct Base {
    weights: Arc<WeightMap>,
    architecture: Architecture,
    device: Device,
    /// What was dequantised once and for all; `None` for a base that is too large.
    kept: Option<Mutex<HashMap<String, Tensor>>>,
}

impl Base {
    /// The base of an opened pack.
    pub fn new(weights: &Arc<WeightMap>, architecture: &Architecture, device: &Device) -> Self {
        Self::keeping(weights, architecture, device, KEPT_BYTES)
    }

    /// [`Self::new`] with another limit to what stays in memory as floats, in bytes.
    pub fn keeping(
        weights: &Arc<WeightMap>,
        architecture: &Architecture,
        device: &Device,
        limit: usize,
    ) -> Self {
        let specs = tensors(architecture);
        let matrices = specs.iter().filter(|spec| spec.role == TensorRole::Matrix);
        let bytes: usize = matrices.map(|spec| spec.rows * spec.cols * size_of::<f32>()).sum();
        Self {
            weights: weights.clone(),
            architecture: architecture.clone(),
            device: device.clone(),
            kept: (bytes <= limit).then(Mutex::default),
        }
    }

    /// The sizes.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Where the arithmetic is done.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Whether layers are dequantised for each use, so that what they leave behind is better
    /// computed again than kept.
    pub fn is_large(&self) -> bool {
        self.kept.is_none()
    }

    /// A matrix `[rows, cols]` as f32.
    pub fn matrix(&self, name: &str) -> Result<Tensor> {
        let matrix = self.weights.matrix(name)?;
        self.keep(name, || self.dequantise(&matrix, 0..matrix.rows()))
    }

    /// Some rows of a matrix as f32 `[range.len(), cols]`.
    pub fn rows(&self, name: &str, range: Range<usize>) -> Result<Tensor> {
        match &self.kept {
            Some(_) => Ok(self.matrix(name)?.narrow(0, range.start, range.len())?),
            None => self.dequantise(&self.weights.matrix(name)?, range),
        }
    }

    /// Chosen rows of a matrix as f32 `[ids.len(), cols]`.
    pub fn chosen_rows(&self, name: &str, ids: &[u32]) -> Result<Tensor> {
        let matrix = self.weights.matrix(name)?;
        let mut values = vec![0.0; ids.len() * matrix.cols()];
        for (&id, row) in ids.iter().zip(values.chunks_exact_mut(matrix.cols())) {
            matrix.read_row(id as usize, row);
        }
        Ok(Tensor::from_vec(values, (ids.len(), matrix.cols()), &self.device)?)
    }

    /// A norm's weight or a bias.
    pub fn vector(&self, name: &str) -> Result<Tensor> {
        self.keep(name, || {
            let values = self.weights.floats(name)?;
            let len = values.len();
            Ok(Tensor::from_vec(values, len, &self.device)?)
        })
    }

    /// A vector that not every architecture has.
    pub fn optional_vector(&self, name: &str) -> Result<Option<Tensor>> {
        self.weights.tensor(name).is_ok().then(|| self.vector(name)).transpose()
    }

    fn keep(&self, name: &str, make: impl FnOnce() -> Result<Tensor>) -> Result<Tensor> {
        let Some(kept) = &self.kept else { return make() };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tensor) = kept.get(name) {
            return Ok(tensor.clone());
        }
        let tensor = make()?;
        kept.insert(name.to_owned(), tensor.clone());
        Ok(tensor)
    }

    fn dequantise(&self, matrix: &Matrix, range: Range<usize>) -> Result<Tensor> {
        let (cols, count) = (matrix.cols(), range.len());
        let mut values = vec![0.0; count * cols];
        let rows = values.par_chunks_exact_mut(cols).with_min_len(64).enumerate();
        rows.for_each(|(row, out)| matrix.read_row(range.start + row, out));
        Ok(Tensor::from_vec(values, (count, cols), &self.device)?)
    }
}
