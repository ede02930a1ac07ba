//! The gradients of an adapter's tensors: gathered, checked, clipped.

use candle_core::Tensor;
use candle_core::backprop::GradStore;
use xtask::failure::{Failure, Result};

use super::lora::Adapter;

/// One gradient a trainable tensor, in the order of [`Adapter::variables`]. `None` is zero.
pub struct Gradients(Vec<Option<Tensor>>);

impl Gradients {
    /// All zero.
    pub fn zero(adapter: &Adapter) -> Self {
        Self(vec![None; 2 * adapter.pairs().len()])
    }

    /// Moves what a backward pass found for the adapter's tensors into the sums.
    pub fn take(&mut self, found: &mut GradStore, adapter: &Adapter) -> Result<()> {
        for (sum, (_, variable)) in self.0.iter_mut().zip(adapter.variables()) {
            if let Some(gradient) = found.remove(variable) {
                // Detached, or the sum would hold on to the graph it came through.
                let gradient = gradient.detach();
                *sum = Some(match sum.take() {
                    Some(sum) => (sum + gradient)?,
                    None => gradient,
                });
            }
        }
        Ok(())
    }

    /// In the order of [`Adapter::variables`].
    pub fn iter(&self) -> impl Iterator<Item = Option<&Tensor>> {
        self.0.iter().map(Option::as_ref)
    }

    /// `√Σ g²` over all of them.
    pub fn norm(&self) -> Result<f64> {
        let mut sum = 0.0;
        for gradient in self.0.iter().flatten() {
            sum += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
        }
        Ok(sum.sqrt())
    }

    /// Scales all of them so that their norm is at most `most` (arXiv:1211.5063), as
    /// `torch.nn.utils.clip_grad_norm_` does. Returns the norm before.
    pub fn clip(&mut self, most: f64) -> Result<f64> {
        let norm = self.norm()?;
        let scale = most / (norm + 1e-6);
        if scale < 1.0 {
            for gradient in self.0.iter_mut().flatten() {
                *gradient = (&*gradient * scale)?;
            }
        }
        Ok(norm)
    }

    /// Whether the gradients reach every tensor. `step` counts from 1. While a pair's B is zero,
    /// as all begin, nothing can reach its A; so the first step asks for every B, the second for
    /// every tensor.
    ///
    /// # Errors
    /// Naming the tensors without gradient, and those whose gradient is no number.
    pub fn check(&self, step: usize, adapter: &Adapter) -> Result<()> {
        if step > 2 {
            return Ok(());
        }
        let mut unreached = Vec::new();
        for (index, (gradient, (name, _))) in self.0.iter().zip(adapter.variables()).enumerate() {
            let is_a = index % 2 == 0;
            if step == 1 && is_a {
                continue;
            }
            let reached = match gradient {
                None => false,
                Some(gradient) => gradient.abs()?.sum_all()?.to_scalar::<f32>()? > 0.0,
            };
            if !reached {
                unreached.push(name);
            }
        }
        match unreached.first() {
            None => Ok(()),
            Some(first) => Err(Failure::new(format!(
                "step {step}: no gradient reaches {first} ({} of {} tensors): the answers do not \
                 depend on it, or no sample has a picture; leave it out of --targets",
                unreached.len(),
                self.0.len()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::lora::LoraSettings;
    use candle_core::{DType, Device};
    use kerbside_core::lora::TrainableMatrix;
    use serde_json::json;

    fn adapter() -> Adapter {
        let settings = LoraSettings {
            rank: 2,
            alpha: 2.0,
            rank_stabilised: false,
            dropout: 0.0,
            targets: json!("all-linear"),
        };
        let matrix = TrainableMatrix {
            module: "model.language_model.layers.0.mlp.up_proj".into(),
            tensor: "language.layers.0.up.weight".into(),
            outputs: 3,
            inputs: 4,
        };
        Adapter::new(vec![matrix], &settings, 1, &Device::Cpu).unwrap()
    }

    fn ones(shape: (usize, usize)) -> Option<Tensor> {
        Some(Tensor::ones(shape, DType::F32, &Device::Cpu).unwrap())
    }

    #[test]
    fn a_tensor_that_no_gradient_reaches_is_named() {
        let adapter = adapter();
        let refusal = |step, a, b: Option<Tensor>| {
            Gradients(vec![a, b]).check(step, &adapter).err().map(|e| e.to_string())
        };
        let zero = || Some(ones((3, 2)).unwrap().zeros_like().unwrap());
        assert!(refusal(1, None, None).unwrap().contains("up_proj.lora_B.weight"));
        assert!(refusal(1, None, zero()).unwrap().contains("up_proj.lora_B.weight"));
        assert_eq!(refusal(1, None, ones((3, 2))), None, "B is zero yet: A cannot be reached");
        assert!(refusal(2, None, ones((3, 2))).unwrap().contains("up_proj.lora_A.weight"));
        assert_eq!(refusal(2, ones((2, 4)), ones((3, 2))), None);
        assert_eq!(refusal(3, None, None), None);
    }

    #[test]
    fn clipping_keeps_the_direction() {
        let mut gradients = Gradients(vec![ones((2, 8)), None]);
        assert!((gradients.clip(1.0).unwrap() - 4.0).abs() < 1e-6);
        assert!((gradients.norm().unwrap() - 1.0).abs() < 1e-5);
        assert!((gradients.clip(1e9).unwrap() - 1.0).abs() < 1e-5, "short ones are left alone");
        assert!((gradients.norm().unwrap() - 1.0).abs() < 1e-5);
    }
}
