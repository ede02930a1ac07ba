//! Dropout on a pair's input, the same again when a layer is computed again.

use candle_core::{Result, Tensor};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The random choices of one pass. They hang on seed, pass and pair alone: a layer that is computed
/// again for its gradient, and a run that was resumed, make the same ones.
#[derive(Debug, Clone, Copy)]
pub struct Dropout {
    /// Share that is left out.
    pub rate: f32,
    /// Of the run.
    pub seed: u64,
    /// Counts all passes of the run.
    pub pass: u64,
}

impl Dropout {
    /// For every number of `like` 0 or `1 / (1 − rate)`.
    pub fn kept(&self, pair: usize, like: &Tensor) -> Result<Tensor> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(self.pass << 20 | pair as u64);
        let threshold = (f64::from(self.rate) * 2f64.powi(32)) as u32;
        let kept = 1.0 / (1.0 - self.rate);
        let mut choose = || if random.next_u32() < threshold { 0.0 } else { kept };
        let values: Vec<f32> = (0..like.elem_count()).map(|_| choose()).collect();
        Tensor::from_vec(values, like.shape(), like.device())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    fn kept(dropout: Dropout, pair: usize) -> Vec<f32> {
        let like = Tensor::zeros((100, 100), DType::F32, &Device::Cpu).unwrap();
        dropout.kept(pair, &like).unwrap().flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn a_share_is_left_out_and_the_mean_stays() {
        let dropout = Dropout { rate: 0.2, seed: 1, pass: 3 };
        let values = kept(dropout, 5);
        let zeros = values.iter().filter(|v| **v == 0.0).count();
        assert!((1800..2200).contains(&zeros), "{zeros} of 10000");
        assert!(values.iter().all(|v| *v == 0.0 || *v == 1.25));
        assert_eq!(values, kept(dropout, 5));
        assert_ne!(values, kept(dropout, 6));
        assert_ne!(values, kept(Dropout { pass: 4, ..dropout }, 5));
        assert_ne!(values, kept(Dropout { seed: 2, ..dropout }, 5));
    }
}
