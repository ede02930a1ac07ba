//! AdamW (arXiv:1711.05101), as `torch.optim.AdamW` does it.

use candle_core::Tensor;
use xtask::failure::Result;

use super::gradients::Gradients;
use super::lora::Adapter;

/// Constants of the optimiser.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AdamSettings {
    /// How much of the gradients' mean is kept each step.
    pub beta1: f64,
    /// How much of their squares' mean is kept.
    pub beta2: f64,
    /// Added to the root of the squares' mean.
    pub eps: f64,
    /// Share of a weight that is taken away each step, times the learning rate.
    pub weight_decay: f64,
}

impl Default for AdamSettings {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 }
    }
}

/// The moving means of every trainable tensor.
pub struct AdamW {
    settings: AdamSettings,
    /// In the order of [`Adapter::variables`].
    moments: Vec<Moments>,
    steps: usize,
}

/// Of one tensor, with its shape.
#[derive(Debug, Clone)]
pub struct Moments {
    /// Mean of the gradients.
    pub first: Tensor,
    /// Mean of their squares.
    pub second: Tensor,
}

impl AdamW {
    /// Before the first step.
    pub fn new(settings: AdamSettings, adapter: &Adapter) -> Result<Self> {
        let zero = |tensor: &Tensor| Ok::<_, candle_core::Error>(tensor.zeros_like()?.detach());
        let moments = adapter
            .variables()
            .map(|(_, variable)| Ok(Moments { first: zero(variable)?, second: zero(variable)? }));
        Ok(Self { settings, moments: moments.collect::<Result<_>>()?, steps: 0 })
    }

    /// After `steps` steps that left these moments behind.
    pub fn resume(settings: AdamSettings, moments: Vec<Moments>, steps: usize) -> Self {
        Self { settings, moments, steps }
    }

    /// The moving means, in the order of [`Adapter::variables`].
    pub fn moments(&self) -> &[Moments] {
        &self.moments
    }

    /// Steps taken.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Moves every tensor against its gradient, the learning rate being `rate`.
    pub fn step(&mut self, adapter: &Adapter, gradients: &Gradients, rate: f64) -> Result<()> {
        let AdamSettings { beta1, beta2, eps, weight_decay } = self.settings;
        self.steps += 1;
        // The means begin at zero; these make up for it.
        let [first_bias, second_bias] =
            [beta1, beta2].map(|beta| 1.0 - beta.powi(self.steps as i32));
        let each = self.moments.iter_mut().zip(gradients.iter()).zip(adapter.variables());
        for ((moments, gradient), (_, variable)) in each {
            let weight = variable.as_detached_tensor();
            let zero;
            let gradient = match gradient {
                Some(gradient) => gradient,
                None => {
                    zero = weight.zeros_like()?;
                    &zero
                }
            };
            moments.first = ((&moments.first * beta1)? + (gradient * (1.0 - beta1))?)?;
            moments.second = ((&moments.second * beta2)? + (gradient.sqr()? * (1.0 - beta2))?)?;
            let spread = ((moments.second.sqrt()? / second_bias.sqrt())? + eps)?;
            let update = ((&moments.first / spread)? * (rate / first_bias))?;
            variable.set(&((weight * (1.0 - rate * weight_decay))? - update)?)?;
        }
        Ok(())
    }
}
