//! The trainable pairs beside the frozen matrices (LoRA, arXiv:2106.09685).

use std::collections::HashMap;

use candle_core::{Device, Tensor, Var};
use kerbside_core::lora::TrainableMatrix;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::{Dtype, SafeTensors};
use xtask::failure::{Failure, Result};

use super::dropout::Dropout;
use super::linked::linked;

/// What an adapter is made of, as PEFT words it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LoraSettings {
    /// Rank of every pair.
    pub rank: usize,
    /// What the product is multiplied by, times the rank or its root.
    pub alpha: f32,
    /// Divide by the root of the rank instead of the rank (rsLoRA, arXiv:2312.03732).
    pub rank_stabilised: bool,
    /// Share of a pair's inputs that are left out while training.
    pub dropout: f32,
    /// PEFT's `target_modules`.
    pub targets: serde_json::Value,
}

impl LoraSettings {
    /// What every pair's product is multiplied by.
    pub fn scale(&self) -> f32 {
        let rank = self.rank as f32;
        self.alpha / if self.rank_stabilised { rank.sqrt() } else { rank }
    }
}

/// All pairs of an adapter that is being trained.
pub struct Adapter {
    pairs: Vec<Pair>,
    /// Tensor of the pack → pair.
    places: HashMap<String, usize>,
}

/// The two factors beside one matrix.
pub struct Pair {
    /// The matrix.
    pub matrix: TrainableMatrix,
    /// `[rank, in]`.
    pub a: Var,
    /// `[out, rank]`.
    pub b: Var,
    scale: f64,
    index: usize,
}

impl Adapter {
    /// As PEFT begins: A uniform within `±1/√in` (Kaiming with a = √5), B zero.
    pub fn new(
        matrices: Vec<TrainableMatrix>,
        settings: &LoraSettings,
        seed: u64,
        device: &Device,
    ) -> Result<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let scale = f64::from(settings.scale());
        let mut pairs = Vec::with_capacity(matrices.len());
        for (index, matrix) in matrices.into_iter().enumerate() {
            let (rank, reach) = (settings.rank, (matrix.inputs as f32).sqrt().recip());
            let a = (0..rank * matrix.inputs).map(|_| random.random_range(-reach..reach));
            let a = Var::from_vec(a.collect::<Vec<f32>>(), (rank, matrix.inputs), device)?;
            let b = Var::zeros((matrix.outputs, rank), candle_core::DType::F32, device)?;
            pairs.push(Pair { matrix, a, b, scale, index });
        }
        let place = |pair: &Pair| (pair.matrix.tensor.clone(), pair.index);
        Ok(Self { places: pairs.iter().map(place).collect(), pairs })
    }

    /// Its pairs, in the order of the pack.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// The pair beside a matrix of the pack.
    pub fn beside(&self, tensor: &str) -> Option<&Pair> {
        self.places.get(tensor).map(|&index| &self.pairs[index])
    }

    /// Whether a pair's matrix lies under a prefix of the pack's names.
    pub fn touches(&self, prefix: &str) -> bool {
        self.pairs.iter().any(|pair| pair.matrix.tensor.starts_with(prefix))
    }

    /// Every trainable tensor, under the name it has in `adapter_model.safetensors`: A and B of the
    /// first pair, A and B of the second …
    pub fn variables(&self) -> impl Iterator<Item = (String, &Var)> {
        let name = |pair: &Pair, half| {
            format!("base_model.model.{}.lora_{half}.weight", pair.matrix.module)
        };
        self.pairs
            .iter()
            .flat_map(move |pair| [(name(pair, 'A'), &pair.a), (name(pair, 'B'), &pair.b)])
    }

    /// Numbers that are trained.
    pub fn numbers(&self) -> usize {
        self.variables().map(|(_, variable)| variable.elem_count()).sum()
    }

    /// Takes the tensors of a file under the names of [`Self::variables`], with `suffix` behind.
    ///
    /// # Errors
    /// Naming the tensor that is missing, superfluous, or of another shape or kind.
    pub fn load(&self, tensors: &SafeTensors<'_>) -> Result<()> {
        let known: Vec<String> = self.variables().map(|(name, _)| name).collect();
        if let Some(extra) = tensors.names().iter().find(|name| !known.iter().any(|k| k == **name))
        {
            return Err(Failure::new(format!("{extra} is not among the modules to be trained")));
        }
        for (name, variable) in self.variables() {
            variable.set(&stored(tensors, &name, variable)?)?;
        }
        Ok(())
    }
}

/// A tensor of a file, with the shape and on the device of `like`.
///
/// # Errors
/// Naming the tensor that is missing or of another shape or kind.
pub fn stored(tensors: &SafeTensors<'_>, name: &str, like: &Tensor) -> Result<Tensor> {
    let view = tensors.tensor(name).map_err(|e| Failure::from(e).during(name))?;
    if view.dtype() != Dtype::F32 || view.shape() != like.dims() {
        let (found, wanted) = (view.shape(), like.dims());
        let words = format!("{name} is {:?} {found:?}, it should be F32 {wanted:?}", view.dtype());
        return Err(Failure::new(words));
    }
    let quad = |bytes: &[u8; 4]| f32::from_le_bytes(*bytes);
    let values: Vec<f32> = view.data().as_chunks::<4>().0.iter().map(quad).collect();
    Ok(Tensor::from_vec(values, like.shape(), like.device())?)
}

impl Pair {
    /// `scale · (dropout(x)·Aᵀ)·Bᵀ` for `x: [n, in]`. With `track`, the graph leads to A and B.
    pub fn share(&self, x: &Tensor, dropout: Option<&Dropout>, track: bool) -> Result<Tensor> {
        let factor = |variable: &Var| match track {
            true => variable.as_tensor().clone(),
            false => variable.as_detached_tensor(),
        };
        let x = match dropout {
            None => x.clone(),
            Some(dropout) => {
                let kept = dropout.kept(self.index, x)?;
                let value = (x.detach() * &kept)?;
                linked(x, value, move |_, _, grad| grad * &kept)?
            }
        };
        let thin = x.matmul(&factor(&self.a).t()?)?;
        Ok((thin.matmul(&factor(&self.b).t()?)? * self.scale)?)
    }
}
